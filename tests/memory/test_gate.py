"""The gate: thresholds that grow with the memory, and what they say about a score."""

from __future__ import annotations

import pytest

from memory.search.gate import FEWEST, HIGHEST, MOST, Gate

GATE = Gate(sure=(0.5, 0.25), maybe=(0.7, 0.2))


def test_thresholds_grow_with_the_memory_and_never_pass_the_highest() -> None:
    before = (0.0, 0.0)
    for n in (0, 1, 2, 6, 24, 1000, 10**6, 10**12):
        sure, maybe = GATE.thresholds(n)
        assert before[0] <= sure <= HIGHEST and before[1] <= maybe <= sure, n
        before = sure, maybe
    assert GATE.thresholds(0) == GATE.thresholds(1) == pytest.approx((1 - 0.5 * FEWEST**-0.25, 0.3))
    assert GATE.thresholds(1)[0] == GATE.thresholds(FEWEST)[0] < GATE.thresholds(FEWEST + 1)[0]
    assert GATE.thresholds(10**12) == GATE.thresholds(MOST) > GATE.thresholds(MOST - 1)
    assert Gate((0.1, 1.0), (0.1, 1.0)).thresholds(MOST) == (HIGHEST, HIGHEST)


def test_a_score_is_sure_maybe_or_nobody() -> None:
    sure, maybe = GATE.thresholds(12)
    assert GATE.certainty(sure, 12) == "sure" and GATE.certainty(maybe, 12) == "maybe"
    assert GATE.certainty(sure - 1e-9, 12) == "maybe" and GATE.certainty(maybe - 1e-9, 12) is None


def test_a_score_that_was_sure_among_few_is_not_among_many() -> None:
    assert [GATE.certainty(0.71, n) for n in (2, 20, 10_000)] == ["sure", "maybe", None]


@pytest.mark.parametrize("n", [0, 1, 100, 10**6])
def test_the_constant_gate_knows_no_maybe(n: int) -> None:
    assert [Gate.constant(0.5).certainty(s, n) for s in (0.49, 0.5, 1.0)] == [None, "sure", "sure"]
    assert Gate.always().certainty(0.0, n) == "sure"


def test_sure_is_never_below_maybe() -> None:
    """Also where two fitted laws cross."""
    assert Gate(sure=(0.5, 0.0), maybe=(0.7, 0.2)).thresholds(100) == (pytest.approx(1 - 0.7 * 100**-0.2),) * 2
