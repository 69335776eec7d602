"""A study: one recipe in several variants, trained one after the other, so that their results can be compared.

A study file names the recipe, what all runs change about its [gspo], and each run with its own changes:

    recipe = "../recipes/nano.toml"     from the study's folder
    [gspo]                              of every run
    start = "early.pt"
    [run.sft]
    about = "right answers, no rewards"
    learn = "gold"

Every run has a folder of its own, beside that of the checkpoint which all runs start from ("start"); it can be resumed,
and ends in a `checkpoint` to be exported and measured. This module only trains: `runs/study.sh` has the benchmark
measure, and `results.py` makes the page.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.files import whole_file, whole_lines, write_json, write_text
from memory.paths import home, private_folder
from train.recipe import Recipe
from train.recipe_file import from_table
from train.rl.guards import Stopped
from train.run_record import changed

START = "start"
"""The folder of what the runs start from, laid out as a run that is done."""
PLAN = "study.json"
"""The file, in the study's folder, with the planned runs, for the page of results."""
EXPORT = "export"
"""The folder, in a run's folder, of the model that the benchmark measures; training ends with it for a second nano."""
STOPPED = "stopped.txt"
"""The file, in a run's folder, that says why a guard ended the run."""


@dataclass(frozen=True, slots=True)
class Run:
    """A variant of the recipe, to be trained once."""

    name: str
    about: str
    changes: dict[str, Any]
    """The run's own changes of the recipe's [gspo]."""
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Study:
    """A recipe and its variants, trained one after the other."""

    recipe: Recipe
    runs: tuple[Run, ...]

    @property
    def folder(self) -> Path:
        """The folder that holds a folder for each run."""
        return home() / "train" / self.recipe.name / "study"


def load(path: Path) -> Study:
    """Read a study file and the recipe of each run.

    Raises OSError, ValueError with the file, the key and what is allowed, and KeepsakeError for a base that no study
    trains.
    """
    with open(path, "rb") as file:
        table = tomllib.load(file)
    known = {"recipe": str, "gspo": dict, "run": dict}
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(f"{path}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}")
    for key, kind in known.items():
        if type(table.get(key, kind())) is not kind:
            raise ValueError(f"{path}: {key} must be {'a path' if kind is str else 'a table'}")
    if not table.get("recipe") or not table.get("run"):
        raise ValueError(f"{path}: a study has a recipe and at least one [run.NAME]")
    source = path.parent / table["recipe"]
    with open(source, "rb") as file:
        base = tomllib.load(file)
    runs = tuple(_run(name, own, base, table.get("gspo", {}), path) for name, own in table["run"].items())
    return Study(from_table(base, str(source)), runs)


def _run(name: str, table: Any, base: dict[str, Any], common: dict[str, Any], path: Path) -> Run:
    """A run from its table, the recipe's table and the changes that all runs have in common. Raises as `load` does."""
    where = f"{path} [run.{name}]"
    if not re.fullmatch(r"[\w-]+", name) or name == START:
        raise ValueError(f"{where}: a run is named with letters, digits, - and _, and not {START!r}: it names a folder")
    if not isinstance(table, dict) or not isinstance(table.get("about", ""), str):
        raise ValueError(f"{where} must be a table, and its about a sentence")
    own = {key: value for key, value in table.items() if key != "about"}
    recipe = from_table({**base, "gspo": {**base.get("gspo", {}), **common, **own}}, where)
    assert recipe.gspo is not None
    if recipe.gspo.lora is not None or "/" in recipe.gspo.base:
        raise KeepsakeError(f"{where}: base is {recipe.gspo.base!r}, must be a nano: others go through trl, one by one")
    return Run(name, table.get("about", ""), own, recipe)


def state(folder: Path, steps: int) -> str:
    """How far the run in a folder is: "done", "step 3 of 60", "stopped: ..." or "not run"."""
    if (folder / "checkpoint" / "config.json").exists() or (folder / EXPORT / "manifest.json").exists():
        return "done"
    if (folder / STOPPED).exists():
        return f"stopped: {(folder / STOPPED).read_text(encoding='utf-8').strip()}"
    lines = whole_lines(folder / "gspo.jsonl")
    return f"step {json.loads(lines[-1])['step']} of {steps}" if lines else "not run"


def select_runs(study: Study, only: Sequence[str] | None) -> list[Run]:
    """The runs with the given names, or all, in the study's order. Raises KeepsakeError for an unknown name."""
    names = [run.name for run in study.runs]
    if unknown := sorted(set(only or ()) - set(names)):
        raise KeepsakeError(f"the study has no run {unknown[0]!r}; it has {', '.join(names)}")
    return [run for run in study.runs if not only or run.name in only]


