"""`python -m benchmark grounding --notes SPLIT`: whether the sentence that is quoted holds the answer to a question.

The questions are those of a split of the notes corpus, or those of the plain notes that nothing is trained on
("plain"), each about its own note alone; no model writes. To a question without an answer nothing should be quoted. Of
a plain note the quotation has to begin with the sentence that answers: it is so short that all of it is quoted often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import read_all
from assistant.reader.answer_reader import AnswerReader
from benchmark.notes.collection import notes_of
from benchmark.notes.plain_notes import PlainNote, plain_notes
from benchmark.tasks.natural_notes import answers_it
from memory.episode import Episode, Photo, Turn

PLAIN = "plain"
"""In the place of a split: the plain notes that nothing is trained on."""
WAYS = {"rules alone": (False, False), "by the reader": (True, False), "after silence": (True, True)}
"""For each way of choosing: whether by the reader, and whether the model said that it was not told."""


class Asked(NamedTuple):
    """A question about a note."""

    note: str
    question: str
    kind: str
    """ask, untold or absent."""
    answered_by: Callable[[str], bool]
    """Whether a quotation answers it."""


def lines(split: str, most: int | None = None) -> list[str]:
    """The rates of a split as lines, of each way of choosing; of the first `most` notes."""
    out = []
    for way in WAYS:
        counts = rates(split, way, most)
        for kind, outcomes in (("ask", ("right", "wrong", "none")), ("untold", ("none",)), ("absent", ("none",))):
            of = sum(n for (asked, _), n in counts.items() if asked == kind)
            if not of:
                continue  # no plain note is asked about an absent thing
            shares = ", ".join(f"{outcome} {counts[kind, outcome] / of:.1%}" for outcome in outcomes)
            out.append(f"{way:14} {kind:7} {shares} of {of}")
    return out


def rates(split: str, way: str, most: int | None = None) -> Counter[tuple[str, str]]:
    """How many questions of each kind got a right, a wrong, or no quotation; any is wrong where there is no answer."""
    by_reader, silent = WAYS[way]
    reader = AnswerReader() if by_reader else None
    counts: Counter[tuple[str, str]] = Counter()
    for asked in _asked(split, most):
        episode = Episode(Photo("0" * 64, b"", 1, 1), (Turn("user", asked.note),), datetime(2024, 5, 1, tzinfo=UTC))
        recalled = [Quotable(episode, None, "sure")]
        found = pick(asked.question, recalled, read_all(asked.question, recalled, reader), silent=silent)
        right = found and asked.kind == "ask" and asked.answered_by(found.text)
        counts[asked.kind, "none" if found is None else "right" if right else "wrong"] += 1
    return counts


def _asked(split: str, most: int | None) -> Iterator[Asked]:
    if split == PLAIN:
        for note in plain_notes("dev")[:most]:
            for question, answer in note.questions:
                begins = partial(_begins, note, answer[0]) if answer else bool
                yield Asked(note.text, question, "ask" if answer else "untold", begins)
        return
    for seed, family in enumerate(notes_of(split)[:most]):
        filled = family.filled(seed)[0]
        for one in filled.questions:
            yield Asked(filled.text, one.text, one.kind, partial(answers_it, one))


def _begins(note: PlainNote, answer: int, quotation: str) -> bool:
    """Whether a quotation begins with the sentence in which the answer stands that begins at a character."""
    end = 0
    for line in sentences(note.text):
        end = note.text.index(line, end) + len(line)
        if answer < end:
            return f"“{line}" in quotation
    return False
