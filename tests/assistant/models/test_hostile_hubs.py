"""Twenty servers that are no good hub: `pull` ends with one line, soon, and keeps no more than was promised."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from assistant.models import bounded_http
from assistant.models.download import pull
from memory.errors import ModelError
from tests.support.hubserver import COMMIT, gguf

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.timeout(60), pytest.mark.slow]
FILES = {"Tiny-Q4_K_M.gguf": gguf("qwen3vl", 100_000), "mmproj-Tiny-F16.gguf": gguf("clip", 50_000)}
LFS = {"size": 1, "pointerSize": 134}
PAGE = b"<!doctype html><title>Welcome to the hotel</title>"


def listing(**change: object) -> bytes:
    """A right list of files but for a change."""
    rows = [
        {"rfilename": name, "size": len(data), "lfs": {"sha256": hashlib.sha256(data).hexdigest(), **LFS}}
        for name, data in FILES.items()
    ]
    return json.dumps({"id": "some/tiny", "sha": COMMIT, "siblings": rows} | change).encode()


def siblings(**change: object) -> bytes:
    """A list whose files say something else of themselves."""
    rows = json.loads(listing())["siblings"]
    return listing(siblings=[row | change for row in rows])


LISTS: dict[str, bytes | None] = {
    "a captive portal": PAGE,
    "nothing": b"",
    "a list for an object": b"[]",
    "null": b"null",
    "a number": b"7",
    "deep": b"[" * 100_000,
    "cut short": listing()[:200],
    "no text": b"\xff\xfe\x00",
    "siblings null": listing(siblings=None),
    "siblings a word": listing(siblings="all"),
    "siblings numbers": listing(siblings=[1, 2]),
    "a name that is a list": siblings(rfilename=["a"]),
    "a size of 2^62": siblings(size=1 << 62),
    "a size below nothing": siblings(size=-5),
    "a size that is a word": siblings(size="much"),
    "a hash that is a path": siblings(lfs={"sha256": "../../x", "size": 1, "pointerSize": 1}),
    "a list without end": None,
}
CONTENT = (
    "sends on and on",
    "a page for a file",
    "redirects for ever",
    "half of it, again and again",
    "an error without end",
)


class Hostile(ThreadingHTTPServer):
    """Answers as `kind` says; `sent` counts the bytes of content."""

    daemon_threads = True

    def __init__(self, kind: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kind, self.sent = kind, 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Hostile
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        kind = self.server.kind
        if self.path.startswith("/api/"):
            if kind == "a list without end":
                return self._endless(200, b'{"id": "')
            self._answer(200, LISTS.get(kind) or (listing() if kind not in LISTS else b""))
        elif kind == "sends on and on":
            self._endless(200, gguf("qwen3vl", 100_000))
        elif kind == "an error without end":
            self._endless(404, b"no")
        elif kind == "redirects for ever":
            self.send_response(302)
            self.send_header("Location", self.path + "x")
            self.end_headers()
        elif kind == "a page for a file":
            self._answer(200, PAGE)
        else:
            self._answer(200, b"GGUF" + bytes(1000))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _endless(self, status: int, first: bytes) -> None:
        self.send_response(status)
        self.end_headers()
        try:
            self.wfile.write(first)
            while True:
                self.wfile.write(bytes(1 << 16))
                self.server.sent += 1 << 16
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Hostile]]:
    started: list[Hostile] = []

    def start(kind: str) -> Hostile:
        started.append(Hostile(kind))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{started[-1].server_address[1]}")
        return started[-1]

    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("kind", [*LISTS, *CONTENT])
def test_one_line_and_no_more_than_was_promised(hub: Callable[[str], Hostile], own_home: Path, kind: str) -> None:
    server = hub(kind)
    with pytest.raises(ModelError) as caught:
        pull("hf:some/tiny")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400, kind
    assert server.sent <= 3 * bounded_http.LONGEST
    kept = sum(file.stat().st_size for file in own_home.rglob("*") if file.is_file())
    assert kept <= sum(map(len, FILES.values()))
    assert not (own_home / "models").exists()
