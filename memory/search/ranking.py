"""Ranking: scores of stored photos against a query photo, and the fusion of rankings. Pure numpy; no storage, no model.

The direction of a visual token says what it shows; its length, from 0 to 1, how much it counts. (The photo encoder
makes tokens of things long and those of rooms short; those of a language model's own tower all have length 1.)

A stored photo with the tokens m is represented by one vector o of what is distinctive in it, and attends to the part of
the query photo (tokens q) that is like it. The query, represented in the same way by v, looks back at the stored photo.
The score s joins both:

    o = unit(sum_m w_m m)                  w_m = clip(1 - cos(m, mean token of all other photos), 0, 1)^3
    s = (1 - BACK) cos(o, sum_q a(o, q) q) + BACK cos(v, sum_m a(v, m) m)             a(x, y) = exp(6 cos(x, y))

with directions in place of the tokens in the sums of the second line. Walls, tables and sky look alike in all photos
and make up most of the mean token, so they get little weight and do not make unrelated photos similar. The query may
show more than the stored photo: each stored photo meets its own part of it (measured against late interaction in
LOG.md). The look back knows strangers of the same kind better, and counts little, as it costs a photo of two things.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

# Apple's BLAS on an M4 (numpy issue 29820), and OpenBLAS now and then, report a division by zero or an invalid value
# in products of finite numbers. What comes in is checked (`unit`); the remark would only stand across the screen.
warnings.filterwarnings("ignore", r".* encountered in matmul", RuntimeWarning)

What = Literal["thing", "place", "thing and place"]
"""What a stored photo has in common with a new one."""

_SHARPNESS = 6.0
"""How sharply a stored photo attends to the part of the query that is like it; 5 to 12 do equally well."""
BACK = 0.25
"""How much the look back counts."""
OF_ONE_THING = 0.3
"""The share of a photo's tokens that is left out, those most like a thing in it, to see what else it shows; 0.25 to
0.35 do equally well."""
THING = 0.2
"""A photo shows a thing when its `_thingness` is this much. Real photos of things have 0.3 to 0.6, rooms alone 0.04 to
0.1."""
PLACE = 0.75
"""Two photos show the same place when the cosine of their mean directions is this much: seven in ten views of one room
reach it, and one in twenty photos of one thing before different rooms. Two plain walls are one place to it."""
_FUSION = 60  # the usual constant of reciprocal-rank fusion (Cormack and others, 2009)


class Sight(NamedTuple):
    """How alike a stored photo and a new one are, and in what."""

    score: float
    """From 0 to 1, comparable only within one vector space."""
    what: What = "thing"


def unit(tokens: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32, (T, D); rows of zeros stay. Raises ValueError for anything else."""
    tokens = np.asarray(tokens, dtype=np.float32)
    if tokens.ndim != 2 or tokens.size == 0 or not np.isfinite(tokens).all():
        raise ValueError(f"visual tokens must be finite numbers of shape (T, D), got shape {tokens.shape}")
    lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
    return tokens / np.maximum(lengths, np.finfo(np.float32).tiny)


def bounded(tokens: np.ndarray) -> np.ndarray:
    """Visual tokens (T, D) as float32, those longer than 1 scaled to length 1. Raises ValueError as `unit` does."""
    directions = unit(tokens)
    lengths = np.linalg.norm(np.asarray(tokens, np.float32), axis=1, keepdims=True)
    return directions * np.minimum(lengths, 1.0)


def background(pooled: np.ndarray, total: np.ndarray | None = None) -> np.ndarray:
    """For each of P photos the direction of the average of all other photos: mean tokens (P, D) to unit rows (P, D).

    `total` (D,): the sum of the mean tokens of all photos, when there are more than these. A photo that is alone in the
    memory gets its own mean.
    """
    if total is None:
        total = pooled.sum(axis=0)
    return unit(pooled if np.array_equal(total, pooled[0]) else total - pooled)


def distinctive(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray) -> np.ndarray:
    """The distinctive vector of each of P photos, unit rows (P, D).

    `tokens` (N, D): those of all photos one after another; `counts` (P,): how many each photo has (>= 1, sum N);
    `backgrounds` (P, D): the result of `background` for each.
    """
    lengths, of_photos = _lengths(tokens), _split(tokens, counts)
    commonness = np.concatenate([own @ other for own, other in zip(of_photos, backgrounds, strict=True)]) / lengths
    return unit(_sums(_weights(commonness), of_photos))


