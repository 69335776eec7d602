"""From the rows of runs to what a report says: tables, verdicts in words and the points of curves.

Averages are those of `score.tally`; nothing is drawn or written here (`plots.py`, `error_gallery.py`, `report.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmark.judges.score import Tally, harmonic, tally
from benchmark.runner import Result

GOLD_LEAST = 0.98
"""A gold caption has to score this."""
MARGIN = 0.1
"""Names that survive by more than this above chance are a shortcut (a share, 0..1)."""
MEASURES = {
    "acc_pos": ("Acc+", "questions about things in the photo that the caption answers"),
    "acc_neg": ("Acc-", "questions about things that are not in the photo, rightly not answerable"),
    "harmonic": ("harmonic mean", "of Acc+ and Acc-: neither silence nor telling everything wins"),
    "name_recall": ("names right", "known things in the photo that are named"),
    "misbinding": ("wrong name ↓", "captions that name something which is not in the photo"),
    "exact": ("exact", "captions that name all that is there and nothing else"),
    "facts_told": ("facts told", "what was said of the things in the photo and stands in the caption"),
    "facts_kept": ("facts kept", "what was said of other things and stays out of the caption"),
    "abstained": ("knows nobody", "captions that say nothing known is in the photo"),
    "f1": ("F1", "words of the answer shared with the right one"),
    "hit": ("right answers", "answers that say the right thing"),
    "fired": ("reminded", "photos with a reminder in which it was given"),
    "false_alarm": ("false alarm ↓", "photos in which a reminder for something else was given"),
    "retrieved": ("memory found", "things in the photo whose memory was looked up"),
    "kept": ("memory kept", "things in the photo whose memory was not dropped"),
    "recalled": ("right passes", "photos of known things whose own memory passes the model's gate"),
    "told_wrong": ("wrong passes ↓", "photos in which somebody else's memory passes it"),
    "follows": ("follows the swap", "things named as the shuffled memories would have it"),
    "hallucinated": ("not there ↓", "things described that are not in the photo"),
    "missed": ("overlooked ↓", "things in the photo that are not described"),
    "specific": ("called by its word", "things in the photo that are called what they are"),
    "unread": ("unread ↓", "answers of the judge without a letter"),
    "empty": ("empty ↓", "captions without a word"),
}
"""Head and meaning; what else a row measures is shown under its own name."""
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
TASKS = {
    "lsd": ("Where was it last seen?", ("f1", "hit")),
    "lar": ("What did you do with it last?", ("hit",)),
    "itr": ("Give the reminder when it shows up.", ("fired", "false_alarm")),
}
WAYS = {"direct": "answer at once", "cag": "own caption first", "reference": "published flow"}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run folder holds."""

    label: str
    about: dict[str, Any]
    """`run.json`."""
    rows: tuple[Result, ...]
    """One for each condition and sample that was scored."""
    failed: tuple[Result, ...] = ()
    notes: tuple[str, ...] = ()
    """What is unfinished or could not be read, in words."""

    def of(self, condition: str, keep: Callable[[Result], bool] = lambda r: True) -> list[Result]:
        """The rows of a condition."""
        return [r for r in self.rows if r.condition == condition and keep(r)]

    def part(self, group: str) -> list[str]:
        """Conditions that begin with `group`/, in the order of the rows."""
        return list({r.condition: 0 for r in self.rows if r.condition.startswith(f"{group}/")})


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table."""

    text: str
    small: str = ""
    tone: str = ""
    """good, bad, unsure, or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows of as many cells; the first `labels` columns are words, the rest numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding in words."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A row of a table, for each run."""

    labels: tuple[str, ...]
    pick: Callable[[Run], list[Result]]
    tone: Callable[[str, list[Result]], str] = lambda measure, rows: ""


def tallied(rows: Iterable[Result]) -> dict[str, Tally]:
    """Averages by measure."""
    return tally({m: (p[0], p[1]) for m, p in r.score.items()} for r in rows)


