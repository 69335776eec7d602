"""Standing instructions: what the user asked, in a memory, to be told when the thing is seen again.

"When Gustav shows up, remind me to water the plants." They are found in the user's own words by English patterns, each
time anew, and kept nowhere else: a reminder goes with its memory. Only that one was ended is stored. Nothing written
by a model is looked at, no photo is read, and nothing is ever done but saying the words again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from memory.db.rows import NEWEST
from memory.errors import KeepsakeError

if TYPE_CHECKING:
    from memory.store import Memory

LONGEST = 300
"""Characters of a sentence that may hold an instruction; longer ones are stories."""
_MAYBE = re.compile(r"remind me|tell me|me forget|say[:,]", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)]*\s+|\s*[;\n]\s*")
_WHEN = r"\b(?:when(?:ever)?|if|once|as soon as|(?:the )?next time|(?:every|each|any) ?time)\b"
_SEEN = (
    r"\b(?:sees?|spots?|meets?|notices?|recogni[sz]es?|(?:look|looks|looking) at|(?:runs?|bumps?) into|comes? across"
    r"|shows? (?:you|up)|turns? up|pops? up|comes? up|appears?"
    r"|(?:is|are) in (?:a|an|the|this|my|any|another) (?:new )?(?:photo|picture|image))\b"
)
_PLEASE = r"(?:(?:please|then|just|also|always|kindly|(?:can|could|would|will) you|you (?:should|must|can))[, ]+)*"
_ASK = r"remind me(?:,? please)?(?: to\b|:)?|tell me to\b|don['’]?t let me forget(?: to\b)?"
_STARTS = r"(?:^|[,:–—-]\s*|\b(?:and|so|but)\s+)"
_LATER = re.compile(
    rf"(?P<when>{_WHEN}.*?{_SEEN}.*?)(?P<stop>\s*[,:–—-]\s*|\s+){_PLEASE}(?:{_ASK}|(?P<say>say)[:,])\s+(?P<task>\S.*)",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"{_STARTS}{_PLEASE}(?:{_ASK})\s+(?P<task>\S.*?),?\s+{_WHEN}.*?{_SEEN}", re.IGNORECASE)
_BETWEEN = re.compile(rf"{_STARTS}{_PLEASE}remind me,?\s+{_WHEN}.*?{_SEEN}.*?,?\s+to\s+(?P<task>\S.*)", re.IGNORECASE)
_SOMEBODY = frozenset("i you he she it we they this that these those which who not never don't don’t dont to".split())
"""Words before "remind me" that make it no request: "they remind me of home", "don't remind me"."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What to say when its memory is recalled for a new photo."""

    id: str
    """Eight hex digits, from the memory's id and the task."""
    task: str
    """ "water the plants": in the user's words."""
    words: str
    """The whole sentence."""
    episode: str
    """Id of the memory it was said in."""
    when: datetime
    """The memory's date (UTC)."""


def tasks(text: str) -> Iterator[tuple[str, str]]:
    """(task, sentence) of each instruction in what a user said."""
    for sentence in _SENTENCE.split(text):
        if len(sentence) <= LONGEST and _MAYBE.search(sentence) and (task := _task(sentence)):
            yield task, sentence.strip()


def id_of(episode: str, task: str) -> str:
    """The id of the instruction `task` in the memory with this id."""
    return hashlib.sha256(f"{episode}\n{task.casefold()}".encode()).hexdigest()[:8]


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


def _task(sentence: str) -> str:
    """What is to be said; empty when this is no instruction."""
    found = _LATER.search(sentence)
    if found and not found["stop"].strip() and (found["say"] or found["when"].split()[-1].lower() in _SOMEBODY):
        found = None
    found = found or _FIRST.search(sentence) or _BETWEEN.search(sentence)
    task = re.sub(r"[\s,]+(?:please|ok|okay)$", "", found["task"].strip(" .!?,:"), flags=re.IGNORECASE) if found else ""
    return re.sub(r"^[\"“](.*)[\"”]$", r"\1", task)
