"""The child process of `WorkerBackend`: it runs the engine, and answers one request after the other.

App and child exchange pickled values through pipes (both ends are this project). A request is a tuple ("load", spec,
threads, context), ("stream", messages, options), ("next_words", messages, words), ("embed", photo), ("ephemeral", on),
("network",), ("save",), ("cancel",) or ("close",). A reply is ("value", value), or ("error", the exception to raise);
"stream" has a reply for each piece of text, "save", "cancel" and "close" have none.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from assistant import offline
from assistant.backends.cache import disk_cache
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models.spec import Spec
from memory.errors import KeepsakeError, ModelError

IDLE = 2.0
"""Seconds without a request after which the conversation is saved for the next start."""


def open_engine(spec: Spec, threads: int, context: int) -> CachedBackend:
    """Open the engine that a model needs, in this process. Raises ModelError."""
    if spec.engine == "mlx":
        from assistant.backends.causal.mlxvlm import open_mlx

        return open_mlx(spec, threads, context, cache=disk_cache.root())
    if spec.engine == "transformers":
        from assistant.backends.causal.hf_transformers import open_hf

        return open_hf(spec, threads, context)
    return open_llamacpp(spec, threads, context, cache=disk_cache.root())


class WorkerProcess:
    """Answers requests in the main thread, while a second one listens for "cancel"."""

    def __init__(self, incoming: Connection, outgoing: Connection) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._requests: queue.Queue[tuple[Any, ...]] = queue.Queue()
        self._engine: CachedBackend | None = None

    def run(self) -> None:
        """Answer until the app says "close" or is gone; then the process ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            try:
                kind, *values = self._requests.get(timeout=IDLE if self._engine and self._engine.unsaved else None)
            except queue.Empty:
                kind, values = "save", []
            try:
                for value in self._values(kind, *values):
                    self._outgoing.send(("value", value))
            except KeepsakeError as error:
                self._outgoing.send(("error", error))

    def _values(self, kind: str, *values: Any) -> Iterator[object]:
        """Do what a request asks; yields the values that it is answered with."""
        if kind == "load":
            self._engine = open_engine(*values)
            yield None
            return
        if kind == "close":
            if self._engine:
                self._engine.save()
            os._exit(0)
        if self._engine is None:
            raise ModelError("no model is loaded")
        match kind:
            case "save":
                self._engine.save()
            case "ephemeral":
                self._engine.set_ephemeral(*values)
                yield None
            case "network":
                yield offline.network_evidence()
            case "embed":
                yield self._engine.embed(*values)
            case "next_words":
                yield self._engine.next_words(*values)
            case "stream":
                yield from self._engine.stream(*values)

    def _listen(self) -> None:
        """Pass requests on in the order in which they came; a "cancel" counts at once."""
        while True:
            try:
                request = self._incoming.recv()
            except (EOFError, OSError):
                os._exit(0)  # the app is gone: end at once, in the middle of a token if need be
            if request[0] == "cancel":
                if self._engine:
                    self._engine.cancel()
                continue
            if self._engine and request[0] in ("stream", "next_words", "embed"):
                self._engine.arm()  # here, in order of arrival: a late "cancel" must not hit the next stream
            self._requests.put(request)
            if request[0] == "close":
                return


def main() -> None:
    """Run the child: standard input and output are the pipes to the app."""
    offline.forbid()
    incoming = Connection(os.dup(0), writable=False)
    outgoing = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # what a library prints goes to the log, not into the pipe
    WorkerProcess(incoming, outgoing).run()


if __name__ == "__main__":
    main()
