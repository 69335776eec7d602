"""How well a memory fits what is looked for: by sight, by words, by both. Pure numpy; no storage, no model.

By sight, a stored photo stands for what is special in it, and the query is looked through for that:

    o = unit(sum_m w_m m)                  w_m = clip(1 - cos(m, mean token of all other photos), 0, 1)^3
    s = cos(o, unit(sum_q a_q q))          a_q = exp(6 cos(o, q))

Walls, tables and sky look alike in all photos and make up most of that mean, so their tokens weigh little and do not
make strangers look alike. One pooled vector a photo is all it takes to know what the others look like. The query may
show more than the memory: each memory attends to its own part of it (measured against late interaction in LOG.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

MAX_TERMS = 64
"""Words of a query that are looked up; more say no more and slow the index down."""
_SHARPNESS = 6.0
"""How much a memory looks at the part of the query that is like it; 5 to 12 do equally well."""
_FUSION = 60  # the usual constant of reciprocal-rank fusion (Cormack and others, 2009)
_STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before but by can could d did do does doing don for from
    had has have having he her here hers him his how i if in into is it its just ll m me my no nor not of off on or our
    ours out over own re s she should so some such t than that the their them then there these they this those to too
    under up us ve very was we were what when where which while who whom whose why will with would you your yours
    """.split()
)


def unit(tokens: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1, float32, (T, D); rows of zeros stay. Raises ValueError for anything else."""
    tokens = np.asarray(tokens, dtype=np.float32)
    if tokens.ndim != 2 or tokens.size == 0 or not np.isfinite(tokens).all():
        raise ValueError(f"visual tokens must be finite numbers of shape (T, D), got shape {tokens.shape}")
    lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
    return tokens / np.maximum(lengths, np.finfo(np.float32).tiny)


def background(pooled: np.ndarray) -> np.ndarray:
    """The direction of what the other photos show on average: mean tokens (P, D) to unit rows (P, D).

    A photo that is alone in the memory gets its own mean.
    """
    return unit(pooled if len(pooled) == 1 else pooled.sum(axis=0) - pooled)


def special(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray) -> np.ndarray:
    """What is special in each of P photos, unit (P, D).

    `tokens` (N, D) are the unit tokens of all photos one after another, `counts` (P,) how many each has (>= 1, sum N),
    `backgrounds` (P, D) what `background` says for each.
    """
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    commonness = np.einsum("nd,nd->n", tokens, np.repeat(backgrounds, counts, axis=0))  # (N,)
    return unit(np.add.reduceat(_weights(commonness)[:, None] * tokens, starts))


def likeness(special: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Scores 0..1, (P,), of what is special in P photos (P, D) against the unit tokens `query` (Q, D)."""
    attention = np.exp(_SHARPNESS * (special @ query.T))  # (P, Q)
    return np.clip(np.einsum("pd,pd->p", special, unit(attention @ query)), 0.0, 1.0)


def sight_scores(tokens: np.ndarray, counts: np.ndarray, backgrounds: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Scores 0..1, (P,), of P photos, as `special` takes them, against the unit tokens `query` (Q, D)."""
    return likeness(special(tokens, counts, backgrounds), query)


def parts(query: np.ndarray, background: np.ndarray, most: int = 6) -> np.ndarray:
    """What to look for: all that is special in the unit tokens `query` (Q, D), and each thing alone; unit (J, D).

    `background` (D,) is unit. The most special token gathers those like it, then the most special of what is left.
    """
    weights = _weights(query @ background)  # (Q,)
    found = [weights @ query]
    left = weights
    while len(found) < most and left.max() > 0.1 * weights.max():
        near = query @ query[left.argmax()]
        found.append(np.exp(_SHARPNESS * near) @ query)
        left = left * np.clip(1.0 - near, 0.0, 1.0)
    return unit(np.stack(found))


def code(vectors: np.ndarray) -> np.ndarray:
    """The signs of vectors (P, D) as bits, (P, W) uint64; W = D / 64, rounded up."""
    bits = np.packbits(vectors > 0, axis=1)
    return np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)


def _weights(commonness: np.ndarray) -> np.ndarray:
    """How special tokens are. Where nothing is, all are equal and tiny, so that a photo still finds itself."""
    return np.clip(1.0 - commonness, 0.0, 1.0) ** 3 + 1e-6


def fuse(rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank fusion of rankings, best first, scaled so that the first of every ranking scores 1.0."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for place, name in enumerate(ranking):
            scores[name] = scores.get(name, 0.0) + (_FUSION + 1) / (_FUSION + 1 + place) / len(rankings)
    return scores


def folded(text: str) -> str:
    """Text without letter case and accents."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))


def terms(text: str) -> list[str]:
    """The words of `text` worth looking up, each an FTS5 string; empty when nothing is left to look for.

    Only letters, digits and marks survive, each word quoted: nothing a user writes is ever FTS syntax.
    """
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text.lower())
    words = dict.fromkeys(w for w in kept.split() if w not in _STOP_WORDS)
    return [f'"{w}"' for w in list(words)[:MAX_TERMS]]


def match_expression(text: str) -> str:
    """An FTS5 expression that finds any of the words of `text`; empty when nothing is left to look for."""
    return " OR ".join(terms(text))
