"""The index of sight: which of very many photos are worth an exact score. A cache that lives in the memory's own file.

While all photos of a vector space can be scored exactly (`exact`), only their number and the sum of their mean tokens
are kept. Beyond, each photo has a row in `directions`, what is special in it as `rank` sees it, and in `codes` one
bit a dimension: on which side of the average that is. A query goes over all codes (XOR, then bits counted, by numpy),
takes the nearest to each of its parts, so that several people in one photo each find theirs, compares directions, and
leaves the few best to the exact score.

It is no file beside the memory: what is added, forgotten, encrypted, copied or lost is so with the photo itself, in one
transaction. A process holds the codes in memory (72 MB for a million photos of 576 numbers) and reads only blocks whose
stamp has changed. All of it can be made anew from `vectors` (`build`).
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from memory.search import ranking

EXACT_VALUES = 2_000_000
"""How many numbers of visual tokens one recall scores exactly: 8 MB as float32, or 217 photos of 16 x 576."""
SHORTEST = 64
"""The fewest photos that are scored exactly, however many tokens they have, and how many the index leaves."""
VERSION = 1
"""How directions and codes are computed; those of another version are made anew."""
NEAREST = 512
"""Of each part of a query so many of the nearest codes are looked at more closely."""
SETTLED_VALUES = 150_000_000
"""Up to so many numbers of tokens (300 MB) the index is made anew whenever the memory has doubled: by then what all
photos have in common is known well, and later photos change it little."""

BLOCK = 512  # photos whose codes are stored together
_ROWS = 1 << 32  # of a space; a multiple of BLOCK
_STEP = 64  # blocks that are compared at a time: their words stay in the processor's cache
_CHUNK = 256  # photos whose tokens are in memory at a time


class State(NamedTuple):
    """What is known of a vector space without reading its photos."""

    id: int
    """Its rows in `directions` begin at `id * _ROWS`."""
    dim: int
    photos: int
    tokens: int
    total: np.ndarray | None
    """Sum of the mean tokens (dim), float64: exact, whatever came and went. None in a file older than the index."""
    version: int
    """0: there are no codes."""
    built: int
    """How many photos there were when the codes were made."""
    centre: np.ndarray | None
    """Mean of the directions (dim) when the codes were made."""


class Codes:
    """The codes of one process, kept up to date; one object for a connection, under its lock."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[np.ndarray, dict[int, int]]] = {}

    def fresh(self, db: sqlite3.Connection, state: State) -> np.ndarray:
        """All blocks of the space as they are in this transaction, (B, W, BLOCK) uint64."""
        first = state.id * _ROWS // BLOCK
        within = (first, first + _ROWS // BLOCK)
        found = dict(db.execute("SELECT block, stamp FROM codes WHERE block >= ? AND block < ?", within))
        shape = (len(found), -(-state.dim // 64), BLOCK)
        blocks, stamps = self._held.get(state.id, (np.empty((0, *shape[1:]), np.uint64), {}))
        if len(blocks) < len(found) or blocks.shape[1] != shape[1]:
            grown = np.zeros((len(found) + 32, *shape[1:]), np.uint64)
            if blocks.shape[1] == shape[1]:
                grown[: len(blocks)] = blocks
            else:
                stamps = {}
            blocks = grown
        for block, stamp in found.items():
            if stamps.get(block) != stamp:
                blocks[block - first] = _block(db, block, shape[1])
        self._held[state.id] = (blocks, found)
        return blocks[: len(found)]


def state(db: sqlite3.Connection, space: str) -> State | None:
    """None when no photo has vectors in this space."""
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
    """Whether `search` can be used, or is not needed. Else `build`, in a write transaction."""
    known = state(db, space)
    return known is None or exact(known) or (known.total is not None and known.version == VERSION)


def add(db: sqlite3.Connection, photo: str, space: str, tokens: np.ndarray) -> None:
    """Count in a photo whose row in `vectors` is new; `tokens` (T, D) are unit and float16, as they are there."""
    kept, known = tokens.astype(np.float32), state(db, space)
    if known is not None and known.dim != kept.shape[1]:
        raise ValueError(f"visual tokens for {space} have {known.dim} numbers, not {kept.shape[1]}")
    db.execute(
        "INSERT INTO spaces (space, dim, photos, tokens, total) VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING",
        (space, kept.shape[1], np.zeros(kept.shape[1], "<f8").tobytes()),
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
    direction = ranking.special(kept, np.array([len(kept)]), ranking.unit(others[None])).astype("<f2")
    row = _end(db, known)
    db.execute("INSERT INTO directions VALUES (?, ?, ?, ?)", (row, photo, space, direction.tobytes()))
    _set_code(db, row, ranking.code(direction - known.centre)[0])


def drop(db: sqlite3.Connection, photo: str, space: str) -> None:
    """Take a photo out that still has its row in `vectors`. The last row moves into its place: there are no gaps."""
    _count(db, photo, space, -1)
    known = state(db, space)
    assert known is not None
    found = db.execute("SELECT row FROM directions WHERE photo = ? AND space = ?", (photo, space)).fetchone()
    if found:
        (row,), last = found, _end(db, known) - 1
        words = -(-known.dim // 64)
        code = _block(db, last // BLOCK, words)[:, last % BLOCK].copy()
        db.execute("DELETE FROM directions WHERE row = ?", (row,))
        if row != last:
            db.execute("UPDATE directions SET row = ? WHERE row = ?", (row, last))
            _set_code(db, row, code)
        _set_code(db, last, np.zeros(words, np.uint64))
        if last % BLOCK == 0:
            db.execute("DELETE FROM codes WHERE block = ?", (last // BLOCK,))
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
    row, total_of_directions = known.id * _ROWS, np.zeros(dim)
    for names, special in _directions(db, known, space):
        total_of_directions += special.sum(axis=0, dtype=float)
        rows = ((row + i, name, space, special[i].tobytes()) for i, name in enumerate(names))
        db.executemany("INSERT INTO directions VALUES (?, ?, ?, ?)", rows)
        row += len(names)
    centre = (total_of_directions / photos).astype("<f4")
    for first in range(known.id * _ROWS, row, BLOCK):
        within = (first, min(first + BLOCK, row))
        blobs = [f16 for (f16,) in db.execute("SELECT f16 FROM directions WHERE row >= ? AND row < ?", within)]
        special = np.frombuffer(b"".join(blobs), "<f2").reshape(-1, dim)
        block = np.zeros((-(-dim // 64), BLOCK), np.uint64)
        block[:, : len(special)] = ranking.code(special - centre).T
        _put_block(db, first // BLOCK, block)
    made = (VERSION, photos, centre.tobytes(), known.id)
    db.execute("UPDATE spaces SET version = ?, built = ?, centre = ? WHERE id = ?", made)


def search(db: sqlite3.Connection, codes: Codes, known: State, query: np.ndarray) -> list[str]:
    """The SHORTEST photos most likely to score best against the unit tokens `query` (Q, D), of a space that is `ready`.

    13 ms for each part of the query (at most six) among a million photos, on one core of a 2026 server.
    """
    assert known.total is not None and known.centre is not None
    parts = ranking.parts(query, ranking.unit(known.total[None])[0])  # (J, D)
    blocks = codes.fresh(db, known)
    near = np.unique(np.concatenate(list(_nearest(blocks, ranking.code(parts - known.centre), known.photos))))
    places = ",".join(map(str, known.id * _ROWS + near))
    found = db.execute(f"SELECT photo, f16 FROM directions WHERE row IN ({places})").fetchall()
    special = np.frombuffer(b"".join([f16 for _, f16 in found]), "<f2").reshape(-1, known.dim).astype(np.float32)
    best = np.argsort(-ranking.likeness(special, query), kind="stable")[:SHORTEST]
    return sorted(found[i][0] for i in best)


def wrong(db: sqlite3.Connection) -> list[str]:
    """Spaces whose index is not what `vectors` says; `build` makes it good."""
    spaces = db.execute("SELECT space FROM vectors UNION SELECT space FROM spaces").fetchall()
    return [space for (space,) in spaces if not _whole(db, space)]


def _whole(db: sqlite3.Connection, space: str) -> bool:
    """Photos are counted and summed right; where there are codes, each has one direction and its code."""
    known = state(db, space)
    sizes = "SELECT count(*), sum(tokens) FROM vectors WHERE space = ?"
    if known is None or (known.photos, known.tokens) != db.execute(sizes, (space,)).fetchone():
        return False
    if known.total is not None and not np.array_equal(known.total, _sum(db, space, known.dim)):
        return False
    if known.version != VERSION or known.centre is None:
        return True  # there is none, or it is made anew before it is used
    block, row, first = np.empty(0), -1, known.id * _ROWS
    rows = db.execute("SELECT row, f16 FROM directions WHERE space = ? ORDER BY row", (space,))
    for row, (at, f16) in enumerate(rows):
        if row % BLOCK == 0:
            block = _block(db, (first + row) // BLOCK, -(-known.dim // 64))
        direction = np.frombuffer(f16, "<f2")[None]
        if at != first + row or not np.array_equal(ranking.code(direction - known.centre)[0], block[:, row % BLOCK]):
            return False
    return row + 1 == known.photos


def _sum(db: sqlite3.Connection, space: str, dim: int) -> np.ndarray:
    """Sum of the mean tokens (dim). Float64 holds the sum of a million float16 exactly, in any order."""
    total = np.zeros(dim)
    for (pooled,) in db.execute("SELECT pooled FROM vectors WHERE space = ?", (space,)):
        total += np.frombuffer(pooled, "<f2")
    return total


def _count(db: sqlite3.Connection, photo: str, space: str, sign: int) -> None:
    """One photo more or less."""
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
    (pooled,) = db.execute("SELECT pooled FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone()
    return np.frombuffer(pooled, "<f2").astype(float)


def _clear(db: sqlite3.Connection, space: str) -> None:
    db.execute("DELETE FROM directions WHERE space = ?", (space,))
    for (id,) in db.execute("SELECT id FROM spaces WHERE space = ?", (space,)).fetchall():
        within = (id * _ROWS // BLOCK, (id + 1) * _ROWS // BLOCK)
        db.execute("DELETE FROM codes WHERE block >= ? AND block < ?", within)


def _directions(db: sqlite3.Connection, known: State, space: str) -> Iterator[tuple[list[str], np.ndarray]]:
    """Names and directions (P, D), float16, of all photos, a chunk at a time."""
    assert known.total is not None
    reading = db.execute("SELECT photo, tokens, pooled, f16 FROM vectors WHERE space = ?", (space,))
    while chunk := reading.fetchmany(_CHUNK):
        names, counts, pooled, f16 = zip(*chunk, strict=True)
        tokens = numbers(f16, known.dim)
        others = ranking.unit(known.total - numbers(pooled, known.dim))
        yield list(names), ranking.special(tokens, np.array(counts), others).astype("<f2")


def numbers(blobs: Iterable[bytes], dim: int) -> np.ndarray:
    """Float16 rows of many blobs as one float32 array (N, dim)."""
    return np.frombuffer(b"".join(blobs), "<f2").astype(np.float32).reshape(-1, dim)


def _end(db: sqlite3.Connection, known: State) -> int:
    """The row after the last one of the space."""
    first = known.id * _ROWS
    query = "SELECT row FROM directions WHERE row >= ? AND row < ? ORDER BY row DESC LIMIT 1"
    found = db.execute(query, (first, first + _ROWS)).fetchone()
    return found[0] + 1 if found else first


def _block(db: sqlite3.Connection, block: int, words: int) -> np.ndarray:
    """Codes (W, BLOCK); zeros where the block is not there yet."""
    found = db.execute("SELECT bits FROM codes WHERE block = ?", (block,)).fetchone()
    if found is None:
        return np.zeros((words, BLOCK), np.uint64)
    return np.frombuffer(found[0], "<u8").reshape(words, BLOCK)


def _set_code(db: sqlite3.Connection, row: int, code: np.ndarray) -> None:
    block = _block(db, row // BLOCK, len(code)).copy()
    block[:, row % BLOCK] = code
    _put_block(db, row // BLOCK, block)


def _put_block(db: sqlite3.Connection, block: int, bits: np.ndarray) -> None:
    # The stamp is drawn, not counted: after a rollback the same number would stand for other bits.
    values = (block, secrets.randbits(63), bits.astype("<u8").tobytes())
    db.execute("REPLACE INTO codes (block, stamp, bits) VALUES (?, ?, ?)", values)


def _nearest(blocks: np.ndarray, codes: np.ndarray, photos: int) -> Iterator[np.ndarray]:
    """For each of the codes (J, W): at least the NEAREST photos' places, unordered."""
    away = _distances(blocks, codes).reshape(len(codes), -1)[:, :photos]  # (J, P)
    for one in away:
        if photos <= NEAREST:
            yield np.arange(photos)
            continue
        # A sample says how near the nearest are about; sorting a million would take longer than comparing them.
        sample = one[:: max(1, photos // 65_536)]
        share = min(len(sample) - 1, 2 * NEAREST * len(sample) // photos)
        within = np.flatnonzero(one <= np.partition(sample, share)[share])
        if len(within) > NEAREST:
            within = within[np.argpartition(one[within], NEAREST)[:NEAREST]]
        yield within


def _distances(blocks: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """How many bits differ, (J, B, BLOCK) uint16, between stored codes (B, W, BLOCK) and those of a query (J, W)."""
    away = np.empty((len(codes), len(blocks), BLOCK), np.uint16)
    differ, bits, sums = (np.empty((_STEP, BLOCK), kind) for kind in (np.uint64, np.uint8, np.uint8))
    for start in range(0, len(blocks), _STEP):
        part = blocks[start : start + _STEP]
        n = len(part)
        for code, out in zip(codes, away[:, start : start + n], strict=True):
            out[...] = 0
            for first in range(0, len(code), 3):  # three words differ in at most 192 bits: their sum fits a byte
                sums[:n] = 0
                for w in range(first, min(first + 3, len(code))):
                    np.bitwise_xor(part[:, w], code[w], out=differ[:n])
                    sums[:n] += np.bitwise_count(differ[:n], out=bits[:n])
                out += sums[:n]
    return away
