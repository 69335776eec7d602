"""How the user's answers move the thresholds of recall: no asks for more, yes for less, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from memory.search.gate import HIGHEST, Gate

GATE = Gate((0.2, 0.0), (0.5, 0.0))


SCORES = st.floats(0, 1)


@given(st.lists(SCORES, max_size=5), st.lists(SCORES, min_size=1, max_size=5), st.integers(1, 10**6))
def test_nothing_that_is_no_more_like_it_than_the_strangers_is_sure(yes: list[float], no: list[float], n: int) -> None:
    """And where the user never said "yes", it does not come at all."""
    assume(max(no) < HIGHEST)
    assert all(GATE.certainty(s, n, yes, no) != "sure" for s in no)
    assert all(GATE.certainty(s, n, (), no) is None for s in no)


@given(st.lists(SCORES, max_size=6), st.lists(st.floats(0, HIGHEST, exclude_max=True), max_size=6))
def test_what_the_user_answered_is_never_told_worse_than_before(yes: list[float], no: list[float]) -> None:
    """Fewer of the strangers come, or more of its own views, or all as before: counted together."""

    def wrong(maybe: float) -> int:
        return sum(s >= maybe for s in no) + sum(s < maybe for s in yes)

    assert wrong(GATE.own_thresholds(9, yes, no)[1]) <= wrong(GATE.thresholds(9)[1])


@given(st.lists(SCORES, max_size=5), st.lists(SCORES, max_size=5), SCORES)
def test_no_asks_for_more_and_yes_for_less(yes: list[float], no: list[float], s: float) -> None:
    before = GATE.own_thresholds(9, yes, no)
    more, less = GATE.own_thresholds(9, yes, [*no, s]), GATE.own_thresholds(9, [*yes, s], no)
    assert all(a >= b - 1e-9 for a, b in zip(more, before, strict=True))
    assert all(a <= b + 1e-9 for a, b in zip(less, before, strict=True))


@given(st.lists(SCORES, max_size=5), st.lists(SCORES, max_size=5), st.integers(0, 10**6))
def test_thresholds_stay_in_order_and_in_bounds(yes: list[float], no: list[float], n: int) -> None:
    gate = Gate((0.6, 0.1), (0.7, 0.1))
    sure, maybe = gate.own_thresholds(n, yes, no)
    assert 0.8 * gate.thresholds(n)[1] <= maybe <= sure <= HIGHEST
    assert gate.own_thresholds(n, (), ()) == gate.thresholds(n)


@given(SCORES)
def test_what_the_user_agreed_to_is_asked_about_from_there_on(s: float) -> None:
    assert (GATE.certainty(s, 9, yes=[s]) is not None) == (s >= 0.8 * 0.5)
    assert GATE.certainty(min(s, 0.79), 9, yes=[s]) != "sure" or s > 0.79 or s >= 0.6


def test_every_no_leaves_less_room() -> None:
    assert GATE.own_thresholds(9, (), [0.6])[1] == pytest.approx(0.7)
    assert GATE.own_thresholds(9, (), [0.6, 0.5])[1] == pytest.approx(0.775)
    assert GATE.own_thresholds(9, (), [0.6, 0.5])[0] == pytest.approx(0.83125)
    assert GATE.own_thresholds(9, [0.65, 0.8], [0.6, 0.5])[1] == pytest.approx(0.65), "its own views still come"
    assert GATE.own_thresholds(9, [0.55, 0.8], [0.6, 0.5])[1] == pytest.approx(0.55), "or are asked about"
