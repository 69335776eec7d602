"""Conversations that were had: what the user asked, what was answered, which photos were shown. They are no memories.

They lie in tables of their own, in no index, and nothing here is ever recalled: text that a model wrote must not come
back as evidence. A conversation has parts, each about one photo or none. A part knows which memories it may tell of,
and goes when one of them is forgotten (`forget.py`); of a private conversation nothing comes here.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from memory import ranking
from memory.db import rows
from memory.episode import Photo
from memory.errors import KeepsakeError

if TYPE_CHECKING:
    from memory.store import Memory

Kind = Literal["caption", "correction", "question", "answer", "remembered"]
"""Who said it: "caption" and "answer" are a model's words, the others the user's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said or written."""

    kind: Kind
    text: str
    mark: str = ""
    """How it ended, if not well: "cancelled", "length"."""


@dataclass(frozen=True, slots=True)
class Part:
    """A photo, or none, and what was said about it."""

    n: int
    """Its place in the conversation; what was forgotten leaves gaps."""
    when: datetime
    """When it began, timezone-aware."""
    photo: Photo | None
    lines: tuple[Line, ...] = ()
    episodes: tuple[str, ...] = ()
    """Ids of the memories that were recalled for it or made of it."""

    def state(self) -> tuple[str | None, list[tuple[str, str]]]:
        """Where it ended: the caption that stands, and the answered questions since, with their answers."""
        caption: str | None = None
        said: list[tuple[str, str]] = []
        question = ""
        for line in self.lines:
            if line.kind in ("caption", "correction"):
                caption, said = line.text, []
            elif line.kind == "question":
                question = line.text
            elif line.kind == "answer":
                said.append((question, line.text))
        return caption, said


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation."""

    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A conversation in a list."""

    id: str
    when: datetime
    """When it began."""
    text: str
    """The first words of the user, or else of a caption; empty when there is none."""
    photos: int


def keep(memory: Memory, talk: str, part: Part, *, new: bool) -> bool:
    """Store a part of a conversation, `new` or in place of what it was. Raises MemoryFileError.

    False when it was stored once and is no more: what it told of was forgotten, and it is not brought back.
    """
    lines = json.dumps([[line.kind, line.text, line.mark] for line in part.lines], ensure_ascii=False)
    episodes = json.dumps(list(part.episodes))
    with memory.transaction("IMMEDIATE") as db:
        if not new:
            change = "UPDATE talks SET lines = ?, episodes = ? WHERE id = ? AND n = ?"
            return bool(db.execute(change, (lines, episodes, talk, part.n)).rowcount)
        photo = part.photo
        if photo and not db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (photo.sha256,)).fetchone():
            taken = photo.taken_at and photo.taken_at.isoformat()
            row = (photo.sha256, photo.data, photo.width, photo.height, taken)
            db.execute("INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?, ?)", row)
        values = (talk, part.n, part.when.isoformat(), photo and photo.sha256, lines, episodes)
        db.execute("INSERT INTO talks VALUES (?, ?, ?, ?, ?, ?)", values)
        return True


def titles(memory: Memory, words: str = "", limit: int = -1) -> list[Title]:
    """Conversations in which all of `words` were said by anybody, newest first; -1 is no limit."""
    wanted = ranking.folded(words).split()
    found: list[Title] = []
    with memory.transaction() as db:
        ids = "SELECT id FROM talks GROUP BY id ORDER BY min(when_utc) DESC, id"
        for (id,) in db.execute(ids).fetchall():
            if len(found) == limit:
                break
            stored = "SELECT when_utc, photo, lines FROM talks WHERE id = ? ORDER BY n"
            parts = [(when, photo, _lines(lines)) for when, photo, lines in db.execute(stored, (id,))]
            lines = [line for _, _, said in parts for line in said]
            if wanted:
                text = ranking.folded("\n".join(line.text for line in lines))
                if not all(word in text for word in wanted):
                    continue
            first = sorted(lines, key=lambda line: line.kind not in ("question", "remembered"))[:1]
            photos = sum(photo is not None for _, photo, _ in parts)
            title = " ".join(first[0].text.split()) if first else ""
            found.append(Title(id, datetime.fromisoformat(parts[0][0]), title, photos))
    return found


def get(memory: Memory, id: str) -> StoredConversation:
    """The conversation with this id, or the only one whose id begins so. Raises KeepsakeError."""
    with memory.transaction() as db:
        id = find(db, id)
        stored = "SELECT n, when_utc, photo, lines, episodes FROM talks WHERE id = ? ORDER BY n"
        return StoredConversation(
            id,
            tuple(
                Part(n, datetime.fromisoformat(when), _photo(db, photo), _lines(lines), tuple(json.loads(episodes)))
                for n, when, photo, lines, episodes in db.execute(stored, (id,)).fetchall()
            ),
        )


def parts_with(memory: Memory, photo: str) -> int:
    """How many parts of conversations show this photo (its hash)."""
    with memory.transaction() as db:
        return len(telling_of(db, (), (photo,)))


# For `forget.py`, in its write transaction


def find(db: sqlite3.Connection, id: str) -> str:
    """The whole id. Raises KeepsakeError."""
    prefix = id.strip().lower()
    query = "SELECT DISTINCT id FROM talks WHERE ? <> '' AND substr(id, 1, length(?)) = ?"
    found = [whole for (whole,) in db.execute(query, (prefix,) * 3)]
    if len(found) != 1:
        what = f"{len(found)} conversations have" if found else "no conversation has"
        raise KeepsakeError(f"{what} the id {id!r}: /history lists them")
    return str(found[0])


def telling_of(db: sqlite3.Connection, episodes: Collection[str], photos: Collection[str]) -> list[tuple[str, int]]:
    """Parts (id of the conversation, n) that show one of these photos or were told one of these memories."""
    return [
        (id, n)
        for id, n, photo, told in db.execute("SELECT id, n, photo, episodes FROM talks").fetchall()
        if photo in photos or not set(episodes).isdisjoint(json.loads(told))
    ]


def rename(db: sqlite3.Connection, old: Collection[str], new: str) -> int:
    """Let parts that were told memories with the `old` ids have been told the `new` one; returns how many."""
    parts = telling_of(db, old, ())
    for part in parts:
        (told,) = db.execute("SELECT episodes FROM talks WHERE id = ? AND n = ?", part).fetchone()
        ids = dict.fromkeys(new if id in old else id for id in json.loads(told))
        db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (json.dumps(list(ids)), *part))
    return len(parts)


def put_back(db: sqlite3.Connection, parts: Collection[tuple[Any, ...]]) -> None:
    """Store parts (rows of `talks`) again; one that is there went on, and has only been told their memories, too."""
    for part in parts:
        there = db.execute("SELECT episodes FROM talks WHERE id = ? AND n = ?", part[:2]).fetchone()
        if there:
            told = json.dumps(list(dict.fromkeys([*json.loads(there[0]), *json.loads(part[5])])))
            db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (told, *part[:2]))
        else:
            db.execute("INSERT INTO talks VALUES (?, ?, ?, ?, ?, ?)", part)


def delete_rows(db: sqlite3.Connection, parts: Collection[tuple[str, int]]) -> tuple[list[str], int]:
    """Delete parts, and the photos that then nobody shows any more; returns their hashes, and how many bytes went."""
    size = 0
    for part in parts:
        [(length,)] = db.execute("SELECT length(CAST(lines AS BLOB)) FROM talks WHERE id = ? AND n = ?", part)
        db.execute("DELETE FROM talks WHERE id = ? AND n = ?", part)
        size += length
    unused = "FROM shown WHERE sha256 NOT IN (SELECT photo FROM talks WHERE photo IS NOT NULL)"
    gone = db.execute(f"SELECT sha256, length(data), sha256 IN (SELECT sha256 FROM photos) {unused}").fetchall()
    db.execute(f"DELETE {unused}")
    return [sha256 for sha256, _, known in gone if not known], size + sum(length for _, length, _ in gone)


def saying(db: sqlite3.Connection, names: Collection[str]) -> tuple[str, ...]:
    """Ids of conversations in which one of these names is said, in any case of letters."""
    if not names:
        return ()
    one = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(ranking.folded(name)) for name in names)})(?!\w)")
    rest = db.execute("SELECT id, lines FROM talks ORDER BY id, n").fetchall()
    texts = ((id, ranking.folded("\n".join(line.text for line in _lines(lines)))) for id, lines in rest)
    return tuple(dict.fromkeys(id for id, text in texts if one.search(text)))


def check(db: sqlite3.Connection) -> Iterator[str]:
    """For `verify`: problems, one a line."""
    for id, n, photo, lines, episodes in db.execute("SELECT id, n, photo, lines, episodes FROM talks"):
        try:
            kinds = {line.kind for line in _lines(lines)} - set(get_args(Kind))
            whole = not kinds and isinstance(json.loads(episodes), list)
        except (ValueError, TypeError):
            whole = False
        if not whole:
            yield f"conversation {id}: part {n} is not what was written"
        if photo and _photo(db, photo) is None:
            yield f"conversation {id}: the photo of part {n} is missing"


def _photo(db: sqlite3.Connection, sha256: str | None) -> Photo | None:
    for table in ("photos", "shown"):
        for photo in rows.photos(db, "WHERE sha256 = ?", (sha256,), table):
            return photo
    return None


def _lines(text: str) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in json.loads(text))
