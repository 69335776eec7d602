"""Photos about which the user said nothing, and those that are not to be asked about: each query on a transaction.

A mark "not to be asked about" belongs to a photo, and is forgotten with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

_WAITING = """FROM episodes AS one WHERE photo NOT IN (SELECT photo FROM not_asked) AND NOT EXISTS (
    SELECT 1 FROM episodes AS other JOIN turns ON episode = other.id
    WHERE other.photo = one.photo AND role = 'user' AND trim(text) <> '')"""


def waiting(db: sqlite3.Connection) -> int:
    """How many photos wait for words."""
    return int(db.execute(f"SELECT count(DISTINCT photo) {_WAITING}").fetchone()[0])


def rows_waiting(db: sqlite3.Connection) -> list[tuple[int, str]]:
    """Row and photo (hash) of an episode of each photo that waits for words, newest first."""
    query = f"SELECT max(row), photo {_WAITING} GROUP BY photo ORDER BY max(when_utc) DESC, max(row) DESC"
    return [(row, photo) for row, photo in db.execute(query)]


def mark(db: sqlite3.Connection, photos: Iterable[str]) -> None:
    """Do not ask about these photos (hashes) any more; those that are not stored are left out."""
    stored = "INSERT OR IGNORE INTO not_asked SELECT sha256 FROM photos WHERE sha256 = ?"
    db.executemany(stored, [(photo,) for photo in photos])


def unmark(db: sqlite3.Connection, photos: Iterable[str]) -> None:
    """Ask about these photos again."""
    db.executemany("DELETE FROM not_asked WHERE photo = ?", [(photo,) for photo in photos])


def marked(db: sqlite3.Connection) -> list[str]:
    """The photos (hashes) that are not asked about, in the order of their hashes."""
    return [photo for (photo,) in db.execute("SELECT photo FROM not_asked ORDER BY photo")]
