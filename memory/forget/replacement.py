"""Replacing episodes (an edit, a merge), and putting removed ones back. Each function runs in an open transaction.

An episode's id is the hash of its content, so an edited episode is another episode: the old one is deleted (`forget/`),
and the new one takes its place in ended reminders and in the conversations that used it. The text of stored
conversations does not change. For undo the removed rows are held in the program's memory (`Held`): they are written to
no file and are lost when the program ends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory import instructions
from memory.db import conversation_rows, name_rows, rows, tray_rows, verdict_rows
from memory.db.name_rows import NameDecision
from memory.db.verdict_rows import Verdict
from memory.episode import Episode
from memory.forget import deletion
from memory.forget.receipt import Receipt
from memory.search import vectors


@dataclass(frozen=True)
class Held:
    """Episodes that are about to be removed, with all that is removed with them."""

    episodes: tuple[Episode, ...] = ()
    vectors: tuple[vectors.Row, ...] = ()
    """Visual tokens of their photos."""
    ended: tuple[tuple[str, str], ...] = ()
    """Ended reminders: id of the reminder, id of the episode."""
    parts: tuple[tuple[Any, ...], ...] = ()
    """Parts of stored conversations: rows of `talks`."""
    shown: tuple[tuple[Any, ...], ...] = ()
    """Photos that only these parts show: rows of `shown`."""
    verdicts: tuple[Verdict, ...] = ()
    """The user's answers about these photos."""
    not_asked: tuple[str, ...] = ()
    """Those of the photos that the user called not interesting."""
    names: tuple[NameDecision, ...] = ()
    """All decisions of the user about names: which of them go is known only when the words are gone."""


def hold(db: sqlite3.Connection, ids: Sequence[str]) -> Held:
    """Everything that `delete_episodes` or `replace` would remove with these episodes. Raises UnknownEpisode."""
    found = [rows.find(db, id) for id in dict.fromkeys(ids)]
    whole = [id for _, id, _ in found]
    tokens: list[vectors.Row] = []
    for photo in dict.fromkeys(photo for _, _, photo in found):
        tokens += vectors.of_photo(db, photo)
    ended = "SELECT reminder, episode FROM reminders_ended WHERE episode = ?"
    about = conversation_rows.parts_about(db, whole, [photo for _, _, photo in found])
    about = list(dict.fromkeys([*about, *deletion.parts_telling(db, whole)]))
    parts = [db.execute("SELECT * FROM talks WHERE id = ? AND n = ?", part).fetchone() for part in about]
    shown = [db.execute("SELECT * FROM shown WHERE sha256 = ?", (part[3],)).fetchone() for part in parts]
    photos = {photo for _, _, photo in found} | {row[0] for row in shown if row}
    return Held(
        tuple(rows.at(db, row) for row, _, _ in found),
        tuple(tokens),
        tuple(one for id in whole for one in db.execute(ended, (id,)).fetchall()),
        tuple(parts),
        tuple(dict.fromkeys(row for row in shown if row)),
        tuple(verdict_rows.about(db, photos)),
        tuple(photo for photo in tray_rows.marked(db) if photo in photos),
        tuple(name_rows.every(db)),
    )


def put_back(db: sqlite3.Connection, held: Held) -> None:
    """Store everything in `held` again. Rows that exist stay; conversations that went on get the episodes added."""
    for episode in held.episodes:
        rows.insert(db, episode, episode.order or None)
    for row in held.vectors:
        vectors.put_row(db, row)
    db.executemany("INSERT OR IGNORE INTO reminders_ended VALUES (?, ?)", held.ended)
    db.executemany("INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?, ?)", held.shown)
    conversation_rows.put_back(db, held.parts)
    tray_rows.mark(db, held.not_asked)
    name_rows.put_missing(db, held.names)
    for verdict in held.verdicts:
        if verdict_rows.get(db, verdict.photo, verdict.other) is None:
            verdict_rows.put(db, verdict)


def replace(db: sqlite3.Connection, by: Mapping[str, Episode]) -> tuple[Receipt, int]:
    """Store episodes in the place of those with these ids, or prefixes of ids.

    Returns the receipt, and how many parts of stored conversations used an old episode. Visual tokens of a photo that
    still has an episode stay. Raises UnknownEpisode.
    """
    old = {rows.find(db, id)[1]: episode for id, episode in by.items()}
    parts = 0
    for id, episode in old.items():
        rows.insert(db, episode, rows.find(db, id)[0])
        _keep_ended(db, id, episode)
        parts += conversation_rows.rename_episodes(db, (id,), episode.id)
    new = {episode.id for episode in old.values()}
    return deletion.delete_episodes(db, [id for id in old if id not in new]), parts


def _keep_ended(db: sqlite3.Connection, old: str, new: Episode) -> None:
    """Mark the reminders of the `new` episode as ended whose tasks were ended in the `old` one (its id)."""
    ended = {one for (one,) in db.execute("SELECT reminder FROM reminders_ended WHERE episode = ?", (old,))}
    said = [turn.text for turn in rows.turns(db, old) if turn.role == "user"]
    before = {task.casefold() for text in said for task, _ in instructions.tasks(text)}
    for task, _ in instructions.tasks(new.words):
        if task.casefold() in before and instructions.id_of(old, task) in ended:
            row = (instructions.id_of(new.id, task), new.id)
            db.execute("INSERT OR IGNORE INTO reminders_ended VALUES (?, ?)", row)
