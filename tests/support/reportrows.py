"""Made-up rows of runs, and a few real samples, for the tests of the report and its error gallery."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmark import runner
from benchmark.judges.judge import Lexical
from benchmark.report.run_folder import Run
from benchmark.runner import Condition, Result
from benchmark.tasks import capeval
from benchmark.world import dialogue
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.sample import Sample, Spec, build

SCORE = capeval.scorer(Lexical())


def row(condition: str, i: int, score: dict[str, tuple[float, float]], **changes: Any) -> Result:
    """A made-up row. Of `changes`, fields of `Spec` change the row's spec, others the row."""
    of_spec = {k: changes.pop(k) for k in ("mode", "extra", "reminders") if k in changes}
    made = Result(condition, f"{i:016x}", 1, 3, None, {"caption": "?"}, {m: list(p) for m, p in score.items()}, 0.1)
    made = replace(made, **changes)
    return replace(made, spec=asdict(Spec("test", 7, i, max(1, made.positives), **of_spec)))


def run_of(*rows: Result, **about: Any) -> Run:
    return Run("nano", about, tuple(rows))


def write(folder: Path, rows: list[Result], about: dict[str, Any] | None = None, end: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(asdict(r)) + "\n" for r in rows]
    (folder / "rows.jsonl").write_text("".join(lines) + end, encoding="utf-8")
    if about is not None:
        (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def caption_of(sample: Sample, turn: int) -> str:
    """A caption, by turn: right, right with a wrong name, knowing nobody, right."""
    known = [(sample.facts[i], sample.context[i]) for i in sample.positives]
    other = next(i for i in range(len(sample.context)) if i not in sample.positives)
    wrong = [*known, (sample.facts[other], sample.context[other])]
    return (dialogue.caption(known), dialogue.caption(wrong), ABSTENTION, dialogue.caption(known))[turn % 4]


SAMPLES = [build(Spec("test", 7, i, k, m)) for k, m, n in ((1, "random", 4), (2, "random", 2)) for i in range(n)]
STRANGERS = [build(Spec("test", 7, i, 1, "stranger")) for i in range(2)]


def scored(sample: Sample, caption: str) -> Result:
    return runner.ask(Condition("caption", lambda s: {"caption": caption}, SCORE), sample)
