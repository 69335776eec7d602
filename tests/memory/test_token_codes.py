"""Visual tokens as they are stored: half the room of float16, next to the same direction, and stable."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from memory.search import ranking, token_codes

TOKENS = arrays(
    np.float32,
    st.tuples(st.integers(1, 9), st.integers(1, 40)),
    elements=st.integers(-9999, 9999).map(lambda n: n / 100),
)


@given(TOKENS)
def test_what_is_read_has_the_direction_and_the_length_that_were_stored(tokens: np.ndarray) -> None:
    unit = ranking.unit(tokens)
    there = np.linalg.norm(unit, axis=1) > 0.5  # not of zeros, nor so near to them that float32 cannot tell
    lengths = np.random.default_rng(len(tokens)).uniform(0.02, 1, len(tokens))
    read = token_codes.as_stored((unit * lengths[:, None]).astype(np.float32))
    assert np.all(abs(np.linalg.norm(read, axis=1) / lengths - 1)[there] < 0.02)
    read = ranking.unit(read)
    most = np.arctan(0.5 * tokens.shape[1] ** 0.5 / 127)  # each number is rounded by at most half of 1 in 127
    assert np.all(np.einsum("td,td->t", read, unit)[there] > np.cos(most) - 1e-3)
    assert np.all(read[~np.any(tokens, axis=1)] == 0)


@given(TOKENS, st.floats(0.01, 1))
def test_storing_again_what_was_read_changes_nothing(tokens: np.ndarray, length: float) -> None:
    """So an undo, which stores what was read, leaves the same bytes and the same sums."""
    once = token_codes.encode(ranking.unit(tokens) * np.float32(length))
    read = token_codes.decode([once[0]], [once[1]], tokens.shape[1])
    assert token_codes.encode(read) == once


def test_real_sizes_keep_their_scores() -> None:
    """81 tokens of 256 numbers, as wide as a projection leaves them: scores move by less than 0.002."""
    rng = np.random.default_rng(0)
    spread = np.exp(-np.arange(256) / 60)
    photos = [ranking.unit(rng.standard_normal((81, 256)) * spread + 0.2) for _ in range(20)]
    query = ranking.unit(photos[3] + 0.05 * rng.standard_normal((81, 256)))

    def scores(tokens: list[np.ndarray]) -> np.ndarray:
        pooled = np.stack([one.mean(axis=0) for one in tokens])
        return ranking.sight_scores(np.concatenate(tokens), np.full(20, 81), pooled, query)

    stored = [token_codes.as_stored(one) for one in photos]
    assert np.abs(scores(stored) - scores(photos)).max() < 0.002
    scales, codes = token_codes.encode(photos[0])
    assert len(scales) + len(codes) == 81 * 258


def test_photos_are_read_one_after_another() -> None:
    rng = np.random.default_rng(1)
    photos = [ranking.unit(rng.standard_normal((t, 7))) for t in (1, 4, 2)]
    scales, codes = zip(*map(token_codes.encode, photos), strict=True)
    read = token_codes.decode(scales, codes, 7)
    assert np.array_equal(read, np.concatenate([token_codes.as_stored(one) for one in photos]))
