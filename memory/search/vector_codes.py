"""Binary codes of photos, one bit a dimension, and the search for the nearest ones by Hamming distance.

A code is the signs of a photo's vector (`ranking.code`), packed into W = D / 64 words of 64 bits. The table `codes`
stores BLOCK photos in a row; a process holds the codes in memory (72 MB for a million photos of 576 dimensions) and
reads only blocks whose stamp has changed. A query is compared with all codes (XOR, then bits counted, by numpy).
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator

import numpy as np

NEAREST = 512
"""How many of the nearest codes are returned for each vector of a query."""
BLOCK = 512
"""Photos whose codes are stored together."""
ROWS_PER_SPACE = 1 << 32
"""The rows of the vector space with number i are i * ROWS_PER_SPACE and those after; a multiple of BLOCK."""
_STEP = 64  # blocks that are compared at a time: their words stay in the processor's cache


class Codes:
    """The codes that one process holds in memory; one object for a connection, under its lock."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[np.ndarray, dict[int, int]]] = {}

    def fresh(self, db: sqlite3.Connection, space: int, dim: int) -> np.ndarray:
        """All blocks of the space with this number as they are in this transaction, (B, W, BLOCK) uint64."""
        first = space * ROWS_PER_SPACE // BLOCK
        within = (first, first + ROWS_PER_SPACE // BLOCK)
        stored = dict(db.execute("SELECT block, stamp FROM codes WHERE block >= ? AND block < ?", within))
        shape = (len(stored), words(dim), BLOCK)
        blocks, stamps = self._held.get(space, (np.empty((0, *shape[1:]), np.uint64), {}))
        if len(blocks) < len(stored) or blocks.shape[1] != shape[1]:
            grown = np.zeros((len(stored) + 32, *shape[1:]), np.uint64)
            if blocks.shape[1] == shape[1]:
                grown[: len(blocks)] = blocks
            else:
                stamps = {}
            blocks = grown
        for block, stamp in stored.items():
            if stamps.get(block) != stamp:
                blocks[block - first] = read_block(db, block, shape[1])
        self._held[space] = (blocks, stored)
        return blocks[: len(stored)]


def words(dim: int) -> int:
    """How many words of 64 bits a code of `dim` bits takes."""
    return -(-dim // 64)


def read_block(db: sqlite3.Connection, block: int, words: int) -> np.ndarray:
    """The codes of a block, (W, BLOCK) uint64; zeros when the block is not stored yet."""
    row = db.execute("SELECT bits FROM codes WHERE block = ?", (block,)).fetchone()
    if row is None:
        return np.zeros((words, BLOCK), np.uint64)
    return np.frombuffer(row[0], "<u8").reshape(words, BLOCK)


def write_block(db: sqlite3.Connection, block: int, bits: np.ndarray) -> None:
    """Store the codes (W, BLOCK) of a block."""
    # The stamp is drawn, not counted: after a rollback the same number would stand for other bits.
    values = (block, secrets.randbits(63), bits.astype("<u8").tobytes())
    db.execute("REPLACE INTO codes (block, stamp, bits) VALUES (?, ?, ?)", values)


def write_code(db: sqlite3.Connection, row: int, code: np.ndarray) -> None:
    """Store the code (W,) of one row."""
    block = read_block(db, row // BLOCK, len(code)).copy()
    block[:, row % BLOCK] = code
    write_block(db, row // BLOCK, block)


def nearest(blocks: np.ndarray, codes: np.ndarray, photos: int) -> Iterator[np.ndarray]:
    """For each query code of `codes` (J, W): the places of at least NEAREST of the first `photos` codes, unordered."""
    distances = _distances(blocks, codes).reshape(len(codes), -1)[:, :photos]  # (J, P)
    for one in distances:
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
    """Hamming distances (J, B, BLOCK) uint16 between stored codes (B, W, BLOCK) and query codes (J, W)."""
    distances = np.empty((len(codes), len(blocks), BLOCK), np.uint16)
    differ, bits, sums = (np.empty((_STEP, BLOCK), kind) for kind in (np.uint64, np.uint8, np.uint8))
    for start in range(0, len(blocks), _STEP):
        part = blocks[start : start + _STEP]
        n = len(part)
        for code, out in zip(codes, distances[:, start : start + n], strict=True):
            out[...] = 0
            for first in range(0, len(code), 3):  # three words differ in at most 192 bits: their sum fits a byte
                sums[:n] = 0
                for w in range(first, min(first + 3, len(code))):
                    np.bitwise_xor(part[:, w], code[w], out=differ[:n])
                    sums[:n] += np.bitwise_count(differ[:n], out=bits[:n])
                out += sums[:n]
    return distances
