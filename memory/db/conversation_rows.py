"""Stored conversations as rows: the queries on their two tables, each on an open transaction.

`talks` has a row for each part of a conversation, `shown` the photos that only conversations show. Both are in no
index, and nothing of them is ever recalled: text that a model wrote must not come back as evidence. Every change of a
part goes through `conversation_hash.py`, and damaged text is read as far as it goes.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from memory.db import rows
from memory.db.conversation_hash import as_text, changed, rewriting, seal
from memory.db.stored_conversation import Kind, Line, Part, StoredConversation
from memory.db.table_access import table
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.text import folded

SHORTEST_QUOTE = 12
"""Signs of a text that is looked for within longer ones."""


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
    if photo and not rows.has_photo(db, photo.sha256):
        taken = photo.taken_at and photo.taken_at.isoformat()
        row = {"sha256": photo.sha256, "data": photo.data, "width": photo.width, "height": photo.height}
        table(db, "shown").insert({**row, "taken_at": taken}, ignore=True)
    shown = photo.sha256 if photo else None
    table(db, "talks").insert(
        {"id": id, "n": part.n, "when_utc": part.when.isoformat(), "photo": shown, **_as_json(part)}
    )
    seal(db, id, part.n)


def update(db: sqlite3.Connection, id: str, part: Part) -> bool:
    """Store the present lines and episodes of a part that is there; False when the part has been forgotten."""
    talks = table(db, "talks")
    if not talks.count_where("id = ? AND n = ?", (id, part.n)):
        return False
    with rewriting(db, id, part.n):
        talks.update((id, part.n), _as_json(part))
    return True


def load(db: sqlite3.Connection, id: str) -> StoredConversation:
    """The conversation with this whole id, with its photos."""
    stored = db.execute(f"SELECT n, {_COLUMNS} FROM talks WHERE id = ? ORDER BY n", (id,)).fetchall()
    return StoredConversation(
        id,
        tuple(
            Part(n, _when(when), _photo(db, photo), _lines(lines), tuple(_ids(episodes)))
            for n, when, photo, lines, episodes in stored
        ),
    )


def outlines(db: sqlite3.Connection) -> Iterator[Outline]:
    """All conversations, newest first."""
    query = f"SELECT {_COLUMNS} FROM talks WHERE id = ? ORDER BY n"
    for (id,) in db.execute("SELECT id FROM talks GROUP BY id ORDER BY min(when_utc) DESC, id").fetchall():
        parts = db.execute(query, (id,)).fetchall()
        photos = sum(photo is not None for _, photo, _, _ in parts)
        lines = [line for _, _, text, _ in parts for line in _lines(text)]
        yield Outline(id, _when(parts[0][0]), photos, lines)


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
        for id, n, _, photo, _, used in db.execute(f"SELECT id, n, {_COLUMNS} FROM talks").fetchall()
        if as_text(photo) in photos or not set(episodes).isdisjoint(_ids(used))
    ]


def parts_with(db: sqlite3.Connection, fits: Callable[[str], bool]) -> list[tuple[str, int]]:
    """Parts (id of the conversation, number) of whose lines, folded and with single spaces, any `fits`."""
    stored = db.execute("SELECT id, n, CAST(lines AS BLOB) FROM talks").fetchall()
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
        (used,) = db.execute("SELECT CAST(episodes AS BLOB) FROM talks WHERE id = ? AND n = ?", part).fetchone()
        _use(db, part, (new if id in old else id for id in _ids(used)))
    return len(parts)


def _use(db: sqlite3.Connection, part: tuple[str, int], episodes: Iterable[str]) -> None:
    """Store which episodes a part uses."""
    with rewriting(db, *part):
        used = json.dumps(list(dict.fromkeys(episodes)))
        db.execute("UPDATE talks SET episodes = ? WHERE id = ? AND n = ?", (used, *part))


def put_back(db: sqlite3.Connection, parts: Collection[tuple[Any, ...]]) -> None:
    """Store removed parts (rows of `talks`) again. A part that is there keeps its lines and gets the episodes added."""
    for part in parts:
        id, n, *_, episodes, _ = part
        there = db.execute("SELECT CAST(episodes AS BLOB) FROM talks WHERE id = ? AND n = ?", (id, n)).fetchone()
        if there:
            _use(db, (id, n), [*_ids(there[0]), *_ids(episodes)])
        else:
            db.execute("INSERT INTO talks VALUES (?, ?, ?, ?, ?, ?, ?)", part)


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
    parts = db.execute("SELECT id, CAST(lines AS BLOB) FROM talks ORDER BY id, n").fetchall()
    texts = ((id, folded("\n".join(line.text for line in _lines(lines)))) for id, lines in parts)
    return tuple(dict.fromkeys(id for id, text in texts if one.search(text)))


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Problems of stored conversations, each in one line, for `Memory.verify`."""
    for id, n in changed(db):
        yield (
            f"conversation {id}: part {n} has changed since it was stored: `python -m memory restore` brings back a "
            f"snapshot, `python -m memory conversations --forget {id}` deletes the conversation"
        )
    for id, n, _, photo, _, _ in db.execute(f"SELECT CAST(id AS BLOB), n, {_COLUMNS} FROM talks").fetchall():
        if photo and _photo(db, photo) is None:
            yield f"conversation {as_text(id)}: the photo of part {n} is missing"


_COLUMNS = ", ".join(f"CAST({name} AS BLOB)" for name in ("when_utc", "photo", "lines", "episodes"))
"""As bytes: a damaged text may be none, and stops nothing. `check` names it."""


def _photo(db: sqlite3.Connection, sha256: bytes | None) -> Photo | None:
    for name in ("photos", "shown"):
        for photo in rows.photos(db, "WHERE sha256 = ?", (as_text(sha256),), name):
            return photo
    return None


def _as_json(part: Part) -> dict[str, str]:
    """The columns `lines` and `episodes` of a part."""
    lines = json.dumps([[line.kind, line.text, line.mark] for line in part.lines], ensure_ascii=False)
    return {"lines": lines, "episodes": json.dumps(list(part.episodes))}


def _when(column: bytes) -> datetime:
    """When a part began; 1970 where that is damaged."""
    with suppress(ValueError, OverflowError):
        return datetime.fromisoformat(as_text(column)).astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)


def _lines(column: bytes) -> tuple[Line, ...]:
    """What was said in a part; damaged lines as one, so that they can be read, searched and forgotten."""
    with suppress(ValueError, TypeError):
        lines = tuple(Line(kind, str(text), str(mark)) for kind, text, mark in json.loads(column))
        if all(line.kind in get_args(Kind) for line in lines):
            return lines
    return (Line("answer", as_text(column), "damaged"),)


def _ids(column: bytes | str) -> list[str]:
    """Ids of episodes; of damaged text, what is left of them."""
    with suppress(ValueError, TypeError):
        return [str(id) for id in json.loads(column)]
    return re.findall(r"\w+", column if isinstance(column, str) else as_text(column))
