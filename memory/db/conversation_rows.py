"""Stored conversations: their values, and the queries on their two tables, each on an open transaction.

`talks` has a row for each part of a conversation, `shown` the photos that only conversations show. Both are in no
index, and nothing of them is ever recalled: text that a model wrote must not come back as evidence.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, get_args

from memory.db import rows
from memory.db.table_access import table
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.text import folded

SHORTEST_QUOTE = 12
"""Signs of a text that is looked for within longer ones."""
Kind = Literal["caption", "correction", "question", "answer", "remembered"]
"""What a line is: "caption" and "answer" are a model's words, the others the user's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the user said or a model wrote."""

    kind: Kind
    text: str
    mark: str = ""
    """How the model's output ended, if not well: "cancelled", "length"."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a conversation about one photo, or about none."""

    n: int
    """Number of the part in its conversation; forgotten parts leave gaps."""
    when: datetime
    """When the part began, timezone-aware."""
    photo: Photo | None
    lines: tuple[Line, ...] = ()
    episodes: tuple[str, ...] = ()
    """Ids of the episodes that were recalled for this part or made from it."""

    @property
    def caption_by_user(self) -> bool:
        """Whether the current caption is the user's own, written in place of the model's."""
        kinds = [line.kind for line in self.lines if line.kind in ("caption", "correction")]
        return kinds[-1:] == ["correction"]

    def state(self) -> tuple[str | None, list[tuple[str, str]]]:
        """Where the part ended: the current caption, and the (question, answer) pairs since that caption."""
        caption: str | None = None
        answered: list[tuple[str, str]] = []
        question = ""
        for line in self.lines:
            if line.kind in ("caption", "correction"):
                caption, answered = line.text, []
            elif line.kind == "question":
                question = line.text
            elif line.kind == "answer":
                answered.append((question, line.text))
        return caption, answered


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation with all its parts, in order."""

    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A conversation as an entry in a list."""

    id: str
    when: datetime
    """When the conversation began."""
    text: str
    """The user's first words, what was remembered, a caption, further questions; empty when there is none of these."""
    photos: int
    """How many parts show a photo."""


class Outline(NamedTuple):
    """A conversation without photos: what a list and a search need."""

    id: str
    when: datetime
    """When the conversation began."""
    photos: int
    """How many parts show a photo."""
    lines: list[Line]


def insert(db: sqlite3.Connection, id: str, part: Part) -> None:
    """Store a new part of the conversation `id`; a photo that no episode has goes into `shown`."""
    photo = part.photo
    if photo and not db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (photo.sha256,)).fetchone():
        taken = photo.taken_at and photo.taken_at.isoformat()
        row = {"sha256": photo.sha256, "data": photo.data, "width": photo.width, "height": photo.height}
        table(db, "shown").insert({**row, "taken_at": taken}, ignore=True)
    shown = photo.sha256 if photo else None
    table(db, "talks").insert(
        {"id": id, "n": part.n, "when_utc": part.when.isoformat(), "photo": shown, **_as_json(part)}
    )


def update(db: sqlite3.Connection, id: str, part: Part) -> bool:
    """Store the present lines and episodes of a part that is there; False when the part has been forgotten."""
    talks = table(db, "talks")
    if not talks.count_where("id = ? AND n = ?", (id, part.n)):
        return False
    talks.update((id, part.n), _as_json(part))
    return True


def load(db: sqlite3.Connection, id: str) -> StoredConversation:
    """The conversation with this whole id, with its photos."""
    stored = list(table(db, "talks").rows_where("id = ?", (id,), order_by="n"))
    return StoredConversation(
        id,
        tuple(
            Part(
                row["n"],
                datetime.fromisoformat(row["when_utc"]),
                _photo(db, row["photo"]),
                _lines(row["lines"]),
                tuple(json.loads(row["episodes"])),
            )
            for row in stored
        ),
    )


def outlines(db: sqlite3.Connection) -> Iterator[Outline]:
    """All conversations, newest first."""
    query = "SELECT when_utc, photo, lines FROM talks WHERE id = ? ORDER BY n"
    for (id,) in db.execute("SELECT id FROM talks GROUP BY id ORDER BY min(when_utc) DESC, id").fetchall():
        parts = db.execute(query, (id,)).fetchall()
        photos = sum(photo is not None for _, photo, _ in parts)
        lines = [line for _, _, text in parts for line in _lines(text)]
        yield Outline(id, datetime.fromisoformat(parts[0][0]), photos, lines)


def find(db: sqlite3.Connection, id: str) -> str:
    """The whole id of the one conversation whose id begins with `id`. Raises KeepsakeError."""
    prefix = id.strip().lower()
    query = "SELECT DISTINCT id FROM talks WHERE ? <> '' AND substr(id, 1, length(?)) = ?"
    ids = [whole for (whole,) in db.execute(query, (prefix,) * 3)]
    if len(ids) != 1:
        what = f"{len(ids)} conversations have" if ids else "no conversation has"
        raise KeepsakeError(f"{what} the id {id!r}: /history lists them")
    return str(ids[0])


