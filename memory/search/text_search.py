"""Search by text: episodes found by words, places, times and meaning, in one ranking, each with its reason.

What the user said and where it was each give a ranking; reciprocal-rank fusion joins them. A time in the question only
orders what the others found, unless the question has nothing else. What has none of the words, but means something
like them, is found with an embedder (`meaning.py`). What a photo brings back is found by `recall.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from memory.db import rows, word_index
from memory.db.rows import Hit
from memory.episode import Recall
from memory.search import meaning, near_words, ranking, told_times, word_search
from memory.search.meaning import Embedder
from memory.search.repeats import EpisodeText, repeats, same_picture
from memory.text import folded, terms
from memory.times import time_phrases
from memory.times.time_phrases import TimeQuery

BY_MEANING = "close in meaning"
"""The reason for a hit that has none of the words."""


class FoundEpisode(NamedTuple):
    """An episode that a search found."""

    hit: Hit
    score: float
    """Relative to the best, which has 1.0."""
    why: str
    """The reason, in words for the user."""


class Ranking(NamedTuple):
    """The hits of one way of searching, and how it explains a hit."""

    hits: list[Hit]
    """Best first."""
    why: Callable[[Hit], str]
    """The reason for a hit, in words for the user; may be empty."""


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
    asked, rankings, words = _rank_by_words(db, text, now, loose=typed)
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
    elif embedder and by_time and not scores_of_words and terms(asked.words):
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


def _rank_by_words(
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


def _rank_by_time(db: sqlite3.Connection, asked: TimeQuery, likely: Sequence[Hit]) -> list[Ranking]:
    """Rankings of the episodes that fit the time asked for, by their day or by what was told of another ("yesterday"):
    of the `likely` ones or, when there are none, of all."""
    rankings: list[Ranking] = []
    of_time = likely
    if asked.why:
        of_time = (
            [hit for hit in likely if asked.has(date.fromisoformat(hit.day) if hit.day else None)]
            if likely
            else rows.within(db, asked.since, asked.before, asked.before is not None, asked.without)
        )
        told = told_times.among(db, likely, asked) if likely else told_times.of_all(db, asked)
        reasons = told | dict.fromkeys(of_time, asked.why)
        rankings.append(Ranking([*of_time, *(hit for hit in told if hit not in of_time)], reasons.__getitem__))
    if asked.order and (likely or not asked.why):
        newest = asked.order == "newest"
        candidates = of_time if asked.why or likely else rows.within(db, None, None, newest)
        hits = sorted((hit for hit in candidates if hit.day), key=lambda hit: hit.order, reverse=newest)
        words = "the last time" if newest else "the first time"
        rankings.append(Ranking(hits, lambda hit: words if hit == hits[0] else ""))
    return [one for one in rankings if one.hits]


def _said(words: Sequence[str]) -> str:
    """The reason for a hit with these words: "you said 'Milo', 'beach'"."""
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"you said {quoted or 'something like it'}"


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