def percent(value: float) -> str:
    """In words for people: 0.974 is "97.4%"."""
    return f"{value:.1%}"


def span(t: Tally) -> str:
    """The 95 % interval."""
    return f"{100 * t.low:.1f} to {percent(t.high)}"


def mode(row: Result) -> str:
    """Which others were in the context; "given" where the source does not say."""
    return row.spec["mode"] if row.spec else "given"


def plain(row: Result) -> bool:
    """Not a long history, and without reminders."""
    return row.spec is None or not (row.spec["extra"] or row.spec["reminders"])


def main_rows(run: Run, condition: str = "caption") -> list[Result]:
    """The rows that the headline counts: random distractors, else the kind that most rows have."""
    rows = run.of(condition, plain)
    kinds = [mode(r) for r in rows]
    chosen = "random" if "random" in kinds else max(dict.fromkeys(kinds), key=kinds.count, default="")
    return [r for r in rows if mode(r) == chosen]


def compare(
    runs: Sequence[Run], heads: tuple[str, ...], groups: Sequence[Group], measures: Sequence[str] | None = None
) -> Table | None:
    """One row for each group and run that has any; `measures` (None: every one) that nobody was asked have no column.
    None when nothing was run."""
    lines = [(g, run, rows) for g in groups for run in runs if (rows := g.pick(run))]
    found = [tallied(rows) for _, _, rows in lines]
    for f in found:
        if "acc_pos" in f and "acc_neg" in f:
            both = harmonic(f["acc_pos"].value, f["acc_neg"].value)
            f["harmonic"] = Tally(both, both, both, f["acc_pos"].samples)
    there = {m for f in found for m in f}
    shown = [m for m in measures or [*MEASURES, *sorted(there - set(MEASURES))] if m in there]
    if not shown:
        return None
    several = ("Run",) if len(runs) > 1 else ()
    rows = []
    for (group, run, some), f in zip(lines, found, strict=True):
        names = [Cell(x) for x in (*group.labels, *([run.label] if several else []))]
        numbers = [_cell(m, f.get(m), group.tone(m, some)) for m in shown]
        rows.append((*names, *numbers, Cell(str(len(some)))))
    head = (*heads, *several, *(MEASURES.get(m, (m, ""))[0] for m in shown), "n")
    return Table(head, tuple(rows), len(heads) + len(several))


def _cell(measure: str, t: Tally | None, tone: str) -> Cell:
    if t is None:
        return Cell("–")
    return Cell(percent(t.value), "" if measure == "harmonic" else span(t), tone)


def capeval(runs: Sequence[Run]) -> Table | None:
    """CapEval by number of things in the photo, the controls beside the model."""
    counts = sorted({r.positives for run in runs for r in main_rows(run)})
    groups = []
    for k in counts:
        for condition, who in {"caption": "by the model", **CONTROLS}.items():

            def pick(run: Run, condition: str = condition, k: int = k) -> list[Result]:
                return [r for r in main_rows(run, condition) if r.positives == k]

            sizes = sorted({r.episodes for run in runs for r in pick(run)})
            memories = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else "".join(map(str, sizes))
            labels = (f"{k} known, {memories} memories", who)
            groups.append(Group(labels, pick, lambda m, rows, c=condition: "bad" if _broken(c, rows, m) else ""))
    shown = ("acc_pos", "acc_neg", "harmonic", "name_recall", "misbinding", "unread")
    return compare(runs, ("In the photo", "Caption"), groups, shown)


