"""Scenes as visual tokens: things before a wall that all photos share, and memories of them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np

from memory.episode import Episode, Photo, Turn
from memory.search import ranking
from tests.support.encoded import encoded

DAY = datetime(2025, 5, 12, tzinfo=UTC)
DIM = 48
WALL = ranking.unit(np.random.default_rng(99).standard_normal((1, DIM)))[0]


def thing(n: int) -> np.ndarray:
    """The direction (D,) of a thing's visual tokens."""
    return ranking.unit(np.random.default_rng(1000 + n).standard_normal((1, DIM)))[0]


def scene(things: list[int], seed: int, tokens: int = 16, noise: float = 0.05) -> np.ndarray:
    """Visual tokens (T, D) of a photo: three for each thing, wall for the rest, with a little noise."""
    rng = np.random.default_rng(seed)
    clean = np.stack([WALL] * tokens)
    for i, n in enumerate(things):
        clean[3 * i : 3 * i + 3] = thing(n)
    seen = clean + noise * rng.standard_normal((tokens, DIM))
    return (rng.permutation(seen) * rng.uniform(0.5, 40)).astype(np.float32)  # lengths must not matter


def episode(n: int, text: str = "said", days: int = 0, place: str | None = None) -> Episode:
    """A memory of the photo number `n`, `days` after DAY."""
    data = encoded(n)
    return Episode(
        Photo(hashlib.sha256(data).hexdigest(), data, 4, 4), (Turn("user", text),), DAY + timedelta(days=days), place
    )
