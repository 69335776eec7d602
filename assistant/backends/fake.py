"""A backend without a model, for fast tests of the app: it says what it was told to say, and remembers what it read.

Selected by name ("fake"); never a substitute where a user would have the real one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.backend import Chunk, Message, Options
from memory.episode import Photo


class FakeBackend:
    """Answers come from a queue (the last one repeats), word by word, `delay` seconds apart."""

    def __init__(self, answers: Sequence[str] = ("A photo.",), delay: float = 0.0) -> None:
        self.name, self.space, self.threshold = "fake", "fake", 0.9
        self.answers, self.delay = list(answers), delay
        self.calls: list[tuple[Message, ...]] = []
        self.prefills: list[tuple[Message, ...]] = []
        """What it was given to read and write nothing; such a stream lasts until it is stopped, if there is a delay."""
        self.private = False
        self._cancelled = threading.Event()

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next answer of the queue."""
        self._cancelled.clear()
        if not options.max_new_tokens:
            self.prefills.append(tuple(messages))
            stopped = self._cancelled.wait(1000 * self.delay)
            yield Chunk("", "cancelled" if stopped else "length", prompt_tokens=100)
            return
        self.calls.append(tuple(messages))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        words = answer.split(" ")[: options.max_new_tokens]
        for i, word in enumerate(words):
            if self._cancelled.wait(self.delay) if self.delay else self._cancelled.is_set():
                yield Chunk("", "cancelled", new_tokens=i)
                return
            yield Chunk(word if i == 0 else f" {word}")
        yield Chunk(
            "", "end", prompt_tokens=100, cached_tokens=50, new_tokens=len(words), seconds=self.delay * len(words)
        )

    def embed(self, photo: Photo) -> np.ndarray:
        """Four unit vectors that depend on the photo's hash only: the same photo is found, no other."""
        time.sleep(self.delay)
        rng = np.random.default_rng(int(photo.sha256[:12], 16))
        tokens = rng.standard_normal((4, 64)).astype(np.float32)
        return tokens / np.linalg.norm(tokens, axis=1, keepdims=True)

    def cancel(self) -> None:
        """Stop the running stream at its next word."""
        self._cancelled.set()

    def set_ephemeral(self, on: bool) -> None:
        """Nothing is ever kept; `private` says what was asked for."""
        self.private = on

    def close(self) -> None:
        """Nothing to free."""
