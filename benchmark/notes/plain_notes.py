"""Short plain notes with questions in other words: "turned nine in March", asked "how old is he".

They lie in `plain/`, one note a line: {"text", "questions": [{"text", "answer"}]}. An answer is a run of words that
stands in the text exactly once; null: the fact was never told. `dev*.jsonl` and `test.jsonl` are never trained on, and
nothing is chosen by `test.jsonl`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from memory.errors import KeepsakeError

FOLDER = Path(__file__).parent / "plain"
Part = Literal["train", "dev", "test"]


class PlainQuestion(NamedTuple):
    """A question about a note."""

    text: str
    answer: tuple[int, int] | None
    """The range of characters of the answer in the note; None: it was never told."""


class PlainNote(NamedTuple):
    """A note and what is asked about it."""

    text: str
    questions: tuple[PlainQuestion, ...]


@cache
def plain_notes(part: Part) -> tuple[PlainNote, ...]:
    """The notes of a part. Raises KeepsakeError: one line that says which line of which file is wrong, and why."""
    files = sorted(path for path in FOLDER.glob("*.jsonl") if _part(path) == part)
    return tuple(note for path in files for note in read(path))


def _part(path: Path) -> Part:
    return "dev" if path.stem.startswith("dev") else "test" if path.stem == "test" else "train"


def read(path: Path) -> list[PlainNote]:
    """The notes of a file. Raises KeepsakeError."""
    notes = []
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            notes.append(_note(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeepsakeError(f"{path.name}, line {n}: {error}") from error
    return notes


def _note(row: dict[str, object]) -> PlainNote:
    text, questions = row["text"], row["questions"]
    if not isinstance(text, str) or not isinstance(questions, list) or not questions:
        raise ValueError("a note needs a text and a list of questions")
    return PlainNote(text, tuple(PlainQuestion(asked["text"], _place(text, asked["answer"])) for asked in questions))


def _place(text: str, answer: str | None) -> tuple[int, int] | None:
    if answer is None:
        return None
    found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", text)]
    if not answer or len(found) != 1:
        raise ValueError(f"the answer {answer!r} stands in the text {len(found)} times, not once: {text[:60]!r}")
    return found[0]
