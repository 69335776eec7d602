"""Guards: each has a series that must trip it, and one close by that must not."""

from __future__ import annotations

from typing import Any

import pytest

from train.rl.guards import ALL_CUT_OFF, NO_VARIANCE, RATIO_STAYS, WINDOW, check

GOOD = {
    "reward": 0.4,
    "loss": -0.01,
    "grad_norm": 0.3,
    "acc_neg": 0.95,
    "tokens": 40.0,
    "truncated": 0.1,
    "zero_variance": 0.4,
    "ratio_deviation": 0.002,
    "noise": 0.002,
}


def series(n: int = WINDOW, **changes: Any) -> list[dict[str, Any]]:
    """n rows of a healthy run; a change is a value for all rows, or a function of the row's number."""
    return [{**GOOD, **{k: v(i) if callable(v) else v for k, v in changes.items()}} for i in range(n)]


def last(n: int, of: int, value: Any, else_: Any) -> Any:
    return lambda i: value if i >= of - n else else_


def test_a_healthy_run_raises_no_alarm() -> None:
    for n in (1, 2, WINDOW, 5 * WINDOW):
        assert check(series(n), 4) == []


@pytest.mark.parametrize(
    ("rows", "stop", "words"),
    [
        (series(1, loss=float("nan")), True, "loss not a finite"),
        (series(3, grad_norm=lambda i: float("inf") if i == 2 else 1.0), True, "grad_norm"),
        (series(4, truncated=last(ALL_CUT_OFF, 4, 1.0, 0.5)), True, "cut off"),
        (series(12, zero_variance=last(NO_VARIANCE, 12, 1.0, 0.5)), True, "equal within every group"),
        (series(6, ratio_deviation=last(RATIO_STAYS, 6, 1e-6, 0.1)), False, "never left 1"),
        (series(2, noise=lambda i: 7.3 * i), False, "disagree by 7.30 nats"),
        (series(reward=lambda i: i / 20, acc_neg=lambda i: 0.95 - i / 200), False, "Acc- falls"),
        (series(tokens=lambda i: 40.0 if i < 10 else 15.0), False, "from 40 to 15 tokens"),
    ],
)
def test_what_must_trip(rows: list[dict[str, Any]], stop: bool, words: str) -> None:
    """Exactly one alarm, of the right kind, that says what is wrong."""
    (alarm,) = check(rows, 4)
    assert alarm.stop == stop
    assert words in alarm.text


@pytest.mark.parametrize(
    "rows",
    [
        series(3, loss=lambda i: float("nan") if i == 1 else 0.1),  # the past is past
        series(3, loss=None, grad_norm=None, ratio_deviation=None),
        series(4, truncated=last(ALL_CUT_OFF - 1, 4, 1.0, 0.9)),
        series(ALL_CUT_OFF - 1, truncated=1.0),
        series(8, truncated=lambda i: 1.0 if i < 7 else 0.99),
        series(12, zero_variance=last(NO_VARIANCE - 1, 12, 1.0, 0.9)),
        series(6, ratio_deviation=last(RATIO_STAYS, 6, 2e-5, 0.1)),
        series(6, ratio_deviation=last(RATIO_STAYS - 1, 6, 0.0, 0.1)),
        series(2, noise=0.04),
        series(2, noise=lambda i: None if i else 9.0),
        series(9, ratio_deviation=None),  # no group had anything to teach
        series(reward=lambda i: i / 20),
        series(acc_neg=lambda i: 0.95 - i / 100),
        series(reward=lambda i: i / 20, acc_neg=lambda i: 0.95 - i / 1000),
        series(reward=lambda i: i / 20, acc_neg=lambda i: 0.75 + i / 200),
        series(reward=lambda i: i / 20, acc_neg=None),
        series(WINDOW - 1, reward=lambda i: i / 20, acc_neg=lambda i: 0.95 - i / 200),
        series(tokens=lambda i: 40.0 if i < 10 else 25.0),
        series(tokens=lambda i: 15.0 if i < 10 else 40.0),
    ],
)
def test_what_must_not_trip(rows: list[dict[str, Any]]) -> None:
    assert check(rows, 4) == []


def test_a_ratio_of_one_is_right_with_one_update() -> None:
    assert check(series(20, ratio_deviation=0.0), 1) == []


def test_several_alarms_are_all_told() -> None:
    rows = series(WINDOW, truncated=1.0, reward=float("nan"))
    assert [alarm.stop for alarm in check(rows, 4)] == [True, True]


def test_missing_fields_say_nothing() -> None:
    """Another trainer measures other things."""
    assert check([{}] * WINDOW, 4) == []
