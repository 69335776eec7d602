"""How long a study takes, cell by cell: a cell is a run's training, or one block of the benchmark on its model.

Hours are computed: from the times that this study's own files hold already, else from the assumptions below, which are
those of two cores that nothing else uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter, read_results
from benchmark.suite import blocks, suite
from memory.files import read_lines
from train.recipe import Gspo
from train.study.study import START, Study, run_states, select_runs

COMPLETION = {"rewards": 1.6, "gold": 1.0}
"""Assumed seconds of a step for each of its completions: sampling and updating, or updating on a right answer."""
TEXT = 1.5
"""Assumed seconds in which the benchmark's engine writes a text, or the training loop a held-out caption."""
TEST = "test"
"""The folder of the benchmark's results, in a run's folder."""


class Cell(NamedTuple):
    """A part of a study: a run's training, or one block of the benchmark on what it trained."""

    run: str
    part: str
    n: int
    """Steps, or samples."""
    hours: float
    """Computed hours of what is not done yet."""
    state: str
    measured: bool
    """Whether the hours follow from times that were measured in this study."""


def cells(study: Study, only: Sequence[str] | None, suite_file: Path, size: blocks.Size) -> list[Cell]:
    """Every cell, in the order in which they are done. Raises KeepsakeError for an unknown run or suite."""
    nothing: Any = None  # no model is opened to count what would be asked
    tools = suite.Tools(nothing, CachedWriter(nothing), Lexical(), nothing, lambda: nothing)
    todo = suite.parts(blocks.load(suite_file), size, tools)
    recipes = {one.name: one.recipe.gspo for one in select_runs(study, only)}
    out = []
    for name, folder, state in run_states(study, only):
        gspo = recipes.get(name)
        if gspo:
            each, known = _step_seconds(study, gspo)
            left = 0 if state == "done" else gspo.steps - len(read_lines(folder / "gspo.jsonl"))
            held_out = 3 * gspo.eval_samples * TEXT * -(-left // gspo.eval_every)
            out.append(Cell(name, "train", gspo.steps, (left * each + held_out) / 3600, state, known))
        text, timed = _text_seconds(study)
        for part in todo:
            writing = [c for c in part.names if not c.startswith("control/")]
            rows = folder / TEST / f"{part.name}.jsonl"
            done = sum(r.condition in writing for r in read_results(rows)) if rows.exists() else 0
            total = part.n * len(writing)
            said = "done" if done >= total else f"{done} of {total} texts" if done else "not run"
            out.append(Cell(name, part.name, part.n, (total - done) * text / 3600, said, timed))
    return out


def table(found: Sequence[Cell]) -> str:
    """A line for each cell, with the hours until it is done, and their sum."""
    ends = list(accumulate(c.hours for c in found))
    rows = [
        ("run", "cell", "n", "hours", "done after", "state"),
        *(
            (c.run, c.part, f"{c.n}", f"{c.hours:.2f}", f"{end:.1f}", c.state)
            for c, end in zip(found, ends, strict=True)
        ),
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = ["  ".join([*(x.ljust(w) for x, w in zip(row, widths, strict=False)), row[5]]) for row in rows]
    based = sum(c.measured for c in found)
    lines.append(
        f"altogether {sum(c.hours for c in found):.1f} hours in {len(found)} cells, computed: {based} from times of "
        f"this study, {len(found) - based} from assumed ones"
    )
    return "\n".join(lines)


def _step_seconds(study: Study, gspo: Gspo) -> tuple[float, bool]:
    """Seconds of a step of a run with this [gspo], and whether they were measured in this study."""
    times = []
    for one in study.runs:
        if one.recipe.gspo and one.recipe.gspo.learn == gspo.learn:
            rows = read_lines(study.folder / one.name / "gspo.jsonl")
            times += [sum(row["seconds"].values()) for row in rows if "seconds" in row]
    completions = gspo.prompts * (1 if gspo.learn == "gold" else gspo.group)
    return (fmean(times), True) if times else (COMPLETION[gspo.learn] * completions, False)


def _text_seconds(study: Study) -> tuple[float, bool]:
    """Seconds of a text of the benchmark, and whether they were measured in this study."""
    times = []
    for name in (START, *(one.name for one in study.runs)):
        for file in (study.folder / name / TEST).glob("*.jsonl"):
            times += [r.seconds for r in read_results(file) if r.seconds > 0.05]
    return (fmean(times), True) if times else (TEXT, False)
