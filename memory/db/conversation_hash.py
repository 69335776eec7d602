"""The hash of a stored part of a conversation, by which a byte that a disk changed is found.

Whoever writes a row of `talks` seals it in the same transaction. A row that does not fit its hash is never sealed by a
change of some of its columns: damage stays known until the part is deleted, or a snapshot is restored. Columns are read
as bytes, since damaged ones may be no text.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_COLUMNS = ", ".join(f"CAST({name} AS BLOB)" for name in ("id", "n", "when_utc", "photo", "lines", "episodes"))
_ROWS = f"SELECT CAST(sha256 AS BLOB), {_COLUMNS} FROM talks"


def seal(db: sqlite3.Connection, id: str, n: int) -> None:
    """Store the hash of what stands in a part of the conversation `id`, its number `n`."""
    for row in db.execute(f"SELECT {_COLUMNS} FROM talks WHERE id = ? AND n = ?", (id, n)).fetchall():
        db.execute("UPDATE talks SET sha256 = ? WHERE id = ? AND n = ?", (_of(row), id, n))


def seal_all(db: sqlite3.Connection) -> None:
    """Store the hash of every part as it stands: of a file that had no hashes. Damage of before is not found."""
    for row, *columns in db.execute(f"SELECT rowid, {_COLUMNS} FROM talks").fetchall():
        db.execute("UPDATE talks SET sha256 = ? WHERE rowid = ?", (_of(columns), row))


@contextmanager
def rewriting(db: sqlite3.Connection, id: str, n: int) -> Iterator[None]:
    """Around a change of a stored part: afterwards its hash is right, if it was right before."""
    whole = all(_fits(*row) for row in db.execute(f"{_ROWS} WHERE id = ? AND n = ?", (id, n)))
    yield
    if whole:
        seal(db, id, n)


def changed(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """The id of the conversation and the number of each part that is not what was stored."""
    for stored, *columns in db.execute(f"{_ROWS} ORDER BY id, n"):
        if not _fits(stored, *columns):
            yield as_text(columns[0]), as_text(columns[1])


def _fits(stored: bytes | None, *columns: bytes | None) -> bool:
    return (stored or b"") == _of(columns).encode()


def _of(columns: Sequence[bytes | None]) -> str:
    """SHA-256 of the columns as a JSON list of texts; changing it makes every stored conversation look damaged."""
    texts = [None if one is None else one.decode("utf-8", "surrogateescape") for one in columns]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def as_text(column: bytes | None) -> str:
    """A column that was read as bytes; what is no text in it becomes question marks."""
    return (column or b"").decode("utf-8", "replace")
