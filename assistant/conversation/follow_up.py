"""What a follow-up question is about: "when was that?", behind an answer from a memory that words brought, "are you
sure?", which asks where an answer is from, and "what else?".

With a photo in view such a question would be read behind its caption. A model that reads the whole conversation knows
better by itself; a small one reads each question alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import identity, speaks_of
from assistant.grounding.quotes.quotation import Quotable, Quote, quoted
from assistant.grounding.quotes.reading import SURE, Reader
from assistant.grounding.words.second_person import to_the_user
from assistant.grounding.words.tokens import spaced, tokens
from memory.episode import Recall
from memory.errors import ModelError

_POINTS = re.compile(
    r"\W*(?:and |but |so |ok |oh )*(?:(?:(?:where|when|why|how)(?: \w+)?|(?:what|which) \w+)"
    r"(?: (?:was|is|did|were) (?:that|it)(?: happen| like)?)?|.*\b(?:then|there))\W*",
    re.IGNORECASE,
)
""" "When was that?", "and why?", "what year was it", "how long did we stay there?": nothing but what was just said."""
_IN_VIEW = re.compile(r"\b(?:this|these|here|photo(?:graph)?|picture|image|pic|see)\b", re.IGNORECASE)
_DOUBTS = re.compile(
    r"\W*(?:(?:and|but|so|hm+|really|ok|oh|wait)\W+)*"
    r"(?:(?:are|r) (?:you|u) (?:(?:really|quite|absolutely|totally|very|100%) )*(?:sure|certain)"
    r"|how (?:do|did|can|could|would) (?:you|u) (?:know|tell)"
    r"|why (?:do|did|would) (?:you|u) (?:say|think|believe|write)"
    r"|says who|(?:who|where) (?:told you|says)|since when|really)"
    r"(?: (?:about |of )?(?:that|this|it))?\W*",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\W*(?:(?:and|but|so|ok|oh|hm+)[, ]+)*(?:(?:what|anything|something) (?:else|more)|more|go on|tell me (?:more"
    r"|the rest)|the rest)"
    r"(?: (?:(?:do|did|can) you (?:know|remember|have|say|tell me)|(?:did|have) i (?:tell|told|say|said)(?: you)?"
    r"|is there"
    r"|you know|you remember))?(?: (?:about|of) (?:it|this|that|him|her|them|these|those|this one))?(?: please)?\W*",
    re.IGNORECASE,
)
""" "What else?", "tell me more about her": what was told, and not shown yet."""
_MOST_QUOTED = 2
NOTHING_ELSE = "You told me nothing else about this."


class FromWords(NamedTuple):
    """An answer in the user's own words, for which no model is asked."""

    text: str
    told: tuple[str, ...]
    """Ids of the memories that are quoted."""


def from_words(line: str, told: Collection[str], last: str, recalls: Sequence[Recall]) -> FromWords | None:
    """The answer to a line that only doubts the last answer (`last`, which stood in the memories `told`), or asks for
    more; None for any other line."""
    more = told_more(line, told, last, recalls)
    quotes = sources(line, told, recalls) or more
    if not quotes:
        return None if more is None else FromWords(NOTHING_ELSE, ())
    return FromWords("\n".join(one.text for one in quotes), tuple(one.episode for one in quotes))


def sources(line: str, told: Collection[str], recalls: Sequence[Recall]) -> list[Quote]:
    """The user's words in which the last answer stood (memories with the ids `told`), where a line only doubts it:
    "are you sure?", "how do you know that?"."""
    if not _DOUBTS.fullmatch(line):
        return []
    last = [one for one in recalls if one.episode.id in told][:_MOST_QUOTED]
    return [quoted(Quotable(one.episode, one.episode.day, one.certainty), one.episode.words) for one in last]


def told_more(line: str, told: Collection[str], last: str, recalls: Sequence[Recall]) -> list[Quote] | None:
    """The user's words about what is in view that neither the memories `told` (ids) nor the answer `last` showed, where
    a line asks for no more than that: "what else?". None: it asks something else, or nothing is in view."""
    here = [one for one in recalls if one.by_sight] or [one for one in recalls if one.episode.id in told]
    if not here or not _MORE.fullmatch(line):
        return None
    shown = spaced(last)
    quotes = []
    for one in here:
        lines = [
            text
            for text in sentences(one.episode.words)
            if not any(spaced(said) in shown for said in (text, to_the_user(text)))
        ]
        if lines and (one.episode.id not in told or len(lines) < len(list(sentences(one.episode.words)))):
            quotes.append(quoted(Quotable(one.episode, one.episode.day, one.certainty), " ".join(lines)))
    return quotes[:_MOST_QUOTED]


def spoken_of(
    question: str, told: Collection[str], recalls: Sequence[Recall], reader: Reader | None
) -> tuple[Recall, ...]:
    """Those of `recalls` that a question goes on about, where the last answer stood in the memories `told` (ids) and in
    none that the photo in view brought; empty where it asks about the photo, or about something of its own."""
    last = tuple(one for one in recalls if one.episode.id in told)
    if not last or any(one.by_sight for one in last) or _IN_VIEW.search(question) or identity(tokens(question)):
        return ()
    if not any(speaks_of(question, one.episode.words) for one in last):
        return ()
    if _POINTS.fullmatch(question):
        return last
    there, here = (_margin(question, part, reader) for part in (last, [one for one in recalls if one not in last]))
    return last if there >= SURE and there > here else ()


def _margin(question: str, recalls: Sequence[Recall], reader: Reader | None) -> float:
    """How surely one of these memories answers a question."""
    nowhere = float("-inf")
    try:
        found = [reader.read(question, one.episode.words) for one in recalls] if reader else []
    except ModelError:
        return nowhere
    return max((one.margin for one in found if one), default=nowhere)
