"""How often the grounding check shows short answers ("Nathan.", "A bean.", "Four."), right and wrong; no model writes.

By hand (`terse.jsonl`, notes of the dev split): 55 right ones and 55 wrong ones. From the notes of a split: a
question's own answers are right; to a question about an untold fact, names and short facts of the note are wrong.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmark.grounding.checked import passes
from benchmark.notes.collection import notes_of
from benchmark.notes.note import FilledNote

BY_HAND = Path(__file__).parent / "terse.jsonl"
_DAY = "2024-05-12"
_FACTS = ("attribute", "place", "event", "number")


def lines(split: str, most: int | None = None) -> list[str]:
    """Lines: how many answers of each sort are shown as they are; by hand, and from a split's first `most` notes."""
    counts = rates(split, most) | {f"by hand, {label}": found for label, found in by_hand().items()}
    return [
        f"short answer   {sort:15} shown {one['shown'] / max(1, one.total()):.1%} of {one.total()}"
        for sort, one in counts.items()
    ]


def by_hand() -> dict[str, Counter[str]]:
    """How many of the answers labelled "right" and "wrong" by hand are shown, and how many are not."""
    out: dict[str, Counter[str]] = {"right": Counter(), "wrong": Counter()}
    for row in map(json.loads, BY_HAND.read_text(encoding="utf-8").splitlines()):
        out[row["label"]][_shown(row["note"], row["question"], row["text"])] += 1
    return out


def rates(split: str, most: int | None = None) -> dict[str, Counter[str]]:
    """How many of the notes' right answers, and of names and facts given to untold questions, are shown or not."""
    out: dict[str, Counter[str]] = {"right": Counter(), "a name, untold": Counter(), "a fact, untold": Counter()}
    for seed, family in enumerate(notes_of(split)[:most]):
        note = family.filled(seed)[0]
        for sort, question, answer in _given(note):
            out[sort][_shown(note.text, question, answer)] += 1
    return out


def _given(note: FilledNote) -> Iterator[tuple[str, str, str]]:
    """Sort, question and text of every answer that is tried with a note."""
    names = {t for s in note.spans if (t := note.text[s.start : s.end]) and s.kind in ("person", "name")}
    names = {t for t in names if t.strip()[:1].isupper() and len(t.split()) < 3}
    facts = {t for s in note.spans if (t := note.text[s.start : s.end]) and s.kind in _FACTS} - names
    for asked in note.questions:
        if asked.kind == "ask":
            yield from (("right", asked.text, answer) for answer in asked.answers)
        elif asked.kind == "untold":
            yield from (("a name, untold", asked.text, name) for name in sorted(names))
            yield from (("a fact, untold", asked.text, fact) for fact in sorted(facts) if len(fact.split()) < 4)


def _shown(note: str, question: str, answer: str) -> str:
    text = answer[:1].upper() + answer[1:]
    memory = {"words": note, "day": _DAY, "place": None}
    shown = passes({"memories": [memory], "sees": False}, question, text if text[-1] in '.!?"' else f"{text}.")
    return "shown" if shown else "not shown"
