"""What could still tell of a forgotten episode: other episodes that say its names or look like its photo.

Forgotten facts are often told by what was kept (MemLeak), so the receipt lists these episodes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from memory.search import vector_index, vectors
from memory.search.vector_codes import Codes
from memory.text import match_expression

ALIKE = 0.9
"""A remaining photo looks like a forgotten one from this share of the forgotten one's score with itself on."""
MOST_PHOTOS = 32
"""For at most so many forgotten photos look-alikes are searched; each costs one recall."""
COMMON = 0.2
"""A word that more than this share of all episodes say is taken for no name."""
_WORD = re.compile(r"\w[\w'’-]*")


def names_in(db: sqlite3.Connection, of: Iterable[int]) -> set[str]:
    """Words with a capital letter that the user said in these episodes (rows of the index)."""
    names: set[str] = set()
    for row in of:
        for text in db.execute("SELECT words, place FROM said WHERE rowid = ?", (row,)).fetchone():
            names |= {w.removesuffix("'s").removesuffix("’s") for w in _WORD.findall(text or "") if w[0].isupper()}
    return {name for name in names if len(name) > 1 and match_expression(name)}


def mentioning(db: sqlite3.Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of episodes in which one of the names is said, unless nearly all say it."""
    (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
    query = "SELECT id, words, said.place FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ? ORDER BY id"
    found: dict[str, None] = {}
    for name in sorted(names):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        hits = db.execute(query, (match_expression(name),)).fetchall()
        if len(hits) <= max(3, COMMON * episodes):
            found |= {id: None for id, words, place in hits if whole.search(f"{words}\n{place or ''}")}
    return tuple(found)


def look_alikes(db: sqlite3.Connection, gone: Sequence[str]) -> tuple[str, ...]:
    """Ids of remaining episodes whose photo looks like one that goes; its vectors must still be there."""
    found: dict[str, None] = {}
    codes = Codes()
    for photo in gone[:MOST_PHOTOS]:
        query = "SELECT space, f16, dim FROM vectors WHERE photo = ?"
        for space, f16, dim in db.execute(query, (photo,)).fetchall():
            tokens = np.frombuffer(f16, "<f2").reshape(-1, dim)  # (T, D)
            if not vector_index.ready(db, space):
                vector_index.build(db, space)
            scores = vectors.by_sight(db, space, tokens, codes)
            bound = ALIKE * scores.get(photo, 1.0)
            alike = [other for other, score in scores.items() if score >= bound and other not in gone]
            for other in alike:
                found |= dict.fromkeys(id for (id,) in db.execute("SELECT id FROM episodes WHERE photo = ?", (other,)))
    return tuple(found)
