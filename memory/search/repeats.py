"""Which episodes tell the same of the same picture: a burst is shown once."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import NamedTuple

from memory.db.rows import Hit
from memory.episode import Episode
from memory.search import vectors
from memory.search.sightings import SAME

BURST = 30.0
"""Seconds: photos of the same thing within about this time are one burst."""


class EpisodeText(NamedTuple):
    """The words of an episode and its place, as the index has them: enough to compare it, without its photo."""

    words: str
    place: str | None
    hit: Hit

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.hit.when)


def repeats(one: Episode | EpisodeText, other: Episode | EpisodeText) -> bool:
    """Whether two episodes have equal words and places and are at most BURST seconds apart."""
    same = one.words.casefold().split() == other.words.casefold().split() and one.place == other.place
    return same and abs((one.when - other.when).total_seconds()) <= BURST


def same_picture(db: sqlite3.Connection, photo: str, other: str) -> bool:
    """Whether two photos (hashes) are the same or show the same thing."""
    spaces = vectors.spaces_of(db, photo, other)
    return photo == other or any(vectors.alike(db, space, photo, other) >= SAME for space in spaces)
