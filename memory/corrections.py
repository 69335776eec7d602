"""Corrections of a recall: "This is not the one in my photo …", "This is the one in my photo …".

A correction is stored as an episode of the new photo, in words that the user can see, change and forget like any other.
Recall reads these words each time anew (`without`): a photo that looks more like the corrected photo than like the
other one does not bring the other one back. The sentence names the other photo by its hash, which outlasts a change of
words. People and models get the sentence without the hash (`readable`), and an edit keeps the hash (`to_store`). The
sentence does not name who is in the other photo: a model would take that for the name of what the new photo shows.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from typing import Protocol, TypeVar

from memory.episode import Episode, Turn


class HasScore(Protocol):
    """Anything with a score."""

    @property
    def score(self) -> float: ...


Scored = TypeVar("Scored", bound=HasScore)

LONGEST = 200
"""Characters of what was said about the other photo that a correction repeats."""
_NOT = "This is not the one in my photo {photo} of {day}."
_SAME = "This is the one in my photo {photo} of {day}: {words}"
_DENIED = re.compile(r"\bnot the one in my photo ([0-9a-f]{8,64})\b", re.IGNORECASE)
_WHOLE = re.compile(r"\b(the one in my photo) [0-9a-f]{8,64}( of \d{1,2} \w+ \d{4})", re.IGNORECASE)
_SHORT = re.compile(r"\bthe one in my photo of \d{1,2} \w+ \d{4}", re.IGNORECASE)


def not_same_as(other: Episode) -> str:
    """The sentence to store about a new photo that does not show what the photo of `other` shows."""
    return _NOT.format(photo=other.photo.sha256[:8], day=_day(other))


def same_as(other: Episode) -> str:
    """The sentence to store about a new photo that shows the same: with the first sentence of `other`'s words."""
    first = re.split(r"(?<=[.!?])\s|\n", other.words.strip(), maxsplit=1)[0][:LONGEST]
    return _SAME.format(photo=other.photo.sha256[:8], day=_day(other), words=first)


def readable(words: str) -> str:
    """`words` for people and models: corrections in them name the other photo by its day, without the hash."""
    return _WHOLE.sub(r"\1\2", words)


def to_read(episode: Episode) -> Episode:
    """The episode with `readable` words. Its id is not that of the stored episode."""
    return replace(episode, turns=tuple(Turn(turn.role, readable(turn.text)) for turn in episode.turns))


def to_store(edited: Episode, before: Episode) -> Episode:
    """`edited`, which an edit made of `to_read(before)`, with the hashes of `before` put back."""
    with_hash: dict[str, list[str]] = {}
    for found in _WHOLE.finditer("\n".join(turn.text for turn in before.turns)):
        with_hash.setdefault(found[1] + found[2], []).append(found[0])

    def whole(short: re.Match[str]) -> str:
        return with_hash[short[0]].pop(0) if with_hash.get(short[0]) else short[0]

    return replace(edited, turns=tuple(Turn(turn.role, _SHORT.sub(whole, turn.text)) for turn in edited.turns))


def without(db: sqlite3.Connection, sight: dict[str, Scored]) -> dict[str, Scored]:
    """`sight` (photos that a new one brings back) without photos that corrections of better matches exclude."""
    if len(sight) < 2:
        return sight
    query = (
        "SELECT photo, text FROM turns JOIN episodes ON id = episode "
        f"WHERE role = 'user' AND photo IN ({', '.join('?' * len(sight))}) AND text LIKE '%not the one in my photo %'"
    )
    denied = [(photo, start) for photo, text in db.execute(query, tuple(sight)) for start in _DENIED.findall(text)]
    gone = {
        other
        for photo, start in denied
        for other, one in sight.items()
        if other != photo and other.startswith(start.lower()) and one.score < sight[photo].score
    }
    return {photo: one for photo, one in sight.items() if photo not in gone}


def _day(episode: Episode) -> str:
    return f"{episode.when.day} {episode.when:%B %Y}"
