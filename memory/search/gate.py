"""The gate: how certain a recall by sight is, from its score and from how many photos are remembered.

The best of many strangers' scores grows with the number of photos it is compared with, so a fixed threshold would let
more strangers through with every memory. Scores end at 1; the best of n of them approaches that end by the power law of
extreme values for a bounded quantity (Weibull's), and so do both thresholds:

    threshold = min(1 - a n^-b, HIGHEST)        for "sure", and a lower one for "maybe"

n counts photos with words, at most MOST: beyond, photos show the same things again. On 81 real photographs of 15 things
the law fits the scores that 2 and 10 % of strangers reach to within 0.03, from 1 to 14 things (LOG.md).

A score from "sure" on is told as known, one between the two is asked about, and one below "maybe" is nobody.

The user's answers about one remembered photo move its own thresholds. "No" at k scores, the highest h; "yes" at y:

    "maybe"   rises above the strangers where that refuses more of the k than of the y: to the score s at which the
              difference d is largest, and on to 1 - (1 - s) 0.75^d, but not beyond the next "yes". Where it does not
              rise it falls to the lowest "yes", but to no "no", nor below 0.8 of what it is for all
    "sure"    is at least 1 - (1 - h) 0.75^((k + 1) / (y + 1)); without a "no" it comes half way down to the lowest
              "yes"

A photo that attracts many strangers so cools down: what looks no more like it than they did comes no more, and every
"no" takes a quarter of the room that is left above them. Where scores cannot tell strangers from its own views, it goes
on being asked about, and is sure above the strangers only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from memory.episode import Certainty

HIGHEST = 0.98
"""No threshold is above this score: the same photo, cropped a little, must still be recalled."""
MOST = 300
"""As many photos as a memory holds of different things, about; the thresholds grow no further."""
FEWEST = 8
"""The threshold of "sure" is never below that for so many photos: a new dog is no stranger at random to somebody whose
one memory is a dog. Then recall asks."""
_LEFT = 0.75
"""The share of the room above the strangers' scores that one more "no" leaves."""
_LEAST = 0.8
"""The share of the threshold "maybe" below which no "yes" brings it."""


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
        return cls((1 - threshold, 0.0), (1 - threshold, 0.0))

    @classmethod
    def always(cls) -> Self:
        """Everything is sure: for measurements of the ranking alone."""
        return cls.constant(0.0)

    def thresholds(self, n: int) -> tuple[float, float]:
        """The lowest scores that are sure and maybe, with n photos remembered. The first is never the lower one."""
        least = ((self.sure, FEWEST), (self.maybe, 1))
        sure, maybe = (min(1 - a * min(max(n, few), MOST) ** -b, HIGHEST) for (a, b), few in least)
        return max(sure, maybe), maybe

    def own_thresholds(self, n: int, yes: Sequence[float], no: Sequence[float]) -> tuple[float, float]:
        """`thresholds` of one photo of which the user said "yes" and "no" at these scores; the law is above."""
        sure, maybe = self.thresholds(n)
        if no:
            sure = max(sure, _above(max(no), (len(no) + 1) / (len(yes) + 1)))
        elif yes:
            sure = min(sure, (sure + max(min(yes), maybe)) / 2)
        refused = {s: sum(x <= s for x in no) - sum(x <= s for x in yes) for s in sorted(no)}
        highest = max(refused, key=lambda s: refused[s], default=0.0)  # of equals the lowest
        if refused.get(highest, 0) > 0:
            maybe = max(maybe, min([_above(highest, refused[highest]), *(s for s in yes if s > highest)]))
        elif yes:
            maybe = min(maybe, max(min(yes), _LEAST * maybe, *(math.nextafter(s, 1.0) for s in no)))
        return max(sure, maybe), maybe

    def certainty(self, score: float, n: int, yes: Sequence[float] = (), no: Sequence[float] = ()) -> Certainty | None:
        """How certain a recall with this score is among n remembered photos; None: not recalled.

        `yes`, `no`: the scores at which the user said so of the remembered photo.
        """
        sure, maybe = self.own_thresholds(n, yes, no)
        return "sure" if score >= sure else "maybe" if score >= maybe else None


def _above(score: float, times: float) -> float:
    """What a photo needs that was said so many times not to be in strangers with scores up to `score`."""
    return min(1 - (1 - score) * _LEFT**times, HIGHEST)
