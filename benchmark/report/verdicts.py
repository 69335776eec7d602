"""Verdicts of a report in words: do the controls score what they must, and is a score a shortcut?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmark.report.run_folder import Run
from benchmark.report.statistics import MEASURES, chance, percent, tallied
from benchmark.runner import Result

GOLD_LEAST = 0.98
"""What the gold caption must score at least, in Acc+ and in Acc-."""
MARGIN = 0.1
"""A name recall above chance by more than this is a shortcut (a share, 0..1)."""
CONTROLS = {
    "control/gold": "control: right caption",
    "control/empty": "control: empty caption",
    "control/everything": "control: all copied",
}
SHORTCUTS = {
    "shortcut/shuffled": ("dialogues swapped among the photos", "names survive with the wrong photos"),
    "shortcut/blank": ("all photos blank", "names survive without photos"),
    "shortcut/no-query": ("no new photo", "names survive without the new photo"),
}
"""For each shortcut test what was taken away, and the verdict when the names survive it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding in words, and its tone: good, bad, unsure, or nothing."""

    text: str
    tone: str = ""


def is_broken(condition: str, rows: Sequence[Result], measure: str) -> bool:
    """Whether a control misses what it has to score. Sums are compared, since averages are rounded."""
    pairs = [r.score[measure] for r in rows if measure in r.score]
    right, asked = sum(p[0] for p in pairs), sum(p[1] for p in pairs)
    if not asked or measure not in ("acc_pos", "acc_neg"):
        return False
    if condition == "control/gold":
        return right / asked < GOLD_LEAST
    return condition == "control/empty" and right != (asked if measure == "acc_neg" else 0)


def controls(run: Run) -> list[Verdict]:
    """Whether the gold and the empty caption score what they must, for each number of things in the photo."""
    out = []
    required = {
        "control/gold": f"at least {GOLD_LEAST:.0%} of both",
        "control/empty": "Acc+ exactly 0 and Acc- exactly 1",
    }
    for condition, least in required.items():
        rows = run.of(condition)
        name = CONTROLS[condition].split()[-2] + " caption"
        by_positives = {k: [r for r in rows if r.positives == k] for k in sorted({r.positives for r in rows})}
        wrong = [
            f"{MEASURES[m][0]} {percent(tallied(some)[m].value)} with {k} in the photo"
            for k, some in by_positives.items()
            for m in ("acc_pos", "acc_neg")
            if is_broken(condition, some, m)
        ]
        if not rows:
            out.append(Verdict(f"The {name} was not scored, so nothing in this run proves the scorer.", "unsure"))
        elif wrong:
            trouble = f"BROKEN: the {name} must score {least}, and has {'; '.join(wrong)}."
            out.append(Verdict(f"{trouble} Do not trust the numbers of this run.", "bad"))
        else:
            averages = tallied(rows)
            both = [f"{MEASURES[m][0]} {percent(averages[m].value)}" for m in ("acc_pos", "acc_neg") if m in averages]
            out.append(Verdict(f"Holds: the {name} scores {', '.join(both)} (required: {least}).", "good"))
    return out


def shortcut(rows: Sequence[Result], survives: str) -> Verdict:
    """The verdict on a shortcut test: failed when the whole interval of name recall lies `MARGIN` above chance.

    A model that names everything has all names right and knows nothing: then wrong names are as frequent as by chance.
    """
    averages, level = tallied(rows), chance(rows)
    t, wrong = averages.get("name_recall"), averages.get("misbinding")
    if t is None:
        return Verdict("names were not measured", "unsure")
    if t.low > level + MARGIN and wrong and wrong.value >= 1 - level:
        return Verdict(f"no shortcut: it names everybody (a wrong name in {percent(wrong.value)})", "unsure")
    if t.low > level + MARGIN:
        return Verdict(f"SHORTCUT: {survives}", "bad")
    if t.high <= level + MARGIN:
        return Verdict("at chance: no shortcut", "good")
    points = f"{100 * (t.high - level):.0f}"
    return Verdict(f"none seen, but with so few samples up to {points} points above chance are possible", "unsure")
