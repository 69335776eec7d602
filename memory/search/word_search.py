"""Search by words in what the user said and in places, with FTS5. Each query runs on an open transaction."""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from memory.db import word_index
from memory.db.rows import DEPTH, HIT_COLUMNS, NEWEST, Hit
from memory.text import folded, joined, pair_terms, spelled_terms
from memory.text import terms as text_terms

COMMON = 2000
"""A word in more episodes than this counts only when the question has no rarer one: it is slow and says little."""
_MATCH = re.compile("\x02([^\x02\x03]+)\x03")  # what `highlight` puts around a matched word


class WordHits(NamedTuple):
    """Results of a search by words."""

    said: list[Hit]
    """Episodes in which the user said one of the words, best first."""
    placed: list[Hit]
    """Episodes whose place has one of the words, best first."""
    words: dict[int, list[str]]
    """By the row of an episode: the matched words, spelled as the user said them."""


def by_text(db: sqlite3.Connection, text: str, *, loose: bool = False) -> WordHits:
    """Episodes in which the user said any of the words of `text`, and those whose place has any; at most DEPTH of each.

    Best first (bm25). Words in more than COMMON episodes find nothing by themselves, they only add matches to what
    rarer words find. When rarer words find nothing, the newest episodes with a common word are returned. `loose`: where
    nothing has the words, parts of those without spaces between them count.
    """
    terms, common = text_terms(text), []
    (last,) = db.execute("SELECT max(row) FROM episodes").fetchone()
    if (last or 0) > COMMON:
        some = f"SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT {COMMON + 1})"
        common = [term for term in terms if db.execute(some, (term,)).fetchone()[0] > COMMON]
    rare = [term for term in terms if term not in common]
    said: list[Hit] = []
    placed: list[Hit] = []
    if rare:
        query = f"SELECT {HIT_COLUMNS} FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ? "
        for column, hits in (("words", said), ("place", placed)):
            best = f"{query} ORDER BY bm25(said), {NEWEST} LIMIT {DEPTH}"
            hits += map(Hit._make, db.execute(best, (f"{column} : ({' OR '.join(rare)})",)))
    _add_spelled(db, text, said, placed, loose)
    newest: list[Hit] = []
    if common and not said and not placed:
        found = f"SELECT rowid AS found FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT {DEPTH}"
        query = f"SELECT {HIT_COLUMNS} FROM ({found}) JOIN episodes ON row = found ORDER BY row DESC"
        newest = [Hit(*one) for one in db.execute(query, (" OR ".join(common),))]
    likely = list(dict.fromkeys([*said, *placed, *newest]))
    words, places = _matched(db, likely, terms, common)
    said += [hit for hit in newest if hit.row in words]
    _add_words(db, said, text, words)
    placed += [hit for hit in likely if hit.row in places and hit not in placed]
    return WordHits(said, placed, words)


def _matched(
    db: sqlite3.Connection, hits: list[Hit], terms: list[str], common: list[str]
) -> tuple[dict[int, list[str]], set[int]]:
    """The matched words of `terms` by row, and the rows whose place has a `common` term.

    FTS5 matches them in a temporary index of these hits alone: in the whole index each row would cost a walk along all
    others with a common term.
    """
    if not hits:
        return {}, set()
    tokenize = "tokenize = 'porter unicode61 remove_diacritics 2'"  # as in `said`
    db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.likely USING fts5 (words, place, {tokenize})")
    db.execute("DELETE FROM temp.likely")
    some = ",".join(str(hit.row) for hit in hits)
    copy = "INSERT INTO temp.likely (rowid, words, place) SELECT rowid, words, place FROM main.said"
    db.execute(f"{copy} WHERE rowid IN ({some})")
    marked = "SELECT rowid, highlight(likely, 0, char(2), char(3)) FROM temp.likely WHERE likely MATCH ?"
    said = db.execute(marked, (f"words : ({' OR '.join(terms)})",)).fetchall()
    places = "SELECT rowid FROM temp.likely WHERE likely MATCH ?"
    there = db.execute(places, (f"place : ({' OR '.join(common)})",)).fetchall() if common else []
    db.execute("DELETE FROM temp.likely")
    return {row: list(dict.fromkeys(_MATCH.findall(text))) for row, text in said}, {row for (row,) in there}


def _add_spelled(db: sqlite3.Connection, text: str, said: list[Hit], placed: list[Hit], loose: bool) -> None:
    """Add what only the index of spellings finds: words in scripts without spaces, "Strasse" for "Straße".

    Where nothing is found, with `loose` pairs of signs of such words are looked up: 我们去海边 in 今天我们去了海边游泳.
    """
    _add(db, [*spelled_terms(text).values()], said, placed)
    if loose and not said and not placed:
        _add(db, pair_terms(text), said, placed)


def _add(db: sqlite3.Connection, expressions: list[str], said: list[Hit], placed: list[Hit]) -> None:
    some = f"SELECT count(*) FROM (SELECT 1 FROM spellings WHERE spellings MATCH ? LIMIT {COMMON + 1})"
    rare = [one for one in expressions if db.execute(some, (one,)).fetchone()[0] <= COMMON]
    if not rare:
        return
    query = f"SELECT {HIT_COLUMNS} FROM spellings JOIN episodes ON row = spellings.rowid WHERE spellings MATCH ? "
    for column, hits in (("words", said), ("place", placed)):
        best = f"{query} ORDER BY bm25(spellings), {NEWEST} LIMIT {DEPTH}"
        found = map(Hit._make, db.execute(best, (f"{column} : ({' OR '.join(rare)})",)))
        hits += [hit for hit in found if hit not in hits]


def _add_words(db: sqlite3.Connection, said: list[Hit], text: str, words: dict[int, list[str]]) -> None:
    """Add the matched words of episodes that only the index of spellings found."""
    asked = [*spelled_terms(text)]
    for row in {hit.row for hit in said} - words.keys():
        told, _ = word_index.said(db, row)
        plain = {word: folded(word) for word in re.findall(r"\w+", told)}
        whole = [word for word in asked if joined(word[0]) and word in folded(told)]
        words[row] = whole + [word for word, spelled in plain.items() if spelled in asked and spelled not in whole]
