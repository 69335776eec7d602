"""The targets of a speed run, judged from its rows. A ratio above 1 means that Keepsake is faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from benchmark.speed.exactness import Proof
from benchmark.speed.summary import HANDLER, MLX, OURS, SERVER, UNCACHED, Row, summary
from benchmark.speed.workload import STEPS

LEAST_CONTROL = 0.85
"""Least share of the first caption's time that a control must take: all prompts share the instruction."""
MOST_TWO_PASSES = 1.15
"""Most time of both passes, as a multiple of one pass and the caption's writing."""


@dataclass(frozen=True, slots=True)
class Target:
    """A number and the bar for it. `passed` is None without a bar, or when there was nothing to compare with."""

    words: str
    asked: str
    """The bar in words."""
    found: float | None
    """The number by the clock."""
    found_cpu: float | None
    """The number by processor time."""
    passed: bool | None


class _Judge:
    """Makes targets out of the summary of a run.

    With one thread processor time decides, where every peer reports it: other programs do not count. With more threads
    the clock decides, since threads that wait spend processor time too.
    """

    def __init__(self, rows: Sequence[Row], threads: int) -> None:
        self.at = summary(rows)
        self.threads = threads

    def target(self, words: str, asked: str, clock: float, cpu: float | None, good: Callable[[float], bool]) -> Target:
        """A target whose number by the clock or by processor time decides; see the class."""
        return Target(words, asked, clock, cpu, good(cpu if cpu is not None and self.threads == 1 else clock))

    def faster(self, words: str, step: str, peer: str, bar: float | None, their_step: str = "") -> Target:
        """How many times faster Keepsake is to the first word of a step; `bar` None: reported only."""
        words, asked = f"{words}, against {peer}", "reported" if bar is None else f"≥ {bar:g}x"
        ours, theirs = self.at.get(step, {}).get(OURS), self.at.get(their_step or step, {}).get(peer)
        if not ours or not theirs:
            return Target(words, asked, None, None, None)
        clock, cpu = _ratios(theirs, ours)
        if bar is None:
            return Target(words, asked, clock, cpu, None)
        return self.target(words, asked, clock, cpu, lambda ratio: ratio >= bar)

    def encoded(self, step: str, new: int) -> Target:
        """Whether Keepsake's vision tower ran only for photos that it had not seen."""
        encoded = self.at[step][OURS]["photos_encoded"]
        return Target(f"photos encoded: {STEPS[step]}", f"{new} new", encoded, None, encoded == new)

    def control(self, peer: str) -> Target:
        """Whether other photos and words take a peer as long as its first caption: no cache helps by accident."""
        clock, cpu = _ratios(self.at["control"][peer], self.at["caption"][peer])
        asked = f"≥ {LEAST_CONTROL:g}x"
        return self.target(f"control by first caption: {peer}", asked, clock, cpu, lambda x: x >= LEAST_CONTROL)


def _ratios(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, float | None]:
    """Ratio of the median times to the first word, by the clock and by processor time."""
    return one["first"] / other["first"], one["cpu"] / other["cpu"] if one["cpu"] and other["cpu"] else None


def targets(rows: Sequence[Row], proofs: Sequence[Proof], threads: int = 1) -> list[Target]:
    """Every target of a run, in the order of the table."""
    judge = _Judge(rows, threads)
    # Bars by peer: for questions that continue a conversation, and for the first question after a restart.
    peers: dict[str, tuple[float | None, float | None]]
    peers = {MLX: (None, None)} if MLX in judge.at["caption"] else {HANDLER: (20, 10), SERVER: (1, 10)}
    after_restart = "first question after a restart"
    out = []
    for step, words in (("answer", "answer"), ("follow", "follow-up")):
        out += [judge.faster(words, step, peer, bar) for peer, (bar, _) in peers.items()]
    out.append(judge.faster("answer", "answer", UNCACHED, None))
    out += [judge.faster(after_restart, "restart", peer, bar) for peer, (_, bar) in peers.items()]
    if SERVER in peers:
        restored = judge.faster(after_restart, "restart", SERVER, None, "slot")
        out.append(replace(restored, words=f"{restored.words} with its slot restored"))
    for step, words in (("set", "new set of known memories"), ("order", "known memories in another order")):
        out += [judge.faster(words, step, peer, None) for peer in (UNCACHED, *peers)]
    out += [judge.encoded(step, new) for step, new in (("restart", 0), ("order", 0), ("set", 1))]
    clock, cpu = two_passes(rows)
    words, asked = "two passes by one pass and the caption's writing", f"≤ {MOST_TWO_PASSES:g}x"
    out.append(judge.target(words, asked, clock, cpu, lambda ratio: ratio <= MOST_TWO_PASSES))
    out += [judge.control(peer) for peer in judge.at["control"]]
    equal = sum(p.equal for p in proofs)
    return [*out, Target("paths with the logits of no caches", f"all {len(proofs)}", equal, None, equal == len(proofs))]


def two_passes(rows: Sequence[Row]) -> tuple[float, float | None]:
    """Time of both passes to the answer's first word, over the time of one pass to its first word and the caption's.

    Medians over the repeats, by the clock and by processor time.
    """
    clock, spent = [], []
    for repeat in {r.repeat for r in rows}:
        by = {(r.step, r.peer): r for r in rows if r.repeat == repeat}
        one, caption, answer = by["single", UNCACHED], by["caption", OURS], by["answer", OURS]
        clock.append((caption.whole + answer.first) / (one.first + caption.whole - caption.first))
        if one.first_cpu and caption.first_cpu and caption.whole_cpu and answer.first_cpu:
            writing = caption.whole_cpu - caption.first_cpu
            spent.append((caption.whole_cpu + answer.first_cpu) / (one.first_cpu + writing))
    return median(clock), median(spent) if spent else None
