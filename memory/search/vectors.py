"""Visual tokens of photos: stored together with their index, compared with a query and with one another.

Each query runs on an open transaction. A *space* names the encoder that made the tokens; tokens of different spaces
cannot be compared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from memory.db import rows
from memory.search import ranking, token_codes, vector_index
from memory.search.ranking import Sight
from memory.search.vector_codes import Codes

KEPT = 84
"""The most tokens that are stored of a photo, the longest; 200 find no more. With the 192 numbers of the encoder that
ships they take 16.7 kB. With 256 they fill whole pages of the file: 23 kB a photo, the index included; 93 would take
26."""


class Row(NamedTuple):
    """The visual tokens of a photo as they are stored, a row of `vectors`."""

    photo: str
    space: str
    tokens: int
    """How many there are."""
    dim: int
    pooled: bytes
    """The mean direction of all tokens, also of those that were not kept."""
    scales: bytes
    codes: bytes


_COLUMNS = ", ".join(Row._fields)


def put(db: sqlite3.Connection, photo: str, space: str, tokens: np.ndarray) -> bool:
    """Store visual tokens (T, D) of a photo, replacing earlier ones; False when the photo is not in the memory.

    Of more than KEPT tokens the longest are stored, and the mean direction of all.
    """
    given = ranking.bounded(tokens)
    mean = ranking.unit(given).mean(axis=0).astype("<f2")
    scales, codes = token_codes.encode(longest(given))
    if not rows.has_photo(db, photo):
        return False
    drop(db, photo, space)
    dim = given.shape[1]
    put_row(db, Row(photo, space, len(codes) // dim, dim, mean.tobytes(), scales, codes))
    return True


def put_row(db: sqlite3.Connection, row: Row) -> None:
    """Store visual tokens as they were stored before, unless the photo has some in this space."""
    if not has(db, row.photo, row.space):
        db.execute(f"INSERT INTO vectors ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        vector_index.add(db, row.photo, row.space, token_codes.decode([row.scales], [row.codes], row.dim))


def longest(tokens: np.ndarray) -> np.ndarray:
    """At most KEPT of the tokens (T, D), the longest, in their order; of equally long ones the first."""
    if len(tokens) <= KEPT:
        return tokens
    order = np.argsort(-np.linalg.norm(tokens, axis=1), kind="stable")[:KEPT]
    return tokens[np.sort(order)]


def missing(db: sqlite3.Connection, space: str) -> list[str]:
    """Hashes of the photos that have no visual tokens in a space; that of the newest episode first."""
    known = vector_index.state(db, space)
    if known and db.execute("SELECT count(*) FROM photos").fetchone() == (known.photos,):
        return []  # looking for none among a million would take longer than a recall
    query = (
        "SELECT sha256 FROM photos LEFT JOIN episodes ON photo = sha256 WHERE sha256 NOT IN "
        "(SELECT photo FROM vectors WHERE space = ?) GROUP BY sha256 ORDER BY max(when_utc) DESC, sha256"
    )
    return [sha256 for (sha256,) in db.execute(query, (space,))]


def has(db: sqlite3.Connection, photo: str, space: str) -> bool:
    """Whether a photo has visual tokens in a space."""
    return db.execute("SELECT 1 FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone() is not None


def drop(db: sqlite3.Connection, photo: str, space: str) -> None:
    """Remove the visual tokens of a photo, also from the vector index."""
    if has(db, photo, space):
        vector_index.drop(db, photo, space)
        db.execute("DELETE FROM vectors WHERE photo = ? AND space = ?", (photo, space))


def of_photo(db: sqlite3.Connection, photo: str) -> list[Row]:
    """The visual tokens of a photo in each space, as they are stored."""
    return [Row(*row) for row in db.execute(f"SELECT {_COLUMNS} FROM vectors WHERE photo = ?", (photo,))]


def by_sight(db: sqlite3.Connection, space: str, tokens: np.ndarray, codes: Codes | None = None) -> dict[str, Sight]:
    """How alike every photo (the most likely ones, when there are many) and visual tokens (T, D) are.

    The index must be `ready`. `codes`: those that this process holds; without them they are read from the file.
    """
    query, known = ranking.bounded(tokens), vector_index.state(db, space)
    if known is None:
        return {}
    columns = "SELECT photo, tokens, pooled, scales, codes FROM vectors WHERE space = ?"
    if vector_index.exact(known):
        stored = db.execute(f"{columns} ORDER BY photo", (space,)).fetchall()
    else:
        likely = vector_index.search(db, codes or Codes(), known, query)
        stored = [db.execute(f"{columns} AND photo = ?", (space, photo)).fetchone() for photo in likely]
    names, counts, pooled, scales, bits = zip(*stored, strict=True)
    mean, kept = vector_index.numbers(pooled, known.dim), token_codes.decode(scales, bits, known.dim)
    total = None if vector_index.exact(known) else known.total
    found = ranking.sights(kept, np.array(counts), mean, query, total)
    return dict(zip(names, found, strict=True))


def beside(db: sqlite3.Connection, space: str, tokens: np.ndarray, photo: str) -> np.ndarray:
    """Of visual tokens (T, D) those that show something else than a stored photo does."""
    query = "SELECT scales, codes FROM vectors WHERE space = ? AND photo = ?"
    scales, codes = db.execute(query, (space, photo)).fetchone()
    stored = token_codes.decode([scales], [codes], tokens.shape[1])
    nothing = np.zeros((1, tokens.shape[1]), np.float32)
    [thing] = ranking.distinctive(stored, np.array([len(stored)]), nothing)
    return ranking.beside(ranking.bounded(tokens), thing)


def spaces_of(db: sqlite3.Connection, photo: str, other: str) -> list[str]:
    """The vector spaces in which both photos have visual tokens."""
    query = "SELECT space FROM vectors WHERE photo = ? INTERSECT SELECT space FROM vectors WHERE photo = ?"
    return [space for (space,) in db.execute(query, (photo, other))]


def alike(db: sqlite3.Connection, space: str, photo: str, other: str) -> float:
    """Cosine of the distinctive vectors of two photos, at most 1; both must have visual tokens in this space."""
    return float(likenesses(db, space, (photo, other))[1][0, 1])


def likenesses(db: sqlite3.Connection, space: str, photos: Collection[str]) -> tuple[list[str], np.ndarray]:
    """Those of P photos that have visual tokens in a space, and `alike` of each with each (P, P)."""
    known = vector_index.state(db, space)
    marks = ", ".join("?" * len(photos))
    query = f"SELECT photo, tokens, scales, codes FROM vectors WHERE space = ? AND photo IN ({marks})"
    rows = db.execute(query, (space, *photos)).fetchall()
    if known is None or not rows:
        return [], np.zeros((0, 0), np.float32)
    names, counts, scales, codes = zip(*rows, strict=True)
    common = known.total if known.total is not None else np.zeros(known.dim)
    backgrounds = ranking.unit(np.stack([common] * len(names)))
    special = ranking.distinctive(token_codes.decode(scales, codes, known.dim), np.array(counts), backgrounds)
    return list(names), special @ special.T
