"""Keepsake's own engine as a peer of the speed run, with its caches and without them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.backend import Chunk, Message, Options
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.causal.mlxvlm import open_mlx
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models.spec import Spec
from benchmark.speed.peer import TimedAnswer, timed


def open_engine(spec: Spec, threads: int, context: int, cache: Path | None) -> CachedBackend:
    """Open the engine that a model needs, in this process, with `context` tokens. Raises ModelError."""
    return (open_mlx if spec.engine == "mlx" else open_llamacpp)(spec, threads, context, cache=cache)


class Keepsake:
    """The project's engine in this process. Without a folder for its caches nothing outlives it."""

    name = "Keepsake"

    def __init__(self, spec: Spec, threads: int, context: int, cache: Path | None) -> None:
        self.cache = cache
        self._open: Callable[[], CachedBackend] = lambda: open_engine(spec, threads, context, cache)
        self.engine = self._open()

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """See `Peer`."""
        last = Chunk("")

        def words() -> Iterator[str]:
            nonlocal last
            for last in self.engine.stream(messages, Options(max_new_tokens=max_tokens)):
                yield last.text

        answer = timed(words(), time.process_time)
        counts = ("prompt_tokens", "cached_tokens", "photos_encoded", "new_tokens")
        return replace(answer, **{name: getattr(last, name) for name in counts})

    def restart(self) -> None:
        """Save the conversation to disk, as the worker process does when it ends, and open the engine again."""
        self.engine.save()
        self.engine.close()
        self.engine = self._open()

    def close(self) -> None:
        """See `Peer`."""
        self.engine.close()


class UncachedEngine(Keepsake):
    """The same engine without caches, opened anew before every turn; opening it is not timed."""

    name = "no caches"

    def __init__(self, spec: Spec, threads: int, context: int) -> None:
        super().__init__(spec, threads, context, None)

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """See `Peer`."""
        self.restart()
        return super().answer(messages, max_tokens)
