"""llama-server with its prompt cache as a peer of the speed run, over 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.backend import Message
from assistant.backends.llama import llama_loader
from assistant.backends.llama.llama_loader import BATCH
from assistant.models.spec import Spec
from benchmark.speed.chat_request import TEMPLATE, as_chat
from benchmark.speed.peer import TimedAnswer, timed
from memory.errors import KeepsakeError, ModelError
from memory.paths import private_folder

ROOT = Path(__file__).resolve().parents[2]
BUILDER = "quantize.gguf.llama_server"
"""The module that builds llama-server, run as a process: this room imports nothing of the quantize room."""
LOAD_SECONDS = 120.0
"""How long a server may take to load its model."""


def find_binary(wanted: str) -> Path:
    """The server's program: a file, or "build" to build it once. Raises KeepsakeError, also for "none"."""
    if wanted == "none":
        raise KeepsakeError("it was not asked for")
    if wanted != "build":
        if not os.access(wanted, os.X_OK):
            raise KeepsakeError(f"{wanted} is not a program")
        return Path(wanted).resolve()
    command = [sys.executable, "-m", BUILDER]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise KeepsakeError(f"it cannot be built: python -m {BUILDER} says why")
    return Path(done.stdout.strip().splitlines()[-1])


class LlamaServer:
    """A llama-server process with one slot. Its processor time is counted in hundredths of a second. See `Peer`."""

    name = "llama-server"

    def __init__(self, binary: Path, spec: Spec, threads: int, context: int, folder: Path) -> None:
        """`folder` holds the server's log and its saved slot. Raises ModelError."""
        self._folder = private_folder(folder)
        lora = ["--lora", str(spec.adapter)] if spec.adapter else []
        sizes = {"-c": context, "-b": BATCH, "-ub": BATCH, "-t": threads, "-tb": threads, "-np": 1}
        self._command = [str(binary), "-m", str(spec.language), "--mmproj", str(spec.mmproj), *lora]
        self._command += [str(word) for pair in sizes.items() for word in pair]
        self._command += ["--no-repack"] if llama_loader.amx() else []  # no AMX: see `llama_loader.amx`
        self._command += ["--jinja", "--chat-template", TEMPLATE, "--no-webui", "--slot-save-path", f"{folder}/"]
        self._start()

    def _start(self) -> None:
        """Start the server on a free port and wait until it is ready. Raises ModelError."""
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        command = [*self._command, "--host", "127.0.0.1", "--port", str(self._port)]
        with open(self._folder / "server.log", "ab") as log:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + LOAD_SECONDS
        while not self._is_ready():
            if self._child.poll() is not None or time.monotonic() > until:
                self.close()
                raise ModelError(f"it does not come up ({self._last_log_line()})")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException), closing(self._request("GET", "/health")) as answer:
            return answer.status == 200
        return False

    def _last_log_line(self) -> str:
        lines = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "its log is empty"

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=3600)
        link.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        return link.getresponse()

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """See `Peer`."""
        body = {"messages": as_chat(messages), "stream": True, "max_tokens": max_tokens, "temperature": 0.0}
        timings: dict[str, int] = {}

        def words() -> Iterator[str]:
            with closing(self._request("POST", "/v1/chat/completions", {**body, "cache_prompt": True})) as answer:
                if answer.status != 200:
                    raise ModelError(f"it refuses this ({_reason(answer)})")
                for line in answer:
                    if line.startswith(b"data: {"):
                        event = json.loads(line[6:])
                        timings.update(event.get("timings") or {})
                        yield "".join(c["delta"].get("content") or "" for c in event.get("choices", ()))

        answer = timed(words(), lambda: cpu_of(self._child.pid))
        if not timings:
            return answer
        cached, new = timings["cache_n"], timings["predicted_n"]
        return replace(answer, prompt_tokens=timings["prompt_n"] + cached, cached_tokens=cached, new_tokens=new)

    def restart(self) -> None:
        """Save the slot and start anew. The server never loads a saved slot by itself; `restore` does."""
        self._slot("save")
        self.close()
        self._start()

    def restore(self) -> None:
        """Start anew and load the slot that the last `restart` saved, as a client could."""
        self.close()
        self._start()
        self._slot("restore")

    def _slot(self, action: str) -> None:
        with closing(self._request("POST", f"/slots/0?action={action}", {"filename": "slot"})) as answer:
            if answer.status != 200:
                raise ModelError(f"it cannot {action} its slot ({_reason(answer)})")

    def close(self) -> None:
        """See `Peer`."""
        self._child.terminate()
        try:
            self._child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def _reason(answer: http.client.HTTPResponse) -> str:
    """The server's error message in one line."""
    text = answer.read(2000).decode(errors="replace")
    with suppress(ValueError, LookupError, TypeError):
        return str(json.loads(text)["error"]["message"])
    return " ".join(text.split())[:200]


def cpu_of(pid: int) -> float | None:
    """Seconds of processor time that a process has used; None where there is no /proc (macOS)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
