"""The gate: how certain a recall by sight is, from its score and from how many photos are remembered.

The best of many strangers' scores grows with the number of photos it is compared with, so a fixed threshold would let
more strangers through with every memory. Both thresholds therefore grow with the logarithm of that number n:

    threshold = min(a + b ln n, HIGHEST)        for "sure", and a lower one for "maybe"

A score from "sure" on is told as known, one between the two is asked about, and one below "maybe" is nobody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from memory.episode import Certainty

__all__ = ["HIGHEST", "Certainty", "Gate"]

HIGHEST = 0.98
"""No threshold is above this score: the same photo, cropped a little, must still be recalled."""


@dataclass(frozen=True)
class Gate:
    """The law of the two thresholds. An encoder ships with the one that was fitted to its scores."""

    sure: tuple[float, float]
    """(a, b) of the threshold from which a recall is sure."""
    maybe: tuple[float, float]
    """(a, b) of the threshold from which a recall is asked about."""

    @classmethod
    def constant(cls, threshold: float) -> Self:
        """Everything from `threshold` on is sure, whatever the number of photos; nothing is "maybe"."""
        return cls((threshold, 0.0), (threshold, 0.0))

    @classmethod
    def always(cls) -> Self:
        """Everything is sure: for measurements of the ranking alone."""
        return cls.constant(0.0)

    def thresholds(self, n: int) -> tuple[float, float]:
        """The lowest scores that are sure and maybe, with n photos remembered. The first is never the lower one."""
        sure, maybe = (min(a + b * math.log(max(n, 1)), HIGHEST) for a, b in (self.sure, self.maybe))
        return max(sure, maybe), maybe

    def certainty(self, score: float, n: int) -> Certainty | None:
        """How certain a recall with this score is among n remembered photos; None: not recalled."""
        sure, maybe = self.thresholds(n)
        return "sure" if score >= sure else "maybe" if score >= maybe else None
