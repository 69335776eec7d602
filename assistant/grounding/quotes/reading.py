"""What a reader says about a question and the recalled memories: where they answer it, and how likely that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from assistant.grounding.quotes.named_beside import asked_of
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


def asked_of_one(question: str, one: Quotable, recalled: Sequence[Quotable]) -> str:
    """The question as a memory is asked it, beside the others of its photo."""
    photo = one.episode.photo.sha256
    beside = [o.episode.words for o in recalled if o is not one and o.episode.photo.sha256 == photo]
    return asked_of(question, one.episode.words, beside) if beside else question


def read_all(question: str, recalled: Sequence[Quotable], reader: Reader | None) -> Readings | None:
    """Read each memory with a question; None without a reader, or where its file is damaged."""
    try:
        if reader is None:
            return None
        asked = [asked_of_one(question, one, recalled) for one in recalled]
        return {one.episode.id: reader.read(q, one.episode.words) for q, one in zip(asked, recalled, strict=True)}
    except ModelError:
        return None
