"""The measures of a lab run: the paper's own, if its files are wanted, then ours, the page and the table of all."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from memory.paths import home
from train import lab_costs
from train.lab_files import IMAGES, METADATA, QUESTIONS, TASKS, wants_official
from train.lab_run import Step, devices_seen
from train.lab_settings import GB, Settings, judge_of, servers
from train.recipe import Gspo, Trl

CAPEVAL, ROWS, DESCRIBED = 1386, 1000, 500
"""Samples of the authors' test file; rows of LSD, LAR and ITR, which are assumed; described photos of the full
evaluation."""


def scores(names: Sequence[str], gspo: Gspo, given: Settings, cost: lab_costs.Costs, memory: int) -> list[Step]:
    """The measures of exported models, spread over the devices. `memory`: bytes of the engine."""
    return _spread([step for name in names for step in _of(name, gspo, given, cost, memory)], lanes(gspo, given))


def pages(names: Sequence[str], title: str, given: Settings) -> Iterator[Step]:
    """The page of our own evaluation, and the table of the paper: models side by side, made anew after any measure."""
    python, runs = sys.executable, home() / "runs"
    if not given.quick:
        told = [str(runs / name) for name in names]
        report = (python, "-m", "benchmark", "report", *told, "--out", str(runs / f"{title}-page"))
        yield Step("page", report, 0, GB, 0.1, closing=True)
    table = (python, "-m", "benchmark", "table", *names, "--out", str(runs / f"{title}-table.md"))
    yield Step("table", table, 0, GB, 0.0, closing=True)


def lanes(gspo: Gspo, given: Settings) -> int:
    """How many measures run in parallel: one on each device that no server on this machine occupies."""
    free = max(1, given.devices - len(servers(gspo, given)))
    return min(free, len(devices_seen()) or free)


def _spread(measures: Sequence[Step], lanes: int) -> list[Step]:
    """The measures, each with its lane: from the longest on, each goes to the lane with the least to do."""
    busy = [0.0] * lanes
    lane: dict[str, int] = {}
    for step in sorted(measures, key=lambda step: -step.hours):
        lane[step.name] = busy.index(min(busy))
        busy[lane[step.name]] += step.hours
    return [replace(step, lane=lane[step.name]) for step in measures]


def _of(name: str, gspo: Gspo, given: Settings, cost: lab_costs.Costs, memory: int) -> list[Step]:
    """The measures of a model. `memory`: bytes of the engine."""
    settings, python = gspo.trl or Trl(), sys.executable
    page, judged = home() / "runs" / name, judge_of(settings, given)
    ours = 2 if given.quick else 300
    few = ["--n", str(ours)] if given.quick else []
    threads = ["--threads", str(max(1, given.cores // lanes(gspo, given)))]
    laid = ["--layout", gspo.layout]
    out: list[Step] = []

    def add(title: str, hours: float, *command: str) -> None:
        told = (python, "-m", "benchmark", *command, "--model", name, *judged, *threads)
        out.append(Step(f"{title} of {name}", told, 1, memory, hours))

    def hours(samples: int, texts: int, captions: int = 0) -> float:
        """Hours of a measure: for each sample, `texts` that the model writes and `captions` that a chat judge reads."""
        n = min(samples, ours) if given.quick else samples
        return n * (texts * cost.caption + (cost.scoring(captions) if judged else 0.0))

    if wants_official(gspo):
        files = {"--questions": QUESTIONS, "--metadata": METADATA, "--images": IMAGES}
        asked = [word for option, file in files.items() for word in (option, str(given.official / file))]
        add("CapEval", hours(CAPEVAL, 1, 3), "capeval", *asked, *few, *laid)  # and two controls
        for task in TASKS:
            rows = ["--task", task, "--source", str(given.official / task)]
            add(task.upper(), hours(ROWS, 2), "official", *rows, *few, *laid)
            add(f"{task.upper()} without a caption", hours(ROWS, 1), "official", *rows, "--direct", *few, *laid)
        size = "quick" if given.quick else "full"
        described = ["--only", "detail", "--references", str(given.references), "--out", str(page / "general")]
        add("general captions", hours(DESCRIBED, 1), "diagnose", "--size", size, *described)
    positives = ["1"] if given.quick else ["1", "2", "3", "4"]
    drawn = ["--n", str(ours), "--positives", *positives, *laid]
    add("drawn samples", hours(len(positives) * ours, 1, 4), "capeval", *drawn)
    if not given.quick:
        add("evaluation", hours(900, 1, 1), "diagnose", "--size", "quick", "--out", str(page))
    return out
