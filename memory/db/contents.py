"""Whether stored photos and episodes are still what their hashes say: a check that finds what SQLite's own does not.

SQLite has no checksums: a byte that a disk or a cable changed within a photo or a sentence is read without complaint.
What no hash stands for is not found here: the text of kept conversations, visual tokens, and unused pages.
"""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import date, datetime

from memory.db.schema import MIGRATIONS
from memory.episode import Episode, Photo, Turn


def first_problem(db: sqlite3.Connection) -> str | None:
    """The first photo or episode that has changed since it was stored; None when there is none.

    Episodes are looked at only in files of this version: others have other columns.
    """
    try:
        for sha256, data, expected in db.execute("SELECT sha256, data, data_sha256 FROM photos"):
            if hashlib.sha256(data).hexdigest() != expected:
                return f"photo {str(sha256)[:16]} has changed since it was stored"
        if db.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
            return None
        for id, photo, when, place, day in db.execute("SELECT id, photo, when_utc, place, day FROM episodes"):
            said = db.execute("SELECT role, text FROM turns WHERE episode = ? ORDER BY n", (id,))
            turns = tuple(Turn(role, text) for role, text in said)
            local = day and date.fromisoformat(day)
            if Episode(Photo(photo, b"", 0, 0), turns, datetime.fromisoformat(when), place, 0, local).id != id:
                return f"episode {id}: its content does not belong to its id"
    except (ValueError, TypeError, OverflowError) as error:
        return f"a stored value is not what it should be: {error}"
    return None
