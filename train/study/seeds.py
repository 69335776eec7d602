"""A study's methods, each averaged over its seeds, with the range of the seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import NamedTuple

from benchmark.report.comparison import Cell, Table
from benchmark.report.statistics import tallied
from benchmark.runner import Result
from train.study.trained import Trained


class Column(NamedTuple):
    """A column of the tables of results."""

    heading: str
    condition: str
    """The condition of the benchmark."""
    measure: str
    filter: Callable[[Result], bool]
    """Which results of the condition count."""


def missing(run: Trained) -> Cell:
    """The field of a value that a run does not have, with the reason."""
    return Cell("not measured" if run.state == "done" else run.state.partition(":")[0], tone="unsure")


def value(run: Trained, column: Column) -> float | None:
    """The average of a run in a column; None where it was not measured."""
    rows = run.test.of(column.condition, column.filter) if run.test else []
    found = tallied(rows).get(column.measure)
    return found.value if found else None


def table(runs: Sequence[Trained], columns: Sequence[Column]) -> Table | None:
    """A row for each method that is planned with several seeds; None where there is none. Small figures: the least and
    the most of the seeds."""
    methods = [m for m in dict.fromkeys(run.method for run in runs) if sum(r.method == m for r in runs) > 1]
    lines = []
    for method in methods:
        ones = [run for run in runs if run.method == method]
        measured = sum(run.test is not None for run in ones)
        cells = [Cell(method, f"{measured} of {len(ones)} seeds")]
        for column in columns:
            found = [v for run in ones if (v := value(run, column)) is not None]
            span = f"{100 * min(found):.1f} to {max(found):.1%}" if len(found) > 1 else ""
            cells.append(Cell(f"{fmean(found):.1%}", span) if found else missing(ones[0]))
        lines.append(tuple(cells))
    return Table(("method", *(column.heading for column in columns)), tuple(lines)) if lines else None