def run_states(study: Study, only: Sequence[str] | None = None) -> list[tuple[str, Path, str]]:
    """Name, folder and state of each run, and first of the checkpoint that the runs start from."""
    rows = [(run.name, study.folder / run.name, _steps(run)) for run in select_runs(study, only)]
    return [(name, folder, state(folder, n)) for name, folder, n in [(START, study.folder / START, 0), *rows]]


def prepare(study: Study, base_gguf: Path, start: Path | None = None, only: Sequence[str] | None = None) -> None:
    """Write the plan, for the page of results, and the checkpoint that the runs start from. Raises as `run` does."""
    first = select_runs(study, only)[0].recipe
    write_plan(study)
    _assemble_start(first, base_gguf, *starting_point(first, start), study.folder / START)


def run(
    study: Study,
    base_gguf: Path,
    device: str,
    start: Path | None = None,
    only: Sequence[str] | None = None,
    seconds: float = math.inf,
) -> bool:
    """Train the runs that are not done yet, one after the other; returns whether all are done.

    `start` is a checkpoint in place of the one at which the recipe begins. After about `seconds` training pauses at a
    checkpoint. If a guard stops a run, the reason is written down, and the next run begins. Raises KeepsakeError when a
    file is missing, or when a folder holds a run of another recipe.
    """
    from train.rl import loop

    until = time.monotonic() + seconds
    prepare(study, base_gguf, start, only)
    for one in select_runs(study, only):
        work, begin = starting_point(one.recipe, start)
        folder = private_folder(study.folder / one.name)
        now = state(folder, _steps(one))
        print(f"study {one.name}: {now}", file=sys.stderr)
        if now == "done" or now.startswith("stopped"):
            _check_same_recipe(folder, one.recipe)
            continue
        if time.monotonic() >= until:
            return False
        try:
            if loop.train(one.recipe, base_gguf, work, begin, folder, device, True, until) is None:
                print(f"study {one.name}: {state(folder, _steps(one))}, time is up", file=sys.stderr)
                return False
        except Stopped as alarm:
            write_text(folder / STOPPED, f"{alarm}\n")
            print(f"study {one.name}: {alarm}", file=sys.stderr)
            continue
        export(one.recipe, base_gguf, work, folder)
    return True


def export(recipe: Recipe, base_gguf: Path, work: Path, folder: Path) -> Path:
    """Write the result of a finished run into `folder`: for the second nano a model folder, else a checkpoint."""
    from train.pretrain import checkpoint
    from train.rl import nano2_base

    if not recipe.of_second_nano:
        return checkpoint.assemble(recipe, base_gguf, work, folder)
    nano2_base.write_model(folder / "language.pt", folder / EXPORT)
    return folder / EXPORT


def write_plan(study: Study) -> None:
    """Write the planned runs, for the page of results."""
    runs = [{"name": r.name, "about": r.about, "changes": r.changes, "steps": _steps(r)} for r in study.runs]
    write_json(private_folder(study.folder) / PLAN, {"recipe": study.recipe.name, "runs": runs})


def starting_point(recipe: Recipe, start: Path | None) -> tuple[Path, Path]:
    """The folder of pretraining, and the checkpoint at which stage 3 begins: `start`, or the recipe's. For the second
    nano, the folder of its photos, and the LoRA that ships.

    Raises KeepsakeError when one of the files is missing.
    """
    assert recipe.gspo is not None
    if recipe.of_second_nano:
        from train.rl import nano2_base

        return home() / "train" / "nano2-photos", nano2_base.files()[0]
    work = home() / "train" / recipe.gspo.base
    start = start or work / (recipe.gspo.start or "language.pt")
    if missing := [path for path in (work / "vision.pt", start) if not path.exists()]:
        raise KeepsakeError(f"{missing[0]} is not there: run `python -m train pretrain` first")
    return work, start


def _assemble_start(recipe: Recipe, base_gguf: Path, work: Path, begin: Path, folder: Path) -> None:
    """Make a checkpoint of what the runs start from, against which their gains are measured."""
    from train.pretrain import checkpoint

    if state(folder, 0) == "done":
        return
    if recipe.of_second_nano:
        from train.rl import nano2_base

        nano2_base.copy_model(folder / EXPORT)
    else:
        with whole_file(private_folder(folder) / "language.pt") as partial:
            shutil.copyfile(begin, partial)
        checkpoint.assemble(recipe, base_gguf, work, folder)


def _check_same_recipe(folder: Path, recipe: Recipe) -> None:
    """Raise KeepsakeError when the ended run in a folder had another recipe."""
    before = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if changed(before, {**before, "recipe": json.loads(json.dumps(asdict(recipe)))}):
        raise KeepsakeError(f"{folder} holds a run with another recipe: move it away, and it is run anew")


def _steps(run: Run) -> int:
    """The number of steps of a run."""
    return run.recipe.gspo.steps if run.recipe.gspo else 0
