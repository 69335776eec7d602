"""The model in a child process: cancel always works, the keys never freeze, a crash loses nothing.

`WorkerBackend` is a Backend like any other; behind it, `python -m assistant.worker` holds the real one. They talk
through pipes with pickled values (both ends are this project). When the app dies, the child's pipe closes and it ends.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

import numpy as np

from assistant import offline
from assistant.backend import Chunk, Message, Options
from assistant.backends import disk_cache
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llamacpp import LlamaCpp
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import KeepsakeError, ModelError, ModelStopped
from memory.paths import home, private_folder

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 0.2
"""Seconds a cancelled child has to end by itself; then it is killed, and starts again with the next question."""
IDLE = 2.0
"""Seconds without a request after which the conversation is kept for the next start."""
FAREWELL = 2.0
"""Seconds in which a child that is closed may still do that."""


def _log() -> IO[bytes]:
    """Where the child's messages go; nowhere, if Keepsake's folder cannot be written: it answers all the same."""
    try:
        return open(private_folder(home() / "logs") / "model.log", "wb")
    except OSError:
        return open(os.devnull, "wb")


def performance_cores() -> int:
    """Threads for decoding: half the logical cores, at least one. More makes llama.cpp's barriers wait."""
    return max(1, (os.cpu_count() or 2) // 2)


class WorkerBackend:
    """A model in a process of its own, started at first use and again after it died."""

    def __init__(self, spec: Spec, threads: int | None = None, context: int = 8192) -> None:
        self.name, self.space, self.threshold = spec.name, spec.space, spec.threshold
        self._spec, self._threads, self._context = spec, threads or performance_cores(), context
        self._lock = threading.Lock()  # guards what is sent: `cancel` comes from other threads
        self._child: subprocess.Popen[bytes] | None = None
        self._to: Connection | None = None
        self._from: Connection | None = None
        self._cancelled: float | None = None
        """When what runs was cancelled."""
        self._private = False

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start the child and wait until the model is loaded. Raises ModelError."""
        self._cancelled = None
        self._start()

    def _start(self) -> None:
        if self._child and self._child.poll() is not None:
            self._drop()  # it died between two questions: nobody needs to know
        if self._child:
            return
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "assistant.backends.worker"]
        with _log() as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        assert self._child.stdin and self._child.stdout
        self._to = Connection(os.dup(self._child.stdin.fileno()), readable=False)
        self._from = Connection(os.dup(self._child.stdout.fileno()), writable=False)
        self._child.stdin.close()
        self._child.stdout.close()
        try:
            self._ask("load", self._spec, self._threads, self._context)
            self._ask("private", self._private)
        except KeepsakeError:
            self._drop()  # a child without a model is of no use: the next start tells the reason again
            raise

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate (see `Backend`). Closing the generator early cancels what is being written."""
        last, self._cancelled = False, None
        try:
            self._start()
            self._send("stream", tuple(messages), options)
            if self._cancelled:
                self._send("cancel")  # it came while the model was being loaded
            while not last:
                chunk: Chunk = self._receive()
                last = chunk.stop is not None
                yield chunk
        except _GivenUp:
            last = True
            yield Chunk("", "cancelled")
        except KeepsakeError:
            last = True  # an error is the child's last word about this request: nothing more comes
            raise
        finally:
            if not last and self._child:
                self.cancel()
                with suppress(KeepsakeError):
                    while self._child and self._receive().stop is None:
                        pass

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D) float32. Raises ModelStopped when it is cancelled."""
        self.start()
        tokens: np.ndarray = self._ask("embed", photo)
        return tokens

    def cancel(self) -> None:
        """Make what runs end soon, whatever it is. Does nothing when nothing runs."""
        if self._child:
            self._cancelled = self._cancelled or time.monotonic()
            self._send("cancel")

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing of what is seen and said goes to disk, later neither (see `LlamaCpp.set_ephemeral`)."""
        self._private = on
        if self._child:
            self._ask("private", on)

    def evidence(self) -> offline.Evidence:
        """What the child heard of the network, which it never uses. Raises ModelStopped."""
        self.start()
        found: offline.Evidence = self._ask("offline")
        return found

    def close(self) -> None:
        """End the child, after it has kept the conversation for the next start. Calling it twice is fine."""
        self.cancel()
        self._send("close")
        self._drop(FAREWELL)

    def _ask(self, *request: Any) -> Any:
        self._send(*request)
        return self._receive()

    def _send(self, *request: Any) -> None:
        with self._lock:
            if self._to is None:
                return
            try:
                self._to.send(request)
            except (BrokenPipeError, OSError):
                return  # the reader finds the same death, and tells of it

    def _receive(self) -> Any:
        assert self._from is not None
        try:
            while not self._from.poll(PATIENCE / 4):
                if self._cancelled and time.monotonic() - self._cancelled > PATIENCE:
                    self._drop(0)
                    raise _GivenUp("stopped; the model starts again with your next question, nothing is lost")
            kind, value = self._from.recv()
        except (EOFError, OSError) as error:
            code = self._drop()
            raise ModelStopped(
                f"the model stopped (exit code {code}); it starts again with your next question, nothing is lost"
            ) from error
        if kind == "error":
            raise value
        return value

    def _drop(self, patience: float = 0.2) -> int | None:
        with self._lock:
            child, self._child = self._child, None
            for end in (self._to, self._from):
                if end is not None:
                    end.close()
            self._to = self._from = None
        if child is None:
            return None
        try:
            return child.wait(timeout=patience)  # the closed pipe ends it; a model deep in a prompt is not waited for
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


