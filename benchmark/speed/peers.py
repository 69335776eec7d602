"""The engine and its peers behind one face: say something, timed to the first word; start again.

All read the same files with as many threads, the same photos, and text rendered by the same ChatML. Only time is
measured here; what is asked when is `measure.py`'s part, what comes out `summary.py`'s.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from assistant.backend import Chunk, Message, Options
from assistant.backends import llama_loader
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llamacpp import BATCH, LlamaCpp
from assistant.backends.mlxvlm import open_mlx
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import ModelError
from memory.paths import private_folder

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for p in m.content %}{{ p.text }}{% endfor %}<|im_end|>\n"
    "{% endfor %}<|im_start|>{{ 'assistant\n' }}"
)
"""What `chatml.pieces` writes, for peers that render by themselves."""
PATIENCE = 120.0
"""Seconds in which a server has to load its model."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was written, and what it took. None: the peer does not tell."""

    text: str
    first: float
    """Seconds to the first word."""
    first_cpu: float | None
    """Seconds of processor time until then, of all threads."""
    whole: float
    """Seconds to the end."""
    whole_cpu: float | None
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    looked: int | None = None
    """How often the vision tower ran."""
    new_tokens: int | None = None


class Peer(Protocol):
    """One way to answer on this machine, loaded before the first turn."""

    name: str

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """Write the next turn, `most` tokens at most, greedily. Raises ModelError."""
        ...

    def restart(self) -> None:
        """End, and start anew with what is on disk."""
        ...

    def close(self) -> None:
        """Free everything."""
        ...


def timed(words: Iterator[str], cpu: Callable[[], float | None]) -> Said:
    """Read to the end; time and processor time begin now. Without a word, the first is as late as the end."""
    began, before = time.perf_counter(), cpu()
    first: tuple[float, float | None] | None = None
    text = ""
    for word in words:
        if word and first is None:
            first = time.perf_counter(), cpu()
        text += word
    end = time.perf_counter(), cpu()

    def since(now: float | None) -> float | None:
        return None if now is None or before is None else now - before

    at, spent = first or end
    return Said(text, at - began, since(spent), end[0] - began, since(end[1]))


def opened(spec: Spec, threads: int, context: int, cache: Path | None) -> LlamaCpp | CachedBackend:
    """The engine that a model needs, in this process. Raises ModelError."""
    return (open_mlx if spec.engine == "mlx" else LlamaCpp)(spec, threads, context, cache=cache)


class Keepsake:
    """The project's engine, in this process. Without a folder for caches nothing outlives it."""

    name = "Keepsake"

    def __init__(self, spec: Spec, threads: int, context: int, cache: Path | None) -> None:
        self.cache = cache
        self._open: Callable[[], LlamaCpp | CachedBackend] = lambda: opened(spec, threads, context, cache)
        self.engine = self._open()

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """See `Peer`."""
        last = Chunk("")

        def words() -> Iterator[str]:
            nonlocal last
            for last in self.engine.stream(messages, Options(max_new_tokens=most)):
                yield last.text

        said = timed(words(), time.process_time)
        told = ("prompt_tokens", "cached_tokens", "looked", "new_tokens")
        return replace(said, **{name: getattr(last, name) for name in told})

    def restart(self) -> None:
        """As the worker does: the conversation is kept, the process's memory is not."""
        self.engine.save()
        self.engine.close()
        self.engine = self._open()

    def close(self) -> None:
        """See `Peer`."""
        self.engine.close()


class UncachedEngine(Keepsake):
    """The same engine that knows nothing: opened anew, without caches, before every turn (which is not timed)."""

    name = "no caches"

    def __init__(self, spec: Spec, threads: int, context: int) -> None:
        super().__init__(spec, threads, context, None)

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """See `Peer`."""
        self.restart()
        return super().say(messages, most)


class Stock:
    """llama-cpp-python's own chat handler, in this process."""

    name = "llama-cpp-python"

    def __init__(self, spec: Spec, threads: int, context: int) -> None:
        self._spec, self._threads, self._context = spec, threads, context
        self._open()

    def _open(self) -> None:
        from llama_cpp import Llama
        from llama_cpp.llama_chat_format import MTMDChatHandler

        spec = self._spec
        with llama_loader.safely():
            self._llama = Llama(
                str(spec.language),
                chat_handler=MTMDChatHandler(str(spec.mmproj), verbose=False),
                lora_path=str(spec.adapter) if spec.adapter else None,
                n_ctx=self._context,
                n_batch=BATCH,
                n_ubatch=BATCH,
                n_threads=self._threads,
                n_threads_batch=self._threads,
                n_gpu_layers=-1,
                flash_attn=True,
                verbose=False,
            )
        self._llama.metadata["tokenizer.chat_template"] = TEMPLATE  # a model's own may refuse photos between words
        self.say((Message("user", ("Hello",)),), 1)  # it loads the vision tower with the first turn only

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """See `Peer`."""

        def words() -> Iterator[str]:
            for part in self._llama.create_chat_completion(
                messages=as_chat(messages), stream=True, max_tokens=most, temperature=0.0, repeat_penalty=1.0
            ):
                yield part["choices"][0]["delta"].get("content") or ""

        try:
            return timed(words(), time.process_time)
        except (RuntimeError, ValueError) as error:  # what the handler raises, whatever it is
            raise ModelError(f"its handler cannot read this ({error})") from error

    def restart(self) -> None:
        """See `Peer`."""
        self._llama.close()
        self._open()

    def close(self) -> None:
        """See `Peer`."""
        self._llama.close()


