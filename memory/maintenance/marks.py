"""The user's marks on pairs of photos, "the same" and "not the same", as a person reads them and takes them back.

A mark is an answer about a recall (`db/verdict_rows.py`). It is no memory: no timeline, search or caption has it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from memory.days import day_words
from memory.db import rows
from memory.db.verdict_rows import Verdict
from memory.episode import Episode
from memory.errors import KeepsakeError
from memory.store import Memory


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark, with the newest memory of each of its photos."""

    id: str
    """Eight hex digits, a hash of the two photos."""
    same: bool
    photo: str
    """Hash of the photo that was new then; it need not be remembered."""
    other: str
    """Hash of the remembered photo that it had brought back."""
    new: Episode | None
    """A memory of the first photo, if it has one."""
    remembered: Episode | None
    """A memory of the second photo."""
    when: datetime
    """When the user said so."""

    @property
    def sides(self) -> tuple[str, str]:
        """The two photos in words, the one that was new first."""
        return _of(self.new), _of(self.remembered)

    def line(self, seen_from: str = "") -> str:
        """The mark as a sentence, from the side of one of its photos (a hash; default: the one that was new)."""
        one, other = (self.remembered, self.new) if seen_from == self.other else (self.new, self.remembered)
        what = "the same as" if self.same else "not the same as"
        if seen_from in (self.photo, self.other):
            return f"You said: {what} {_of(other)}"
        return f"{_of(one)} is {what} {_of(other)}"


def listed(memory: Memory, photo: str = "") -> list[Mark]:
    """All marks, the newest first; `photo` (a hash): those on this photo. Raises MemoryFileError."""
    found = [v for v in memory.verdicts() if photo in ("", v.photo, v.other) and v.photo != v.other]
    return [_mark(memory, verdict) for verdict in found]


def find(memory: Memory, id: str) -> Mark:
    """The mark with this id, or the only one whose id begins so. Raises KeepsakeError."""
    prefix = id.strip().lower()
    meant = [one for one in listed(memory) if prefix and one.id.startswith(prefix)]
    if len(meant) != 1:
        what = f"{len(meant)} marks have" if meant else "no mark has"
        raise KeepsakeError(f"{what} the id {id!r}: `python -m memory marks` (/marks in the app) lists them")
    return meant[0]


def take_back(memory: Memory, id: str) -> Mark:
    """Take back the mark with this id, as `find` finds it. Raises KeepsakeError."""
    mark = find(memory, id)
    memory.take_back_verdict(mark.photo, mark.other)
    return mark


def _mark(memory: Memory, verdict: Verdict) -> Mark:
    id = hashlib.sha256(f"{verdict.photo} {verdict.other}".encode()).hexdigest()[:8]
    new, remembered = (_newest(memory, photo) for photo in (verdict.photo, verdict.other))
    return Mark(id, verdict.same, verdict.photo, verdict.other, new, remembered, verdict.when)


def _newest(memory: Memory, photo: str) -> Episode | None:
    with memory.transaction() as db:
        hits = [hit for hit in rows.of_photo(db, photo) if rows.has_words(db, hit)] or rows.of_photo(db, photo)
        newest = max(hits, key=lambda hit: hit.order, default=None)
        return rows.at(db, newest.row) if newest else None


def _of(episode: Episode | None) -> str:
    """ "your photo of 12 May 2025: “This is Leo.”" """
    if episode is None:
        return "a photo that is not remembered"
    at = f"your photo of {day_words(episode.day)}" if episode.day else "your photo of an unknown day"
    return f"{at}: “{episode.words}”" if episode.words else at
