"""All notes, the later notes that belong to them, and the split: by note, by voice and by what fills slots.

Some voices are wholly held out (`HELD_OUT`): a model never sees how they write. Of all others a share of the notes is
held out, whole families at a time; a family is a note with all that follow it. A note is filled with the values of its
own split only, so that no name of the test is ever trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmark.notes.note import FilledNote, Note, fill
from benchmark.notes.note_files import DATA, read_voice
from benchmark.notes.slot_values import SPLITS, draw_values
from benchmark.notes.template import slots
from memory.errors import KeepsakeError

HELD_OUT = {"widower": "test", "teenager": "test", "collector": "dev"}
"""Voices of which no note is trained on, and their split."""
TEST_SHARE, DEV_SHARE = 0.12, 0.08
"""Shares of the families of all other voices."""


@dataclass(frozen=True, slots=True)
class Family:
    """A note and those that add to it or correct it, the earliest first; most have one note."""

    notes: tuple[Note, ...]

    @property
    def id(self) -> str:
        """The id of the first note."""
        return self.notes[0].id

    @property
    def split(self) -> str:
        """train, dev or test; it depends on voice and id alone, so that new notes move no old one."""
        if voice := HELD_OUT.get(self.notes[0].voice):
            return voice
        at = int(hashlib.sha256(self.id.encode()).hexdigest()[:8], 16) / 2**32
        return "test" if at < TEST_SHARE else "dev" if at < TEST_SHARE + DEV_SHARE else "train"

    @property
    def slots(self) -> dict[str, str]:
        """The kind of every slot, by its value as it was written, in small letters."""
        return {value.casefold(): kind for note in self.notes for kind, value in slots(note.text)}

    def written(self) -> tuple[FilledNote, ...]:
        """The notes as they were written."""
        return tuple(fill(note, self.slots) for note in self.notes)

    def filled(self, seed: int, split: str = "") -> tuple[FilledNote, ...]:
        """The notes with other names, places, days and numbers: the same seed gives the same ones.

        All notes of the family get the same values, those of `split`, which is the family's own if none is given.
        """
        rng = np.random.default_rng([seed, int(hashlib.sha256(self.id.encode()).hexdigest()[:8], 16)])
        text = " ".join(note.text for note in self.written())
        new = draw_values(rng, self.slots, split or self.split, text)
        return tuple(fill(note, self.slots, new) for note in self.notes)


def load(folder: Path = DATA) -> tuple[Family, ...]:
    """The families of all notes in a folder, in the order of files and notes. Raises KeepsakeError."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise KeepsakeError(f"{folder}: no notes here (files that end in .txt)")
    return families([note for path in files for note in read_voice(path)])


@cache
def notes_of(split: str) -> tuple[Family, ...]:
    """The families of a split of our own notes. Raises ValueError for an unknown split."""
    if split not in SPLITS:
        raise ValueError(f"no split named {split!r}: use {', '.join(SPLITS)}")
    return tuple(family for family in load() if family.split == split)


def families(notes: Sequence[Note]) -> tuple[Family, ...]:
    """Notes, each with the notes that follow it. Raises KeepsakeError for an id given twice, or a note that follows
    none."""
    joined: dict[str, list[Note]] = {}
    root: dict[str, str] = {}
    for note in notes:
        if note.id in root:
            raise KeepsakeError(f"{note.where}: there is another note {note.id}")
        if note.follows and note.follows not in root:
            raise KeepsakeError(f"{note.where}: follows {note.follows}, which is not before it in the file")
        root[note.id] = root[note.follows] if note.follows else note.id
        joined.setdefault(root[note.id], []).append(note)
    return tuple(Family(tuple(members)) for members in joined.values())


def all_notes(groups: Iterable[Family]) -> list[Note]:
    """Every note of some families."""
    return [note for family in groups for note in family.notes]
