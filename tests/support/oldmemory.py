"""Memory files as earlier versions wrote them, with rows, for tests of migrations. Not a test.

The tables come from the published migrations, which never change; the rows are written here in plain SQL, so that they
stay what they were however the store writes today.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from memory.db import schema
from memory.episode import Episode


def version_1(path: Path, episodes: Iterable[Episode]) -> None:
    """Write a file of version 1 with these episodes, each photo with one set of visual tokens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, path, schema.MIGRATIONS[:1])
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN")
        for row, one in enumerate(episodes, 1):
            p = one.photo
            taken = p.taken_at.isoformat() if p.taken_at else None
            photo = (p.sha256, p.data, hashlib.sha256(p.data).hexdigest(), p.width, p.height, taken)
            db.execute("INSERT OR IGNORE INTO photos VALUES (?, ?, ?, ?, ?, ?)", photo)
            db.execute(
                "INSERT INTO episodes VALUES (?, ?, ?, ?, ?)", (row, one.id, p.sha256, one.when.isoformat(), one.place)
            )
            turns = [(one.id, n, turn.role, turn.text) for n, turn in enumerate(one.turns)]
            db.executemany("INSERT INTO turns VALUES (?, ?, ?, ?)", turns)
            db.execute("INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)", (row, one.words, one.place))
            tokens = b"\x00\x3c\x00\x00" * 3  # three times (1, 0) as float16
            db.execute("INSERT OR IGNORE INTO vectors VALUES (?, 's', 3, 2, ?, ?)", (p.sha256, tokens[:4], tokens))
        db.execute("COMMIT")


def version_4(path: Path, episodes: Iterable[Episode]) -> None:
    """Write a file of version 4 with these episodes, their visual tokens in float16, and an index of them."""
    version_1(path, episodes)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, path, schema.MIGRATIONS[:4])
        db.execute("BEGIN")
        (space,) = db.execute("SELECT id FROM spaces").fetchone()
        photos = db.execute("SELECT photo FROM vectors ORDER BY photo").fetchall()
        for row, (photo,) in enumerate(photos, space << 32):
            db.execute("INSERT INTO directions VALUES (?, ?, 's', ?)", (row, photo, b"\x00\x3c\x00\x00"))
        db.execute("INSERT INTO codes VALUES (?, 1, ?)", ((space << 32) // 512, b"\x01" + bytes(4095)))
        centre = b"\x00\x00\x80\x3f" + bytes(4)
        db.execute("UPDATE spaces SET total = zeroblob(16), version = 1, built = photos, centre = ?", (centre,))
        db.execute("COMMIT")


def version_5(path: Path, episodes: Iterable[Episode]) -> None:
    """Write a file of version 5 with these episodes: without days of their own."""
    version_4(path, episodes)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.migrate(db, path, schema.MIGRATIONS[:5])
