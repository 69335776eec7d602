"""Corrections of a recall that were kept as sentences in episodes, turned into verdicts: part of a migration.

Up to version 4 of the file "This is not the one in my photo 1a2b3c4d of 3 May 2025." was an episode of the new photo.
An archive from that time holds such episodes still, so an import asks `without_corrections`, too.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from memory import instructions
from memory.episode import Episode, Photo, Turn

_OTHER = r"the one in my photo ([0-9a-f]{8,64})\b"
_OF_DAY = r" of \d{1,2} \w+ \d{4}"
_SAID = re.compile(rf"\b{_OTHER}", re.IGNORECASE)
_DENIED = re.compile(rf"\bnot {_OTHER}", re.IGNORECASE)
_NOT = re.compile(rf"\s*\bThis is not {_OTHER}{_OF_DAY}\.", re.IGNORECASE)
_SAME = re.compile(rf"\s*\bThis is {_OTHER}{_OF_DAY}:", re.IGNORECASE)
_HASH = re.compile(r"\b(the one in my photo) [0-9a-f]{8,64}\b", re.IGNORECASE)


def without_corrections(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], dict[str, bool]]:
    """The turns without sentences of correction, and what these said: the first digits of a photo's hash, same or not.

    What else was said stays, and so does the name after "This is the one in my photo ...:". A turn of which nothing
    stays is left out, and without any words of the user the replies are left out as well.
    """
    said: dict[str, bool] = {}
    left: list[Turn] = []
    for turn in turns:
        if turn.role != "user" or not _SAID.search(turn.text):
            left.append(turn)
            continue
        denied = {start.lower() for start in _DENIED.findall(turn.text)}
        said |= {start.lower(): start.lower() not in denied for start in _SAID.findall(turn.text)}
        text = _HASH.sub(r"\1", _SAME.sub("", _NOT.sub("", turn.text))).strip()
        if text:
            left.append(Turn("user", text))
    return (tuple(left) if any(turn.role == "user" for turn in left) else ()), said


def convert(db: sqlite3.Connection) -> None:
    """Make verdicts of all sentences of correction, in an open write transaction.

    An episode that says nothing else goes; if it is the only one of its photo, it stays without words, so that no photo
    is lost. Kept conversations and ended reminders follow the changed episodes.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")  # until the end of this transaction
    _forget_hashes(db)
    some = "SELECT DISTINCT episode FROM turns WHERE role = 'user' AND text LIKE '%the one in my photo %'"
    for (id,) in db.execute(some).fetchall():
        row, photo, when, place = db.execute(
            "SELECT row, photo, when_utc, place FROM episodes WHERE id = ?", (id,)
        ).fetchone()
        stored = db.execute("SELECT role, text FROM turns WHERE episode = ? ORDER BY n", (id,)).fetchall()
        turns, said = without_corrections([Turn(role, text) for role, text in stored])
        if not said:
            continue
        try:
            new = Episode(Photo(photo, b"", 1, 1), turns, datetime.fromisoformat(when), place)
        except ValueError:
            continue  # a damaged date: `verify` says so
        put(db, photo, said, new.when)
        _replace(db, row, id, new)


def _forget_hashes(db: sqlite3.Connection) -> None:
    """Take the hashes out of what kept conversations repeat of such sentences."""
    some = "SELECT id, n, lines FROM talks WHERE lines LIKE '%the one in my photo %'"
    for talk, n, lines in db.execute(some).fetchall():
        db.execute("UPDATE talks SET lines = ? WHERE id = ? AND n = ?", (_HASH.sub(r"\1", lines), talk, n))


def put(db: sqlite3.Connection, photo: str, said: dict[str, bool], when: datetime) -> None:
    """Store what the corrections of a photo (hash) `said`, unless there are answers about these photos already."""
    for start, same in said.items():
        within = (start, start + "g", photo)  # 'g' comes right after the last hex digit
        others = db.execute("SELECT sha256 FROM photos WHERE sha256 >= ? AND sha256 < ? AND sha256 <> ?", within)
        values = [(photo, other, same, when.isoformat()) for (other,) in others.fetchall()]
        db.executemany("INSERT OR IGNORE INTO verdicts VALUES (?, ?, ?, NULL, NULL, ?)", values)


def _replace(db: sqlite3.Connection, row: int, old: str, new: Episode) -> None:
    """Put the episode `new` in the place of the one with the id `old`; one without words only where it is the last."""
    others = db.execute("SELECT id FROM episodes WHERE photo = ? AND id <> ?", (new.photo.sha256, old)).fetchall()
    gone = (new.id,) in others or (not new.turns and bool(others))
    _follow(db, old, None if gone and (new.id,) not in others else new)
    db.execute("DELETE FROM turns WHERE episode = ?", (old,))
    db.execute("DELETE FROM said WHERE rowid = ?", (row,))
    if gone:
        db.execute("DELETE FROM episodes WHERE row = ?", (row,))
        return
    db.execute("UPDATE episodes SET id = ? WHERE row = ?", (new.id, row))
    turns = [(new.id, n, turn.role, turn.text) for n, turn in enumerate(new.turns)]
    db.executemany("INSERT INTO turns (episode, n, role, text) VALUES (?, ?, ?, ?)", turns)
    db.execute("INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)", (row, new.words, new.place))


def _follow(db: sqlite3.Connection, old: str, new: Episode | None) -> None:
    """Let conversations and ended reminders of the episode with the id `old` mean the `new` one, or none."""
    now = new.id if new else ""
    parts = db.execute("SELECT id, n, episodes FROM talks WHERE episodes LIKE ?", (f'%"{old}"%',)).fetchall()
    for talk, n, episodes in parts:
        with suppress(ValueError):  # a damaged part: `verify` says so
            renamed = [now if id == old else id for id in json.loads(episodes)]
            used = json.dumps([id for id in dict.fromkeys(renamed) if id])
            db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (used, talk, n))
    ended = {one for (one,) in db.execute("SELECT reminder FROM reminders_ended WHERE episode = ?", (old,))}
    db.execute("DELETE FROM reminders_ended WHERE episode = ?", (old,))
    for task, _ in instructions.tasks(new.words) if new else ():
        if instructions.id_of(old, task) in ended:
            row = (instructions.id_of(now, task), now)
            db.execute("INSERT OR IGNORE INTO reminders_ended VALUES (?, ?)", row)