class Server:
    """llama-server with its prompt cache, over 127.0.0.1. Its processor time is counted in hundredths of a second."""

    name = "llama-server"

    def __init__(self, binary: Path, spec: Spec, threads: int, context: int, folder: Path) -> None:
        self._folder = private_folder(folder)
        lora = ["--lora", str(spec.adapter)] if spec.adapter else []
        sizes = {"-c": context, "-b": BATCH, "-ub": BATCH, "-t": threads, "-tb": threads, "-np": 1}
        self._command = [str(binary), "-m", str(spec.language), "--mmproj", str(spec.mmproj), *lora]
        self._command += [str(word) for pair in sizes.items() for word in pair]
        self._command += ["--no-repack"] if llama_loader.amx() else []  # as in `loading.safely`
        self._command += ["--jinja", "--chat-template", TEMPLATE, "--no-webui", "--slot-save-path", f"{folder}/"]
        self._start()

    def _start(self) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        command = [*self._command, "--host", "127.0.0.1", "--port", str(self._port)]
        with open(self._folder / "server.log", "ab") as log:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE
        while not self._ready():
            if self._child.poll() is not None or time.monotonic() > until:
                self.close()
                raise ModelError(f"it does not come up ({self._last_words()})")
            time.sleep(0.05)

    def _ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException), closing(self._ask("GET", "/health")) as answer:
            return answer.status == 200
        return False

    def _last_words(self) -> str:
        lines = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=3600)
        link.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        return link.getresponse()

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """See `Peer`."""
        body = {"messages": as_chat(messages), "stream": True, "max_tokens": most, "temperature": 0.0}
        told: dict[str, int] = {}

        def words() -> Iterator[str]:
            with closing(self._ask("POST", "/v1/chat/completions", {**body, "cache_prompt": True})) as answer:
                if answer.status != 200:
                    raise ModelError(f"it refuses this ({_why(answer)})")
                for line in answer:
                    if line.startswith(b"data: {"):
                        event = json.loads(line[6:])
                        told.update(event.get("timings") or {})
                        yield "".join(c["delta"].get("content") or "" for c in event.get("choices", ()))

        said = timed(words(), lambda: cpu_of(self._child.pid))
        if not told:
            return said
        cached, new = told["cache_n"], told["predicted_n"]
        return replace(said, prompt_tokens=told["prompt_n"] + cached, cached_tokens=cached, new_tokens=new)

    def restart(self) -> None:
        """See `Peer`. Its state is put on disk, but only `restore` brings it back: it never does so by itself."""
        self._slot("save")
        self.close()
        self._start()

    def restore(self) -> None:
        """Restart, and bring back the state of the last `restart`, as a client could."""
        self.close()
        self._start()
        self._slot("restore")

    def _slot(self, action: str) -> None:
        with closing(self._ask("POST", f"/slots/0?action={action}", {"filename": "slot"})) as answer:
            if answer.status != 200:
                raise ModelError(f"it cannot {action} its slot ({_why(answer)})")

    def close(self) -> None:
        """See `Peer`."""
        self._child.terminate()
        try:
            self._child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def _why(answer: http.client.HTTPResponse) -> str:
    """One line of what a server refused with."""
    said = answer.read(2000).decode(errors="replace")
    with suppress(ValueError, LookupError, TypeError):
        return str(json.loads(said)["error"]["message"])
    return " ".join(said.split())[:200]


def cpu_of(pid: int) -> float | None:
    """Seconds of processor time that a process has had; None where the system does not say (macOS)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def as_chat(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as chat APIs have them: always parts, photos as data URLs."""
    return [{"role": m.role, "content": [_part(part) for part in m.parts]} for m in messages]


def _part(part: str | Photo) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    kind = "png" if part.data.startswith(b"\x89PNG") else "jpeg"
    url = f"data:image/{kind};base64,{base64.b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
