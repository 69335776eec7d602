"""Guards of reward training: when a run that cannot learn any more is stopped, and when a person is warned.

Guards are pure functions of the metrics of the last steps. A row of metrics has one value for each of the following
keys; a guard ignores a value that is missing or None.

    reward, loss, grad_norm, acc_neg, tokens    means over the step; `tokens` is the length of a completion
    truncated, zero_variance                    shares (0 to 1): completions cut off, groups whose rewards are equal
    ratio_deviation                             the largest |ratio - 1|
    noise                                       nats a token by which sampler and loss differ under the same weights
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory.errors import KeepsakeError

Row = Mapping[str, Any]
"""Metrics of one step."""
ALL_CUT_OFF = 3
"""Steps in a row in which every completion was cut off: the run stops."""
NO_VARIANCE = 10
"""Steps in a row in which every group's rewards were equal: the run stops."""
RATIO_STAYS = 5
"""Steps in a row in which every ratio stayed at 1 despite several updates: a warning."""
ROUNDING = 1e-5
"""A ratio that differs from 1 by no more than this counts as 1."""
NOISE = 0.1
"""Nats a token from which sampler and loss count as different models: a warning."""
WINDOW = 20
"""Steps over which a trend is measured: the mean of the newer half against that of the older half."""
REWARD_RISES, ACC_NEG_FALLS = 0.05, 0.03
"""Trends that together suggest that the reward is being gamed: a warning."""
LENGTH_LEFT = 0.5
"""Share of the earlier length at or below which completions have collapsed: a warning."""


class Stopped(KeepsakeError):
    """Raised when a guard ends a run; the message says at which step and why."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One problem that a guard found."""

    stop: bool
    """Whether the run must stop; otherwise the alarm is a warning."""
    text: str
    """What is wrong and what to do, in words for a person."""


def check(rows: Sequence[Row], updates: int) -> list[Alarm]:
    """The alarms after the last of `rows` (one for each step, oldest first).

    `updates` is the number of optimiser steps for each rollout batch.
    """
    alarms = [_not_finite(rows), _all_cut_off(rows), _no_variance(rows), _ratio_stays(rows, updates)]
    alarms += [_noisy(rows), _reward_gamed(rows), _length_collapsed(rows)]
    return [alarm for alarm in alarms if alarm]


def _not_finite(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when a metric of the last step is NaN or infinite."""
    bad = [k for k in ("reward", "loss", "grad_norm") if not math.isfinite(_value(rows[-1], k) or 0)]
    return Alarm(True, f"{', '.join(bad)} not a finite number: lower the learning rate") if bad else None


def _all_cut_off(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when every completion of the last `ALL_CUT_OFF` steps was cut off."""
    if not _stayed(rows, "truncated", 1.0, ALL_CUT_OFF):
        return None
    return Alarm(
        True, f"every completion of {ALL_CUT_OFF} steps was cut off: raise max_tokens, or start from a better base"
    )


def _no_variance(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when rewards were equal within every group of the last `NO_VARIANCE` steps."""
    if not _stayed(rows, "zero_variance", 1.0, NO_VARIANCE):
        return None
    return Alarm(True, f"rewards were equal within every group for {NO_VARIANCE} steps: there is nothing to learn from")


def _ratio_stays(rows: Sequence[Row], updates: int) -> Alarm | None:
    """An alarm when several updates a step left every ratio of the last `RATIO_STAYS` steps at 1."""
    last = [_value(row, "ratio_deviation") for row in rows[-RATIO_STAYS:]]
    if updates < 2 or len(last) < RATIO_STAYS or any(value is None or value > ROUNDING for value in last):
        return None
    return Alarm(False, f"the ratio never left 1 in {RATIO_STAYS} steps of {updates} updates: the weights do not move")


def _noisy(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when sampler and loss differ by `NOISE` nats a token or more."""
    noise = _value(rows[-1], "noise")
    if noise is None or noise < NOISE:
        return None
    return Alarm(False, f"sampling and loss disagree by {noise:.2f} nats a token under the same weights: not one model")


def _reward_gamed(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when the reward rises while Acc- falls."""
    reward, acc_neg = _trend(rows, "reward"), _trend(rows, "acc_neg")
    if reward is None or acc_neg is None:
        return None
    if reward[1] - reward[0] < REWARD_RISES or acc_neg[0] - acc_neg[1] < ACC_NEG_FALLS:
        return None
    return Alarm(
        False,
        f"reward rises ({reward[0]:.2f} to {reward[1]:.2f}) while Acc- falls ({acc_neg[0]:.1%} to "
        f"{acc_neg[1]:.1%}): it pays to tell what does not belong; read the rollouts, raise alpha",
    )


def _length_collapsed(rows: Sequence[Row]) -> Alarm | None:
    """An alarm when completions have become much shorter."""
    lengths = _trend(rows, "tokens")
    if lengths is None or lengths[1] > LENGTH_LEFT * lengths[0]:
        return None
    return Alarm(False, f"completions shrank from {lengths[0]:.0f} to {lengths[1]:.0f} tokens: read the rollouts")


def _stayed(rows: Sequence[Row], key: str, value: float, steps: int) -> bool:
    """Whether `key` had this value in each of the last `steps` rows."""
    return len(rows) >= steps and all(_value(row, key) == value for row in rows[-steps:])


def _trend(rows: Sequence[Row], key: str) -> tuple[float, float] | None:
    """Means of the older and the newer half of the last `WINDOW` rows; None when too few of them have a value."""
    values = [value for row in rows[-WINDOW:] if (value := _value(row, key)) is not None]
    if len(rows) < WINDOW or len(values) < WINDOW // 2:
        return None
    half = len(values) // 2
    return sum(values[:half]) / half, sum(values[half:]) / (len(values) - half)


def _value(row: Row, key: str) -> float | None:
    """A value of a row as a float; None when it is missing."""
    value = row.get(key)
    return None if value is None else float(value)
