"""The two indexes of words, kept together: `said`, as the user said them, by stem; `spellings`, as they are typed.

Among spellings FTS5 finds beginnings of words, names in any script, and the words themselves for guesses at a mistyped
one. Both hold only what the user said and places, never what a model wrote. Each function runs in an open transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from memory.db import engine
from memory.db.table_access import table
from memory.text import count, spelling

INDEXES = ("said", "spellings")
SPELLINGS = "CREATE VIRTUAL TABLE spellings USING fts5 (words, place, tokenize = 'ascii', prefix = '2 3')"
"""The text is folded and cut into words before it comes here (`text.spelling`), so FTS5 only splits it at spaces."""
_PUT_SPELLING = "INSERT INTO spellings (rowid, words, place) VALUES (?, ?, ?)"


def add(db: sqlite3.Connection, row: int, words: str, place: str | None) -> None:
    """Index the words and the place of the episode at `row`."""
    db.execute("INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)", (row, words, place))
    db.execute(_PUT_SPELLING, (row, spelling(words), spelling(place or "")))


def move(db: sqlite3.Connection, row: int, to: int) -> None:
    """The episode at `row` is at `to` now."""
    for index in INDEXES:
        db.execute(f"UPDATE {index} SET rowid = ? WHERE rowid = ?", (to, row))


def said(db: sqlite3.Connection, row: int) -> tuple[str, str | None]:
    """The words and the place of the episode at `row`. Raises DatabaseError where they are missing: the file is
    damaged."""
    found = db.execute("SELECT words, place FROM said WHERE rowid = ?", (row,)).fetchone()
    if found is None:
        raise sqlite3.DatabaseError("database disk image is malformed")
    words, place = found
    return words, place


def remove(db: sqlite3.Connection, row: int) -> None:
    """Take an episode out. Its words stay in the bytes of the indexes until `merge`."""
    for index in INDEXES:
        db.execute(f"DELETE FROM {index} WHERE rowid = ?", (row,))


def merge(db: sqlite3.Connection) -> None:
    """Merge the segments of the indexes: until then a deleted word stays in them as text."""
    for index in INDEXES:
        db.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")


def build_spellings(db: sqlite3.Connection) -> None:
    """Fill `spellings` anew from `said`: for a file of before, and when `spelling` has changed."""
    db.execute("DELETE FROM spellings")
    # As bytes, for damaged words are no text; `verify` names their episode.
    rows = db.execute("SELECT rowid, CAST(words AS BLOB), CAST(place AS BLOB) FROM said").fetchall()
    spelt = ((row, *(spelling((text or b"").decode("utf-8", "replace")) for text in texts)) for row, *texts in rows)
    db.executemany(_PUT_SPELLING, spelt)


def check(db: sqlite3.Connection) -> Iterator[str]:
    """The indexes are sound, have a row for each episode, and hold the same words. Yields problems.

    Run it in an IMMEDIATE transaction: it takes the write lock.
    """
    for index in INDEXES:
        try:
            db.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
        except engine.failures() as error:
            if "malformed" not in str(error):
                raise
            yield "the index of words is damaged"
    episodes = table(db, "episodes").count
    for index in INDEXES:
        indexed = table(db, index).count
        if indexed != episodes:
            yield f"the index has {count(indexed, 'row')} for {count(episodes, 'episode')}"
    both = "SELECT id, said.words, said.place, s.words, s.place FROM said JOIN spellings AS s ON s.rowid = said.rowid"
    for id, words, place, *held in db.execute(f"{both} JOIN episodes ON row = said.rowid"):
        if held != [spelling(words or ""), spelling(place or "")]:
            yield f"episode {id}: the index of spellings has other words than were said"
