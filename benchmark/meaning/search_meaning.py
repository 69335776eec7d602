"""`python -m benchmark search-meaning`: is the right note found by a question in other words?

The questions (`questions.tsv`) share no content word with the note they ask for; the memory holds all notes of three
voices. Weights and thresholds were chosen on the split "tune"; "test" is only measured. A third set, the notes' own
questions, is in the notes' words: search by meaning must not lose what words find.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from assistant.embedder.embed_words import embed_missing
from assistant.embedder.text_embedder import TextEmbedder
from benchmark.judges.score import wilson
from benchmark.notes.collection import load
from memory import browse
from memory.episode import Episode, Photo, Turn
from memory.search import meaning
from memory.store import Memory

QUESTIONS = Path(__file__).with_name("questions.tsv")
VOICES = ("plain", "everyday", "grandmother")
"""The voices whose notes are the memory."""
SPLITS = ("tune", "test")
OWN = "own words"
"""The notes' own questions, as a third set beside the splits."""
DEPTHS = (1, 5)
WAYS = {"words": "words as typed", "meaning": "the embedder alone", "fused": "both"}


class Asked(NamedTuple):
    """A question, and the family of notes that answers it."""

    family: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark search-meaning`."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--misses", action="store_true", help="list the questions whose note is not in the first five")


def command(args: argparse.Namespace) -> int:
    """Measure both splits and the notes' own questions, and print the rates. Raises KeepsakeError."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    missed = [line for one in found.values() for line in one.pop("missed")]
    if args.json:
        print(json.dumps(found))
        return 0
    for name, one in found.items():
        print(f"{name}: {one['n']} questions, {one['notes']} notes")
        for way, words in WAYS.items():
            rates = ", ".join(
                f"hit at {k} {one[way][f'at_{k}']:.1%} [{low:.1%}, {high:.1%}]"
                for k in DEPTHS
                for low, high in [one[way][f"at_{k}_interval"]]
            )
            print(f"  {words}: {rates}")
        gains = (f"at {k} {g:+.1%} [{a:+.1%}, {b:+.1%}]" for k in DEPTHS for g, a, b in [one[f"gain_at_{k}"]])
        print(f"  both less words: {', '.join(gains)}")
    if args.misses:
        print("\n".join(missed))
    return 0


def measure(folder: Path) -> dict[str, dict[str, Any]]:
    """The rates of both splits and of the notes' own questions, over a memory made in `folder`."""
    embedder = TextEmbedder()
    try:
        with Memory(folder / "memory.db") as memory:
            families = store_notes(memory)
            embed_missing(memory, embedder)
            sets = {**{split: list(questions(split)) for split in SPLITS}, OWN: list(own_questions())}
            return {name: _rates(memory, embedder, asked, families) for name, asked in sets.items()}
    finally:
        embedder.close()


def store_notes(memory: Memory) -> dict[str, str]:
    """Fill a memory with the notes, one a day; returns the family of each memory's id."""
    families = {}
    begin = datetime(2024, 1, 1, 12, tzinfo=UTC)
    notes = [(family, note) for family in load() if family.notes[0].voice in VOICES for note in family.written()]
    for n, (family, note) in enumerate(notes):
        episode = Episode(Photo(f"{n:064x}", b"", 1, 1), (Turn("user", note.text),), begin + timedelta(days=n))
        families[memory.add(episode)] = family.id
    return families


def questions(split: str) -> Iterator[Asked]:
    """The questions of a split, each with the family of its note."""
    family_of = {note.id: family.id for family in load() for note in family.notes}
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            own, note, text = line.split("\t")
            if own == split:
                yield Asked(family_of[note], text)


def own_questions() -> Iterator[Asked]:
    """The questions of the notes corpus that their own notes answer."""
    for family in load():
        if family.notes[0].voice in VOICES:
            for note in family.written():
                yield from (Asked(family.id, question.text) for question in note.questions if question.kind == "ask")


def _rates(memory: Memory, embedder: TextEmbedder, asked: Sequence[Asked], families: dict[str, str]) -> dict[str, Any]:
    """Hit at 1 and at 5 of each way with 95 % intervals (Wilson), and the paired gain of "both" over words."""
    hits: dict[str, list[list[bool]]] = {way: [] for way in WAYS}
    for one in asked:
        for way in WAYS:
            first = [families[id] for id in _search(memory, embedder, way, one.text)]
            hits[way].append([one.family in first[:k] for k in DEPTHS])
    n = len(asked)
    out: dict[str, Any] = {"n": n, "notes": len(families)}
    for way, rows in hits.items():
        sums = np.sum(rows, axis=0)
        out[way] = {f"at_{k}": int(s) / n for k, s in zip(DEPTHS, sums, strict=True)}
        out[way] |= {f"at_{k}_interval": list(wilson(int(s), n)) for k, s in zip(DEPTHS, sums, strict=True)}
    for at, k in enumerate(DEPTHS):
        gained = np.array(hits["fused"], int)[:, at] - np.array(hits["words"], int)[:, at]
        half = 1.96 * float(gained.std(ddof=1)) / math.sqrt(n)
        out[f"gain_at_{k}"] = [float(gained.mean()), float(gained.mean()) - half, float(gained.mean()) + half]
    out["missed"] = [f"{a.family}: {a.text}" for a, row in zip(asked, hits["fused"], strict=True) if not row[-1]]
    return out


def _search(memory: Memory, embedder: TextEmbedder, way: str, text: str) -> list[str]:
    """The ids that a way of searching finds, best first."""
    if way == "meaning":
        with memory.transaction() as db:
            near = meaning.nearest(db, embedder.space, embedder.embed(text))
        return sorted(near, key=lambda id: -near[id])
    memory.embedder = embedder if way == "fused" else None
    return [entry.id for entry in browse.search(memory, text).entries]
