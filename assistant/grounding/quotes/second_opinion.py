"""The reader's opinion of an answer that a small model wrote: it was never told, or the words say something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.moments import asks_for_the_photo
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import Readings
from assistant.grounding.quotes.rule_fit import VAGUE, asks, identity
from assistant.grounding.words.tokens import Token, alike, tokens

UNTOLD = -2.0
"""Margin of the reader below which the question is not answered in the words of any recalled memory."""
SURE = 2.0
"""Margin from which the answer is where the reader found it."""
_OPEN = re.compile(r"\W*(?:and |but |so )?(?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)

_TWO = re.compile(r"\band (?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)


def speaks_against(question: str, answer: str, recalled: Sequence[Quotable], readings: Readings) -> bool:
    """Whether the reader found no answer to an open question in the words, or surely another one.

    It has no opinion of what the photo's data answer, of who is in view, of two questions in one, nor of a question
    without a word that says what is asked.
    """
    asked = tokens(question)
    where = asks(asked) == "where" and any(one.episode.place for one in recalled)
    if where or identity(asked) or asks_for_the_photo(question):
        return False
    if not _OPEN.match(question) or _TWO.search(question, len("and ")):
        return False
    if not any(t.content and t.stem not in VAGUE for t in asked):
        return False
    found = [(read, one) for one in recalled if (read := readings.get(one.episode.id))]
    best = max(found, key=lambda pair: pair[0].margin, default=None)
    if best is None or best[0].margin < UNTOLD:
        return True
    read, one = best
    there, said = _says(one.episode.words[read.start : read.end]), _says(answer)
    return read.margin >= SURE and bool(there) and not any(alike(a.stem, b.stem) for a in there for b in said)


def _says(text: str) -> list[Token]:
    return [t for t in tokens(text) if t.content or t.kind in ("number", "day")]
