"""Guards of reward training: when to stop a run that cannot learn any more, and when to warn a person.

Pure: they look at the metrics of the last steps and at nothing else. A row holds the fields named here, of which any
may be missing or None (then it says nothing): `reward`, `loss`, `grad_norm`, `acc_neg`, `tokens` (means), `truncated`
and `zero_variance` (shares, 0 to 1), `ratio_deviation` (largest |ratio - 1| of the step), and `noise` (how far sampling
and loss are apart under the same weights: nats a token, the mean).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory.errors import KeepsakeError

Row = Mapping[str, Any]
ALL_CUT_OFF = 3
"""Steps in a row in which every completion was cut off."""
NO_VARIANCE = 10
"""Steps in a row in which every group's rewards were equal."""
RATIO_STAYS = 5
"""Steps in a row in which several updates left every ratio at 1."""
ROUNDING = 1e-5
"""A ratio this near to 1 is 1."""
NOISE = 0.1
WINDOW = 20
"""Steps over which trends are seen: the older half against the newer."""
REWARD_RISES, KEPT_FALLS = 0.05, 0.03
LENGTH_LEFT = 0.5
"""Share of the length that is a collapse."""


class Stopped(KeepsakeError):
    """A guard ended the run: the message says at which step and why."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is wrong, in words for a person."""

    stop: bool
    """Going on would only cost time; otherwise it is a warning."""
    text: str


def check(rows: Sequence[Row], updates: int) -> list[Alarm]:
    """Alarms after the last of `rows` (one a step, oldest first); `updates` are optimiser steps a rollout batch."""
    found = [_not_a_number(rows), _cut_off(rows), _no_variance(rows)]
    found += [_ratio_stays(rows, updates), _noisy(rows), _hacked(rows), _collapsed(rows)]
    return [alarm for alarm in found if alarm]


def _not_a_number(rows: Sequence[Row]) -> Alarm | None:
    bad = [k for k in ("reward", "loss", "grad_norm") if not math.isfinite(_value(rows[-1], k) or 0)]
    return Alarm(True, f"{', '.join(bad)} not a finite number: lower the learning rate") if bad else None


def _cut_off(rows: Sequence[Row]) -> Alarm | None:
    if not _held(rows, "truncated", 1.0, ALL_CUT_OFF):
        return None
    return Alarm(
        True, f"every completion of {ALL_CUT_OFF} steps was cut off: raise max_tokens, or start from a better base"
    )


def _no_variance(rows: Sequence[Row]) -> Alarm | None:
    if not _held(rows, "zero_variance", 1.0, NO_VARIANCE):
        return None
    return Alarm(True, f"rewards were equal within every group for {NO_VARIANCE} steps: there is nothing to learn from")


def _ratio_stays(rows: Sequence[Row], updates: int) -> Alarm | None:
    last = [_value(row, "ratio_deviation") for row in rows[-RATIO_STAYS:]]
    if updates < 2 or len(last) < RATIO_STAYS or any(value is None or value > ROUNDING for value in last):
        return None
    return Alarm(False, f"the ratio never left 1 in {RATIO_STAYS} steps of {updates} updates: the weights do not move")


def _noisy(rows: Sequence[Row]) -> Alarm | None:
    noise = _value(rows[-1], "noise")
    if noise is None or noise < NOISE:
        return None
    return Alarm(False, f"sampling and loss disagree by {noise:.2f} nats a token under the same weights: not one model")


def _hacked(rows: Sequence[Row]) -> Alarm | None:
    reward, kept = _trend(rows, "reward"), _trend(rows, "acc_neg")
    if reward is None or kept is None or reward[1] - reward[0] < REWARD_RISES or kept[0] - kept[1] < KEPT_FALLS:
        return None
    return Alarm(
        False,
        f"reward rises ({reward[0]:.2f} to {reward[1]:.2f}) while Acc- falls ({kept[0]:.1%} to {kept[1]:.1%}): it pays "
        "to tell what does not belong; read the rollouts, raise alpha",
    )


def _collapsed(rows: Sequence[Row]) -> Alarm | None:
    lengths = _trend(rows, "tokens")
    if lengths is None or lengths[1] > LENGTH_LEFT * lengths[0]:
        return None
    return Alarm(False, f"completions shrank from {lengths[0]:.0f} to {lengths[1]:.0f} tokens: read the rollouts")


def _held(rows: Sequence[Row], key: str, value: float, steps: int) -> bool:
    """Whether `key` was `value` in each of the last `steps` rows."""
    return len(rows) >= steps and all(_value(row, key) == value for row in rows[-steps:])


def _trend(rows: Sequence[Row], key: str) -> tuple[float, float] | None:
    """Means of the older and the newer half of the last `WINDOW` values."""
    values = [value for row in rows[-WINDOW:] if (value := _value(row, key)) is not None]
    if len(rows) < WINDOW or len(values) < WINDOW // 2:
        return None
    half = len(values) // 2
    return sum(values[:half]) / half, sum(values[half:]) / (len(values) - half)


def _value(row: Row, key: str) -> float | None:
    value = row.get(key)
    return None if value is None else float(value)
