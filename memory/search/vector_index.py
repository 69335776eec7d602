"""The vector index: which photos of a large memory are worth an exact score. A cache inside the memory's own file.

While all photos of a vector space can be scored exactly (`exact`), only their number and the sum of their mean tokens
are stored. Beyond, each photo has a row in `directions`, its distinctive vector (`ranking.distinctive`), and
in `codes` one bit a dimension: on which side of the average that vector is. A search takes the nearest codes to each
part of the query, so that several people in one photo each find theirs (`vector_codes.py`), compares directions, and
leaves the few best photos to the exact score.

The index is no file beside the memory: it is changed, encrypted, copied and lost with the photos, in their
transactions. All of it can be made anew from `vectors` (`build`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from memory.search import ranking, token_codes, vector_codes
from memory.search.vector_codes import ROWS_PER_SPACE, Codes

EXACT_VALUES = 2_000_000
"""How many numbers of visual tokens one recall scores exactly: 8 MB as float32, or 96 photos of 81 x 256."""
SHORTEST = 64
"""The fewest photos that are scored exactly, however many tokens they have; also how many a search returns."""
VERSION = 1
"""How directions and codes are computed; those of another version are made anew."""
SETTLED_VALUES = 150_000_000
"""Up to this many numbers of tokens (150 MB) the index is made anew whenever the memory has doubled. Above, the mean
of all photos is known well, and later photos change it little."""
_CHUNK = 256  # photos whose tokens are in memory at a time


class State(NamedTuple):
    """What is known of a vector space without reading its photos."""

    id: int
    """Number of the space: its rows in `directions` begin at `id * ROWS_PER_SPACE`."""
    dim: int
    photos: int
    tokens: int
    total: np.ndarray | None
    """Sum of the mean tokens (dim), float64, exact after any additions and removals. None in a file older than the
    index."""
    version: int
    """VERSION of the codes; 0 when there are none."""
    built: int
    """How many photos there were when the codes were made."""
    centre: np.ndarray | None
    """Mean of the directions (dim) when the codes were made."""


def state(db: sqlite3.Connection, space: str) -> State | None:
    """The state of a vector space; None when no photo has vectors in it."""
    columns = "id, dim, photos, tokens, total, version, built, centre"
    row = db.execute(f"SELECT {columns} FROM spaces WHERE space = ?", (space,)).fetchone()
    if row is None:
        return None
    id, dim, photos, tokens, total, version, built, centre = row
    total, centre = total and np.frombuffer(total, "<f8"), centre and np.frombuffer(centre, "<f4")
    return State(id, dim, photos, tokens, total, version, built, centre)


def exact(known: State) -> bool:
    """Whether all photos of the space are few enough to be scored exactly."""
    return known.photos <= max(SHORTEST, int(EXACT_VALUES / (known.tokens / known.photos * known.dim)))


def ready(db: sqlite3.Connection, space: str) -> bool:
    """Whether `search` can be used, or is not needed. If not, call `build` in a write transaction."""
    known = state(db, space)
    return known is None or exact(known) or (known.total is not None and known.version == VERSION)


def add(db: sqlite3.Connection, photo: str, space: str, tokens: np.ndarray) -> None:
    """Add a photo whose row in `vectors` is new; `tokens` (T, D) are the unit tokens of that row, as they are read.

    Raises ValueError when the tokens have another width than those of the space.
    """
    known, dim = state(db, space), tokens.shape[1]
    if known is not None and known.dim != dim:
        raise ValueError(f"visual tokens for {space} have {known.dim} numbers, not {dim}")
    db.execute(
        "INSERT INTO spaces (space, dim, photos, tokens, total) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING",
        (space, dim, np.zeros(dim, "<f8").tobytes()),
    )
    _count(db, photo, space, 1)
    known = state(db, space)
    assert known is not None
    values = known.tokens * known.dim
    if exact(known) and not known.version:
        return
    if known.version != VERSION or (known.photos >= 2 * known.built and values <= SETTLED_VALUES):
        build(db, space)
        return
    assert known.total is not None and known.centre is not None
    others = known.total - _pooled(db, photo, space)
    special = ranking.distinctive(tokens, np.array([len(tokens)]), ranking.unit(others[None]))
    row, (_, i8) = _end(db, known), token_codes.encode(special)
    db.execute("INSERT INTO directions VALUES (?, ?, ?, ?)", (row, photo, space, i8))
    vector_codes.write_code(db, row, ranking.code(_read([i8], dim) - known.centre)[0])


def drop(db: sqlite3.Connection, photo: str, space: str) -> None:
    """Remove a photo that still has its row in `vectors`. The last row moves into its place, so there are no gaps."""
    _count(db, photo, space, -1)
    known = state(db, space)
    assert known is not None
    found = db.execute("SELECT row FROM directions WHERE photo = ? AND space = ?", (photo, space)).fetchone()
    if found:
        (row,), last = found, _end(db, known) - 1
        words, block = vector_codes.words(known.dim), vector_codes.BLOCK
        code = vector_codes.read_block(db, last // block, words)[:, last % block].copy()
        db.execute("DELETE FROM directions WHERE row = ?", (row,))
        if row != last:
            db.execute("UPDATE directions SET row = ? WHERE row = ?", (row, last))
            vector_codes.write_code(db, row, code)
        vector_codes.write_code(db, last, np.zeros(words, np.uint64))
        if last % block == 0:
            db.execute("DELETE FROM codes WHERE block = ?", (last // block,))
    if not known.photos:
        db.execute("DELETE FROM spaces WHERE id = ?", (known.id,))


def build(db: sqlite3.Connection, space: str) -> None:
    """Make count, sum, directions and codes of the space anew. About a minute for 100,000 photos of 16 x 576."""
    _clear(db, space)
    sizes = "SELECT count(*), coalesce(sum(tokens), 0), max(dim) FROM vectors WHERE space = ?"
    photos, tokens, dim = db.execute(sizes, (space,)).fetchone()
    if not photos:
        db.execute("DELETE FROM spaces WHERE space = ?", (space,))
        return
    values = (space, dim, photos, tokens, _sum(db, space, dim).tobytes())
    db.execute("REPLACE INTO spaces (space, dim, photos, tokens, total) VALUES (?, ?, ?, ?, ?)", values)
    known = state(db, space)
    assert known is not None
    if exact(known):
        return
    row, total_of_directions = known.id * ROWS_PER_SPACE, np.zeros(dim)
    for names, special in _directions(db, known, space):
        total_of_directions += _read(special, dim).sum(axis=0, dtype=float)
        rows = ((row + i, name, space, i8) for i, (name, i8) in enumerate(zip(names, special, strict=True)))
        db.executemany("INSERT INTO directions VALUES (?, ?, ?, ?)", rows)
        row += len(names)
    centre = (total_of_directions / photos).astype("<f4")
    for first in range(known.id * ROWS_PER_SPACE, row, vector_codes.BLOCK):
        within = (first, min(first + vector_codes.BLOCK, row))
        blobs = [i8 for (i8,) in db.execute("SELECT i8 FROM directions WHERE row >= ? AND row < ?", within)]
        block = np.zeros((vector_codes.words(dim), vector_codes.BLOCK), np.uint64)
        block[:, : len(blobs)] = ranking.code(_read(blobs, dim) - centre).T
        vector_codes.write_block(db, first // vector_codes.BLOCK, block)
    made = (VERSION, photos, centre.tobytes(), known.id)
    db.execute("UPDATE spaces SET version = ?, built = ?, centre = ? WHERE id = ?", made)


def search(db: sqlite3.Connection, codes: Codes, known: State, query: np.ndarray) -> list[str]:
    """The SHORTEST photos most likely to score best against the unit tokens `query` (Q, D), of a space that is `ready`.

    13 ms for each part of the query (at most six) among a million photos, on one core of a 2026 server.
    """
    assert known.total is not None and known.centre is not None
    parts = ranking.parts(query, ranking.unit(known.total[None])[0])  # (J, D)
    blocks = codes.fresh(db, known.id, known.dim)
    nearest = vector_codes.nearest(blocks, ranking.code(parts - known.centre), known.photos)
    near = np.unique(np.concatenate(list(nearest)))
    places = ",".join(map(str, known.id * ROWS_PER_SPACE + near))
    found = db.execute(f"SELECT photo, i8 FROM directions WHERE row IN ({places})").fetchall()
    special = _read([i8 for _, i8 in found], known.dim)
    near = np.argsort(-(special @ parts.T).max(axis=1), kind="stable")[: 4 * SHORTEST]  # leave a few to the dear step
    best = near[np.argsort(-ranking.similarity(special[near], query), kind="stable")[:SHORTEST]]
    return sorted(found[i][0] for i in best)


def wrong(db: sqlite3.Connection) -> list[str]:
    """Spaces whose index does not agree with `vectors`; `build` repairs them."""
    spaces = db.execute("SELECT space FROM vectors UNION SELECT space FROM spaces").fetchall()
    return [space for (space,) in spaces if not _whole(db, space)]


def _whole(db: sqlite3.Connection, space: str) -> bool:
    """Whether count and sum are right and, where there are codes, each photo has one direction and its code."""
    known = state(db, space)
    sizes = "SELECT count(*), sum(tokens) FROM vectors WHERE space = ?"
    if known is None or (known.photos, known.tokens) != db.execute(sizes, (space,)).fetchone():
        return False
    if known.total is not None and not np.array_equal(known.total, _sum(db, space, known.dim)):
        return False
    if known.version != VERSION or known.centre is None:
        return True  # there are no codes, or they are made anew before they are used
    block, row, first = np.empty(0), -1, known.id * ROWS_PER_SPACE
    rows = db.execute("SELECT row, i8 FROM directions WHERE space = ? ORDER BY row", (space,))
    for row, (at, i8) in enumerate(rows):
        place = row % vector_codes.BLOCK
        if place == 0:
            block = vector_codes.read_block(db, (first + row) // vector_codes.BLOCK, vector_codes.words(known.dim))
        code = ranking.code(_read([i8], known.dim) - known.centre)[0]
        if at != first + row or not np.array_equal(code, block[:, place]):
            return False
    return row + 1 == known.photos


def _sum(db: sqlite3.Connection, space: str, dim: int) -> np.ndarray:
    """Sum of the mean tokens (dim). Float64 holds the sum of a million float16 exactly, in any order."""
    total = np.zeros(dim)
    for (pooled,) in db.execute("SELECT pooled FROM vectors WHERE space = ?", (space,)):
        total += np.frombuffer(pooled, "<f2")
    return total


def _count(db: sqlite3.Connection, photo: str, space: str, sign: int) -> None:
    """Add (`sign` 1) a photo to the counts and the sum of its space, or subtract it (-1)."""
    tokens, pooled = db.execute(
        "SELECT tokens, pooled FROM vectors WHERE photo = ? AND space = ?", (photo, space)
    ).fetchone()
    known = state(db, space)
    if known is None:
        return
    total = None
    if known.total is not None:
        total = (known.total + sign * np.frombuffer(pooled, "<f2").astype(float)).tobytes()
    values = (sign, sign * tokens, total, known.id)
    db.execute("UPDATE spaces SET photos = photos + ?, tokens = tokens + ?, total = ? WHERE id = ?", values)


def _pooled(db: sqlite3.Connection, photo: str, space: str) -> np.ndarray:
    """The mean token (dim) of a photo, float64."""
    (pooled,) = db.execute("SELECT pooled FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone()
    return np.frombuffer(pooled, "<f2").astype(float)


def _clear(db: sqlite3.Connection, space: str) -> None:
    """Delete all directions and codes of a space."""
    db.execute("DELETE FROM directions WHERE space = ?", (space,))
    for (id,) in db.execute("SELECT id FROM spaces WHERE space = ?", (space,)).fetchall():
        within = (id * ROWS_PER_SPACE // vector_codes.BLOCK, (id + 1) * ROWS_PER_SPACE // vector_codes.BLOCK)
        db.execute("DELETE FROM codes WHERE block >= ? AND block < ?", within)


def _directions(db: sqlite3.Connection, known: State, space: str) -> Iterator[tuple[list[str], list[bytes]]]:
    """Names and directions, as they are stored, of all photos, _CHUNK photos at a time."""
    assert known.total is not None
    reading = db.execute("SELECT photo, tokens, pooled, scales, codes FROM vectors WHERE space = ?", (space,))
    while chunk := reading.fetchmany(_CHUNK):
        names, counts, pooled, scales, codes = zip(*chunk, strict=True)
        tokens = token_codes.decode(scales, codes, known.dim)
        others = ranking.unit(known.total - numbers(pooled, known.dim))
        _, i8 = token_codes.encode(ranking.distinctive(tokens, np.array(counts), others))
        yield list(names), [i8[at : at + known.dim] for at in range(0, len(i8), known.dim)]


def _read(directions: Iterable[bytes], dim: int) -> np.ndarray:
    """Stored directions as unit rows (P, dim). Each row depends on its own bytes only, to the bit."""
    rows = np.frombuffer(b"".join(directions), np.int8).reshape(-1, dim).astype(np.float32)
    return rows / np.maximum(np.sqrt(np.square(rows).sum(axis=1, keepdims=True)), 1)


def numbers(blobs: Iterable[bytes], dim: int) -> np.ndarray:
    """Float16 rows of many blobs as one float32 array (N, dim)."""
    return np.frombuffer(b"".join(blobs), "<f2").astype(np.float32).reshape(-1, dim)


def _end(db: sqlite3.Connection, known: State) -> int:
    """The row after the last one of the space."""
    first = known.id * ROWS_PER_SPACE
    query = "SELECT row FROM directions WHERE row >= ? AND row < ? ORDER BY row DESC LIMIT 1"
    last = db.execute(query, (first, first + ROWS_PER_SPACE)).fetchone()
    return last[0] + 1 if last else first
