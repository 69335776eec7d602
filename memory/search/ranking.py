"""Ranking: scores of stored photos against a query photo, and the fusion of rankings. Pure numpy; no storage, no model.

A stored photo with the visual tokens m is represented by one vector o of what is distinctive in it; its score s against
a query photo with the visual tokens q attends to the part of the query that is like o:

    o = unit(sum_m w_m m)                  w_m = clip(1 - cos(m, mean token of all other photos), 0, 1)^3
    s = cos(o, unit(sum_q a_q q))          a_q = exp(6 cos(o, q))

Walls, tables and sky look alike in all photos and make up most of the mean token, so they get little weight and do not
make unrelated photos similar. One pooled vector for each photo is enough to compute the mean of all others. The query
may show more than the stored photo, as each stored photo attends to its own part of the query (measured against late
interaction in LOG.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

What = Literal["thing", "place", "thing and place"]
"""What a stored photo has in common with a new one."""

_SHARPNESS = 6.0
"""How sharply a stored photo attends to the part of the query that is like it; 5 to 12 do equally well."""
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


def background(pooled: np.ndarray) -> np.ndarray:
    """For each of P photos the direction of the average of all other photos: mean tokens (P, D) to unit rows (P, D).

    A photo that is alone in the memory gets its own mean.
    """
    return unit(pooled if len(pooled) == 1 else pooled.sum(axis=0) - pooled)


def distinctive(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray) -> np.ndarray:
    """The distinctive vector of each of P photos, unit rows (P, D).

    `tokens` (N, D): the unit tokens of all photos one after another; `counts` (P,): how many each photo has (>= 1,
    sum N); `backgrounds` (P, D): the result of `background` for each.
    """
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    commonness = np.einsum("nd,nd->n", tokens, np.repeat(backgrounds, counts, axis=0))  # (N,)
    return unit(np.add.reduceat(_weights(commonness)[:, None] * tokens, starts))


def similarity(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Scores 0..1, (P,), of the distinctive `vectors` (P, D) of photos against the unit tokens `query` (Q, D)."""
    attention = np.exp(_SHARPNESS * (vectors @ query.T))  # (P, Q)
    return np.clip(np.einsum("pd,pd->p", vectors, unit(attention @ query)), 0.0, 1.0)


def sight_scores(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Scores 0..1, (P,), of P photos, given as for `distinctive`, against the unit tokens `query` (Q, D)."""
    return similarity(distinctive(tokens, counts, backgrounds), query)


def sights(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray, query: np.ndarray) -> list[Sight]:
    """What recall needs to know of P photos, given as for `distinctive`, against the unit tokens `query` (Q, D)."""
    return [Sight(float(score)) for score in sight_scores(tokens, counts, backgrounds, query)]


def parts(query: np.ndarray, background: np.ndarray, most: int = 6) -> np.ndarray:
    """Vectors to search for, unit rows (J, D): the distinctive vector of the unit tokens `query` (Q, D) and, for at
    most `most` - 1 things in the photo, one vector each.

    `background` (D,) is unit. The most distinctive token gathers the tokens like it into one vector; then the most
    distinctive of the remaining tokens does.
    """
    weights = _weights(query @ background)  # (Q,)
    vectors = [weights @ query]
    left = weights
    while len(vectors) < most and left.max() > 0.1 * weights.max():
        near = query @ query[left.argmax()]
        vectors.append(np.exp(_SHARPNESS * near) @ query)
        left = left * np.clip(1.0 - near, 0.0, 1.0)
    return unit(np.stack(vectors))


def code(vectors: np.ndarray) -> np.ndarray:
    """The signs of vectors (P, D) as bits, (P, W) uint64; W = D / 64, rounded up."""
    bits = np.packbits(vectors > 0, axis=1)
    return np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)


def _weights(commonness: np.ndarray) -> np.ndarray:
    """Weights of tokens by their cosine with the background.

    Where no token is distinctive, all weights are equal and tiny, so that a photo still finds itself.
    """
    return np.clip(1.0 - commonness, 0.0, 1.0) ** 3 + 1e-6


def fuse(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank fusion of rankings, best first, scaled so that the first of every ranking scores 1.0."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, name in enumerate(ranking):
            scores[name] = scores.get(name, 0.0) + (_FUSION + 1) / (_FUSION + 1 + place) / len(rankings)
    return scores
