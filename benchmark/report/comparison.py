"""Tables that compare runs: a row for each group of rows and each run, a column for each measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmark.judges.score import Tally, harmonic
from benchmark.report.run_folder import Run
from benchmark.report.statistics import MEASURES, main_rows, mode, percent, span, tallied
from benchmark.report.verdicts import CONTROLS, is_broken
from benchmark.runner import Result

CAPEVAL = ("acc_pos", "acc_neg", "true_abstention", "calibration", "harmonic", "name_recall", "misbinding", "unread")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    small: str = ""
    """A second, smaller line."""
    tone: str = ""
    """good, bad, unsure, or nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Column headings, and rows of as many cells. The first `labels` columns are words, the others numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a table in each run: its labels, and which of the run's rows it averages."""

    labels: tuple[str, ...]
    pick: Callable[[Run], list[Result]]
    tone: Callable[[str, list[Result]], str] = lambda measure, rows: ""


def rows_of(condition: str, keep: Callable[[Result], bool] = lambda row: True) -> Callable[[Run], list[Result]]:
    """A function that picks a run's rows of a condition, those that pass `keep`."""
    return lambda run: run.of(condition, keep)


def rows_of_mode(condition: str, wanted: str) -> Callable[[Run], list[Result]]:
    """A function that picks a run's rows of a condition with one kind of distractors."""
    return rows_of(condition, lambda row: mode(row) == wanted)


def compare(
    runs: Sequence[Run], heads: tuple[str, ...], groups: Sequence[Group], measures: Sequence[str] | None = None
) -> Table | None:
    """A table with a row for each group and run that has rows; None when there is nothing to show.

    A measure of `measures` (None: all) that no row asked has no column.
    """
    lines = [(g, run, rows) for g in groups for run in runs if (rows := g.pick(run))]
    averages = [tallied(rows) for _, _, rows in lines]
    for a in averages:
        if "acc_pos" in a and "acc_neg" in a:
            both = harmonic(a["acc_pos"].value, a["acc_neg"].value)
            a["harmonic"] = Tally(both, both, both, a["acc_pos"].samples)
    asked = {m for a in averages for m in a}
    shown = [m for m in measures or [*MEASURES, *sorted(asked - set(MEASURES))] if m in asked]
    if not shown:
        return None
    several = ("Run",) if len(runs) > 1 else ()
    table_rows = []
    for (group, run, some), a in zip(lines, averages, strict=True):
        names = [Cell(x) for x in (*group.labels, *([run.label] if several else []))]
        numbers = [_cell(m, a.get(m), group.tone(m, some)) for m in shown]
        table_rows.append((*names, *numbers, Cell(str(len(some)))))
    head = (*heads, *several, *(MEASURES.get(m, (m, ""))[0] for m in shown), "n")
    return Table(head, tuple(table_rows), len(heads) + len(several))


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

            def tone(measure: str, rows: list[Result], condition: str = condition) -> str:
                return "bad" if is_broken(condition, rows, measure) else ""

            sizes = sorted({r.episodes for run in runs for r in pick(run)})
            memories = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else "".join(map(str, sizes))
            groups.append(Group((f"{k} known, {memories} memories", who), pick, tone))
    return compare(runs, ("In the photo", "Caption"), groups, CAPEVAL)
