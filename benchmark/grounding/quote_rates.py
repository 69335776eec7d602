"""`python -m benchmark grounding --notes SPLIT`: whether the sentence that is quoted holds the answer to a question.

The questions are those of the notes corpus, each about its own note alone; no model writes. To a question without an
answer nothing should be quoted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import read_all
from assistant.reader.answer_reader import AnswerReader
from benchmark.notes.collection import notes_of
from benchmark.tasks.natural_notes import answers_it
from memory.episode import Episode, Photo, Turn

WAYS = {"rules alone": (False, False), "by the reader": (True, False), "after silence": (True, True)}
"""For each way of choosing: whether by the reader, and whether the model said that it was not told."""


def lines(split: str, most: int | None = None) -> list[str]:
    """The rates of a split as lines, of each way of choosing; of the first `most` notes."""
    out = []
    for way in WAYS:
        counts = rates(split, way, most)
        for kind, outcomes in (("ask", ("right", "wrong", "none")), ("untold", ("none",)), ("absent", ("none",))):
            of = sum(n for (asked, _), n in counts.items() if asked == kind)
            shares = ", ".join(f"{outcome} {counts[kind, outcome] / of:.1%}" for outcome in outcomes)
            out.append(f"{way:14} {kind:7} {shares} of {of}")
    return out


def rates(split: str, way: str, most: int | None = None) -> Counter[tuple[str, str]]:
    """How many questions of each kind got a right, a wrong, or no quotation; any is wrong where there is no answer."""
    by_reader, silent = WAYS[way]
    reader = AnswerReader() if by_reader else None
    counts: Counter[tuple[str, str]] = Counter()
    for seed, family in enumerate(notes_of(split)[:most]):
        note = family.filled(seed)[0]
        episode = Episode(Photo("0" * 64, b"", 1, 1), (Turn("user", note.text),), datetime(2024, 5, 1, tzinfo=UTC))
        for asked in note.questions:
            recalled = [Quotable(episode, None, "sure")]
            found = pick(asked.text, recalled, read_all(asked.text, recalled, reader), silent=silent)
            right = found and asked.kind == "ask" and answers_it(asked, found.text)
            counts[asked.kind, "none" if found is None else "right" if right else "wrong"] += 1
    return counts
