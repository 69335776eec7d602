"""Reminders: instructions that the user gave in a memory and that stand until the user ends them.

They are found in the words of the episodes each time anew (`instructions.py`) and are stored nowhere else: a reminder
goes with its episode. Only the fact that a reminder was ended is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from memory.db.rows import NEWEST
from memory.errors import KeepsakeError
from memory.instructions import Reminder, id_of, tasks
from memory.store import Memory


def standing(memory: Memory, photos: Collection[str] | None = None) -> list[Reminder]:
    """Instructions that were not ended, newest first; of equal tasks the newest. `photos`: only those said about these
    photos (their hashes), in whichever of their memories. Raises MemoryFileError."""
    found: dict[str, Reminder] = {}
    for reminder in _said(memory, photos):
        found.setdefault(reminder.task.casefold() if photos is not None else reminder.id, reminder)
    return list(found.values())


def end(memory: Memory, id: str) -> Reminder:
    """Never say it again; the memory it was said in stays as it is. `id`: of one that stands, or its first digits.

    Raises KeepsakeError when none, or more than one, is meant.
    """
    prefix = id.strip().lower()
    meant = [r for r in _said(memory, None) if prefix and r.id.startswith(prefix)]
    if len(meant) != 1:
        what = f"{len(meant)} standing instructions have" if meant else "no standing instruction has"
        raise KeepsakeError(f"{what} the id {id!r}: `python -m memory reminders` lists them")
    with memory.transaction("IMMEDIATE") as db:
        # Only if the memory is still there: another process may have forgotten it meanwhile.
        chosen = "SELECT ?, id FROM episodes WHERE id = ?"
        db.execute(f"INSERT OR IGNORE INTO reminders_ended {chosen}", (meant[0].id, meant[0].episode))
    return meant[0]


def _said(memory: Memory, photos: Collection[str] | None) -> Iterator[Reminder]:
    if photos is not None and not photos:
        return
    query = "SELECT id, when_utc, text FROM turns JOIN episodes ON id = episode WHERE role = 'user'"
    if photos is not None:
        query += f" AND photo IN ({', '.join('?' * len(photos))})"
    with memory.transaction() as db:
        ended = {id for (id,) in db.execute("SELECT reminder FROM reminders_ended")}
        rows = db.execute(f"{query} ORDER BY {NEWEST}, n", tuple(photos or ())).fetchall()
    for episode, when, text in rows:
        for task, words in tasks(text):
            id = id_of(episode, task)
            if id not in ended:
                yield Reminder(id, task, words, episode, datetime.fromisoformat(when))