def parts_about(db: sqlite3.Connection, episodes: Collection[str], photos: Collection[str]) -> list[tuple[str, int]]:
    """Parts (id of the conversation, number) that show one of these photos or used one of these episodes."""
    return [
        (id, n)
        for id, n, photo, used in db.execute("SELECT id, n, photo, episodes FROM talks").fetchall()
        if photo in photos or not set(episodes).isdisjoint(json.loads(used))
    ]


def parts_with(db: sqlite3.Connection, fits: Callable[[str], bool]) -> list[tuple[str, int]]:
    """Parts (id of the conversation, number) of whose lines, folded and with single spaces, any `fits`."""
    stored = db.execute("SELECT id, n, lines FROM talks").fetchall()
    return [
        (id, n) for id, n, lines in stored if any(fits(" ".join(folded(one.text).split())) for one in _lines(lines))
    ]


def parts_saying(db: sqlite3.Connection, told: Iterable[str]) -> list[tuple[str, int]]:
    """Parts in which one of these texts was said or quoted; case, accents and spaces do not count.

    A text of a word or two counts only where a line is nothing else.
    """
    texts = {" ".join(folded(text).split()) for text in told} - {""}
    long = [text for text in texts if len(text) >= SHORTEST_QUOTE]
    return parts_with(db, lambda line: line in texts or any(text in line for text in long)) if texts else []


def parts_of(db: sqlite3.Connection, id: str) -> list[tuple[str, int]]:
    """All parts (id of the conversation, number) of the conversation with this whole id."""
    return [(id, row["n"]) for row in table(db, "talks").rows_where("id = ?", (id,), select="n")]


def rename_episodes(db: sqlite3.Connection, old: Collection[str], new: str) -> int:
    """Replace the `old` ids of episodes by the `new` one in all parts that used them; returns how many parts."""
    parts = parts_about(db, old, ())
    for part in parts:
        (used,) = db.execute("SELECT episodes FROM talks WHERE id = ? AND n = ?", part).fetchone()
        ids = dict.fromkeys(new if id in old else id for id in json.loads(used))
        db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (json.dumps(list(ids)), *part))
    return len(parts)


def put_back(db: sqlite3.Connection, parts: Collection[tuple[Any, ...]]) -> None:
    """Store removed parts (rows of `talks`) again. A part that is there keeps its lines and gets the episodes added."""
    for part in parts:
        there = db.execute("SELECT episodes FROM talks WHERE id = ? AND n = ?", part[:2]).fetchone()
        if there:
            used = json.dumps(list(dict.fromkeys([*json.loads(there[0]), *json.loads(part[5])])))
            db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (used, *part[:2]))
        else:
            db.execute("INSERT INTO talks VALUES (?, ?, ?, ?, ?, ?)", part)


def delete_parts(db: sqlite3.Connection, parts: Collection[tuple[str, int]]) -> tuple[list[str], int]:
    """Delete parts, and the photos in `shown` that no other part shows.

    Returns the hashes of those photos that no episode has either, and how many bytes were deleted.
    """
    size = 0
    for part in parts:
        [(length,)] = db.execute("SELECT length(CAST(lines AS BLOB)) FROM talks WHERE id = ? AND n = ?", part)
        db.execute("DELETE FROM talks WHERE id = ? AND n = ?", part)
        size += length
    unused = "FROM shown WHERE sha256 NOT IN (SELECT photo FROM talks WHERE photo IS NOT NULL)"
    gone = db.execute(f"SELECT sha256, length(data), sha256 IN (SELECT sha256 FROM photos) {unused}").fetchall()
    db.execute(f"DELETE {unused}")
    return [sha256 for sha256, _, known in gone if not known], size + sum(length for _, length, _ in gone)


def mentioning(db: sqlite3.Connection, names: Collection[str]) -> tuple[str, ...]:
    """Ids of conversations in which one of these names occurs as a word; case and accents do not count."""
    if not names:
        return ()
    one = re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(folded(name)) for name in names)})(?!\w)")
    parts = db.execute("SELECT id, lines FROM talks ORDER BY id, n").fetchall()
    texts = ((id, folded("\n".join(line.text for line in _lines(lines)))) for id, lines in parts)
    return tuple(dict.fromkeys(id for id, text in texts if one.search(text)))


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Problems of stored conversations, each in one line, for `Memory.verify`."""
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
    for name in ("photos", "shown"):
        for photo in rows.photos(db, "WHERE sha256 = ?", (sha256,), name):
            return photo
    return None


def _as_json(part: Part) -> dict[str, str]:
    """The columns `lines` and `episodes` of a part."""
    lines = json.dumps([[line.kind, line.text, line.mark] for line in part.lines], ensure_ascii=False)
    return {"lines": lines, "episodes": json.dumps(list(part.episodes))}


def _lines(text: str) -> tuple[Line, ...]:
    return tuple(Line(*line) for line in json.loads(text))
