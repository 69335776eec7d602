"""Episodes in the place of others: an edit, a merge, and the way back. On an open transaction; `store.py` drives it.

An episode's id is the hash of its content, so one that says something else is another episode: the old one goes as
`forget.py` takes it, the new one takes its place where reminders were ended and conversations were told of it. What a
kept conversation said then, it goes on saying. The way back is a value in the program's own memory (`Held`): nothing
of it is written anywhere, and it ends with the program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memory import instructions
from memory.db import conversation_rows, rows
from memory.episode import Episode
from memory.forget import deletion
from memory.forget.receipt import Receipt
from memory.search import vectors


@dataclass(frozen=True)
class Held:
    """All that goes with some episodes, to be put back."""

    episodes: tuple[Episode, ...] = ()
    vectors: tuple[tuple[str, str, np.ndarray], ...] = ()
    """Of their photos: hash, space, visual tokens (T, D)."""
    ended: tuple[tuple[str, str], ...] = ()
    """Reminders that were ended, and of which episode."""
    talks: tuple[tuple[Any, ...], ...] = ()
    """Rows of kept conversations."""
    shown: tuple[tuple[Any, ...], ...] = ()
    """Rows of photos that only those show."""


def hold(db: sqlite3.Connection, ids: Sequence[str]) -> Held:
    """What `deletion.delete_episodes` would take out, or others take the place of. Raises UnknownEpisode."""
    found = [rows.find(db, id) for id in dict.fromkeys(ids)]
    whole = [id for _, id, _ in found]
    tokens = []
    for photo in dict.fromkeys(photo for _, _, photo in found):
        stored = db.execute("SELECT space, dim, f16 FROM vectors WHERE photo = ?", (photo,)).fetchall()
        tokens += [(photo, space, np.frombuffer(f16, "<f2").reshape(-1, dim)) for space, dim, f16 in stored]
    ended = "SELECT reminder, episode FROM reminders_ended WHERE episode = ?"
    parts = conversation_rows.parts_about(db, whole, [photo for _, _, photo in found])
    talks = [db.execute("SELECT * FROM talks WHERE id = ? AND n = ?", part).fetchone() for part in parts]
    shown = [db.execute("SELECT * FROM shown WHERE sha256 = ?", (talk[3],)).fetchone() for talk in talks]
    return Held(
        tuple(next(rows.load(db, "WHERE row = ?", (row,))) for row, _, _ in found),
        tuple(tokens),
        tuple(one for id in whole for one in db.execute(ended, (id,)).fetchall()),
        tuple(talks),
        tuple(dict.fromkeys(row for row in shown if row)),
    )


def put_back(db: sqlite3.Connection, held: Held) -> None:
    """Store all of it again; what is there stays as it is, conversations that went on too."""
    for episode in held.episodes:
        rows.insert(db, episode, episode.order or None)
    for photo, space, tokens in held.vectors:
        if db.execute("SELECT 1 FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone() is None:
            vectors.put(db, photo, space, tokens)
    db.executemany("INSERT OR IGNORE INTO reminders_ended VALUES (?, ?)", held.ended)
    db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?, ?)", held.shown)
    conversation_rows.put_back(db, held.talks)


def replace(db: sqlite3.Connection, by: Mapping[str, Episode]) -> tuple[Receipt, int]:
    """Store episodes in the place of those with these ids, or prefixes of ids.

    Returns the receipt, and how many parts of kept conversations were told an old one. Visual tokens of a photo that
    still has an episode stay. Raises UnknownEpisode.
    """
    old = {rows.find(db, id)[1]: episode for id, episode in by.items()}
    told = 0
    for id, episode in old.items():
        rows.insert(db, episode, rows.find(db, id)[0])
        _stay_ended(db, id, episode)
        told += conversation_rows.rename_episodes(db, (id,), episode.id)
    new = {episode.id for episode in old.values()}
    return deletion.delete_episodes(db, [id for id in old if id not in new]), told


def _stay_ended(db: sqlite3.Connection, old: str, new: Episode) -> None:
    """A reminder that was ended stays so, if the new words still ask for the same."""
    ended = {one for (one,) in db.execute("SELECT reminder FROM reminders_ended WHERE episode = ?", (old,))}
    said = db.execute("SELECT text FROM turns WHERE episode = ? AND role = 'user'", (old,)).fetchall()
    over = {task.casefold() for (text,) in said for task, _ in instructions.tasks(text)}
    for task, _ in instructions.tasks(new.words):
        if task.casefold() in over and instructions.id_of(old, task) in ended:
            row = (instructions.id_of(new.id, task), new.id)
            db.execute("INSERT OR IGNORE INTO reminders_ended VALUES (?, ?)", row)
