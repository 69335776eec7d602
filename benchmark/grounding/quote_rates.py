"""`python -m benchmark grounding --notes SPLIT`: whether the sentence that is quoted holds the answer to a question.

The questions are those of a split of the notes corpus, or those of the plain notes of dev or test ("plain",
"plain-test"), each about its own note alone; no model writes. For a question without an answer nothing should be
quoted. A plain note is so short that it is often quoted whole: so the quotation has to begin with the sentence that
answers, or to be the part of this sentence that answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from operator import eq
from typing import Literal, NamedTuple

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.pick import pick
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import read_all
from assistant.reader.answer_reader import AnswerReader
from benchmark.notes.collection import notes_of
from benchmark.notes.plain_notes import Part, PlainNote, plain_notes
from benchmark.tasks.natural_notes import answers_it
from memory.episode import Episode, Photo, Turn

PLAIN: Mapping[str, Part] = {"plain": "dev", "plain-test": "test"}
"""Further values of SPLIT: plain notes that nothing is trained on."""
WAYS = {"rules alone": (False, False), "by the reader": (True, False), "after silence": (True, True)}
"""For each way of choosing a quotation: whether the reader takes part, and whether the model declined to answer."""


class Asked(NamedTuple):
    """A question about a note."""

    note: str
    question: str
    kind: str
    """ask, untold or absent."""
    answered_by: Callable[[str], bool]
    """Whether a quotation answers the question."""
    in_sentence: Callable[[str], bool]
    """Whether a sentence of the note answers the question."""


class Outcome(NamedTuple):
    """A question, and what was quoted."""

    asked: Asked
    quoted: str | None

    @property
    def is_as_wanted(self) -> bool:
        """Whether a question with an answer got the right quotation, and one without an answer none."""
        return self.verdict == ("right" if self.asked.kind == "ask" else "none")

    @property
    def verdict(self) -> Literal["right", "wrong", "none"]:
        """Whether the quotation is right; "none": there is none. Without an answer in the note, any is wrong."""
        if self.quoted is None:
            return "none"
        return "right" if self.asked.kind == "ask" and self.asked.answered_by(self.quoted) else "wrong"


def lines(split: str, most: int | None = None, *, errors: bool = False) -> list[str]:
    """Lines with the rates of each way of choosing, over a split or its first `most` notes.

    With `errors`, lines follow with all questions whose quotation by the reader is not as wanted.
    """
    out, wrong = [], []
    for way in WAYS:
        found = list(outcomes(split, way, most))
        counts: Counter[tuple[str, str]] = Counter((one.asked.kind, one.verdict) for one in found)
        for kind, verdicts in (("ask", ("right", "wrong", "none")), ("untold", ("none",)), ("absent", ("none",))):
            total = sum(n for (asked, _), n in counts.items() if asked == kind)
            if not total:
                continue  # plain notes have no questions about an absent thing
            shares = ", ".join(f"{verdict} {counts[kind, verdict] / total:.1%}" for verdict in verdicts)
            out.append(f"{way:14} {kind:7} {shares} of {total}")
        if errors and way == "by the reader":
            wrong = [
                f"{one.asked.kind:6} {one.verdict:5} {one.asked.question} → {one.quoted} ← {one.asked.note}"
                for one in found
                if not one.is_as_wanted
            ]
    return out + wrong


def outcomes(split: str, way: str, most: int | None = None) -> Iterator[Outcome]:
    """What is quoted for each question of a split, or of its first `most` notes."""
    by_reader, silent = WAYS[way]
    reader = AnswerReader() if by_reader else None
    for asked in asked_of(split, most):
        recalled = [remembered(asked.note)]
        found = pick(asked.question, recalled, read_all(asked.question, recalled, reader), silent=silent)
        yield Outcome(asked, found.text if found else None)


def remembered(note: str) -> Quotable:
    """A note as a memory that is recalled."""
    episode = Episode(Photo("0" * 64, b"", 1, 1), (Turn("user", note),), datetime(2024, 5, 1, tzinfo=UTC))
    return Quotable(episode, None, "sure")


def asked_of(split: str, most: int | None = None) -> Iterator[Asked]:
    """The questions of a split, or of its first `most` notes."""
    if split in PLAIN:
        for note in plain_notes(PLAIN[split])[:most]:
            for question, answer in note.questions:
                line, kind = (_line(note, answer[0]), "ask") if answer else ("", "untold")
                holds = partial(_holds, line, note.text[slice(*answer)] if answer else "")
                yield Asked(note.text, question, kind, holds, partial(eq, line))
        return
    for seed, family in enumerate(notes_of(split)[:most]):
        filled = family.filled(seed)[0]
        for one in filled.questions:
            answers = partial(answers_it, one)
            yield Asked(filled.text, one.text, one.kind, answers, answers)


def _line(note: PlainNote, answer: int) -> str:
    """The sentence of a note that holds the answer; `answer`: the character at which the answer begins."""
    end = 0
    for line in sentences(note.text):
        end = note.text.index(line, end) + len(line)
        if answer < end:
            return line
    return ""


def _holds(line: str, answer: str, quotation: str) -> bool:
    """Whether a quotation begins with the sentence `line`, or is a part of it that holds the answer."""
    begun = quotation.partition("“")[2]
    part = begun.partition("”")[0].strip("… ")
    return begun.startswith(line) or (part in line and answer in part)