def _broken(condition: str, rows: list[Result], measure: str) -> bool:
    """Whether a control misses what it has to score; sums are compared, since averages are rounded."""
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
    asks = {"control/gold": f"at least {GOLD_LEAST:.0%} of both", "control/empty": "Acc+ exactly 0 and Acc- exactly 1"}
    for condition, least in asks.items():
        rows = run.of(condition)
        name = CONTROLS[condition].split()[-2] + " caption"
        scored = {k: [r for r in rows if r.positives == k] for k in sorted({r.positives for r in rows})}
        wrong = [
            f"{MEASURES[m][0]} {percent(tallied(some)[m].value)} with {k} in the photo"
            for k, some in scored.items()
            for m in ("acc_pos", "acc_neg")
            if _broken(condition, some, m)
        ]
        if not rows:
            out.append(Verdict(f"The {name} was not scored, so nothing here proves the scorer.", "unsure"))
        elif wrong:
            trouble = f"BROKEN: the {name} must score {least}, and has {'; '.join(wrong)}."
            out.append(Verdict(f"{trouble} Do not trust the numbers of this run.", "bad"))
        else:
            found = tallied(rows)
            both = [f"{MEASURES[m][0]} {percent(found[m].value)}" for m in ("acc_pos", "acc_neg") if m in found]
            out.append(Verdict(f"Holds: the {name} scores {', '.join(both)} (it must: {least}).", "good"))
    return out


def gain(before: Sequence[Result], after: Sequence[Result], measure: str) -> Tally | None:
    """The difference of two micro-averages over the samples both have, with its interval; None: none in common."""
    old = {r.sample: r.score[measure] for r in before if measure in r.score}
    pairs = [(old[r.sample], r.score[measure]) for r in after if measure in r.score and r.sample in old]
    return tally({measure: (b[0] - a[0], a[1])} for a, b in pairs if a[1] == b[1]).get(measure)


def gain_words(t: Tally) -> str:
    """ "+12.0 points (3.1 to 20.4)"."""
    return f"{100 * t.value:+.1f} points ({100 * t.low:+.1f} to {100 * t.high:+.1f})"


def chance(rows: Sequence[Result]) -> float:
    """How many names someone gets right who names as many of the context as are in the photo, unseen: 1 / episodes
    with one thing in it."""
    asked = [(r.score["name_recall"][1], r.positives / r.episodes) for r in rows if "name_recall" in r.score]
    total = sum(n for n, _ in asked)
    return sum(n * p for n, p in asked) / total if total else 0.0


def shortcut(rows: Sequence[Result], survives: str) -> Verdict:
    """The verdict on a shortcut test: is the interval of the names right above chance by more than `MARGIN`? Not when
    wrong names are as many as chance gives too: who names everybody gets all names right, and knows nothing."""
    found, level = tallied(rows), chance(rows)
    t, wrong = found.get("name_recall"), found.get("misbinding")
    if t is None:
        return Verdict("names were not measured", "unsure")
    if t.low > level + MARGIN and wrong and wrong.value >= 1 - level:
        return Verdict(f"no shortcut: it names everybody (a wrong name in {percent(wrong.value)})", "unsure")
    if t.low > level + MARGIN:
        return Verdict(f"SHORTCUT: {survives}", "bad")
    if t.high <= level + MARGIN:
        return Verdict("at chance: no shortcut", "good")
    return Verdict(
        f"none seen, but up to {100 * (t.high - level):.0f} points above chance fit so few samples", "unsure"
    )


def gate_curve(rows: Iterable[Result]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(thresholds, wrong, right): of a gate that lets the best memory through, the share of all photos in which that
    is somebody else's, and the share of photos of known things in which it is their own. (T,) each, rising gate."""
    texts = [(r.texts.get("right"), r.texts.get("wrong")) for r in rows]
    pairs = np.array([[float(x) if x else -np.inf for x in pair] for pair in texts]).reshape(-1, 2)  # (N, 2)
    if not len(pairs):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    right, wrong = pairs[:, 0], pairs[:, 1]
    gates = np.append(np.unique(pairs[np.isfinite(pairs)]), np.inf)
    known = max(1, int(np.isfinite(right).sum()))
    told = (wrong > right) & (wrong >= gates[:, None])  # (T, N)
    own = (right >= wrong) & np.isfinite(right) & (right >= gates[:, None])
    return gates, told.mean(1), own.sum(1) / known
