"""`python -m train results`: one self-contained page about runs with rewards, and its plots as PNG files.

The page is made of the files that runs leave (`gspo.jsonl`, `dev.jsonl`, `rollouts.txt`) and of the benchmark's results
on their checkpoints (the folder `test` of each run); no model is asked. The field of a value that was not measured says
why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmark.report import html_page, statistics
from benchmark.report.comparison import Cell, Table
from benchmark.report.run_folder import Run, load_run
from benchmark.report.statistics import mode, tallied
from benchmark.runner import Result
from memory.errors import KeepsakeError
from memory.files import read_lines, whole_lines
from train.study import curves, rollout_pages, seeds
from train.study.seeds import Column, missing
from train.study.study import PLAN, START, state
from train.study.trained import Trained

PAGE = "results.html"
TEMPLATE = Path(__file__).parent / "results.html.j2"
TEST = "test"
"""The folder, in a run's folder, with the results of `benchmark diagnose` on the run's checkpoint."""


def _shows(k: int) -> Callable[[Result], bool]:
    """A filter for results on photos of `k` known things."""
    return lambda r: r.positives == k and mode(r) == "random"


def _shows_stranger(r: Result) -> bool:
    """Whether a result is on a photo of a stranger."""
    return mode(r) == "stranger"


def _any(r: Result) -> bool:
    """Whether a result counts in a column without a filter: always."""
    return True


COLUMNS = tuple(
    Column(*column)
    for column in (
        ("Acc+, one known thing", "caption", "acc_pos", _shows(1)),
        ("Acc-, one", "caption", "acc_neg", _shows(1)),
        ("true abstention, one", "caption", "true_abstention", _shows(1)),
        ("calibration, one", "caption", "calibration", _shows(1)),
        ("Acc+, three", "caption", "acc_pos", _shows(3)),
        ("Acc-, three", "caption", "acc_neg", _shows(3)),
        ("stranger: says it knows nobody", "caption", "abstained", _shows_stranger),
        ("Acc-, stranger", "caption", "acc_neg", _shows_stranger),
        ("plain description: made up ↓", "detail", "hallucinated", _any),
        ("plain description: missed ↓", "detail", "missed", _any),
        ("last seen where, caption first", "lsd/cag", "hit", _any),
        ("last seen where, without CAG", "lsd/direct", "hit", _any),
        ("doing what, caption first", "lar/cag", "hit", _any),
        ("doing what, without CAG", "lar/direct", "hit", _any),
        ("answered right, caption first", "abstain/cag", "answered", _any),
        ("true abstention, caption first", "abstain/cag", "true_abstention", _any),
        ("true abstention, without CAG", "abstain/direct", "true_abstention", _any),
        ("calibration, caption first", "abstain/cag", "calibration", _any),
    )
)
CAPTIONS = 8
"""How many of the first columns are about captions; the others have a table of their own."""
PARTS = (range(CAPTIONS), range(CAPTIONS, len(COLUMNS)))
TARGETS = {0: 15, 1: -2, 4: 10, 5: -2}
"""Targets of this stage: percentage points that a run must gain on the start (or may lose), by column."""


def write(folder: Path, out: Path) -> Path:
    """Write the page and plots of a study's folder, or of one run's, into `out`; returns the page's path.

    Raises KeepsakeError when there is nothing to show, or a library is not installed.
    """
    html_page.check_libraries()
    name, runs = gather(folder)
    values = {
        "name": name,
        "runs": runs,
        "methods": [t for part in PARTS if (t := seeds.table(runs, [COLUMNS[i] for i in part]))],
        "final": [table(runs, part) for part in PARTS],
        "verdicts": verdicts(runs),
        "shown": rollout_pages.pick(runs),
    }
    return html_page.write_page(TEMPLATE, out / PAGE, curves.of_rewards(runs), values)


def gather(folder: Path) -> tuple[str, list[Trained]]:
    """The recipe's name, and the runs of a folder in the order in which they were planned.

    Raises KeepsakeError when the folder holds neither a study nor a run.
    """
    if not (folder / PLAN).exists():
        if not whole_lines(folder / "gspo.jsonl"):
            raise KeepsakeError(f"{folder} holds neither a study ({PLAN}) nor a run with rewards (gspo.jsonl)")
        recipe = json.loads((folder / "run.json").read_text(encoding="utf-8"))["recipe"]
        return recipe["name"], [_load_run(folder, recipe["name"], "", "", recipe["gspo"]["steps"])]
    study = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    runs = [_load_run(folder / START, START, "what every run begins at", "", 0)]
    methods: list[tuple[dict[str, Any], str]] = []
    for run in study["runs"]:
        but_seed = {key: value for key, value in run["changes"].items() if key != "seed"}
        method = next((name for changes, name in methods if changes == but_seed), run["name"])
        methods.append((but_seed, method))
        changes = ", ".join(f"{key} = {json.dumps(value)}" for key, value in run["changes"].items())
        one = _load_run(folder / run["name"], run["name"], run["about"], changes, run["steps"])
        runs.append(replace(one, method=method))
    return study["recipe"], runs


def _load_run(folder: Path, name: str, about: str, changes: str, steps: int) -> Trained:
    """A planned run with what is in its folder so far."""
    rollouts = folder / "rollouts.txt"
    return Trained(
        name,
        about,
        changes,
        state(folder, steps),
        tuple(read_lines(folder / "gspo.jsonl")),
        tuple(read_lines(folder / "dev.jsonl")),
        _measured(folder / TEST, name),
        name,
        rollouts.read_text(encoding="utf-8") if rollouts.exists() else "",
    )


def _measured(folder: Path, name: str) -> Run | None:
    """The benchmark's results on a run's checkpoint, those of finished parts only; None without any.

    An interrupted part would be averaged over its first samples, which misleads beside averages over all samples.
    """
    parts = folder / "parts.json"
    if not parts.exists():
        return replace(load_run(folder), label=name) if any(folder.glob("*.jsonl")) else None
    told = json.loads(parts.read_text(encoding="utf-8"))["parts"]
    files = [folder / f"{part}.jsonl" for part, entry in told.items() if entry["state"] == "done"]
    found = [load_run(file) for file in files if file.exists()]
    rows = (tuple(row for one in found for row in getattr(one, field)) for field in ("rows", "failed"))
    return Run(name, {}, *rows) if found else None


def table(runs: Sequence[Trained], columns: Sequence[int] = range(len(COLUMNS))) -> Table:
    """Results on the test split: a row for every planned run; a field without a value says why it has none."""
    rows = []
    for run in runs:
        cells = [Cell(run.name, run.about)]
        for i in columns:
            column = COLUMNS[i]
            t = tallied(run.test.of(column.condition, column.filter)).get(column.measure) if run.test else None
            cells.append(Cell(f"{t.value:.1%}", statistics.span(t), _tone(runs, run, i)) if t else missing(run))
        rows.append(tuple(cells))
    return Table(("run", *(COLUMNS[i].heading for i in columns)), tuple(rows))


def verdicts(runs: Sequence[Trained]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each measured run the gains on the start that have a target: each in words, with a tone ("good" or "bad")."""
    out = []
    for run in runs:
        gains = [(i, g) for i in TARGETS if (g := _gain(runs, run, i))]
        if gains:
            words = [f"{COLUMNS[i].heading}: {statistics.gain_words(g)}" for i, g in gains]
            out.append((run.name, [(text, _tone(runs, run, i)) for text, (i, _) in zip(words, gains, strict=True)]))
    return out


def _gain(runs: Sequence[Trained], run: Trained, column: int) -> Any:
    """A run's gain on the start, over the samples of both; None for the start itself, and if one was not measured."""
    start = next((r for r in runs if r.name == START), None)
    if start is None or start.test is None or run.test is None or run is start:
        return None
    _, condition, measure, only = COLUMNS[column]
    return statistics.gain(start.test.of(condition, only), run.test.of(condition, only), measure)


def _tone(runs: Sequence[Trained], run: Trained, column: int) -> str:
    """ "good" or "bad" for a gain that meets or misses its target; "" without a target or a gain."""
    gained = _gain(runs, run, column) if column in TARGETS else None
    return "" if gained is None else "good" if 100 * gained.value >= TARGETS[column] else "bad"
