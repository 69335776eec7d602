"""A Hugging Face hub for tests, on 127.0.0.1: repositories, redirects to storage, ranges, and faults on purpose.

Tests that use it need `pytest.mark.allow_hosts(["127.0.0.1"])`; `HF_ENDPOINT` is to hold its `url`.
"""

from __future__ import annotations

import hashlib
import json
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

HOST = "127.0.0.1"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def gguf(architecture: str, size: int = 0, facts: Mapping[str, str | int | list[int]] | None = None) -> bytes:
    """A file that begins like a GGUF file with these metadata, and goes on with random bytes up to `size`."""
    fields = {"general.architecture": architecture, **(facts or {}), "tokenizer.ggml.model": "gpt2"}
    out = b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields)) + b"".join(_text(k) + _value(v) for k, v in fields.items())
    return out + random.Random(f"{architecture}{size}").randbytes(max(0, size - len(out)))


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def _value(value: str | int | list[int]) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    return struct.pack("<IIQ", 9, 4, len(value)) + struct.pack(f"<{len(value)}I", *value)


@dataclass
class Repo:
    """A repository. Its .json files lie in git; all other files lie in large storage, with a sha256."""

    files: dict[str, bytes]
    commit: str = COMMIT
    gated: bool = False
    architecture: str | None = None
    licence: str = "apache-2.0"


@dataclass
class ContentRequest:
    """A request for a file's content."""

    file: str
    start: int
    headers: dict[str, str]
    sent: int = 0
    """Bytes that were sent."""


@dataclass
class Faults:
    """What goes wrong on purpose, by file name."""

    cut: dict[str, int] = field(default_factory=dict)
    """After so many bytes of a file the connection breaks, once."""
    reset: bool = False
    """The cut connection ends in a TCP reset, as when a router loses it, once `HubServer.go_on` is set."""
    hold: dict[str, int] = field(default_factory=dict)
    """After so many bytes nothing more comes, until the server closes or `HubServer.go_on` is set."""
    damage: set[str] = field(default_factory=set)
    """Files that arrive with one byte wrong."""
    status: int = 0
    """HTTP status of every answer; 0: the right one."""
    no_ranges: bool = False
    """Requests for a part of a file are answered with the whole file."""


class HubServer(ThreadingTCPServer):
    """Serves `repos`, and records requests for content in `requests` and the headers of every request in `headers`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, **repos: Repo) -> None:
        super().__init__((HOST, 0), _Handler)
        self.repos = {name.replace("__", "/"): repo for name, repo in repos.items()}
        self.faults = Faults()
        self.requests: list[ContentRequest] = []
        self.headers: list[dict[str, str]] = []
        self.go_on = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    @property
    def sent(self) -> Counter[str]:
        """Bytes sent of each file."""
        total: Counter[str] = Counter()
        for request in self.requests:
            total[request.file] += request.sent
        return total

    def close(self) -> None:
        """Stop serving. Calling it twice is fine."""
        self.go_on.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
            self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/").split("/")
        self.server.headers.append({k.lower(): v for k, v in self.headers.items()})
        if self.server.faults.status:
            self._answer(self.server.faults.status)
        elif path[:2] == ["api", "models"]:
            self._info("/".join(path[2:4]), path[5] if path[4:5] == ["revision"] else None)
        elif path[0] == "storage":
            self._content("/".join(path[1:3]), "/".join(path[3:]))
        else:
            self._resolve("/".join(path[:2]), path[3], "/".join(path[4:]))

    def _info(self, name: str, revision: str | None) -> None:
        repo = self.server.repos.get(name)
        if repo is None:
            return self._answer(401, {"X-Error-Code": "RepoNotFound"})
        if revision not in (None, "main", repo.commit):
            return self._answer(404, {"X-Error-Code": "RevisionNotFound"})
        info: dict[str, Any] = {"id": name, "sha": repo.commit, "gated": repo.gated and "manual"}
        info["cardData"] = {"license": repo.licence}
        if repo.architecture:
            info["gguf"] = {"architecture": repo.architecture, "total": 1}
        info["siblings"] = [_sibling(file, data) for file, data in repo.files.items()]
        self._answer(200, {"Content-Type": "application/json"}, json.dumps(info).encode())

    def _resolve(self, name: str, revision: str, file: str) -> None:
        repo = self.server.repos[name]
        if repo.gated and "authorization" not in self.server.headers[-1]:
            return self._answer(401, {"X-Error-Code": "GatedRepo"})
        if file not in repo.files or revision != repo.commit:
            return self._answer(404, {"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": repo.commit, "X-Linked-Size": str(len(repo.files[file])), "X-Xet-Hash": "0" * 64}
        headers["X-Linked-Etag"] = f'"{hashlib.sha256(repo.files[file]).hexdigest()}"'
        self._answer(302, {**headers, "Location": f"{self.server.url}/storage/{name}/{file}"})

    def _content(self, name: str, file: str) -> None:
        faults, data = self.server.faults, self.server.repos[name].files[file]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        start = 0 if faults.no_ranges else start
        request = ContentRequest(file, start, self.server.headers[-1])
        self.server.requests.append(request)
        if file in faults.damage:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        cut = faults.cut.pop(file, len(data))
        hold = faults.hold.pop(file, len(data))
        self._send(request, data[start : max(start, min(cut, hold))])
        if hold < len(data):
            self.server.go_on.wait()
        if cut == len(data):
            self._send(request, data[max(start, hold) :])
        elif faults.reset:
            self.server.go_on.wait()  # a reset throws away what the other side has not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        self.close_connection = True

    def _send(self, request: ContentRequest, data: bytes) -> None:
        """Send in pieces, so that the bytes sent are counted when the other side goes away."""
        try:
            for i in range(0, len(data), 1 << 16):
                request.sent += self.connection.send(data[i : i + (1 << 16)])
        except (BrokenPipeError, ConnectionResetError):
            self.server.go_on.wait(0)

    def _answer(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


def _sibling(file: str, data: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    row: dict[str, Any] = {"rfilename": file, "size": len(data), "blobId": blob}
    if not file.endswith(".json"):
        row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return row
