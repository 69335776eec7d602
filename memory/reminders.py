"""Reminders: instructions that the user gave in a memory and that stand until the user ends them.

They are found in the words of the episodes each time anew (`instructions.py`) and are stored nowhere else: a reminder
goes with its episode. Only the fact that a reminder was ended is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from memory.days import likely_day
from memory.db.rows import NEWEST
from memory.errors import KeepsakeError
from memory.instructions import Reminder, id_of, tasks
from memory.store import Memory


def standing(memory: Memory, photos: Collection[str] | None = None) -> list[Reminder]:
    """Reminders that the user has not ended, newest first. Raises MemoryFileError.

    `photos` (hashes): only reminders said about these photos, and of equal tasks only the newest.
    """
    chosen: dict[str, Reminder] = {}
    for reminder in _standing(memory, photos):
        chosen.setdefault(reminder.task.casefold() if photos is not None else reminder.id, reminder)
    return list(chosen.values())


def end(memory: Memory, id: str) -> Reminder:
    """End the standing reminder with this id, or the only one whose id begins so; its episode stays as it is.

    Raises KeepsakeError when no reminder, or more than one, has the id.
    """
    prefix = id.strip().lower()
    meant = [r for r in _standing(memory, None) if prefix and r.id.startswith(prefix)]
    if len(meant) != 1:
        what = f"{len(meant)} reminders have" if meant else "no reminder has"
        raise KeepsakeError(f"{what} the id {id!r}: `python -m memory reminders` lists them")
    with memory.transaction("IMMEDIATE") as db:
        # Only if the episode is still there: another process may have forgotten it meanwhile.
        chosen = "SELECT ?, id FROM episodes WHERE id = ?"
        db.execute(f"INSERT OR IGNORE INTO reminders_ended {chosen}", (meant[0].id, meant[0].episode))
    return meant[0]


def _standing(memory: Memory, photos: Collection[str] | None) -> Iterator[Reminder]:
    if photos is not None and not photos:
        return
    query = "SELECT id, when_utc, day, text FROM turns JOIN episodes ON id = episode WHERE role = 'user'"
    if photos is not None:
        query += f" AND photo IN ({', '.join('?' * len(photos))})"
    with memory.transaction() as db:
        ended = {id for (id,) in db.execute("SELECT reminder FROM reminders_ended")}
        rows = db.execute(f"{query} ORDER BY {NEWEST}, n", tuple(photos or ())).fetchall()
    for episode, when, day, text in rows:
        for task, words in tasks(text):
            id = id_of(episode, task)
            if id not in ended:
                at = datetime.fromisoformat(when)
                yield Reminder(id, task, words, episode, at, date.fromisoformat(day) if day else likely_day(at))
