"""The model in a child process: a cancel always works, the app never freezes, and a crash loses nothing.

`WorkerBackend` is a `Backend`; behind it, the process `python -m assistant.worker.worker_process` runs the engine, and
that file says what the two exchange. When the app dies, the child's pipe closes and the child ends.
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from assistant import offline
from assistant.backend import Chunk, Message, Options
from assistant.models.hardware import performance_cores
from assistant.models.spec import Spec
from memory.episode import Photo
from memory.errors import KeepsakeError, ModelStopped
from memory.paths import open_log

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 0.2
"""Seconds a cancelled child has to answer; then it is killed, and starts again with the next question."""
CLOSING = 2.0
"""Seconds that a child has on `close` to save the conversation; then it is killed."""


class WorkerBackend:
    """A model in a process of its own, which is started at first use and again after it died."""

    def __init__(self, spec: Spec, threads: int | None = None, context: int = 8192) -> None:
        self.name, self.space, self.threshold, self.verification = (
            spec.name,
            spec.space,
            spec.threshold,
            spec.verification,
        )
        self.may_say, self.evidence = spec.may_say, spec.evidence
        self._spec, self._threads, self._context = spec, threads or performance_cores(), context
        self._lock = threading.Lock()  # guards what is sent: `cancel` comes from other threads
        self._child: subprocess.Popen[bytes] | None = None
        self._to: Connection | None = None
        self._from: Connection | None = None
        self._cancelled: float | None = None
        """When the running request was cancelled (`time.monotonic`)."""
        self._ephemeral = False

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
            self._drop()  # it died between two questions, when nothing was lost
        if self._child:
            return
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "assistant.worker.worker_process"]
        with open_log("model.log") as log:
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
            self._request("load", self._spec, self._threads, self._context)
            self._request("ephemeral", self._ephemeral)
        except KeepsakeError:
            self._drop()  # a child without a model is of no use: the next start raises the error again
            raise

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn (see `Backend`). Closing the generator early cancels it."""
        last, self._cancelled = False, None
        try:
            self._start()
            self._send("stream", tuple(messages), options)
            if self._cancelled:
                self._send("cancel")  # the cancel came while the model was being loaded
            while not last:
                chunk: Chunk = self._receive()
                last = chunk.stop is not None
                yield chunk
        except _CancelTimeout:
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

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """For each of `words`, the probability that the next turn begins with it (see `Backend`)."""
        self.start()
        return self._request("next_words", tuple(messages), tuple(words))

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D) float32. Raises ModelStopped when it is cancelled."""
        self.start()
        return self._request("embed", photo)

    def cancel(self) -> None:
        """Make the running request end soon, of whatever kind. Does nothing when none runs."""
        if self._child:
            self._cancelled = self._cancelled or time.monotonic()
            self._send("cancel")

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing goes to disk, then or later (see `CachedBackend.set_ephemeral`)."""
        self._ephemeral = on
        if self._child:
            self._request("ephemeral", on)

    def network_evidence(self) -> offline.NetworkEvidence:
        """How often the child tried to use the network, which is refused there. Raises ModelStopped."""
        self.start()
        return self._request("network")

    def close(self) -> None:
        """End the child, after it has saved the conversation for the next start. Calling it twice is fine."""
        self.cancel()
        self._send("close")
        self._drop(CLOSING)

    def _request(self, *request: Any) -> Any:
        """Send a request and wait for its reply. Raises the child's error, or ModelStopped."""
        self._send(*request)
        return self._receive()

    def _send(self, *request: Any) -> None:
        """Send a request. If the child has died, or hangs after a cancel, reading its reply raises the error."""
        body = pickle.dumps(request)
        left = memoryview(struct.pack("!i", len(body)) + body)  # as `Connection.send` does, but never blocked
        if not self._lock.acquire(timeout=PATIENCE if request == ("cancel",) else -1):
            return  # another thread is sending to a child that hangs, and will see that it was cancelled
        try:
            with suppress(OSError):
                while self._to and left and not self._hangs():
                    if select.select((), (self._to,), (), PATIENCE / 4)[1]:
                        left = left[os.write(self._to.fileno(), left[: select.PIPE_BUF]) :]
        finally:
            self._lock.release()

    def _hangs(self) -> bool:
        return bool(self._cancelled and time.monotonic() - self._cancelled > PATIENCE)

    def _receive(self) -> Any:
        """The value of the next reply. Raises the child's error or ModelStopped; kills a cancelled child that hangs."""
        assert self._from is not None
        try:
            while not self._from.poll(PATIENCE / 4):
                if self._hangs():
                    self._drop(0)
                    raise _CancelTimeout("stopped; the model starts again with your next question, nothing is lost")
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
        """Close the pipes and end the child, by a kill after `patience` seconds. Returns its exit code, if one ran."""
        with self._lock:
            child, self._child = self._child, None
            for end in (self._to, self._from):
                if end is not None:
                    end.close()
            self._to = self._from = None
        if child is None:
            return None
        try:
            return child.wait(timeout=patience)  # the closed pipe ends it, unless it is deep in a prompt
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()


class _CancelTimeout(ModelStopped):
    """A cancelled child did not answer in time and was killed."""
