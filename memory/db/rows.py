"""Episodes and photos as rows: stored, loaded, found and ordered, each query on an open transaction."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from memory.db import word_index
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, UnknownEpisode

DEPTH = 100
"""At most so many episodes of one ranking take part in a fusion of rankings."""
NEWEST = "when_utc DESC, row DESC"
"""The order of lists: newest first; episodes of the same time by when they were stored, the last stored first."""
OF_DAYS = "when_utc >= ? AND when_utc < ? AND day >= ? AND day < ?"
"""The condition of a range of local days: these are at most a day from those in UTC, so the index by time helps."""
_A_DAY = timedelta(days=1)

HIT_COLUMNS = "episodes.row, episodes.id, episodes.photo, episodes.when_utc, episodes.day"
_PHOTO_COLUMNS = "photos.sha256, photos.data, photos.width, photos.height, photos.taken_at"


class Hit(NamedTuple):
    """An episode as a search result, without its photo and words."""

    row: int
    id: str
    photo: str
    when: str
    """Date and time in ISO 8601, UTC: the order of these texts is the order of time."""
    day: str | None
    """The local day in ISO 8601; None: unknown."""

    @property
    def order(self) -> tuple[str, int]:
        """The key that sorts hits by time, and those of one time by when they were stored."""
        return self.when, self.row


def insert(db: sqlite3.Connection, episode: Episode, row: int | None = None) -> bool:
    """Store an episode; False when it was stored already.

    The episode comes last in the order of storing, or takes the place `row`; an episode that has this place moves to
    the end. Raises KeepsakeError for strings that are no Unicode text (lone surrogates).
    """
    try:
        id = episode.id
    except UnicodeEncodeError as error:
        strange = error.object[error.start : error.end]
        raise KeepsakeError(f"what was said holds something that is not text: {strange!r}") from error
    if row is not None and not has(db, id):
        _move(db, row, _next_row(db))
    photo = episode.photo
    taken = photo.taken_at and photo.taken_at.isoformat()
    db.execute(
        "INSERT INTO photos (sha256, data, data_sha256, width, height, taken_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (photo.sha256, photo.data, hashlib.sha256(photo.data).hexdigest(), photo.width, photo.height, taken),
    )
    added = db.execute(
        "INSERT INTO episodes (row, id, photo, when_utc, place, day, told) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (row, id, photo.sha256, episode.when.isoformat(), episode.place, _iso(episode.day), _iso(episode.told)),
    )
    if not added.rowcount:
        return False
    turns = [(id, n, turn.role, turn.text) for n, turn in enumerate(episode.turns)]
    db.executemany("INSERT INTO turns (episode, n, role, text) VALUES (?, ?, ?, ?)", turns)
    word_index.add(db, int(added.lastrowid or 0), episode.words, episode.place)
    return True


def reorder(db: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Put these episodes into the given order of storing, within the places that they have together."""
    at = [find(db, id)[0] for id in ids]
    moves = [(row, place) for row, place in zip(at, sorted(at), strict=True) if row != place]
    first = _next_row(db)
    for n, (row, _) in enumerate(moves, first):
        _move(db, row, n)
    for n, (_, place) in enumerate(moves, first):
        _move(db, n, place)


def merge_order(db: sqlite3.Connection, ids: Sequence[str], new: Collection[str]) -> None:
    """Put each of the `new` episodes before the one that follows it in `ids`, episodes of one time in their order.

    All other episodes of that time keep their order.
    """
    time = "(SELECT when_utc FROM episodes WHERE id = ?)"
    stored = db.execute(f"SELECT id FROM episodes WHERE when_utc = {time} ORDER BY row", (ids[0],))
    order = [id for (id,) in stored]
    for id, later in reversed(list(pairwise(ids))):
        if id in new:
            order.remove(id)
            order.insert(order.index(later), id)
    reorder(db, order)


def _next_row(db: sqlite3.Connection) -> int:
    """The row number that comes after all others."""
    return int(db.execute("SELECT coalesce(max(row), 0) + 1 FROM episodes").fetchone()[0])


def _move(db: sqlite3.Connection, row: int, to: int) -> None:
    """Give the episode at `row` the row `to`, which must be free."""
    db.execute("UPDATE episodes SET row = ? WHERE row = ?", (to, row))
    word_index.move(db, row, to)


def find(db: sqlite3.Connection, id: str) -> tuple[int, str, str]:
    """Row, whole id and photo (hash) of the one episode whose id begins with `id`. Raises UnknownEpisode."""
    prefix = id.strip().lower()
    matches = []
    if re.fullmatch("[0-9a-f]+", prefix):
        within = "id >= ? AND id < ?"  # 'g' comes right after the last hex digit
        matches = db.execute(f"SELECT row, id, photo FROM episodes WHERE {within}", (prefix, prefix + "g")).fetchall()
    if not matches:
        raise UnknownEpisode(f"no memory has the id {id!r}: see `python -m memory list`")
    if len(matches) > 1:
        raise UnknownEpisode(f"{len(matches)} memories have an id that begins with {id!r}: give more of it")
    return tuple(matches[0])


