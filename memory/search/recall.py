"""Recall: episodes that a new photo brings back, best first, each with its reason.

`sightings.py` says which stored photos come back. Photos taken one after another of the same thing (a burst) count as
one photo, and episodes of a burst with equal words come once. Photos of which the user said that they show the same
thing come as one: the best of them, which knows of the others. Of several episodes of one photo the newest comes first;
the prompt puts them in the order of time (`assistant/prompt.py`). A photo without words comes after all photos with
words, as an answer can use nothing of it. What words bring back is found by `text_search.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from memory.db import rows
from memory.episode import Certainty, Episode, Recall
from memory.search import vectors
from memory.search.repeats import BURST, repeats
from memory.search.sightings import SAME, Seen

EPISODES_PER_PHOTO = 3
"""At most so many episodes of one recalled photo or burst, the newest, as a prompt has little room."""
OTHERS = 6
"""At most so many episodes of the other photos of a recalled thing."""


class _Group(NamedTuple):
    """Photos that come as one, by their hashes, best first."""

    near: list[str]
    """The best photo of the thing, and those of its burst."""
    others: list[str]
    """Other photos of the same thing."""


def recall(db: sqlite3.Connection, space: str, sight: dict[str, Seen], k: int) -> list[Recall]:
    """Episodes of the first k things of those in `sight`: the stored photos, by hash, that the new one brings back."""
    best = sorted(sight, key=lambda photo: (-sight[photo].score, photo))
    recalls: list[Recall] = []
    for group in _groups(db, space, _with_words_first(db, best), sight, k):
        photos = [*group.near, *group.others]
        certainty: Certainty = "sure" if any(sight[photo].certainty == "sure" for photo in photos) else "maybe"
        others = tuple(_newest_with_words(db, group.others))
        for photo, episode in _newest_of(db, group.near):
            why = sight[photo]._replace(certainty=certainty).why
            score = sight[group.near[0]].score
            recalls.append(Recall(episode, score, why, certainty, len(photos), others, by_sight=True))
    return recalls


def _newest_of(db: sqlite3.Connection, photos: Sequence[str]) -> list[tuple[str, Episode]]:
    """The newest episodes of the photos of a burst, each with its photo: those with words first, no words twice."""
    hits = [hit for photo in photos for hit in rows.of_photo(db, photo)]
    newest = sorted(hits, key=lambda hit: hit.when, reverse=True)
    chosen: list[tuple[str, Episode]] = []
    for hit in sorted(newest, key=lambda hit: not rows.has_words(db, hit)):
        if len(chosen) == EPISODES_PER_PHOTO:
            break
        episode = rows.at(db, hit.row)
        if not any(repeats(episode, other) for _, other in chosen):
            chosen.append((hit.photo, episode))
    return chosen


def _newest_with_words(db: sqlite3.Connection, photos: Iterable[str]) -> Iterator[Episode]:
    """What was said about these photos (hashes), the newest first, at most OTHERS episodes."""
    hits = [hit for photo in photos for hit in rows.of_photo(db, photo) if rows.has_words(db, hit)]
    for hit in sorted(hits, key=lambda hit: hit.order, reverse=True)[:OTHERS]:
        yield from rows.load(db, "WHERE row = ?", (hit.row,))


def _with_words_first(db: sqlite3.Connection, photos: Iterable[str]) -> Iterator[str]:
    """The photos in their order, but those about which the user said nothing last."""
    without_words = []
    for photo in photos:
        if any(rows.has_words(db, hit) for hit in rows.of_photo(db, photo)):
            yield photo
        else:
            without_words.append(photo)
    yield from without_words


def _groups(db: sqlite3.Connection, space: str, photos: Iterable[str], sight: dict[str, Seen], k: int) -> list[_Group]:
    """The first k of `photos`, each in a group with the later ones of its burst, or of what the user calls the same."""
    groups: list[_Group] = []
    by_thing: dict[str, _Group] = {}
    around: dict[int, list[_Group]] = {}  # groups by the time of their first photo, in spans of BURST seconds
    for photo in photos:
        times = [datetime.fromisoformat(hit.when).timestamp() for hit in rows.of_photo(db, photo) if hit.day]
        spans = {int(at // BURST) + step for at in times for step in (-1, 0, 1)}
        close = (g for s in sorted(spans) for g in around.get(s, ()))
        burst = next((g for g in close if vectors.alike(db, space, photo, g.near[0]) >= SAME), None)
        thing = sight[photo].thing
        if thing in by_thing:
            by_thing[thing].others.append(photo)
        elif burst:
            burst.near.append(photo)
        elif len(groups) >= k:
            break
        else:
            groups.append(_Group([photo], []))
            by_thing[thing] = groups[-1]
            for span in {int(at // BURST) for at in times}:
                around.setdefault(span, []).append(groups[-1])
    return groups
