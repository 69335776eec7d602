"""Recall: episodes found by sight, words, place and time, in one ranking, each with its reason.

Sight, words and places each give a ranking; reciprocal-rank fusion joins the rankings. A time in the question only
orders what the others found, unless the question has nothing else. Photos taken one after another of the same thing (a
burst) count as one photo, and episodes of a burst with equal words come once. Photos of which the user said that they
show the same thing come as one: the best of them, which knows of the others. Of several episodes of one photo the
newest comes first; the prompt puts them in the order of time (`assistant/prompt.py`). A photo without words comes
after all photos with words, as an answer can use nothing of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from memory.db import rows, word_index
from memory.db.rows import Hit
from memory.episode import Episode, Recall
from memory.search import meaning, near_words, ranking, vectors, word_search
from memory.search.meaning import Embedder
from memory.search.repeats import BURST, EpisodeText, repeats, same_picture
from memory.search.sightings import SAME, Seen
from memory.text import folded
from memory.text import terms as text_terms
from memory.times import time_phrases
from memory.times.time_phrases import TimeQuery

EPISODES_PER_PHOTO = 3
"""At most so many episodes of one recalled photo or burst, the newest, as a prompt has little room."""
OTHERS = 6
"""At most so many episodes of the other photos of a recalled thing."""
BY_MEANING = "close in meaning"
"""The reason for a hit that has none of the words."""


class FoundEpisode(NamedTuple):
    """An episode that a search found."""

    hit: Hit
    score: float
    """Relative to the best, which has 1.0."""
    why: str
    """The reason, in words for the user."""


class PhotoGroup(NamedTuple):
    """Photos that come as one, by their hashes, best first."""

    near: list[str]
    """The best photo of the thing, and those of its burst."""
    others: list[str]
    """Other photos of the same thing."""


class Ranking(NamedTuple):
    """The hits of one way of searching, and how it explains a hit."""

    hits: list[Hit]
    """Best first."""
    why: Callable[[Hit], str]
    """The reason for a hit, in words for the user; may be empty."""


def rank_by_words(
    db: sqlite3.Connection, text: str, now: datetime | None, *, loose: bool = False
) -> tuple[TimeQuery, list[Ranking], dict[int, list[str]]]:
    """What `text` asks about time, the rankings that its other words give, and the words found in each episode.

    The rankings are of what the user said and of places, without empty ones; the words are by the episode's row.
    """
    asked = time_phrases.parse(text, now)
    found = word_search.by_text(db, asked.words, loose=loose)

    def why_said(hit: Hit) -> str:
        return _said(found.words.get(hit.row, ()))

    rankings = [Ranking(found.said, why_said), Ranking(found.placed, lambda hit: f"at {rows.place_of(db, hit.row)}")]
    return asked, [one for one in rankings if one.hits], found.words


def search(db: sqlite3.Connection, text: str, k: int, now: datetime | None = None) -> list[Recall]:
    """The k episodes that `text` fits best, best first; scores are those of the fusion, relative to the best (1.0)."""
    found, _ = look_up(db, text, k, now, typed=False)
    return [Recall(rows.at(db, one.hit.row), one.score, one.why) for one in found]


def look_up(
    db: sqlite3.Connection, text: str, k: int, now: datetime | None, typed: bool, embedder: Embedder | None = None
) -> tuple[list[FoundEpisode], dict[str, str]]:
    """What `search` finds, without reading photos.

    `typed`: the text may be unfinished or mistyped. What its very words find comes first, then words that begin so,
    then guesses (`search/near_words.py`); the second result has the mistyped words, each with the best guess. With an
    `embedder` memories are found by meaning, too (`search/meaning.py`).
    """
    asked, rankings, words = rank_by_words(db, text, now, loose=typed)
    exact = {hit.row for one in rankings for hit in one.hits}
    near = near_words.near(db, asked.words, exact) if typed else near_words.Near([], {}, {})
    if near.hits:
        rankings.append(Ranking(near.hits, lambda hit: _said(near.words[hit.row])))
    scores = scores_of_words = ranking.fuse([[hit.id for hit in one.hits] for one in rankings])
    rankings += (by_time := _rank_by_time(db, asked, _best(scores, rankings)))
    if by_time:
        scores = ranking.fuse([[hit.id for hit in one.hits] for one in rankings])
    found: list[FoundEpisode] = []
    texts: list[EpisodeText] = []
    behind = {hit.row for hit in near.hits}
    ordered = list(_in_order(_best(scores, rankings), scores, behind, None if asked.order else words))
    if embedder and not (asked.why or asked.order):
        ordered = meaning.fused(db, asked.words, ordered, behind, embedder)
    elif embedder and by_time and not scores_of_words and text_terms(asked.words):
        ordered = meaning.by_cosine(db, asked.words, ordered, embedder)
    for hit, score in ordered:
        if len(found) == max(k, 0):
            break
        words_of, place = word_index.said(db, hit.row)
        text_of = EpisodeText(words_of, place, hit)
        if not any(repeats(text_of, other) and same_picture(db, hit.photo, other.hit.photo) for other in texts):
            found.append(FoundEpisode(hit, score, _why(hit, rankings) or BY_MEANING))
            texts.append(text_of)
    return found, near.instead


def _in_order(
    best: Sequence[Hit], scores: dict[str, float], behind: Container[int], words: dict[int, list[str]] | None
) -> Iterator[tuple[Hit, float]]:
    """The hits, best first, those at the rows `behind` after all others, each with its score relative to the first.

    `words`: see `_newest_first_of_equals`; None: the order stays.
    """
    top = None
    least = 1.0
    for last in (False, True):
        group = [hit for hit in best if (hit.row in behind) is last]
        order = _newest_first_of_equals(group, words) if words is not None else group
        for hit, ranked in zip(order, group, strict=True):
            top = top or scores[ranked.id]
            least = min(least, scores[ranked.id] / top)
            yield hit, least


def recall(
    db: sqlite3.Connection, space: str, sight: dict[str, Seen], k: int, text: str = "", now: datetime | None = None
) -> list[Recall]:
    """Episodes of the k photos that fit best, best first.

    `sight`: the stored photos that the new one brings back by sight. When `text` finds something, its rankings are
    fused with that by sight, and scores are those of the fusion (1.0 = first in all).
    """
    asked, rankings, _ = rank_by_words(db, text, now)
    scores = seen = {photo: one.score for photo, one in sight.items()}
    if rankings or asked.why or asked.order:
        by_sight = sorted(seen, key=lambda photo: (-seen[photo], photo))
        photos = [by_sight, *(_photos(one.hits) for one in rankings)]
        scores = ranking.fuse(photos)
        likely = sorted(scores, key=lambda photo: (-scores[photo], photo))
        hits = [hit for photo in likely for hit in rows.of_photo(db, photo)]
        rankings += (by_time := _rank_by_time(db, asked, hits))
        scores = ranking.fuse([*photos, *(_photos(one.hits) for one in by_time)]) if rankings else seen
    recalls: list[Recall] = []
    best = sorted(scores, key=lambda photo: (-scores[photo], photo))
    for group in _groups(db, space, _with_words_first(db, best), sight, k):
        hits = [hit for photo in group.near for hit in rows.of_photo(db, photo)]
        photos_of_it = [*group.near, *group.others]
        sure = any(sight[photo].certainty == "sure" for photo in photos_of_it if photo in sight)
        found = {hit.id for one in rankings for hit in one.hits}
        # Episodes that the text found come before newer ones; of a photo without a score by sight, only those come.
        wanted = sorted((h for h in hits if h.photo in sight or h.id in found), key=lambda h: h.when, reverse=True)
        chosen: list[Episode] = []
        others = tuple(_newest_with_words(db, group.others))
        for hit in sorted(wanted, key=lambda h: (not rows.has_words(db, h), h.id not in found)):
            episode = rows.at(db, hit.row)
            if len(chosen) < EPISODES_PER_PHOTO and not any(repeats(episode, other) for other in chosen):
                chosen.append(episode)
                one = sight.get(hit.photo)
                one = one and one._replace(certainty="sure" if sure else "maybe")
                reasons = ", ".join(filter(None, [one.why if one else "", _why(hit, rankings)]))
                certainty, score = one.certainty if one else "sure", scores[group.near[0]]
                recalls.append(Recall(episode, score, reasons, certainty, len(photos_of_it), others, bool(one)))
    return recalls


def _newest_with_words(db: sqlite3.Connection, photos: Iterable[str]) -> Iterator[Episode]:
    """What was said about these photos (hashes), the newest first, at most OTHERS episodes."""
    hits = [hit for photo in photos for hit in rows.of_photo(db, photo) if rows.has_words(db, hit)]
    for hit in sorted(hits, key=lambda hit: hit.order, reverse=True)[:OTHERS]:
        yield from rows.load(db, "WHERE row = ?", (hit.row,))


def _rank_by_time(db: sqlite3.Connection, asked: TimeQuery, likely: Sequence[Hit]) -> list[Ranking]:
    """Rankings of the episodes that fit the time asked for: of the `likely` ones or, when there are none, of all."""
    rankings = []
    if asked.why:
        hits = (
            [hit for hit in likely if asked.has(date.fromisoformat(hit.day) if hit.day else None)]
            if likely
            else rows.within(db, asked.since, asked.before, asked.before is not None, asked.without)
        )
        rankings.append(Ranking(hits, lambda hit: asked.why))
    if asked.order and (likely or not asked.why):
        newest = asked.order == "newest"
        candidates = rankings[0].hits if rankings else likely or rows.within(db, None, None, newest)
        hits = sorted((hit for hit in candidates if hit.day), key=lambda hit: hit.order, reverse=newest)
        words = "the last time" if newest else "the first time"
        rankings.append(Ranking(hits, lambda hit: words if hit == hits[0] else ""))
    return [one for one in rankings if one.hits]


def _with_words_first(db: sqlite3.Connection, photos: Iterable[str]) -> Iterator[str]:
    """The photos in their order, but those about which the user said nothing last."""
    without_words = []
    for photo in photos:
        if any(rows.has_words(db, hit) for hit in rows.of_photo(db, photo)):
            yield photo
        else:
            without_words.append(photo)
    yield from without_words


def _groups(
    db: sqlite3.Connection, space: str, photos: Iterable[str], sight: dict[str, Seen], k: int
) -> list[PhotoGroup]:
    """The first k of `photos`, each in a group with the later ones of its burst, or of what the user calls the same."""
    groups: list[PhotoGroup] = []
    by_thing: dict[str, PhotoGroup] = {}
    around: dict[int, list[PhotoGroup]] = {}  # groups by the time of their first photo, in spans of BURST seconds
    for photo in photos:
        times = [datetime.fromisoformat(hit.when).timestamp() for hit in rows.of_photo(db, photo) if hit.day]
        spans = {int(at // BURST) + step for at in times for step in (-1, 0, 1)}
        close = (g for s in sorted(spans) for g in around.get(s, ()) if photo in sight and g.near[0] in sight)
        burst = next((g for g in close if vectors.alike(db, space, photo, g.near[0]) >= SAME), None)
        thing = sight[photo].thing if photo in sight else photo
        if thing in by_thing:
            by_thing[thing].others.append(photo)
        elif burst:
            burst.near.append(photo)
        elif len(groups) >= k:
            break
        else:
            groups.append(PhotoGroup([photo], []))
            by_thing[thing] = groups[-1]
            for span in {int(at // BURST) for at in times}:
                around.setdefault(span, []).append(groups[-1])
    return groups


def _said(words: Sequence[str]) -> str:
    """The reason for a hit with these words: "you said 'Milo', 'beach'"."""
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"you said {quoted or 'something like it'}"


def _photos(hits: Iterable[Hit]) -> list[str]:
    """The photos of the hits, each once."""
    return list(dict.fromkeys(hit.photo for hit in hits))


def _best(scores: dict[str, float], rankings: Iterable[Ranking]) -> list[Hit]:
    """All hits of the rankings by score, those of equal score by time, the newest first."""
    hits = {hit.id: hit for one in rankings for hit in one.hits}
    newest = sorted(hits.values(), key=lambda hit: hit.order, reverse=True)
    return sorted(newest, key=lambda hit: -scores[hit.id])


def _newest_first_of_equals(hits: Sequence[Hit], words: dict[int, list[str]]) -> list[Hit]:
    """The hits in their order, but among hits of one photo with equal matched `words` the newest comes first."""
    equals: dict[tuple[str, ...], list[Hit]] = {}
    about = {hit: (hit.photo, *sorted(map(folded, words.get(hit.row, ())))) for hit in hits}
    for hit in sorted(hits, key=lambda hit: hit.order):
        equals.setdefault(about[hit], []).append(hit)
    return [equals[about[hit]].pop() for hit in hits]


def _why(hit: Hit, rankings: Sequence[Ranking]) -> str:
    """The reasons of all rankings that have the hit."""
    return ", ".join(filter(None, (one.why(hit) for one in rankings if hit in one.hits)))
