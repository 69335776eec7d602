"""What the user said of a recall: "this is not the one in my photo …", "this is the one …". Words, and no more.

A correction is an episode of the new photo, in words that the user can see, change and forget like any other. What is
not the same is found in these words, each time anew: a photo that looks more like the one it was said of than like the
other does not bring the other back. The other is named by its photo's hash, which outlasts a change of its words. The
hash is stored and never read: people and models get the sentence without it (`readable`), and an edit of that keeps it
(`to_store`). No name of the other is in it: a model would take it for the name of what the new photo shows.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace

from memory.episode import Episode, Turn

LONGEST = 200
"""Characters of what was said about the other photo that are said again."""
_NOT = "This is not the one in my photo {photo} of {day}."
_SAME = "This is the one in my photo {photo} of {day}: {words}"
_SAID = re.compile(r"\bnot the one in my photo ([0-9a-f]{8,64})\b", re.IGNORECASE)
_WHOLE = re.compile(r"\b(the one in my photo) [0-9a-f]{8,64}( of \d{1,2} \w+ \d{4})", re.IGNORECASE)
_SHORT = re.compile(r"\bthe one in my photo of \d{1,2} \w+ \d{4}", re.IGNORECASE)


def not_them(other: Episode) -> str:
    """What to remember about a new photo that does not show what `other` does. No name is in it."""
    return _NOT.format(photo=other.photo.sha256[:8], day=_day(other))


def them(other: Episode) -> str:
    """What to remember about a new photo that does: with the first sentence of what was said about the other."""
    first = re.split(r"(?<=[.!?])\s|\n", other.words.strip(), maxsplit=1)[0][:LONGEST]
    return _SAME.format(photo=other.photo.sha256[:8], day=_day(other), words=first)


def readable(words: str) -> str:
    """What was said, as it is to be read: a correction names the other photo by its day alone."""
    return _WHOLE.sub(r"\1\2", words)


def to_read(episode: Episode) -> Episode:
    """The episode with such words. Its id is not that of the stored one."""
    return replace(episode, turns=tuple(Turn(turn.role, readable(turn.text)) for turn in episode.turns))


def to_store(edited: Episode, before: Episode) -> Episode:
    """What `to_read` made of `before`, after an edit, with the hashes that `before` has."""
    said: dict[str, list[str]] = {}
    for found in _WHOLE.finditer("\n".join(turn.text for turn in before.turns)):
        said.setdefault(found[1] + found[2], []).append(found[0])

    def whole(short: re.Match[str]) -> str:
        return said[short[0]].pop(0) if said.get(short[0]) else short[0]

    return replace(edited, turns=tuple(Turn(turn.role, _SHORT.sub(whole, turn.text)) for turn in edited.turns))


def without(db: sqlite3.Connection, sight: dict[str, float]) -> dict[str, float]:
    """`sight`, the scores of photos against a new one, without those that it was said not to be."""
    if len(sight) < 2:
        return sight
    said = (
        "SELECT photo, text FROM turns JOIN episodes ON id = episode "
        f"WHERE role = 'user' AND photo IN ({', '.join('?' * len(sight))}) AND text LIKE '%not the one in my photo %'"
    )
    found = [(photo, start) for photo, text in db.execute(said, tuple(sight)) for start in _SAID.findall(text)]
    gone = {
        other
        for photo, start in found
        for other, score in sight.items()
        if other != photo and other.startswith(start.lower()) and score < sight[photo]
    }
    return {photo: score for photo, score in sight.items() if photo not in gone}


def _day(episode: Episode) -> str:
    return f"{episode.when.day} {episode.when:%B %Y}"