class _GivenUp(ModelStopped):
    """A cancelled child did not come to an end in time."""


def open_engine(spec: Spec, threads: int, context: int) -> LlamaCpp | CachedBackend:
    """The engine that a model needs, in this process. Raises ModelError."""
    if spec.engine == "mlx":
        from assistant.backends.mlxvlm import open_mlx

        return open_mlx(spec, threads, context, cache=disk_cache.root())
    if spec.engine == "transformers":
        from assistant.backends.hf_transformers import open_hf

        return open_hf(spec, threads, context)
    return LlamaCpp(spec, threads, context, cache=disk_cache.root())


def serve() -> None:
    """The child: load, then answer one request after the other. A second thread listens for "cancel"."""
    offline.forbid()
    incoming = Connection(os.dup(0), writable=False)
    outgoing = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # whatever a library prints goes to the log, not into the pipe
    requests: queue.Queue[tuple[Any, ...]] = queue.Queue()
    backend: LlamaCpp | CachedBackend | None = None

    def listen() -> None:
        while True:
            try:
                request = incoming.recv()
            except (EOFError, OSError):
                os._exit(0)  # the app is gone; so are we, mid-token if need be
            if request[0] == "cancel":
                if backend:
                    backend.cancel()
                continue
            if backend and request[0] in ("stream", "embed"):
                backend.arm()  # here, in the order of arrival: a late "cancel" must not hit the next stream
            requests.put(request)
            if request[0] == "close":
                return

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            kind, *values = requests.get(timeout=IDLE if backend and backend.unsaved else None)
        except queue.Empty:
            kind, values = "save", []
        try:
            if kind == "load":
                backend = open_engine(*values)
                outgoing.send(("loaded", None))
            elif kind == "close":
                if backend:
                    backend.save()
                os._exit(0)
            elif backend is None:
                raise ModelError("no model is loaded")
            elif kind == "save":
                backend.save()
            elif kind == "private":
                backend.set_ephemeral(*values)
                outgoing.send(("private", None))
            elif kind == "offline":
                outgoing.send(("offline", offline.evidence()))
            elif kind == "embed":
                outgoing.send(("tokens", backend.embed(*values)))
            else:
                for chunk in backend.stream(*values):
                    outgoing.send(("chunk", chunk))
        except KeepsakeError as error:
            outgoing.send(("error", error))


if __name__ == "__main__":
    serve()
