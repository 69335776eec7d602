"""A note: what somebody wrote about a photo, with captions and questions; as it was written, and filled anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from zlib import crc32

from benchmark.notes.template import Rendered, Span, render

Kind = Literal["ask", "untold", "absent"]
KINDS: tuple[Kind, ...] = ("ask", "untold", "absent")
"""A question that the note answers; one about the thing, whose answer was never told; one about a thing that is
neither in the note nor in its photo."""
GENERAL: Mapping[Kind, tuple[str, ...]] = {
    "ask": (),
    "untold": (
        "You did not tell me that.",
        "I do not know: you never told me.",
        "That is something you have not told me.",
        "You have not told me, so I cannot say.",
    ),
    "absent": (
        "I know nothing about that: you never told me of one.",
        "You have not told me of any, and I see none here.",
        "I do not know of one.",
        "There is none that I know of.",
    ),
}
"""Answers that fit every question of a kind: each question without an answer gets one, beside its own."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answers in several wordings; the first answer is the shortest, in words of the note."""

    kind: Kind
    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was written, with the marks of `template.py` in its texts."""

    id: str
    """Voice and number: "gardener-012"."""
    kind: str
    """What the photo shows, roughly: pet, toy, person, place, food, plant, vehicle and so on (`note_files.THINGS`)."""
    things: tuple[str, ...]
    """What the photo shows, in common words: ("zebra",); several where the note is about several."""
    label: str
    """How a list of several things names this one, to its owner: "{Zuri} the zebra", "your father's watch"."""
    text: str
    captions: tuple[str, ...]
    questions: tuple[Question, ...]
    follows: str = ""
    """The id of an earlier note that this one adds to or corrects; "" for none."""
    stale: tuple[str, ...] = ()
    """Words of the earlier note that this one corrects: no caption and no answer may tell them any more."""
    read: int = 1
    """How many people have read it, its author among them."""
    where: str = ""
    """File and line, for messages."""

    @property
    def voice(self) -> str:
        """Who writes: "gardener", in gardener.txt and in gardener-b.txt alike."""
        return self.id.partition("-")[0]

    @property
    def templates(self) -> tuple[str, ...]:
        """Every text of the note that may hold marks, the note's own first."""
        asked = (t for q in self.questions for t in (q.text, *q.answers))
        return (self.text, self.label, *self.captions, *self.stale, *asked)


@dataclass(frozen=True, slots=True)
class FilledNote:
    """A note as a reader sees it: plain texts, without marks."""

    note: Note
    """The note as it was written."""
    label: str
    text: str
    spans: tuple[Span, ...]
    """The facts in the text."""
    captions: tuple[str, ...]
    questions: tuple[Question, ...]
    stale: tuple[str, ...]

    def facts(self, kind: str) -> tuple[str, ...]:
        """The words of every fact of a kind, in the order of the text."""
        return tuple(self.text[s.start : s.end] for s in self.spans if s.kind == kind)


def fill(note: Note, kinds: Mapping[str, str], values: Mapping[str, str] | None = None) -> FilledNote:
    """The plain texts of a note; `kinds` and `values` as `template.render` takes them. Raises ValueError."""

    def plain(template: str) -> str:
        return render(template, kinds, values).text

    def spoken(template: str) -> str:
        return render(template, kinds, values, sentences=True).text

    text: Rendered = render(note.text, kinds, values)
    return FilledNote(
        note=note,
        label=plain(note.label),
        text=text.text,
        spans=text.spans,
        captions=tuple(spoken(c) for c in note.captions),
        questions=tuple(
            Question(q.kind, plain(q.text), (*map(spoken, q.answers), *_general(q))) for q in note.questions
        ),
        stale=tuple(plain(s) for s in note.stale),
    )


def _general(question: Question) -> tuple[str, ...]:
    """One general answer, chosen by the question's words alone; none if the kind has none, or all are there already."""
    general = [words for words in GENERAL[question.kind] if words not in question.answers]
    return (general[crc32(question.text.encode()) % len(general)],) if general else ()