def load(db: sqlite3.Connection, which: str, values: tuple[Any, ...]) -> Iterator[Episode]:
    """Episodes with their photos; `which` is the end of the query (WHERE, ORDER BY, LIMIT)."""
    columns = f"row, id, when_utc, place, day, told, {_PHOTO_COLUMNS}"
    query = f"SELECT {columns} FROM episodes JOIN photos ON sha256 = photo {which}"
    for row, id, when, place, day, told, *photo in db.execute(query, values):
        said = turns(db, id)
        local, heard = day and date.fromisoformat(day), told and datetime.fromisoformat(told)
        yield Episode(_photo(*photo), said, datetime.fromisoformat(when), place, row, local, heard)


def has(db: sqlite3.Connection, id: str) -> bool:
    """Whether the episode with this whole id is stored."""
    return db.execute("SELECT 1 FROM episodes WHERE id = ?", (id,)).fetchone() is not None


def has_photo(db: sqlite3.Connection, sha256: str) -> bool:
    """Whether an episode has the photo with this hash."""
    return db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (sha256,)).fetchone() is not None


def turns(db: sqlite3.Connection, id: str) -> tuple[Turn, ...]:
    """All that was said in the episode with this whole id, in order; nothing where there is none."""
    stored = db.execute("SELECT role, text FROM turns WHERE episode = ? ORDER BY n", (id,))
    return tuple(Turn(role, text) for role, text in stored)


def at(db: sqlite3.Connection, row: int) -> Episode:
    """The episode at a row that the file names. Raises DatabaseError where it is not there: the file is damaged."""
    episode = next(load(db, "WHERE row = ?", (row,)), None)
    if episode is None:
        raise sqlite3.DatabaseError("database disk image is malformed")
    return episode


def photos(db: sqlite3.Connection, which: str, values: tuple[Any, ...], table: str = "photos") -> Iterator[Photo]:
    """Photos; `which` is the end of the query. `table`: "photos" (of episodes) or "shown" (only in conversations)."""
    return (_photo(*row) for row in db.execute(f"SELECT {_PHOTO_COLUMNS} FROM {table} AS photos {which}", values))


def within(
    db: sqlite3.Connection,
    since: date | None,
    before: date | None,
    newest: bool,
    without: Sequence[tuple[date, date]] = (),
) -> list[Hit]:
    """Episodes of days from `since` on and before `before` (None: no limit), at most DEPTH, newest or oldest first.

    Days of the spans `without` (the first, and the one after the last) are left out. Episodes whose day is unknown are
    in no range.
    """
    order = NEWEST if newest else "when_utc, row"
    others = " AND NOT (day >= ? AND day < ?)" * len(without)
    query = f"SELECT {HIT_COLUMNS} FROM episodes WHERE {OF_DAYS}{others} ORDER BY {order} LIMIT {DEPTH}"
    left_out = [day.isoformat() for span in without for day in span]
    return [Hit(*one) for one in db.execute(query, (*of_days(since, before), *left_out))]


def of_days(since: date | None, before: date | None) -> tuple[str, str, str, str]:
    """The values of OF_DAYS for days from `since` on and before `before`; None: no limit."""
    low, high = since.isoformat() if since else "", before.isoformat() if before else "~"
    early = (since - _A_DAY).isoformat() if since and since > date.min else ""
    late = (before + _A_DAY).isoformat() if before and before < date.max else "~"
    return early, late, low, high


def of_photo(db: sqlite3.Connection, photo: str) -> list[Hit]:
    """The episodes of a photo, newest first."""
    query = f"SELECT {HIT_COLUMNS} FROM episodes WHERE photo = ? ORDER BY {NEWEST}"
    return [Hit(*one) for one in db.execute(query, (photo,))]


def photos_with_words(db: sqlite3.Connection, most: int) -> int:
    """How many photos the user said something about; counted up to about `most`, so that it takes no time."""
    said = "SELECT photo FROM turns JOIN episodes ON id = episode WHERE role = 'user' AND trim(text) <> '' LIMIT ?"
    (number,) = db.execute(f"SELECT count(DISTINCT photo) FROM ({said})", (4 * most,)).fetchone()
    return int(number)


def has_words(db: sqlite3.Connection, hit: Hit) -> bool:
    """Whether the user said anything in the episode."""
    said = "SELECT 1 FROM turns WHERE episode = ? AND role = 'user' AND trim(text) <> '' LIMIT 1"
    return db.execute(said, (hit.id,)).fetchone() is not None


def place_of(db: sqlite3.Connection, row: int) -> str:
    """The place of the episode at `row`; empty when it has none."""
    return db.execute("SELECT place FROM episodes WHERE row = ?", (row,)).fetchone()[0] or ""


def stats(db: sqlite3.Connection) -> dict[str, int]:
    """How many episodes and photos there are, and the size of the file in bytes."""
    (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
    (photos,) = db.execute("SELECT count(*) FROM photos").fetchone()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (page,) = db.execute("PRAGMA page_size").fetchone()
    return {"episodes": episodes, "photos": photos, "bytes": int(pages) * int(page)}  # SQLCipher answers in text


def _photo(sha256: str, data: bytes, width: int, height: int, taken_at: str | None) -> Photo:
    return Photo(sha256, data, width, height, datetime.fromisoformat(taken_at) if taken_at else None)


def _iso(value: date | None) -> str | None:
    """A date, or date and time, in ISO 8601."""
    return value.isoformat() if value else None
