"""Visual tokens of photos: stored together with their index, compared with a query and with one another.

Each query runs on an open transaction. A *space* names the encoder that made the tokens; tokens of different spaces
cannot be compared.
"""

from __future__ import annotations

import sqlite3

import numpy as np

from memory.search import ranking, token_codes, vector_index
from memory.search.ranking import Sight
from memory.search.vector_codes import Codes


def put(db: sqlite3.Connection, photo: str, space: str, tokens: np.ndarray) -> bool:
    """Store visual tokens (T, D) of a photo, replacing earlier ones; False when the photo is not in the memory."""
    scales, codes = token_codes.encode(ranking.unit(tokens))
    unit = token_codes.decode([scales], [codes], np.shape(tokens)[1])
    if db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (photo,)).fetchone() is None:
        return False
    drop(db, photo, space)
    columns = "photo, space, tokens, dim, pooled, scales, codes"
    values = (photo, space, *unit.shape, unit.mean(axis=0).astype("<f2").tobytes(), scales, codes)
    db.execute(f"INSERT INTO vectors ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    vector_index.add(db, photo, space, unit)
    return True


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


def drop(db: sqlite3.Connection, photo: str, space: str) -> None:
    """Remove the visual tokens of a photo, also from the vector index."""
    if db.execute("SELECT 1 FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone():
        vector_index.drop(db, photo, space)
        db.execute("DELETE FROM vectors WHERE photo = ? AND space = ?", (photo, space))


def of_photo(db: sqlite3.Connection, photo: str) -> list[tuple[str, np.ndarray]]:
    """The visual tokens of a photo: vector space and unit tokens (T, D), for each space."""
    query = "SELECT space, dim, scales, codes FROM vectors WHERE photo = ?"
    stored = db.execute(query, (photo,)).fetchall()
    return [(space, token_codes.decode([scales], [codes], dim)) for space, dim, scales, codes in stored]


def by_sight(db: sqlite3.Connection, space: str, tokens: np.ndarray, codes: Codes | None = None) -> dict[str, Sight]:
    """How alike every photo (the most likely ones, when there are many) and visual tokens (T, D) are.

    The index must be `ready`. `codes`: those that this process holds; without them they are read from the file.
    """
    query, known = ranking.unit(tokens), vector_index.state(db, space)
    if known is None:
        return {}
    columns = "SELECT photo, tokens, pooled, scales, codes FROM vectors WHERE space = ?"
    if vector_index.exact(known):
        stored = db.execute(f"{columns} ORDER BY photo", (space,)).fetchall()
    else:
        likely = vector_index.search(db, codes or Codes(), known, query)
        stored = [db.execute(f"{columns} AND photo = ?", (space, photo)).fetchone() for photo in likely]
    names, counts, pooled, scales, bits = zip(*stored, strict=True)
    mean = vector_index.numbers(pooled, known.dim)
    if vector_index.exact(known) or known.total is None:
        common = ranking.background(mean)
    else:
        common = ranking.unit(known.total - mean)
    unit = token_codes.decode(scales, bits, known.dim)
    found = ranking.sights(unit, np.array(counts), common, query)
    return dict(zip(names, found, strict=True))


def spaces_of(db: sqlite3.Connection, photo: str, other: str) -> list[str]:
    """The vector spaces in which both photos have visual tokens."""
    query = "SELECT space FROM vectors WHERE photo = ? INTERSECT SELECT space FROM vectors WHERE photo = ?"
    return [space for (space,) in db.execute(query, (photo, other))]


def alike(db: sqlite3.Connection, space: str, photo: str, other: str) -> float:
    """Cosine of the distinctive vectors of two photos, at most 1; both must have visual tokens in this space."""
    known = vector_index.state(db, space)
    assert known is not None
    query = "SELECT tokens, scales, codes FROM vectors WHERE space = ? AND photo IN (?, ?)"
    counts, scales, codes = zip(*db.execute(query, (space, photo, other)), strict=True)
    common = known.total if known.total is not None else np.zeros(known.dim)
    backgrounds = ranking.unit(np.stack([common] * 2))
    special = ranking.distinctive(token_codes.decode(scales, codes, known.dim), np.array(counts), backgrounds)
    return float(special[0] @ special[1])
