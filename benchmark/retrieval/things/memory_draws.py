"""Random memories of real things, each asked with every other photo, by the formula of recall.

One random photo of each of n things is the memory. Every other photo of these n things is a query whose thing is known;
photos of all other things are strangers, or those of a folder of strangers only. All photos of a memory are scored, as
recall does up to some hundreds of photos (`memory/search/vector_index.py`); only the order of a sum can differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmark.retrieval.things.photo_things import EncodedSet
from memory.search import ranking


@dataclass(frozen=True, slots=True)
class Trials:
    """Queries to memories of n photos, one row for each query; N rows."""

    n: int
    """Photos in each memory."""
    remembered: np.ndarray
    """The photos of each memory, (M, n), by their number in the set."""
    memory: np.ndarray
    """The memory that was asked, (N,)."""
    query: np.ndarray
    """Photo that was asked about, (N,)."""
    thing: np.ndarray
    """What the photo shows, (N,)."""
    known: np.ndarray
    """Whether that thing is in the memory, (N,) bool."""
    best: np.ndarray
    """Photo of the memory with the best score, (N,)."""
    score: np.ndarray
    """The best score, (N,)."""
    own: np.ndarray
    """Photo of the memory that shows the thing, (N,); -1 for a stranger."""
    own_score: np.ndarray
    """Score of that photo, (N,); nan for a stranger."""

    @property
    def right(self) -> np.ndarray:
        """Whether the best photo shows the thing, (N,)."""
        return self.known & (self.best == self.own)


class DrawnMemory:
    """A memory of some photos of a set, in memory only."""

    def __init__(self, photos: EncodedSet, remembered: np.ndarray) -> None:
        self.remembered = remembered
        self._tokens = np.concatenate([photos.stored[i] for i in remembered])
        self._counts = np.array([len(photos.stored[i]) for i in remembered])
        self._pooled = photos.pooled[remembered]

    def scores(self, query: np.ndarray) -> np.ndarray:
        """The score of each remembered photo, (n,), against the tokens (T, D) of a new one."""
        return ranking.sight_scores(self._tokens, self._counts, self._pooled, query)


def draw_things(rng: np.random.Generator, things: np.ndarray, n: int, memories: int) -> Iterator[np.ndarray]:
    """The things of each memory, (n,): drawn at random from `things`."""
    for _ in range(memories):
        yield rng.choice(things, n, replace=False)


def turns(rng: np.random.Generator, things: np.ndarray, memories: int) -> Iterator[np.ndarray]:
    """The things of each memory: two thirds of `things`; each third is left out in turn, then they are shuffled again.

    If their number is no multiple of three, the last third begins with things of the first.
    """
    third = -(-len(things) // 3)
    for i in range(memories):
        if i % 3 == 0:
            order = rng.permutation(things)
        yield np.roll(order, -(i % 3) * third)[third:]


def ask(
    photos: EncodedSet,
    rng: np.random.Generator,
    memories: Iterable[np.ndarray],
    strangers: np.ndarray | None = None,
) -> Trials:
    """Ask every memory, given by its things, about all photos.

    `strangers`: the things (S,) that count as strangers when they are not in the memory. None: those of the strangers'
    folder if there is one, else all things.
    """
    everything = np.arange(len(photos.photos.things))
    if strangers is None:
        strangers = everything[photos.photos.own :] if photos.photos.own < len(everything) else everything
    rows: list[tuple[np.ndarray, ...]] = []
    drawn: list[np.ndarray] = []
    for things in memories:
        remembered = np.array([rng.choice(np.flatnonzero(photos.thing == thing)) for thing in things])
        memory = DrawnMemory(photos, remembered)
        place = np.full(len(everything), -1)
        place[things] = np.arange(len(things))
        known = (place[photos.thing] >= 0) & ~np.isin(np.arange(len(photos.thing)), remembered)
        asked = np.flatnonzero(known | ((place[photos.thing] < 0) & np.isin(photos.thing, strangers)))
        scores = np.array([memory.scores(photos.queries[i]) for i in asked]).reshape(len(asked), len(things))
        best, at = scores.argmax(axis=1), place[photos.thing[asked]]  # (Q,)
        line = np.arange(len(asked))
        own = np.where(known[asked], remembered[at], -1)
        own_score = np.where(known[asked], scores[line, at], np.nan)
        which = np.full(len(asked), len(drawn))
        drawn.append(remembered)
        shows, is_known = photos.thing[asked], known[asked]
        rows.append((which, asked, shows, is_known, remembered[best], scores[line, best], own, own_score))
    return Trials(len(drawn[0]), np.stack(drawn), *map(np.concatenate, zip(*rows, strict=True)))
