"""What could still tell of a forgotten episode: other episodes that say its names or look like its photo.

What remains often reveals what was forgotten (MemLeak), so the receipt lists these episodes.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

from memory.db import word_index
from memory.search import token_codes, vector_index, vectors
from memory.search.vector_codes import Codes
from memory.text import match_expression

ALIKE = 0.9
"""A remaining photo looks like a forgotten one when it scores at least this share of the forgotten one's own score."""
MOST_PHOTOS = 32
"""For at most so many forgotten photos look-alikes are searched; each costs one recall."""
COMMON = 0.2
"""A word in more than this share of all episodes is not taken for a name."""
_WORD = re.compile(r"\w[\w'’-]*")


def names_in(db: sqlite3.Connection, episodes: Iterable[int]) -> set[str]:
    """Words with a capital letter that the user said in these episodes (their rows), and in their places."""
    names: set[str] = set()
    for row in episodes:
        for text in word_index.said(db, row):
            names |= {w.removesuffix("'s").removesuffix("’s") for w in _WORD.findall(text or "") if w[0].isupper()}
    return {name for name in names if len(name) > 1 and match_expression(name)}


def mentioning(db: sqlite3.Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of episodes in which the user said one of the names; names that are COMMON are left out."""
    (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
    query = "SELECT id, words, said.place FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ? ORDER BY id"
    ids: dict[str, None] = {}
    for name in sorted(names):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        hits = db.execute(query, (match_expression(name),)).fetchall()
        if len(hits) <= max(3, COMMON * episodes):
            ids |= {id: None for id, words, place in hits if whole.search(f"{words}\n{place or ''}")}
    return tuple(ids)


def look_alikes(db: sqlite3.Connection, gone: Sequence[str]) -> tuple[str, ...]:
    """Ids of episodes whose photo looks like one of the photos `gone` (hashes), whose vectors must still be stored."""
    ids: dict[str, None] = {}
    codes = Codes()
    for photo in gone[:MOST_PHOTOS]:
        for row in vectors.of_photo(db, photo):
            space, tokens = row.space, token_codes.decode([row.scales], [row.codes], row.dim)
            if not vector_index.ready(db, space):
                vector_index.build(db, space)
            scores = {other: sight.score for other, sight in vectors.by_sight(db, space, tokens, codes).items()}
            bound = ALIKE * scores.get(photo, 1.0)
            alike = [other for other, score in scores.items() if score >= bound and other not in gone]
            for other in alike:
                ids |= dict.fromkeys(id for (id,) in db.execute("SELECT id FROM episodes WHERE photo = ?", (other,)))
    return tuple(ids)
