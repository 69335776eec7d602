"""Looking through the memory: all of it in time, what words, dates and places find, what is there twice, how much.

It finds and counts without reading photos, so that ten thousand memories are listed at once; `store.py` gives the
episodes themselves. It changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from memory import recall
from memory.db import rows
from memory.search import time_phrases, vectors
from memory.store import Memory
from memory.text import folded, terms

FOUND = 200
"""So many memories come when words are asked for; a time alone brings all of it."""


class Mark(NamedTuple):
    """A memory in a list."""

    id: str
    when: datetime
    why: str = ""
    """Why it was found; empty in a list of all."""


class Twin(NamedTuple):
    """A memory that seems to be there more than once."""

    stays: str
    """Id of the one to keep: it has a place, if any has, and is the oldest of those."""
    goes: tuple[str, ...]


class Statistics(NamedTuple):
    """How much there is."""

    episodes: int
    photos: int
    photo_bytes: int
    """Of the photos alone."""
    file_bytes: int
    """Of the memory file."""
    first: datetime | None
    """Date of the oldest memory."""
    years: tuple[tuple[int, int, int], ...]
    """Year, episodes, photos; newest first."""


def timeline(memory: Memory) -> list[Mark]:
    """All memories, newest first. Raises MemoryFileError."""
    with memory.transaction() as db:
        found = db.execute(f"SELECT id, when_utc FROM episodes ORDER BY {rows.NEWEST}").fetchall()
    return [Mark(id, datetime.fromisoformat(at)) for id, at in found]


def find(memory: Memory, words: str, now: datetime | None = None) -> list[Mark]:
    """What was said, a place, a time ("last summer", "may 2025", "2024"), or any of them together.

    Best first; a time alone brings all of that time, newest first. `now`: see `Memory.search`.
    """
    for text in (words, f"in {words}"):  # a bare "2025" is no time in a sentence, but it is one here
        asked = time_phrases.read(text, now)
        if asked.why and not terms(asked.words):
            ids = set(memory.between(asked.since, asked.before))
            return [mark._replace(why=asked.why) for mark in timeline(memory) if mark.id in ids]
    found = memory.search(words, FOUND, now)
    return [Mark(one.episode.id, one.episode.when, one.why) for one in found]


def twins(memory: Memory) -> list[Twin]:
    """Memories of the same photo, or of photos taken one after another that look the same, with the same words.

    Places that differ make them different. Oldest first.
    """
    query = "SELECT id, photo, when_utc, words, said.place FROM episodes JOIN said ON said.rowid = row"
    with memory.transaction() as db:
        alike: dict[str, list[_Row]] = {}
        for id, photo, at, words, place in db.execute(f"{query} ORDER BY when_utc, row"):
            key = " ".join(folded(words).split())
            alike.setdefault(key, []).append(_Row(id, photo, datetime.fromisoformat(at), place))
        groups = [group for same in alike.values() if len(same) > 1 for group in _groups(db, same)]
    found = []
    for group in groups:
        first, *rest = sorted(group, key=lambda row: (row.place is None, row.when))
        found.append(Twin(first.id, tuple(row.id for row in rest)))
    return found


def statistics(memory: Memory) -> Statistics:
    """Counted now. Raises MemoryFileError."""
    stats = memory.stats()
    with memory.transaction() as db:
        (size,) = db.execute("SELECT coalesce(sum(length(data)), 0) FROM photos").fetchone()
        (first,) = db.execute("SELECT min(when_utc) FROM episodes").fetchone()
        by_year = (
            "SELECT substr(when_utc, 1, 4) AS year, count(*), count(DISTINCT photo) FROM episodes "
            "GROUP BY year ORDER BY year DESC"
        )
        years = tuple((int(year), episodes, photos) for year, episodes, photos in db.execute(by_year))
    began = datetime.fromisoformat(first) if first else None
    return Statistics(stats["episodes"], stats["photos"], size, stats["bytes"], began, years)


class _Row(NamedTuple):
    id: str
    photo: str
    when: datetime
    place: str | None


def _groups(db: sqlite3.Connection, same: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Those of one thing among episodes with the same words, by time."""
    groups: list[list[_Row]] = []
    for row in same:
        for group in groups:
            places = {one.place for one in (*group, row)} - {None}
            if len(places) < 2 and any(_one_thing(db, row, one) for one in group):
                group.append(row)
                break
        else:
            groups.append([row])
    return (group for group in groups if len(group) > 1)


def _one_thing(db: sqlite3.Connection, one: _Row, other: _Row) -> bool:
    if one.photo == other.photo:
        return True
    if abs((one.when - other.when).total_seconds()) > recall.BURST:
        return False
    common = "SELECT space FROM vectors WHERE photo IN (?, ?) GROUP BY space HAVING count(*) = 2"
    spaces = [space for (space,) in db.execute(common, (one.photo, other.photo))]
    return any(vectors.alike(db, space, one.photo, other.photo) >= recall.SAME for space in spaces)
