"""What comes to mind: episodes found by sight, by words, by place and by time, fused, each with its reason. No storage.

Each way of looking ranks what it finds; reciprocal-rank fusion joins the rankings. A time found in the words only
orders what the others found, unless nothing else was asked. Pictures taken one after another of the same thing come
as one memory, and what was said the same way twice in that time comes once. Of what was said about one thing, the
newest comes first and the older stays: the prompt tells them in the order of time (`assistant/prompt.py`). A photo
about which nothing was said comes after all that has words: it can tell nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from memory.db import rows
from memory.db.rows import Hit
from memory.episode import Episode, Recall
from memory.search import ranking, time_phrases, vectors, word_search
from memory.text import folded

EPISODES_PER_PHOTO = 3
"""Of one recalled photo, or burst, at most so many episodes, the newest, come back: a prompt has little room."""
BURST = 30.0
"""Photos of the same thing within about so many seconds are one memory."""
SAME = 0.9
"""From this likeness (`vectors.alike`) on two photos show the same."""


class Found(NamedTuple):
    """What one way of looking found."""

    hits: list[Hit]
    """Best first."""
    why: Callable[[Hit], str]


def by_question(
    db: sqlite3.Connection, text: str, now: datetime | None
) -> tuple[time_phrases.Asked, list[Found], dict[int, list[str]]]:
    """What is asked about time; what the words find in what was said and in places, if anything; which words where."""
    asked = time_phrases.read(text, now)
    told = word_search.by_text(db, asked.words)

    def why_said(hit: Hit) -> str:
        words = [f"'{word}'" for word in told.words.get(hit.row, ())]
        return f"you said {', '.join(words)}" if words else "you said something like it"

    ways = [Found(told.said, why_said), Found(told.placed, lambda hit: f"at {rows.place_of(db, hit.row)}")]
    return asked, [way for way in ways if way.hits], told.words


def search(db: sqlite3.Connection, text: str, k: int, now: datetime | None = None) -> list[Recall]:
    """The k episodes that `text` is most about, best first; scores are those of the fusion, the best has 1.0."""
    asked, ways, words = by_question(db, text, now)
    scores = ranking.fuse([[hit.id for hit in way.hits] for way in ways])
    ways += (timely := _by_time(db, asked, _best(scores, ways)))
    if timely:
        scores = ranking.fuse([[hit.id for hit in way.hits] for way in ways])
    best = _best(scores, ways)
    order = best if asked.order else _later_first(best, words)
    kept: list[Recall] = []
    for hit, ranked in zip(order, best, strict=True):
        if len(kept) == max(k, 0):
            break
        episode = next(rows.load(db, "WHERE row = ?", (hit.row,)))
        again = (other.episode for other in kept if _said_again(episode, other.episode))
        if not any(_same_picture(db, episode.photo.sha256, other.photo.sha256) for other in again):
            kept.append(Recall(episode, scores[ranked.id] / scores[best[0].id], _why(hit, ways)))
    return kept


def recall(
    db: sqlite3.Connection, space: str, sight: dict[str, float], k: int, text: str = "", now: datetime | None = None
) -> list[Recall]:
    """Episodes of the k photos that are most likely meant, best first: `sight` has the score of every photo that is
    seen in the new one; with `text` that finds something, rankings are fused (1.0 = first in all)."""
    asked, ways, _ = by_question(db, text, now)
    seen = sorted(sight, key=lambda photo: (-sight[photo], photo))
    scores = sight
    if ways or asked.why or asked.order:
        rankings = [seen, *(_photos(way.hits) for way in ways)]
        scores = ranking.fuse(rankings)
        likely = sorted(scores, key=lambda photo: (-scores[photo], photo))
        ways += (timely := _by_time(db, asked, [hit for photo in likely for hit in rows.of_photo(db, photo)]))
        scores = ranking.fuse([*rankings, *(_photos(way.hits) for way in timely)]) if ways else sight
    recalls: list[Recall] = []
    best = sorted(scores, key=lambda photo: (-scores[photo], photo))
    for group in _groups(db, space, _telling_first(db, best), sight, k):
        hits = [hit for photo in group for hit in rows.of_photo(db, photo)]
        found = {hit.id for way in ways for hit in way.hits}
        # What the words are about comes before what is only newer; without sight, nothing else comes.
        wanted = sorted((h for h in hits if h.photo in sight or h.id in found), key=lambda h: h.when, reverse=True)
        kept: list[Episode] = []
        for hit in sorted(wanted, key=lambda h: (not rows.has_words(db, h), h.id not in found)):
            episode = next(rows.load(db, "WHERE row = ?", (hit.row,)))
            if len(kept) < EPISODES_PER_PHOTO and not any(_said_again(episode, other) for other in kept):
                kept.append(episode)
                why = [f"looks alike ({sight[hit.photo]:.2f})"] if hit.photo in sight else []
                reasons = ", ".join([*why, *filter(None, [_why(hit, ways)])])
                recalls.append(Recall(episode, scores[group[0]], reasons))
    return recalls


def _by_time(db: sqlite3.Connection, asked: time_phrases.Asked, likely: Sequence[Hit]) -> list[Found]:
    """What fits the time asked for: of `likely` ones, best first, or of all when there are none."""
    ways = []
    if asked.why:
        low, high = asked.since, asked.before
        hits = (
            [hit for hit in likely if _in(hit, low, high)] if likely else rows.within(db, low, high, high is not None)
        )
        ways.append(Found(hits, lambda hit: asked.why))
    if asked.order and (likely or not asked.why):
        newest = asked.order == "newest"
        there = ways[0].hits if ways else likely or rows.within(db, None, None, newest)
        hits = sorted(there, key=lambda hit: hit.order, reverse=newest)
        words = "the last time" if newest else "the first time"
        ways.append(Found(hits, lambda hit: words if hit == hits[0] else ""))
    return [way for way in ways if way.hits]


def _in(hit: Hit, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or hit.when >= since.isoformat()) and (before is None or hit.when < before.isoformat())


def _telling_first(db: sqlite3.Connection, photos: Iterable[str]) -> Iterator[str]:
    """The same photos; those about which nothing was said come last."""
    silent = []
    for photo in photos:
        if any(rows.has_words(db, hit) for hit in rows.of_photo(db, photo)):
            yield photo
        else:
            silent.append(photo)
    yield from silent


def _groups(
    db: sqlite3.Connection, space: str, photos: Iterable[str], sight: dict[str, float], k: int
) -> list[list[str]]:
    """The k best photos, each with those of its burst; both as they come."""
    groups: list[list[str]] = []
    around: dict[int, list[list[str]]] = {}  # groups by the time of their first photo, in spans of a burst
    for photo in photos:
        times = [datetime.fromisoformat(hit.when).timestamp() for hit in rows.of_photo(db, photo)]
        spans = {int(at // BURST) + step for at in times for step in (-1, 0, 1)}
        near = [group for span in sorted(spans) for group in around.get(span, ()) if {photo, group[0]} <= sight.keys()]
        burst = next((group for group in near if vectors.alike(db, space, photo, group[0]) >= SAME), None)
        if burst is not None:
            burst.append(photo)
        elif len(groups) >= k:
            break
        else:
            groups.append([photo])
            for span in {int(at // BURST) for at in times}:
                around.setdefault(span, []).append(groups[-1])
    return groups


def _said_again(one: Episode, other: Episode) -> bool:
    """Whether two episodes of about the same moment say the same, so that one of them says it all."""
    same = one.words.casefold().split() == other.words.casefold().split() and one.place == other.place
    return same and abs((one.when - other.when).total_seconds()) <= BURST


def _same_picture(db: sqlite3.Connection, photo: str, other: str) -> bool:
    spaces = vectors.spaces_of(db, photo, other)
    return photo == other or any(vectors.alike(db, space, photo, other) >= SAME for space in spaces)


def _photos(hits: Iterable[Hit]) -> list[str]:
    return list(dict.fromkeys(hit.photo for hit in hits))


def _best(scores: dict[str, float], ways: Iterable[Found]) -> list[Hit]:
    """All hits by score; of equals the newest first."""
    hits = {hit.id: hit for way in ways for hit in way.hits}
    newest = sorted(hits.values(), key=lambda hit: hit.order, reverse=True)
    return sorted(newest, key=lambda hit: -scores[hit.id])


def _later_first(hits: Sequence[Hit], words: dict[int, list[str]]) -> list[Hit]:
    """The same hits; of those of one photo that have the same `words` of the question the newest stands first."""
    said: dict[tuple[str, ...], list[Hit]] = {}
    about = {hit: (hit.photo, *sorted(map(folded, words.get(hit.row, ())))) for hit in hits}
    for hit in sorted(hits, key=lambda hit: hit.order):
        said.setdefault(about[hit], []).append(hit)
    return [said[about[hit]].pop() for hit in hits]


def _why(hit: Hit, ways: Sequence[Found]) -> str:
    return ", ".join(filter(None, (way.why(hit) for way in ways if hit in way.hits)))