def similarity(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """How like the distinctive `vectors` (P, D) of photos the part of the `query` (Q, D) is that each attends to: 0..1,
    (P,). The first half of a score; an index can compute it without the tokens of the photos.
    """
    directions = unit(query)
    attention = np.exp(_SHARPNESS * (vectors @ directions.T))  # (P, Q)
    return np.clip(np.einsum("pd,pd->p", vectors, unit(attention @ directions)), 0.0, 1.0)


def sight_scores(
    tokens: np.ndarray, counts: np.ndarray, pooled: np.ndarray, query: np.ndarray, total: np.ndarray | None = None
) -> np.ndarray:
    """Scores 0..1, (P,), of P photos against the tokens `query` (Q, D).

    `tokens` and `counts`: as for `distinctive`; `pooled` and `total`: as for `background`.
    """
    common = pooled.sum(axis=0) if total is None else total
    [whole] = parts(query, unit(common[None])[0], most=1)  # (D,)
    lengths = _lengths(tokens)
    attention = np.exp(_SHARPNESS * (tokens @ whole) / lengths)
    seen = unit(_sums(attention / lengths, _split(tokens, counts)))
    back = np.clip(seen @ whole, 0.0, 1.0)
    return (1 - BACK) * similarity(distinctive(tokens, counts, background(pooled, total)), query) + BACK * back


def sights(
    tokens: np.ndarray, counts: np.ndarray, pooled: np.ndarray, query: np.ndarray, total: np.ndarray | None = None
) -> list[Sight]:
    """What recall needs to know of P photos, given as for `sight_scores`, against the tokens `query` (Q, D)."""
    scores = sight_scores(tokens, counts, pooled, query, total)
    seen = np.minimum(_thingness(tokens, counts), _thingness(query, np.array([len(query)])))
    around = unit(pooled) @ unit(unit(query).mean(axis=0, keepdims=True))[0]
    silent = bool(np.allclose(_lengths(query), 1.0, atol=0.01))  # lengths say nothing: things only
    whats = [_what(s >= THING, a >= PLACE and not silent) for s, a in zip(seen, around, strict=True)]
    return [Sight(float(score), what) for score, what in zip(scores, whats, strict=True)]


def parts(query: np.ndarray, background: np.ndarray, most: int = 6) -> np.ndarray:
    """Vectors to search for, unit rows (J, D): the distinctive vector of the tokens `query` (Q, D) and, for at most
    `most` - 1 things in the photo, one vector each.

    `background` (D,) is unit. The most distinctive token gathers the tokens like it into one vector; then the most
    distinctive of the remaining tokens does.
    """
    directions = unit(query)
    weights = _weights(directions @ background)
    vectors = [weights @ query]
    left = weights * np.linalg.norm(query, axis=1)
    least = 0.1 * left.max()
    while len(vectors) < most and left.max() > least:
        near = directions @ directions[left.argmax()]
        vectors.append(np.exp(_SHARPNESS * near) @ query)
        left = left * np.clip(1.0 - near, 0.0, 1.0)
    return unit(np.stack(vectors))


def beside(query: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """Of the tokens `query` (Q, D) those that are least like the unit `vector` (D,) of a thing, in their order: what
    the photo shows beside it."""
    likeness = unit(query) @ vector
    return query[likeness < np.quantile(likeness, 1 - OF_ONE_THING)]


def code(vectors: np.ndarray) -> np.ndarray:
    """The signs of vectors (P, D) as bits, (P, W) uint64; W = D / 64, rounded up."""
    bits = np.packbits(vectors > 0, axis=1)
    return np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)


def fuse(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank fusion of rankings, best first, scaled so that the first of every ranking scores 1.0."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, name in enumerate(ranking):
            scores[name] = scores.get(name, 0.0) + (_FUSION + 1) / (_FUSION + 1 + place) / len(rankings)
    return scores


def _weights(commonness: np.ndarray) -> np.ndarray:
    """Weights of tokens by the cosine of their directions with the background.

    Where no token is distinctive, all weights are equal and tiny, so that a photo still finds itself.
    """
    return np.clip(1.0 - commonness, 0.0, 1.0) ** 3 + 1e-6


def _lengths(tokens: np.ndarray) -> np.ndarray:
    """The lengths of tokens (N, D), (N,), never 0."""
    return np.maximum(np.sqrt(np.einsum("nd,nd->n", tokens, tokens)), np.finfo(np.float32).tiny)


def _split(tokens: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """The tokens of each photo, (T, D)."""
    return np.split(tokens, np.cumsum(counts)[:-1])


def _sums(weights: np.ndarray, of_photos: list[np.ndarray]) -> np.ndarray:
    """For each photo the sum of its tokens by their weights (N,), rows (P, D)."""
    # One product a photo: np.add.reduceat takes 40 times as long.
    counts = np.array([len(tokens) for tokens in of_photos])
    return np.stack([own @ tokens for own, tokens in zip(_split(weights, counts), of_photos, strict=True)])


def _thingness(tokens: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean length of the tokens of each photo, (P,), in which long tokens count more."""
    return np.array([np.average(own, weights=own) for own in _split(_lengths(tokens), counts)])


def _what(thing: bool, place: bool) -> What:
    if not place:
        return "thing"
    return "thing and place" if thing else "place"
