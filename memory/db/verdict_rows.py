"""The user's own answers about recalls, "yes, the same" and "no": values and queries, each on an open transaction.

A verdict is about a pair: the photo that was new, which need not be stored, and the remembered photo that it brought
back. It is forgotten with either of the two. How recall heeds verdicts is said in `search/sightings.py`.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from memory.db import rows


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer: whether a new photo shows what a remembered photo shows."""

    photo: str
    """Hash of the new photo."""
    other: str
    """Hash of the remembered photo."""
    same: bool
    space: str | None
    """The vector space of the score; None when there was no score."""
    score: float | None
    """The score by sight at that time."""
    when: datetime
    """When the user answered, timezone-aware; kept as UTC with whole seconds."""

    def __post_init__(self) -> None:
        if not all(re.fullmatch("[0-9a-f]{64}", hash) for hash in (self.photo, self.other)):
            raise ValueError(f"a verdict is about two photos, by their hashes: {self.photo!r}, {self.other!r}")
        if self.score is not None and not (math.isfinite(self.score) and 0 <= self.score <= 1):
            raise ValueError(f"the score of a verdict is from 0 to 1, not {self.score}")
        object.__setattr__(self, "when", self.when.astimezone(UTC).replace(microsecond=0))


_COLUMNS = "photo, other, same, space, score, when_utc"


def put(db: sqlite3.Connection, verdict: Verdict) -> bool:
    """Store a verdict in the place of an earlier one of the pair; False when the remembered photo is not there."""
    if not rows.has_photo(db, verdict.other):
        return False
    when = verdict.when.isoformat()
    values = (verdict.photo, verdict.other, verdict.same, verdict.space, verdict.score, when)
    db.execute(f"INSERT OR REPLACE INTO verdicts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values)
    return True


def get(db: sqlite3.Connection, photo: str, other: str) -> Verdict | None:
    """The verdict about a pair of photos (hashes)."""
    row = db.execute(f"SELECT {_COLUMNS} FROM verdicts WHERE photo = ? AND other = ?", (photo, other)).fetchone()
    return _verdict(row) if row else None


def drop(db: sqlite3.Connection, photo: str, other: str) -> None:
    """Delete the verdict about a pair of photos, if there is one."""
    db.execute("DELETE FROM verdicts WHERE photo = ? AND other = ?", (photo, other))


def newest_first(db: sqlite3.Connection) -> list[Verdict]:
    """All verdicts, the last answered first."""
    return [
        _verdict(row) for row in db.execute(f"SELECT {_COLUMNS} FROM verdicts ORDER BY when_utc DESC, photo, other")
    ]


def about(db: sqlite3.Connection, photos: Collection[str]) -> list[Verdict]:
    """The verdicts in which one of these photos (hashes) is the new or the remembered one."""
    if db.execute("SELECT 1 FROM verdicts LIMIT 1").fetchone() is None:
        return []
    marks = ", ".join("?" * len(photos))
    query = f"SELECT {_COLUMNS} FROM verdicts WHERE photo IN ({marks}) UNION SELECT {_COLUMNS} FROM verdicts"
    return [_verdict(row) for row in db.execute(f"{query} WHERE other IN ({marks})", (*photos, *photos))]


def delete_about(db: sqlite3.Connection, photos: Iterable[str]) -> int:
    """Delete every verdict about one of these photos (hashes); returns how many there were."""
    query = "DELETE FROM verdicts WHERE photo = ? OR other = ?"
    return sum(db.execute(query, (photo, photo)).rowcount for photo in photos)


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Problems of verdicts, each in one line, for `Memory.verify`."""
    for row in db.execute(f"SELECT {_COLUMNS} FROM verdicts").fetchall():
        try:
            _verdict(row)
        except ValueError as error:
            yield f"an answer about a recall is not what was written: {error}"


def _verdict(row: tuple[Any, ...]) -> Verdict:
    photo, other, same, space, score, when = row
    return Verdict(photo, other, bool(same), space, score, datetime.fromisoformat(when))
