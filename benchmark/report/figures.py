"""The plots of a report: which there are, and the averages that they show. `plots.py` draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmark.judges.score import Tally
from benchmark.report.comparison import Group, rows_of
from benchmark.report.plots import Bar, Line, Plot, abstention, bars, curves, misbinding
from benchmark.report.run_folder import Run
from benchmark.report.statistics import MEASURES, TASKS, WAYS, chance, gate_curve, main_rows, tallied
from benchmark.report.tables import beside, best_k, by_mode
from benchmark.report.verdicts import SHORTCUTS
from benchmark.runner import Result


def plots_of(runs: Sequence[Run]) -> dict[str, tuple[Plot, str]]:
    """Every plot for which there are numbers, with a description of it, by file name."""
    made = {
        "capeval": (_capeval(runs), "Scores by number of known things in the photo"),
        "misbinding": (_misbinding(runs), "Wrong names against right names, by kind of distractors"),
        "abstention": (
            _abstention(runs),
            "Right memories that pass the gate against wrong ones, as its threshold rises",
        ),
        "diagnostics": (_diagnostics(runs), "The three tasks, with and without captions"),
        "shortcuts": (_shortcuts(runs), "Names right when something is taken away, with chance"),
        "history": (_history(runs), "Names right and memories found against the length of the history"),
        "baselines": (_baselines(runs), "The model beside its baselines"),
    }
    return {name: (plot, alt) for name, (plot, alt) in made.items() if plot}


def _points(rows: Sequence[Result], measure: str, x: Callable[[Result], int]) -> list[tuple[float, Tally]]:
    """Averages of a measure by x, where it was asked."""
    averages = {at: tallied(r for r in rows if x(r) == at) for at in sorted({x(r) for r in rows})}
    return [(float(at), a[measure]) for at, a in averages.items() if measure in a]


def _capeval(runs: Sequence[Run]) -> Plot | None:
    """Measures of CapEval against the number of known things."""
    panels = []
    for measure in ("acc_pos", "acc_neg", "name_recall", "misbinding"):
        lines = [
            Line(run.label, points, i)
            for i, run in enumerate(runs)
            if (points := _points(main_rows(run), measure, lambda r: r.positives))
        ]
        if any(len(line.points) > 1 for line in lines):
            panels.append((MEASURES[measure][0], lines))
    return curves(panels, "known things in the photo") if panels else None


def _misbinding(runs: Sequence[Run]) -> Plot | None:
    """Names right and wrong names, by mode."""
    by_run = []
    for run in runs:
        modes = {group.labels[0]: tallied(group.pick(run)) for group in by_mode(runs)}
        by_run.append(
            (run.label, [(m, f.get("name_recall"), f["misbinding"]) for m, f in modes.items() if "misbinding" in f])
        )
    return misbinding(by_run) if any(len(points) > 1 for _, points in by_run) else None


def _abstention(runs: Sequence[Run]) -> Plot | None:
    curves_by_run = [(run.label, *gate_curve(run.of("gate"))[1:]) for run in runs]
    return abstention(curves_by_run) if any(len(wrong) for _, wrong, _ in curves_by_run) else None


def _diagnostics(runs: Sequence[Run]) -> Plot | None:
    """The downstream tasks, by way of asking."""
    panels = []
    for task, (_, measures) in TASKS.items():
        ways = [Group((label,), rows_of(f"{task}/{way}")) for way, label in WAYS.items()]
        panels += [(f"{task.upper()}: {MEASURES[m][0]}", some) for m in measures if (some := _bars(runs, ways, m))]
    return bars(panels, [run.label for run in runs]) if panels else None


def _shortcuts(runs: Sequence[Run]) -> Plot | None:
    """Names right in each shortcut test, with chance."""
    tests = []
    for condition, (what, _) in SHORTCUTS.items():
        values = [tallied(run.of(condition)).get("name_recall") for run in runs]
        if any(values):
            level = chance([r for run in runs for r in run.of(condition)])
            tests.append(Bar(what, values, level))
    return bars([("names right", tests)], [run.label for run in runs]) if tests else None


def _history(runs: Sequence[Run]) -> Plot | None:
    """Names right and memories found against the length of the history."""
    conditions = list(dict.fromkeys(c for run in runs for c in run.part("history")))
    panels = []
    for measure in ("name_recall", "retrieved"):
        lines = []
        for i, run in enumerate(runs):
            for j, condition in enumerate(conditions):
                points = _points(run.of(condition), measure, lambda r: r.episodes)
                label = best_k(condition) if len(runs) == 1 else f"{run.label}, {best_k(condition)}"
                if points:
                    lines.append(Line(label, points, j if len(runs) == 1 else i, j))
        if lines:
            panels.append((MEASURES[measure][0], lines))
    return curves(panels, "memories in the history", log=True) if panels else None


def _baselines(runs: Sequence[Run]) -> Plot | None:
    """The model and its baselines."""
    groups = beside(runs, "baseline", "the model")
    measured = [(MEASURES[m][0], _bars(runs, groups, m)) for m in ("acc_pos", "acc_neg", "name_recall")]
    panels = [(title, some) for title, some in measured if some]
    return bars(panels, [run.label for run in runs]) if panels else None


def _bars(runs: Sequence[Run], groups: Sequence[Group], measure: str) -> list[Bar]:
    """A bar for each group that was measured in at least one run."""
    every = [Bar(g.labels[0], [tallied(g.pick(run)).get(measure) for run in runs]) for g in groups]
    return [bar for bar in every if any(bar.values)]
