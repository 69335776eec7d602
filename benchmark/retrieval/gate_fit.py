"""The gate's law fitted to real photographs: thresholds that keep strangers out, however many photos are remembered.

The best score of n impostors rises with n. `fit_gate` fits a law to such best scores; everything else here measures how
often strangers pass, and how often known things are found, with a gate fitted to *other* things (the things are halved
at random; each half serves once to fit and once to measure).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmark.retrieval.things import recall_rates
from benchmark.retrieval.things.memory_draws import Trials, ask, draw_things
from benchmark.retrieval.things.photo_things import EncodedSet, Progress
from benchmark.retrieval.things.recall_table import TextTable
from memory.errors import KeepsakeError
from memory.search.gate import Gate

TARGETS = {"sure": 0.02, "maybe": 0.1}
"""Largest share of strangers that may be sure, and that may be at least "maybe"."""
CAUTION = 0.5
"""The share of these targets that a fit aims at: a law fitted to few things lets more strangers of other things through
than of its own."""
FITTED = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
"""Sizes of the memory that a law is fitted to, as far as there are things."""
MEASURED = (3, 6, 12, 24, 48, 96)
"""Sizes of the memory at which rates are measured."""
TOLD = (3, 6, 12, 25, 50, 100)
"""Sizes of the memory at which thresholds are printed."""
HELD_BACK = 1
"""Least number of things that stay out of a memory, to be its strangers, when strangers have no folder of their own."""
MEMORIES = 40
"""Memories that are drawn of each size."""
SPLITS = 10
"""Random halves of the things."""


def fit_gate(impostors: Mapping[int, np.ndarray]) -> Gate:
    """The gate whose thresholds 1 - a n^-b fit the best scores (N,) of strangers with n photos remembered, by n.

    If each of n independent impostors exceeds a score with probability p / n, the best of them exceeds it with a
    probability of about p. So both targets p share one law 1 - c (n / p)^-b. It is fitted, by least squares of the
    logarithms, to the scores that these shares of strangers exceed at every size. A threshold never falls as a memory
    grows.
    """
    sizes = sorted(impostors)
    wanted = np.array([[np.quantile(impostors[n], 1 - CAUTION * share) for n in sizes] for share in TARGETS.values()])
    odds = np.log([[n / (CAUTION * share) for n in sizes] for share in TARGETS.values()])
    left = np.log(np.maximum(1 - wanted, 1e-3))
    slope = max(-float(np.polyfit(odds.ravel(), left.ravel(), 1)[0]), 0.0)
    # Each target gets a constant of its own, since real things are not independent.
    heights = np.exp((left + slope * np.log(sizes)).mean(axis=1))
    sure, maybe = ((round(float(height), 4), round(slope, 4)) for height in heights)
    return Gate(sure, maybe)


@dataclass(frozen=True, slots=True)
class Half:
    """Things that a gate is fitted to or measured with."""

    things: np.ndarray
    """Things that are remembered."""
    strangers: np.ndarray | None
    """Things that are never remembered; None: the strangers are those of `things` that are not in the memory."""

    def sizes(self, wanted: Sequence[int]) -> list[int]:
        """The `wanted` sizes of a memory for which there are enough things, strangers included."""
        most = len(self.things) - (HELD_BACK if self.strangers is None else 0)
        return [n for n in wanted if n <= most]

    def trials(self, photos: EncodedSet, rng: np.random.Generator, n: int) -> Trials:
        """Queries to memories of n things each."""
        drawn = draw_things(rng, self.things, n, MEMORIES)
        return ask(photos, rng, drawn, self.things if self.strangers is None else self.strangers)

    def fit(self, photos: EncodedSet, rng: np.random.Generator) -> Gate:
        """The gate fitted to this half. Raises KeepsakeError when the things are too few."""
        sizes = self.sizes(FITTED)
        if not sizes:
            least = 2 + (HELD_BACK if self.strangers is None else 0)
            raise KeepsakeError(f"a gate is fitted to {2 * least} things or more; give more of them")
        found = {n: self.trials(photos, rng, n) for n in sizes}
        return fit_gate({n: trials.score[~trials.known] for n, trials in found.items()})


@dataclass(frozen=True, slots=True)
class Fitted:
    """A gate, and the shares that it reaches."""

    encoder: str
    things: int
    photos: int
    gate: Gate
    reached: dict[int, dict[str, dict[str, float]]]
    """`recall_rates.gate_shares` by size of the memory, measured with the things that the gate was fitted to."""
    held_out: dict[int, list[dict[str, dict[str, float]]]]
    """The same, measured with the other half of the things: a list with one result for each half."""


def fit(name: str, photos: EncodedSet, seed: int, progress: Progress) -> Fitted:
    """Fit a gate to all things, and measure how gates fitted to half of them do on the others."""
    own, everything = photos.photos.own, len(photos.photos.things)
    mine, other = np.arange(own), np.arange(own, everything)
    whole = Half(mine, other if len(other) else None)
    rng = np.random.default_rng((seed, 31))
    gate = whole.fit(photos, rng)
    reached = {n: _shares(whole.trials(photos, rng, n), gate) for n in whole.sizes(MEASURED)}
    held_out: dict[int, list[dict[str, dict[str, float]]]] = {}
    for split in range(SPLITS):
        progress(f"{name}: fitted to half of the things, measured with the other half: {split + 1} of {SPLITS}")
        a, b = np.array_split(rng.permutation(mine), 2)
        s, t = np.array_split(rng.permutation(other), 2) if len(other) > 1 else (whole.strangers, whole.strangers)
        for one, two in ((Half(a, s), Half(b, t)), (Half(b, t), Half(a, s))):
            law = one.fit(photos, rng)
            for n in two.sizes(MEASURED):
                held_out.setdefault(n, []).append(_shares(two.trials(photos, rng, n), law))
    count = sum(p.thing < own for p in photos.photos.photos)
    return Fitted(name, own, count, gate, reached, held_out)


def _shares(trials: Trials, gate: Gate) -> dict[str, dict[str, float]]:
    """`gate_shares` of known things and of strangers, without intervals."""
    times = np.ones((1, int(trials.thing.max()) + 1), np.float32)
    found = recall_rates.gate_shares(trials, gate, times)
    return {who: {name: one.value for name, one in shares.items()} for who, shares in found.items()}


def spread(shares: Sequence[dict[str, dict[str, float]]], who: str, name: str) -> dict[str, float]:
    """The mean of a share over the halves, and its 10th and 90th percentile."""
    values = np.array([one[who][name] for one in shares])
    low, high = np.quantile(values, [0.1, 0.9])
    return {"mean": round(float(values.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def as_record(found: Fitted) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "encoder": found.encoder,
        "things": found.things,
        "photos": found.photos,
        "targets": TARGETS,
        "gate": {name: list(law) for name, law in asdict(found.gate).items()},
        "thresholds": {str(n): [round(x, 4) for x in found.gate.thresholds(n)] for n in TOLD},
        "reached": {
            str(n): {who: {k: round(v, 4) for k, v in of.items()} for who, of in shares.items()}
            for n, shares in found.reached.items()
        },
        "held_out": {
            str(n): {who: {name: spread(halves, who, name) for name in of} for who, of in halves[0].items()}
            for n, halves in found.held_out.items()
        },
    }


def table(found: Fitted) -> str:
    """The law, its thresholds, and what it reaches, for people."""
    thresholds = [(str(n), *(f"{x:.3f}" for x in found.gate.thresholds(n))) for n in TOLD]
    head = ("memories", "strangers: sure", "maybe or sure", "known: sure", "maybe", "wrong", "nobody")
    same = [(str(n), *map(_percent, _row(shares))) for n, shares in found.reached.items()]
    other = []
    for n, halves in found.held_out.items():
        rows = np.array([_row(shares) for shares in halves])  # (halves, columns)
        lows, highs = np.quantile(rows, [0.1, 0.9], axis=0)
        ranges = zip(rows.mean(axis=0), lows, highs, strict=True)
        other.append((str(n), *(f"{_percent(m)} [{100 * low:.0f}, {100 * high:.0f}]" for m, low, high in ranges)))
    aims = ", ".join(f"{name} at most {share:.0%} of strangers" for name, share in TARGETS.items())
    law = "; ".join(f"{name}: 1 - {a} n^-{b}" for name, (a, b) in asdict(found.gate).items())
    return "\n\n".join([
        f"{found.encoder}, {found.things} things, {found.photos} photos. Aims: {aims}.\nThe law: {law}",
        str(TextTable("Thresholds", ("memories", "sure", "maybe"), tuple(thresholds))),
        str(TextTable("With the things that it was fitted to", head, tuple(same))),
        str(TextTable(f"Fitted to half of the things, measured with the others ({2 * SPLITS} halves; brackets: the "
                      "middle 80 % of them)", head, tuple(other))),
    ])  # fmt: skip


def _row(shares: dict[str, dict[str, float]]) -> list[float]:
    """A row of the table: strangers that are sure, and sure or maybe; known things by the gate's certainty."""
    strangers = shares["strangers"]
    return [strangers["sure"], strangers["sure"] + strangers["maybe"], *shares["known"].values()]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
