"""The tray: photos that were stored without words, for the user to tell about, grouped by day and by likeness.

Such a photo is an episode without words, as an import stores it. Words that the user tells take its place in an episode
with the same photo, day and place. A photo that the user called not interesting stays, and is never asked about again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from memory.db import conversation_rows, rows, tray_rows, word_index
from memory.episode import Episode, Turn
from memory.search import vectors
from memory.store import Memory

ALIKE = 0.7
"""Photos of one day are one group when their `vectors.alike` is at least this: less than for the same picture."""
MOST = 10
"""Photos shown at once."""


def waiting(memory: Memory) -> int:
    """How many photos wait for words. Raises MemoryFileError."""
    with memory.transaction() as db:
        return tray_rows.waiting(db)


def groups(memory: Memory, skipped: Collection[str] = (), most: int = MOST) -> list[list[Episode]]:
    """The next photos that wait, at most `most`, without the `skipped` (hashes); newest day first.

    A group holds photos of one day that look alike, in the order of time. Raises MemoryFileError.
    """
    with memory.transaction() as db:
        found = [row for row, photo in tray_rows.rows_waiting(db) if photo not in skipped][: max(most, 0)]
        episodes = [rows.at(db, row) for row in found]
        result: list[list[Episode]] = []
        for episode in episodes:
            fits = (group for group in result if any(_alike(db, episode, other) for other in group))
            if (group := next(fits, None)) is not None:
                group.append(episode)
            else:
                result.append([episode])
    return [sorted(group, key=lambda one: (one.when, one.order)) for group in result]


def add_words(memory: Memory, ids: Sequence[str], words: str) -> dict[str, Episode]:
    """Give episodes without words these words: all or, if anything fails, none.

    Returns the ids of the episodes that took their places, each with the one before. Raises UnknownEpisode.
    """
    told: dict[str, Episode] = {}
    now = datetime.now().astimezone()
    with memory.transaction("IMMEDIATE") as db:
        for id in ids:
            row, whole, _ = rows.find(db, id)
            before = rows.at(db, row)
            new = replace(before, turns=(*before.turns, Turn("user", words)), told=now)
            _put(db, row, whole, new)
            told[new.id] = before
    return told


def put_in_place(memory: Memory, id: str, new: Episode) -> None:
    """Store an episode in the place of one with the same photo and without words, or with words from a file's name.
    Raises UnknownEpisode."""
    with memory.transaction("IMMEDIATE") as db:
        row, whole, _ = rows.find(db, id)
        _put(db, row, whole, new)


def _put(db: sqlite3.Connection, row: int, id: str, new: Episode) -> None:
    rows.insert(db, new, row)
    conversation_rows.rename_episodes(db, (id,), new.id)
    row, _, _ = rows.find(db, id)
    # Nothing is to be overwritten: all that the old row says, the new one says too.
    word_index.remove(db, row)
    db.execute("DELETE FROM episodes WHERE row = ?", (row,))


def leave(memory: Memory, photos: Sequence[str]) -> None:
    """Never ask about these photos (hashes) again. Raises MemoryFileError."""
    with memory.transaction("IMMEDIATE") as db:
        tray_rows.mark(db, photos)


def ask_again(memory: Memory, photos: Sequence[str]) -> None:
    """Take back `leave`. Raises MemoryFileError."""
    with memory.transaction("IMMEDIATE") as db:
        tray_rows.unmark(db, photos)


def _alike(db: sqlite3.Connection, one: Episode, other: Episode) -> bool:
    if one.day != other.day:
        return False
    photos = one.photo.sha256, other.photo.sha256
    return any(vectors.alike(db, space, *photos) >= ALIKE for space in vectors.spaces_of(db, *photos))
