"""Episodes whose words tell of the time that a search asks for, from the day of their telling: "last Saturday we were
at the lake", told on 12 May 2026, is found by "9 May 2026". Whatever the day of their photo is, it stays what it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from memory.days import day_of_telling
from memory.db import word_index
from memory.db.rows import DEPTH, HIT_COLUMNS, Hit
from memory.relative_days import relative_days
from memory.times.calendar_names import WEEKDAYS
from memory.times.time_phrases import TimeQuery

READ = 500
"""At most so many episodes are read for one search: of those told from its time on the first ones, as people mostly
tell of days that have just been."""
_AHEAD = timedelta(days=31)
"""How long before its time something is told: "tomorrow", "next week"."""
_OFTEN = """yesterday today tonight tomorrow last ago next morning afternoon evening week weekend month year spring
summer autumn fall winter christmas easter"""
_SAID = " OR ".join((*_OFTEN.split(), *WEEKDAYS))
"""Words of which each phrase that tells a time so has one, as an expression of FTS5."""


def among(db: sqlite3.Connection, hits: Iterable[Hit], asked: TimeQuery) -> dict[Hit, str]:
    """Those of some hits whose words tell of the time asked for, each with its reason, in words for the user."""
    found = {}
    for hit in hits:
        (told,) = db.execute("SELECT told FROM episodes WHERE row = ?", (hit.row,)).fetchone()
        if reason := _reason(word_index.said(db, hit.row)[0], told, asked):
            found[hit] = reason
    return found


def of_all(db: sqlite3.Connection, asked: TimeQuery) -> dict[Hit, str]:
    """The episodes whose words tell of the time asked for, at most DEPTH, each with its reason."""
    since = (asked.since - _AHEAD).isoformat() if asked.since and asked.since > date.min + _AHEAD else ""
    query = (
        f"SELECT said.words, told, {HIT_COLUMNS} FROM said JOIN episodes ON row = said.rowid "
        "WHERE said MATCH ? AND told >= ? ORDER BY told LIMIT ?"
    )
    found: dict[Hit, str] = {}
    for words, told, *hit in db.execute(query, (f"words : ({_SAID})", since, READ)).fetchall():
        if len(found) < DEPTH and (reason := _reason(words, told, asked)):
            found[Hit(*hit)] = reason
    return found


def _reason(words: str, told: str | None, asked: TimeQuery) -> str:
    """Why words that were told at a moment (ISO 8601) are of the time asked for; empty where they are not."""
    if not told:
        return ""
    for one in relative_days(words, day_of_telling(datetime.fromisoformat(told))):
        if one.days and asked.has(one.days[0]) and asked.has(one.days[1] - timedelta(days=1)):
            return f"you said '{one.text}' ({one.mention})"
    return ""
