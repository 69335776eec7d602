"""What was said, found by meaning: vectors of words, computed outside, stored beside the words, compared with a query.

Each memory with words has a few vectors of one *space* (the name of the embedder that made them): of all that was said,
and of its sentences. They hold only what the user said and the place, and go with the memory. Numbers are stored in 8
bits. Each query runs on an open transaction.

A search fuses meaning with words. For a few bare words ("Rome cake") the memories that have all of them come first, in
the order of the search by words, and alone. Otherwise memories are ordered by

    score = cos(query, nearest vector of the memory) + WORDS (share of the query's words in the memory)^2

where rare words count more (idf). A rank-based fusion of both lists is far worse where the query is a paraphrase: then
what its stray words find is noise (LOG.md, 2026-11-29).
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from heapq import nlargest
from typing import NamedTuple, Protocol

import numpy as np

from memory.db import rows
from memory.db.rows import HIT_COLUMNS, Hit
from memory.errors import ModelError
from memory.search.word_search import COMMON
from memory.text import terms

WORDS = 0.3
"""How much a memory gains that has all words of the query."""
LEAST, LEAST_BARE = 0.15, 0.3
"""The least score of a hit without any of the words, for a sentence and for bare words: a name that no memory has is to
find nothing. No threshold tells whether anything fits (LOG.md): it only keeps the end of the list short."""
ALL = 0.999
"""A share of the words that is as good as all of them."""
MOST = 12
"""At most so many memories are found by meaning alone."""
_CHUNK = 256  # memories whose vectors are compared at a time: in 32 bits they fit into a cache


class Embedder(Protocol):
    """What turns texts into vectors of length 1; texts of like meaning have a large dot product."""

    space: str
    """The name of its vector space."""

    def embed(self, text: str) -> np.ndarray:
        """The vector (D,) of a text. Raises ModelError."""
        ...


class Unembedded(NamedTuple):
    """A memory whose words have no vectors yet."""

    id: str
    words: str
    place: str | None


def missing(db: sqlite3.Connection, space: str) -> list[Unembedded]:
    """The memories with words that have no vectors in this space; newest first."""
    query = (
        "SELECT id, words, said.place FROM episodes JOIN said ON said.rowid = episodes.row WHERE trim(words) <> '' "
        "AND NOT EXISTS (SELECT 1 FROM meanings WHERE episode = id AND space = ?) ORDER BY when_utc DESC, row DESC"
    )
    return [Unembedded(*one) for one in db.execute(query, (space,))]


def put(db: sqlite3.Connection, id: str, space: str, vectors: np.ndarray) -> bool:
    """Store the vectors (N, D) of a memory, in the place of all earlier ones; False when the memory is not there."""
    if not rows.has(db, id):
        return False
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    codes = np.round(vectors / largest * 127).astype(np.int8)
    drop(db, id)
    db.execute("INSERT INTO meanings VALUES (?, ?, ?, ?)", (id, space, vectors.shape[1], codes.tobytes()))
    return True


def drop(db: sqlite3.Connection, id: str) -> int:
    """Delete the vectors of a memory; returns their size in bytes."""
    (size,) = db.execute("SELECT coalesce(sum(length(codes)), 0) FROM meanings WHERE episode = ?", (id,)).fetchone()
    db.execute("DELETE FROM meanings WHERE episode = ?", (id,))
    return int(size)


def nearest(db: sqlite3.Connection, space: str, query: np.ndarray) -> dict[str, float]:
    """By the id of each memory with vectors of this space, the cosine of its nearest vector to `query` (D,)."""
    dim, found = len(query), dict[str, float]()
    reading = db.execute("SELECT episode, codes FROM meanings WHERE space = ? AND dim = ?", (space, dim))
    while chunk := reading.fetchmany(_CHUNK):
        counts = [len(codes) // dim for _, codes in chunk]
        rows = np.frombuffer(b"".join(codes for _, codes in chunk), np.int8).reshape(-1, dim).astype(np.float32)
        cosines = rows @ query.astype(np.float32) / np.sqrt(np.einsum("nd,nd->n", rows, rows))
        best = np.maximum.reduceat(cosines, np.cumsum([0, *counts[:-1]]))
        found.update(zip((id for id, _ in chunk), best.tolist(), strict=True))
    return found


def fused(
    db: sqlite3.Connection, text: str, found: Sequence[tuple[Hit, float]], near: Collection[int], embedder: Embedder
) -> list[tuple[Hit, float]]:
    """What a search by words `found` (best first, with scores), and what is near in meaning: in one order.

    `near`: the rows of hits that an unfinished or mistyped word found. A search for one bare word stays as it is:
    a name that no memory has is to find nothing. So it does without any vectors.
    """
    asked = terms(text)
    bare = len(asked) == len(text.split())
    if not asked or (bare and len(asked) == 1):
        return list(found)
    cosines = _cosines(db, text, embedder)
    if not cosines:
        return list(found)
    shares = _shares(db, asked)
    whole = [(hit, score) for hit, score in found if bare and shares.get(hit.row, 0) > ALL]
    if bare and whole:
        alone = []
    else:
        said = {hit.id for hit, _ in found}
        least = LEAST_BARE if bare else LEAST
        others = [(one, id) for id, one in cosines.items() if one >= least and id not in said]
        alone = _hits(db, [id for _, id in nlargest(MOST, others)])
    first = {hit for hit, _ in whole}
    rest = [(hit, cosines[hit.id]) for hit in alone]
    for hit, _ in found:
        if hit not in first:
            share = max(shares.get(hit.row, 0), 1 / len(asked) if hit.row in near else 0)
            rest.append((hit, cosines.get(hit.id, 0) + WORDS * share**2))
    rest.sort(key=lambda one: (-one[1], -one[0].row))
    last = whole[-1][1] if whole else 1.0
    best = max(rest[0][1], 1e-9) if rest else 1.0
    return whole + [(hit, last * max(score, 0) / best) for hit, score in rest]


def by_cosine(
    db: sqlite3.Connection, text: str, found: Sequence[tuple[Hit, float]], embedder: Embedder
) -> list[tuple[Hit, float]]:
    """What a time alone `found`, those nearest in meaning first; scores stay in their order."""
    cosines = _cosines(db, text, embedder)
    order = sorted((hit for hit, _ in found), key=lambda hit: -cosines.get(hit.id, -1))
    return [(hit, score) for hit, (_, score) in zip(order, found, strict=True)]


def _hits(db: sqlite3.Connection, ids: Sequence[str]) -> list[Hit]:
    """The memories with these ids, in any order."""
    some = ", ".join("?" * len(ids))
    return [Hit(*row) for row in db.execute(f"SELECT {HIT_COLUMNS} FROM episodes WHERE id IN ({some})", tuple(ids))]


def _cosines(db: sqlite3.Connection, text: str, embedder: Embedder) -> dict[str, float]:
    """The cosine of each memory that has vectors, by its id; none when the embedder fails: who opened it says so."""
    try:
        return nearest(db, embedder.space, embedder.embed(text))
    except ModelError:
        return {}


def _shares(db: sqlite3.Connection, asked: Sequence[str]) -> dict[int, float]:
    """By row, the share of the words asked for (FTS5 strings) that a memory has, 0 to 1; rare words count more."""
    (number,) = db.execute("SELECT count(*) FROM said").fetchone()
    sums: dict[int, float] = {}
    total = 0.0
    for term in asked:
        query = f"SELECT rowid FROM said WHERE said MATCH ? LIMIT {COMMON + 1}"
        rows = [row for (row,) in db.execute(query, (term,))]
        weight = math.log((number + 1) / (len(rows) + 0.5))
        total += weight
        for row in rows:
            sums[row] = sums.get(row, 0) + weight
    return {row: one / total for row, one in sums.items()}


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Vectors are whole rows of numbers, none of them nothing but zeros, of one width in a space. Yields problems."""
    for id, space, dim, codes in db.execute("SELECT episode, space, dim, codes FROM meanings"):
        rows = np.frombuffer(codes, np.int8).reshape(-1, dim)
        if not len(rows) or not np.abs(rows.astype(int)).max(axis=1).all():
            yield f"episode {id}: its vectors of words for {space} are empty"
    widths = "SELECT space, count(DISTINCT dim) FROM meanings GROUP BY space HAVING count(DISTINCT dim) > 1"
    for space, found in db.execute(widths):
        yield f"vectors of words for {space} have {found} different widths"
