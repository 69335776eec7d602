"""Which episodes a user means to forget: those with certain words, of a time, or of a photo."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from datetime import date
from pathlib import Path

from memory.db import rows
from memory.db.rows import NEWEST, OF_DAYS, of_days
from memory.errors import MemoryFileError
from memory.text import JOINED, folded, joined


def mentioning(db: sqlite3.Connection, text: str) -> list[str]:
    """Ids of episodes in which anybody says these words one after another, or whose place has them; newest first.

    Letter case and accents do not count, whole words do: "Milo" is in "Milo's", not in "Milou".
    """
    pattern, ids = phrase(text), []
    for id, place in db.execute(f"SELECT id, place FROM episodes ORDER BY {NEWEST}").fetchall():
        texts = [turn.text for turn in rows.turns(db, id)]
        if any(pattern.search(folded(text)) for text in [*texts, place or ""]):
            ids.append(id)
    return ids


def phrase(text: str) -> re.Pattern[str]:
    """What finds these words, one after another and whole, in `folded` text; nothing, for a text without words."""
    words = folded(text).split()
    if not words:
        return re.compile("(?!)")
    before = rf"(?<![^\W{JOINED}])" if words[0][0].isalnum() and not joined(words[0][0]) else ""
    after = rf"(?![^\W{JOINED}])" if words[-1][-1].isalnum() and not joined(words[-1][-1]) else ""
    return re.compile(before + r"\s+".join(map(re.escape, words)) + after)


def between(db: sqlite3.Connection, since: date | None, before: date | None) -> list[str]:
    """Ids of episodes of local days from `since` on and before `before` (None: no limit), newest first.

    Episodes whose day is unknown are in no range.
    """
    query = f"SELECT id FROM episodes WHERE {OF_DAYS} ORDER BY {NEWEST}"
    return [id for (id,) in db.execute(query, of_days(since, before))]


def showing(db: sqlite3.Connection, sha256: str) -> list[str]:
    """Ids of episodes whose photo has a hash, of its pixels or of its stored bytes, that begins with `sha256`.

    Newest first.
    """
    query = (
        "SELECT id FROM episodes JOIN photos ON sha256 = photo "
        f"WHERE substr(sha256, 1, ?) = ? OR substr(data_sha256, 1, ?) = ? ORDER BY {NEWEST}"
    )
    return [id for (id,) in db.execute(query, (len(sha256), sha256) * 2)]


def named_photo(name: str) -> str:
    """The hash that `showing` looks for: that of the file `name`, or `name` itself when it is 8 to 64 hex digits.

    Raises MemoryFileError when the file cannot be read, or `name` is neither.
    """
    if Path(name).is_file():
        try:
            with open(name, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise MemoryFileError(f"cannot read {name}: {error.strerror}") from error
    if not re.fullmatch("[0-9a-fA-F]{8,64}", name):
        raise MemoryFileError(f"{name} is no file, and no hash of 8 or more digits: `show ID` tells a photo's")
    return name.lower()
