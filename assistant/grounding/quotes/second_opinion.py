"""The reader's opinion of an answer that a small model wrote: it is what the words say, it was never told, or the words
say something else."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.moments import asks_for_the_photo
from assistant.grounding.quotes.clauses import LONG
from assistant.grounding.quotes.question_kind import VAGUE, asks, identity, speaks_of, two_in_one
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import SURE, Readings, asked_of_one
from assistant.grounding.words.second_person import to_the_user
from assistant.grounding.words.tokens import Token, alike, spaced, tokens
from memory.relative_days import with_days

WHO = -2.0
"""Margin of the reader below which a question for a person is answered nowhere. Above it rules judge who did what."""
NOWHERE = -4.0
"""The same of a question without a word that says what is asked ("how many were we")."""
_SHORT = 6
"""Words that carry content, in an answer which is a piece of what was told."""
_OPEN = re.compile(r"\W*(?:and |but |so )?(?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)

_WITH = re.compile(r"\W*(?:and |but |so )?whom? .*\b(?:with|beside)\b", re.IGNORECASE)
"""Asks for company: "who was I with", "who came with us?"."""


def speaks_against(question: str, answer: str, recalled: Sequence[Quotable], readings: Readings) -> bool:
    """Whether the reader is not sure of an answer to an open question, or sure of another one.

    It has no opinion of what the photo's data answer, of who is in view, and of two questions in one.
    """
    asked = tokens(question)
    if _WITH.match(question) and not _beside(answer, recalled):
        return True
    if _is_for_others(question, asked, recalled) or not _OPEN.match(question) or two_in_one(question):
        return False
    found = [(read, one) for one in recalled if (read := readings.get(one.episode.id))]
    best = max(found, key=lambda pair: pair[0].margin, default=None)
    says_what = any(t.content and t.stem not in VAGUE for t in asked)
    if best is None or best[0].margin < _least(asked, says_what=says_what):
        return True
    read, one = best
    marked, told = one.episode.words[read.start : read.end], one.episode.told_on
    there, said = _says(with_days(marked, told) if told else marked), _says(answer)
    return says_what and read.margin >= SURE and bool(there) and not _overlap(there, said)


def _is_for_others(question: str, asked: Sequence[Token], recalled: Sequence[Quotable]) -> bool:
    """Whether the photo's data answer a question, or recall does, by sight."""
    has_a_place = asks(asked) == "where" and any(one.episode.place for one in recalled)
    return has_a_place or identity(asked) or asks_for_the_photo(question)


def _least(asked: Sequence[Token], *, says_what: bool) -> float:
    """The margin below which the reader found no answer to a question, which `says_what` it asks for."""
    if not says_what:
        return NOWHERE
    return WHO if asks(asked) == "who" else SURE


def _overlap(some: Sequence[Token], others: Sequence[Token]) -> bool:
    """Whether a word of one text is a word of the other, too."""
    return any(alike(a.stem, b.stem) for a in some for b in others)


def garbles(answer: str, told: Sequence[Quotable]) -> bool:
    """Whether a small model's long answer is no piece of the words that it stands in: it says things twice then, or
    joins what does not belong together ("Wilma and Katrin got their from a shelter ..., she is deaf")."""
    own = spaced(answer)
    return len(answer) > LONG and not any(own in spaced(to_the_user(one.episode.words)) for one in told)


def _beside(answer: str, recalled: Sequence[Quotable]) -> bool:
    """Whether an answer names somebody who stands behind a "with" in the memories; so it does where none stands."""
    parts = [part for one in recalled for part in re.findall(r"\b(?:with|w/) ([^.,;!?]+)", one.episode.words)]
    there = [t.stem for part in parts for t in tokens(part) if t.content or t.kind == "number"]
    said = [t.stem for t in tokens(answer) if t.content]
    return not there or any(alike(one, other) for one in said for other in there)


def speaks_for(question: str, answer: str, recalled: Sequence[Quotable], readings: Readings) -> str | None:
    """The id of the sure memory in which the reader surely found this very answer, else None. The answer is a piece of
    the words as they stand ("At the flea market in Graz"), in which the reader's is.

    Rules for claims do not know that who asks "where did we buy it" may mean "we found it at the flea market". Who did
    what is for the rules: the reader takes the wrong one of two persons now and then.
    """
    said, own = _says(answer), spaced(answer)
    if not said or len(said) > _SHORT or asks(tokens(question)) == "who" or asks_for_the_photo(question):
        return None
    for one in recalled:
        read = readings.get(one.episode.id)
        if one.certainty != "sure" or read is None or read.margin < SURE:
            continue
        if not speaks_of(asked_of_one(question, one, recalled), one.episode.words):
            continue
        marked = _says(one.episode.words[read.start : read.end])
        if own in spaced(to_the_user(one.episode.words)) and _overlap(said, marked):
            return one.episode.id
    return None


def _says(text: str) -> list[Token]:
    return [t for t in tokens(text) if t.content or t.kind in ("number", "day")]
