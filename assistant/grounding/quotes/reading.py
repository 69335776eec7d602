"""What a reader says about a question and the recalled memories: where they answer it, and how likely that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from assistant.grounding.quotes.quotation import Quotable
from memory.errors import ModelError

SURE = 3.0
"""Margin from which an answer is where the reader found it (LOG.md, *The sentence that answers, in the prompt*)."""


class Reading(NamedTuple):
    """The best answer that a text has."""

    start: int
    end: int
    """The range of characters of the answer in the text."""
    margin: float
    """The logit of this answer less that of "no answer is here"."""


class Reader(Protocol):
    """What finds answers in texts."""

    def read(self, question: str, text: str) -> Reading | None:
        """Where `text` answers the question best; None where it has no words. Raises ModelError."""
        ...


class ReadOnce:
    """A reader for one question, which reads no text twice: for the prompt, and for the check of what was written."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[tuple[str, str], Reading | None] = {}

    def read(self, question: str, text: str) -> Reading | None:
        """As the reader reads. Raises ModelError."""
        if (question, text) not in self._read:
            self._read[question, text] = self._reader.read(question, text)
        return self._read[question, text]


Readings = dict[str, Reading | None]
"""What the words of each memory say to one question, by the episode's id."""


def read_all(question: str, recalled: Sequence[Quotable], reader: Reader | None) -> Readings | None:
    """Read each memory with a question; None without a reader, or where its file is damaged."""
    try:
        return {one.episode.id: reader.read(question, one.episode.words) for one in recalled} if reader else None
    except ModelError:
        return None
