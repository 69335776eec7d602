"""The gate: thresholds that grow with the memory, and what they say about a score."""

from __future__ import annotations

import pytest

from memory.search.gate import HIGHEST, Gate

GATE = Gate(sure=(0.4, 0.1), maybe=(0.3, 0.08))


def test_thresholds_grow_with_the_memory_and_never_pass_the_highest() -> None:
    before = (0.0, 0.0)
    for n in (0, 1, 2, 6, 24, 1000, 10**6, 10**12):
        sure, maybe = GATE.thresholds(n)
        assert before[0] <= sure <= HIGHEST and before[1] <= maybe <= sure, n
        before = sure, maybe
    assert GATE.thresholds(0) == GATE.thresholds(1) == (0.4, 0.3)
    assert GATE.thresholds(10**12)[0] == HIGHEST


def test_a_score_is_sure_maybe_or_nobody() -> None:
    sure, maybe = GATE.thresholds(12)
    assert GATE.certainty(sure, 12) == "sure" and GATE.certainty(maybe, 12) == "maybe"
    assert GATE.certainty(sure - 1e-9, 12) == "maybe" and GATE.certainty(maybe - 1e-9, 12) is None


def test_a_score_that_was_sure_among_few_is_not_among_many() -> None:
    assert [GATE.certainty(0.6, n) for n in (2, 20, 10_000)] == ["sure", "maybe", None]


@pytest.mark.parametrize("n", [0, 1, 100, 10**6])
def test_the_constant_gate_knows_no_maybe(n: int) -> None:
    assert [Gate.constant(0.5).certainty(s, n) for s in (0.49, 0.5, 1.0)] == [None, "sure", "sure"]
    assert Gate.always().certainty(0.0, n) == "sure"


def test_sure_is_never_below_maybe() -> None:
    """Also where two fitted lines cross."""
    assert Gate(sure=(0.5, 0.0), maybe=(0.3, 0.1)).thresholds(1000) == (pytest.approx(0.9908, abs=0.02),) * 2
