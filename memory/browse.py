"""Browsing the memory: all episodes by time, those that words, dates and places find, duplicates, and statistics.

No photo is read, so that ten thousand episodes are listed at once; `Memory.get` loads the episodes themselves. Nothing
is changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from memory.days import day_of_telling
from memory.db import rows
from memory.search import text_search, told_times, vectors
from memory.search.repeats import BURST
from memory.search.sightings import SAME
from memory.store import Memory
from memory.text import folded, terms
from memory.times import time_phrases
from memory.times.time_phrases import TimeQuery

FOUND = 200
"""At most so many episodes are returned for words; for a time alone all episodes of that time."""


class EpisodeEntry(NamedTuple):
    """An episode as an entry in a list."""

    id: str
    day: date | None
    """The local day on which it happened; None: unknown."""
    why: str = ""
    """Why the episode was found; empty in a list of all."""
    score: float = 1.0
    """How well it fits, relative to the best."""


class Finding(NamedTuple):
    """What a search by words found."""

    entries: list[EpisodeEntry]
    """Best first."""
    instead: str = ""
    """The words that were found for mistyped ones, "birthday"; empty when none was mistyped."""
    more: bool = False
    """Whether more fit than were asked for: then these are the best of them."""
    title: str = ""
    """What was found, where it is no search by words: "Photos: Anna, from 2024"; empty for a search."""


class Duplicate(NamedTuple):
    """An episode that seems to be stored more than once."""

    stays: str
    """Id of the episode to keep: one with a place, if any has one, and the oldest of those."""
    goes: tuple[str, ...]
    """Ids of the others."""


class Statistics(NamedTuple):
    """How much the memory holds."""

    episodes: int
    photos: int
    photo_bytes: int
    """Size of the photos alone."""
    file_bytes: int
    """Size of the memory file."""
    first: date | None
    """Day of the oldest episode; None when no day is known."""
    years: tuple[tuple[int | None, int, int], ...]
    """(year, episodes, photos) for each year, newest first; last, with None, those of which no day is known."""


def timeline(memory: Memory) -> list[EpisodeEntry]:
    """All episodes, newest first. Raises MemoryFileError."""
    with memory.transaction() as db:
        found = db.execute(f"SELECT id, day FROM episodes ORDER BY {rows.NEWEST}").fetchall()
    return [EpisodeEntry(id, _day(day)) for id, day in found]


def _day(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None


def find(memory: Memory, words: str, now: datetime | None = None) -> list[EpisodeEntry]:
    """The episodes that `search` finds."""
    return search(memory, words, now).entries


def search(memory: Memory, words: str, now: datetime | None = None, most: int = FOUND) -> Finding:
    """Episodes that fit `words`: what was said, a place, a time ("last summer", "may 2025", "2024"), or more than one.

    The words may be unfinished ("zebr") or mistyped ("birtday"). At most `most`, best first; for a time alone all
    episodes of that time, newest first. `now`: see `Memory.search`.
    """
    if asked := time_alone(words, now):
        told, every = told_of(memory, asked), timeline(memory)
        of_time = [entry._replace(why=asked.why) for entry in every if asked.has(entry.day)]
        others = [e._replace(why=told[e.id]) for e in every if e.id in told and not asked.has(e.day)]
        return Finding([*of_time, *others])
    with memory.transaction() as db:
        found, instead = text_search.look_up(db, words, most + 1, now, typed=True, embedder=memory.embedder)
    entries = [EpisodeEntry(hit.id, _day(hit.day), why, score) for hit, score, why in found[:most]]
    return Finding(entries, ", ".join(dict.fromkeys(instead.values())), len(found) > most)


def time_alone(words: str, now: datetime | None = None) -> TimeQuery | None:
    """The time that `words` say, if they say nothing else: "last summer"."""
    for text in (words, f"in {words}"):  # within a sentence "2025" alone is no time, as a whole query it is one
        asked = time_phrases.parse(text, now)
        if asked.why and not terms(asked.words):
            return asked
    return None


def told_of(memory: Memory, asked: TimeQuery) -> dict[str, str]:
    """The episodes (ids) whose words tell of a time from the day of their telling ("yesterday"), whatever day they
    have, each with its reason. Raises MemoryFileError."""
    with memory.transaction() as db:
        return {hit.id: why for hit, why in told_times.of_all(db, asked).items()}


def told_then(memory: Memory, asked: TimeQuery) -> set[str]:
    """The episodes (ids) that were told in a time, on the clock they were told by. Raises MemoryFileError."""
    with memory.transaction() as db:
        found = db.execute("SELECT id, told FROM episodes WHERE told IS NOT NULL").fetchall()
    return {id for id, told in found if asked.has(day_of_telling(datetime.fromisoformat(told)))}


def on_this_day(memory: Memory, today: date) -> list[EpisodeEntry]:
    """Episodes with words of this day in earlier years, the newest first, of each year the first that was stored."""
    query = (
        "SELECT id, day, min(episodes.row) FROM episodes JOIN said ON said.rowid = episodes.row "
        "WHERE substr(day, 6) = ? AND day < ? AND trim(words) <> '' GROUP BY substr(day, 1, 4) ORDER BY day DESC"
    )
    with memory.transaction() as db:
        found = db.execute(query, (f"{today:%m-%d}", today.isoformat())).fetchall()
    return [EpisodeEntry(id, date.fromisoformat(day)) for id, day, _ in found]


def duplicates(memory: Memory) -> list[Duplicate]:
    """Episodes with equal words about one photo, or about photos of one burst that look the same. Oldest first.

    Episodes with different places are no duplicates. Raises MemoryFileError.
    """
    query = "SELECT id, photo, when_utc, day, words, said.place FROM episodes JOIN said ON said.rowid = row"
    with memory.transaction() as db:
        by_words: dict[str, list[_Row]] = {}
        for id, photo, at, day, words, place in db.execute(f"{query} ORDER BY when_utc, row"):
            key = " ".join(folded(words).split())
            by_words.setdefault(key, []).append(_Row(id, photo, datetime.fromisoformat(at), day is not None, place))
        groups = [group for same in by_words.values() if len(same) > 1 for group in _groups(db, same)]
    result = []
    for group in groups:
        first, *rest = sorted(group, key=lambda row: (row.place is None, not row.dated, row.when))
        result.append(Duplicate(first.id, tuple(row.id for row in rest)))
    return result


def statistics(memory: Memory) -> Statistics:
    """Count episodes, photos and bytes. Raises MemoryFileError."""
    stats = memory.stats()
    with memory.transaction() as db:
        (size,) = db.execute("SELECT coalesce(sum(length(data)), 0) FROM photos").fetchone()
        (first,) = db.execute("SELECT min(day) FROM episodes").fetchone()
        by_year = (
            "SELECT substr(day, 1, 4) AS year, count(*), count(DISTINCT photo) FROM episodes "
            "GROUP BY year ORDER BY year DESC NULLS LAST"
        )
        years = tuple((year and int(year), episodes, photos) for year, episodes, photos in db.execute(by_year))
    return Statistics(
        stats["episodes"], stats["photos"], size, stats["bytes"], first and date.fromisoformat(first), years
    )


class _Row(NamedTuple):
    """An episode without its words."""

    id: str
    photo: str
    """Hash of the photo."""
    when: datetime
    dated: bool
    """Whether its day is known; if not, `when` is when it was told."""
    place: str | None


def _groups(db: sqlite3.Connection, same: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Groups of two or more duplicates among episodes with equal words, given by time."""
    groups: list[list[_Row]] = []
    for row in same:
        for group in groups:
            places = {one.place for one in (*group, row)} - {None}
            if len(places) < 2 and any(_one_thing(db, row, one) for one in group):
                group.append(row)
                break
        else:
            groups.append([row])
    return (group for group in groups if len(group) > 1)


def _one_thing(db: sqlite3.Connection, one: _Row, other: _Row) -> bool:
    """Whether two episodes have the same photo, or photos of one burst that show the same."""
    if one.photo == other.photo:
        return True
    if not (one.dated and other.dated) or abs((one.when - other.when).total_seconds()) > BURST:
        return False
    spaces = vectors.spaces_of(db, one.photo, other.photo)
    return any(vectors.alike(db, space, one.photo, other.photo) >= SAME for space in spaces)
