"""What tests of reading ahead share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend

SOON = 4
"""Seconds for what takes a tenth of one on a machine that does nothing else, and half a minute when it hangs."""


class Reading(FakeBackend):
    """Remembers how each prefill ended."""

    def __init__(self, answers: Sequence[str] = ("A photo.",), delay: float = 0.01) -> None:
        super().__init__(answers, delay)
        self.ended: list[str | None] = []

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            if not options.max_new_tokens:
                self.ended.append(chunk.stop)
            yield chunk
