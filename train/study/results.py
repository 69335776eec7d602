"""`python -m train results`: one self-contained page about runs with rewards, and its plots as PNG files.

It reads what runs leave on disk (`gspo.jsonl`, `dev.jsonl`, `rollouts.txt`) and what the benchmark wrote about their
checkpoints (the folder `test` of each), and asks no model. What was not run is an empty field that says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.report import html_page, statistics
from benchmark.report.comparison import Cell, Table
from benchmark.report.run_folder import load_run
from benchmark.report.statistics import mode, tallied
from benchmark.runner import Result
from memory.errors import KeepsakeError
from memory.files import read_lines, whole_lines
from train.study import curves, rollout_pages
from train.study.study import NOTE, START, state
from train.study.trained import Trained

PAGE = "results.html"
TEMPLATE = Path(__file__).parent / "results.html.j2"
TEST = "test"
"""In a run's folder: what `benchmark diagnose` found out about its checkpoint."""
Keep = Callable[[Result], bool]


def _shown(k: int) -> Keep:
    return lambda r: r.positives == k and mode(r) == "random"


ASKED: tuple[tuple[str, str, str, Keep], ...] = (
    ("Acc+, one known thing", "caption", "acc_pos", _shown(1)),
    ("Acc-, one", "caption", "acc_neg", _shown(1)),
    ("Acc+, three", "caption", "acc_pos", _shown(3)),
    ("Acc-, three", "caption", "acc_neg", _shown(3)),
    ("stranger: says it knows nobody", "caption", "abstained", lambda r: mode(r) == "stranger"),
    ("Acc-, stranger", "caption", "acc_neg", lambda r: mode(r) == "stranger"),
    ("plain description: made up ↓", "detail", "hallucinated", lambda r: True),
    ("plain description: missed ↓", "detail", "missed", lambda r: True),
    ("last seen where, caption first", "lsd/cag", "hit", lambda r: True),
    ("last seen where, without CAG", "lsd/direct", "hit", lambda r: True),
    ("doing what, caption first", "lar/cag", "hit", lambda r: True),
    ("doing what, without CAG", "lar/direct", "hit", lambda r: True),
)
"""Columns of the table: heading, condition of the benchmark, measure, and which rows."""
CAPTIONS = 6
"""So many of them are about captions; the others have a table of their own."""
TARGETS = {0: 15, 1: -2, 2: 10, 3: -2}
"""Points that a run must gain (or may lose) on the start, by column: what this stage was built for."""


def write(folder: Path, out: Path) -> Path:
    """Write the page and plots of a study's folder, or of one run's, into `out`; the page's path. Raises KeepsakeError
    when there is nothing to show, or what a page needs is not installed."""
    html_page.check_libraries()
    name, runs = gather(folder)
    values = {
        "name": name,
        "runs": runs,
        "final": [table(runs, range(CAPTIONS)), table(runs, range(CAPTIONS, len(ASKED)))],
        "verdicts": verdicts(runs),
        "shown": rollout_pages.pick(runs),
    }
    return html_page.write_page(TEMPLATE, out / PAGE, curves.of_rewards(runs), values)


def gather(folder: Path) -> tuple[str, list[Trained]]:
    """The name of what a folder holds, and its runs in the order in which they were planned."""
    if not (folder / NOTE).exists():
        if not whole_lines(folder / "gspo.jsonl"):
            raise KeepsakeError(f"{folder} holds neither a study ({NOTE}) nor a run with rewards (gspo.jsonl)")
        note = json.loads((folder / "run.json").read_text(encoding="utf-8"))["recipe"]
        return note["name"], [_run(folder, note["name"], "", "", note["gspo"]["steps"])]
    study = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    runs = [_run(folder / START, START, "what every run begins at", "", 0)]
    for one in study["runs"]:
        changes = ", ".join(f"{key} = {json.dumps(value)}" for key, value in one["changes"].items())
        runs.append(_run(folder / one["name"], one["name"], one["about"], changes, one["steps"]))
    return study["recipe"], runs


def _run(folder: Path, name: str, about: str, changes: str, steps: int) -> Trained:
    said = folder / "rollouts.txt"
    return Trained(
        name,
        about,
        changes,
        state(folder, steps),
        tuple(read_lines(folder / "gspo.jsonl")),
        tuple(read_lines(folder / "dev.jsonl")),
        replace(load_run(folder / TEST), label=name) if any(folder.glob(f"{TEST}/*.jsonl")) else None,
        said.read_text(encoding="utf-8") if said.exists() else "",
    )


def table(runs: Sequence[Trained], columns: Sequence[int] = range(len(ASKED))) -> Table:
    """The test split by run: every planned run has its row, and a field nobody filled says why."""
    rows = []
    for run in runs:
        missing = Cell("not measured" if run.state == "done" else run.state.partition(":")[0], tone="unsure")
        cells = [Cell(run.name, run.about)]
        for i in columns:
            _, condition, measure, keep = ASKED[i]
            t = tallied(run.test.of(condition, keep)).get(measure) if run.test else None
            cells.append(Cell(f"{t.value:.1%}", statistics.span(t), _tone(runs, run, i)) if t else missing)
        rows.append(tuple(cells))
    return Table(("run", *(ASKED[i][0] for i in columns)), tuple(rows))


def verdicts(runs: Sequence[Trained]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each measured run its gains on the start in words, each with a tone."""
    out = []
    for run in runs:
        gains = [(i, g) for i in TARGETS if (g := _gain(runs, run, i))]
        if gains:
            said = [(f"{ASKED[i][0]}: {statistics.gain_words(g)}", _tone(runs, run, i)) for i, g in gains]
            out.append((run.name, said))
    return out


def _gain(runs: Sequence[Trained], run: Trained, column: int) -> Any:
    """What a run gained on the start, over the samples both were asked; None for the start itself, or unmeasured."""
    start = next((r for r in runs if r.name == START), None)
    if start is None or start.test is None or run.test is None or run is start:
        return None
    _, condition, measure, keep = ASKED[column]
    return statistics.gain(start.test.of(condition, keep), run.test.of(condition, keep), measure)


def _tone(runs: Sequence[Trained], run: Trained, column: int) -> str:
    gained = _gain(runs, run, column) if column in TARGETS else None
    return "" if gained is None else "good" if 100 * gained.value >= TARGETS[column] else "bad"
