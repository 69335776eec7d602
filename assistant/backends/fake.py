"""A backend without a model, for fast tests: it writes prepared answers and records the prompts that it was given.

It is selected by name ("fake"), and never a substitute for a real model.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.backend import Chunk, MaySay, Message, Options, Verification
from memory.episode import Photo


class FakeBackend:
    """Answers come from a queue (the last one repeats), word by word, `delay` seconds apart."""

    def __init__(self, answers: Sequence[str] = ("A photo.",), delay: float = 0.0) -> None:
        self.name, self.space, self.threshold = "fake", "fake", 0.5
        self.answers, self.delay = list(answers), delay
        self.verification: Verification | None = None
        self.may_say: MaySay = "anything"
        self.evidence = False
        self.calls: list[tuple[Message, ...]] = []
        """Prompts of streams that were to write an answer."""
        self.prefills: list[tuple[Message, ...]] = []
        """Prompts of streams that were to write nothing. With a delay, such a stream lasts until it is cancelled."""
        self.private = False
        self._cancelled = threading.Event()

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Write the next answer of the queue."""
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

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """The same probability for every word."""
        return (1 / len(words),) * len(words)

    def embed(self, photo: Photo) -> np.ndarray:
        """Four unit vectors that depend on the photo's hash only: recall finds the same photo and no other."""
        time.sleep(self.delay)
        rng = np.random.default_rng(int(photo.sha256[:12], 16))
        tokens = rng.standard_normal((4, 64)).astype(np.float32)
        return tokens / np.linalg.norm(tokens, axis=1, keepdims=True)

    def cancel(self) -> None:
        """Stop the running stream at its next word."""
        self._cancelled.set()

    def set_ephemeral(self, on: bool) -> None:
        """Record the request in `private`; nothing goes to disk anyway."""
        self.private = on

    def close(self) -> None:
        """Do nothing: there is no model to free."""
