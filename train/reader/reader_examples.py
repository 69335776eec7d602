"""Questions and notes for the reader, from both corpora of notes: where the answer stands, or that there is none.

An answer's place is where its words stand in the note, else the sentence that answers. Questions without an answer are
those written so (about an untold fact, or an absent thing), those of another note, and those whose answering sentence
was taken out of the note: the last can be made in any number, and are as hard as the first. A plain note gets only its
own questions, since any other plain note might answer "how old is he", too.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.grounding.claims import sentences
from benchmark.notes.collection import notes_of
from benchmark.notes.note import FilledNote, Question
from benchmark.notes.plain_notes import PlainNote, PlainQuestion, plain_notes
from benchmark.tasks.natural_notes import answers_it

OTHER, TAKEN_OUT = 0.6, 0.25
"""How often a note is asked another note's question, and a question is asked without the sentence that answers it."""
UNANSWERED, UNDATED = 0.8, 0.7
"""At most so many questions of plain notes without an answer for each with one; and of those for a time."""
SMALL, BARE, UNMARKED = 0.3, 0.1, 0.2
"""How often a question comes in lower case, without apostrophes, without its question mark."""

_TIME = re.compile(r"when\b|(?:what|which) (?:year|day)\b|how long ago\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a text."""

    question: str
    text: str
    answer: tuple[int, int] | None
    """The range of characters of the answer; None: the text has none."""
    asked: Question
    """The corpus's question."""


def dev_examples() -> list[Example]:
    """The questions of the corpus's dev split, each as it was written and with its own note; a question is left out if
    its answer is not found in the note."""
    return [
        Example(asked.text, note.text, answer, asked)
        for note in _filled("dev", 0)
        for asked in note.questions
        if (answer := place(note.text, asked)) or asked.kind != "ask"
    ]


def epoch_examples(epoch: int) -> list[Example]:
    """The examples of one epoch, from the training splits: the corpus's, from notes filled anew, and the plain notes',
    of which some without an answer are left out; questions as people type them."""
    rng = random.Random(epoch)
    notes = _filled("train", epoch)
    plain = [example for note in plain_notes("train") for example in _of_plain(note, rng)]
    plain = _balanced(plain, [example for example in plain if _TIME.match(example.question)], UNDATED, rng)
    plain = _balanced(plain, plain, UNANSWERED, rng)
    return [example for note in notes for example in _of_note(note, notes, rng)] + plain


def _balanced(examples: list[Example], kind: list[Example], most: float, rng: random.Random) -> list[Example]:
    """The examples without so many of a kind that at most `most` of it lack an answer for each that has one.

    A reader that sees too many of them learns to doubt that kind of question.
    """
    without = [example for example in kind if not example.answer]
    surplus = len(without) - int(most * (len(kind) - len(without)))
    left_out = {id(example) for example in rng.sample(without, max(0, surplus))}
    return [example for example in examples if id(example) not in left_out]


def place(text: str, asked: Question) -> tuple[int, int] | None:
    """Where the answer to a question stands in a note; None for a question without an answer, or if it is not found."""
    if asked.kind != "ask":
        return None
    for answer in asked.answers:
        bare = answer.strip().rstrip(".!").strip('"')
        for own in (bare, re.sub(r"\byour\b", "my", bare), re.sub(r"\byour\b", "our", bare)):
            if (start := text.lower().find(own.lower())) >= 0:
                return start, start + len(own)
    return next(((start, end) for start, end in lines(text) if answers_it(asked, text[start:end])), None)


def lines(text: str) -> Iterator[tuple[int, int]]:
    """The ranges of characters of a text's sentences."""
    end = 0
    for line in sentences(text):
        if (start := text.find(line, end)) >= 0:
            yield start, (end := start + len(line))


def _filled(split: str, epoch: int) -> list[FilledNote]:
    return [family.filled(1000 * epoch + n)[0] for n, family in enumerate(notes_of(split))]


def _of_note(note: FilledNote, notes: list[FilledNote], rng: random.Random) -> Iterator[Example]:
    for asked in note.questions:
        answer = place(note.text, asked)
        if asked.kind != "ask":
            yield Example(_typed(asked.text, rng), note.text, None, asked)
        elif answer:
            yield Example(_typed(asked.text, rng), note.text, answer, asked)
            if rng.random() < TAKEN_OUT and (rest := _without(note.text, asked)):
                yield Example(_typed(asked.text, rng), rest, None, asked)
    other = rng.choice(notes)
    asked = rng.choice([q for q in other.questions if q.kind == "ask"])
    if rng.random() < OTHER and other is not note and not place(note.text, asked):
        yield Example(_typed(asked.text, rng), note.text, None, asked)


def plain_dev_examples() -> list[Example]:
    """The questions of the plain notes of dev, as they were written."""
    return [_plain(question, note.text) for note in plain_notes("dev") for question in note.questions]


def _of_plain(note: PlainNote, rng: random.Random) -> Iterator[Example]:
    for question in note.questions:
        one = _plain(question, note.text)
        yield replace(one, question=_typed(one.question, rng))
        if one.answer and rng.random() < TAKEN_OUT:
            begin, end = one.answer
            if kept := [note.text[a:b] for a, b in lines(note.text) if b <= begin or a >= end]:
                yield replace(one, question=_typed(one.question, rng), text=" ".join(kept), answer=None)


def _plain(question: PlainQuestion, text: str) -> Example:
    found = question.answer
    asked = Question("ask", question.text, (text[slice(*found)],)) if found else Question("untold", question.text, ())
    return Example(question.text, text, found, asked)


def _without(text: str, asked: Question) -> str:
    """The note without the sentences that answer a question; empty if the rest still answers it, or there is none."""
    kept = [text[start:end] for start, end in lines(text)]
    kept = [line for line in kept if not place(line, asked)]
    return "" if place(" ".join(kept), asked) else " ".join(kept)


def _typed(question: str, rng: random.Random) -> str:
    """A question as it may be typed in a hurry."""
    if rng.random() < SMALL:
        question = question.lower()
    if rng.random() < BARE:
        question = question.replace("'", "").replace("’", "")
    return question.rstrip("?") if rng.random() < UNMARKED else question
