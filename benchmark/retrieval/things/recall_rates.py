"""Shares of trials: right first, found where few strangers pass, and what a gate says; with intervals over things.

The photos of one thing resemble each other, and a hard thing is hard in every memory. So the intervals come from
resampling things, each with all of its trials (1000 times, the middle 95 %); photos are never resampled alone.
Strangers are resampled by their things as well. Which other things were in the memory is not resampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.retrieval.things.memory_draws import Trials
from memory.search.gate import Gate

PASSING = (0.02, 0.05, 0.1)
"""Shares of strangers that may pass."""
ROUNDS = 1000
_CHUNK = 50  # rounds at a time, for the size of the arrays


@dataclass(frozen=True, slots=True)
class Share:
    """A share (0..1) with its 95 % interval; all nan when there was nothing to ask."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As "98.4 % [96, 100]"."""
        if np.isnan(self.value):
            return "–"
        return f"{100 * self.value:.1f} % [{100 * self.low:.0f}, {100 * self.high:.0f}]"


@dataclass(frozen=True, slots=True)
class Found:
    """The share of known things that is found at a threshold that a given share of strangers passes; the threshold."""

    share: Share
    threshold: float


NOTHING = Share(np.nan, np.nan, np.nan)


def resampled(things: int, groups: Sequence[np.ndarray], seed: int = 0) -> np.ndarray:
    """How often each thing is drawn in each round, (ROUNDS, things); things are drawn within their group."""
    rng = np.random.default_rng((seed, 5))
    times = np.zeros((ROUNDS, things), np.float32)
    for group in groups:
        if len(group):
            times[:, group] = rng.multinomial(len(group), np.full(len(group), 1 / len(group)), ROUNDS)
    return times


def share(marks: np.ndarray, thing: np.ndarray, times: np.ndarray) -> Share:
    """The share of `marks` (N,) that are true; `thing` (N,) are their things, `times` the result of `resampled`."""
    if not len(marks):
        return NOTHING
    things = times.shape[1]
    total = np.bincount(thing, minlength=things)
    true = np.bincount(thing, marks, minlength=things)
    return _interval(float(marks.mean()), times @ true, times @ total)


def right_first(trials: Trials, times: np.ndarray) -> Share:
    """The share of photos of known things whose own memory comes first."""
    return share(trials.right[trials.known], trials.thing[trials.known], times)


def found(trials: Trials, times: np.ndarray, passing: float) -> Found | None:
    """The share of photos of known things whose own memory comes first and above the best score of most strangers.

    The threshold is the score that a share of `passing` of the strangers exceed; it is found anew in each round. None
    when there are no strangers.
    """
    strangers, known = ~trials.known, trials.known
    if not strangers.any() or not known.any():
        return None
    threshold = float(np.quantile(trials.score[strangers], 1 - passing))
    value = float((trials.right[known] & (trials.score[known] > threshold)).mean())
    order = np.argsort(-trials.score[strangers], kind="stable")
    scores, things = trials.score[strangers][order], trials.thing[strangers][order]
    known_score = np.where(trials.right[known], trials.score[known], -1.0)
    rounds = []
    for start in range(0, len(times), _CHUNK):
        drawn = times[start : start + _CHUNK]
        passed = np.cumsum(drawn[:, things], axis=1)  # strangers at least as high, (R, N)
        first = (passed <= passing * passed[:, -1:]).sum(axis=1).clip(max=len(scores) - 1)
        weights = drawn[:, trials.thing[known]]
        above = (weights * (known_score > scores[first][:, None])).sum(axis=1)
        total = weights.sum(axis=1)
        rounds.append(np.where((passed[:, -1] > 0) & (total > 0), above / np.maximum(total, 1), np.nan))
    low, high = _bounds(np.concatenate(rounds))
    return Found(Share(value, low, high), threshold)


def gate_shares(trials: Trials, gate: Gate, times: np.ndarray) -> dict[str, dict[str, Share]]:
    """Shares of photos by the gate's certainty about the memory that comes first.

    For known things: "sure" and "maybe" (the memory is the right one), "wrong" (sure or maybe of another one) and
    "nobody". For strangers: "sure" and "maybe".
    """
    sure, maybe = gate.thresholds(trials.n)
    is_sure = trials.score >= sure
    is_maybe = (trials.score >= maybe) & ~is_sure
    passed_gate = is_sure | is_maybe
    of_known = {
        "sure": is_sure & trials.right,
        "maybe": is_maybe & trials.right,
        "wrong": passed_gate & ~trials.right,
        "nobody": ~passed_gate,
    }
    shares = {}
    for who, rows, marks in (
        ("known", trials.known, of_known),
        ("strangers", ~trials.known, {"sure": is_sure, "maybe": is_maybe}),
    ):
        shares[who] = {name: share(mark[rows], trials.thing[rows], times) for name, mark in marks.items()}
    return shares


def _interval(value: float, true: np.ndarray, total: np.ndarray) -> Share:
    return Share(value, *_bounds(np.where(total > 0, true / np.maximum(total, 1), np.nan)))


def _bounds(rounds: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the rounds that had anything to ask."""
    rounds = rounds[~np.isnan(rounds)]
    if not len(rounds):
        return np.nan, np.nan
    low, high = np.percentile(rounds, [2.5, 97.5])
    return float(low), float(high)
