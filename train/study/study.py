"""A study: one recipe in several variants, run one after the other, so that what makes the difference is seen.

A file names the recipe, what all runs change about its [gspo], and each run with its own changes:

    recipe = "../recipes/nano.toml"     from the study's folder
    [gspo]                              of every run
    start = "early.pt"
    [run.sft]
    about = "right answers, no rewards"
    learn = "gold"

Every run lies in a folder of its own beside the one of what they start from ("start"), resumes, and ends in a
`checkpoint` to be exported and measured. Training only: measuring is the benchmark's (`runs/study.sh`), the page is
`results.py`'s.
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
from memory.files import whole_file, whole_lines, write_json
from memory.paths import home, private_folder
from train.recipe import Recipe, from_table
from train.rl.guards import Stopped
from train.run_record import changed

START = "start"
"""What the runs begin at, as a run that is done."""
NOTE = "study.json"
STOPPED = "stopped.txt"
"""In a run's folder: why a guard ended it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A variant of the recipe, to be trained once."""

    name: str
    about: str
    changes: dict[str, Any]
    """Of the recipe's [gspo]."""
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
    """Read a study and every recipe that comes of it. Raises ValueError naming the file, the key, and what is allowed;
    KeepsakeError for what no run can be."""
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
    runs = tuple(_run(name, of, base, table.get("gspo", {}), path) for name, of in table["run"].items())
    return Study(from_table(base, str(source)), runs)


def _run(name: str, of: Any, base: dict[str, Any], common: dict[str, Any], path: Path) -> Run:
    where = f"{path} [run.{name}]"
    if not re.fullmatch(r"[\w-]+", name) or name == START:
        raise ValueError(
            f"{where}: a run is named with letters, digits, - and _, and not {START!r}: a folder of its own"
        )
    if not isinstance(of, dict) or not isinstance(of.get("about", ""), str):
        raise ValueError(f"{where} must be a table, and its about a sentence")
    changes = {**common, **{key: value for key, value in of.items() if key != "about"}}
    recipe = from_table({**base, "gspo": {**base.get("gspo", {}), **changes}}, where)
    assert recipe.gspo is not None
    if recipe.gspo.lora is not None or "/" in recipe.gspo.base:
        raise KeepsakeError(f"{where}: base is {recipe.gspo.base!r}, must be a nano: others go through trl, one by one")
    own = {key: value for key, value in of.items() if key != "about"}
    return Run(name, of.get("about", ""), own, recipe)


def state(folder: Path, steps: int) -> str:
    """How far the run in a folder is: "done", "step 3 of 60", "stopped: ..." or "not run"."""
    if (folder / "checkpoint" / "config.json").exists():
        return "done"
    if (folder / STOPPED).exists():
        return f"stopped: {(folder / STOPPED).read_text(encoding='utf-8').strip()}"
    lines = whole_lines(folder / "gspo.jsonl")
    return f"step {json.loads(lines[-1])['step']} of {steps}" if lines else "not run"


def chosen(study: Study, only: Sequence[str] | None) -> list[Run]:
    """The runs of these names, in the study's order. Raises KeepsakeError for a name it does not have."""
    names = [run.name for run in study.runs]
    if unknown := sorted(set(only or ()) - set(names)):
        raise KeepsakeError(f"the study has no run {unknown[0]!r}; it has {', '.join(names)}")
    return [run for run in study.runs if not only or run.name in only]


def listed(study: Study, only: Sequence[str] | None = None) -> list[tuple[str, Path, str]]:
    """Name, folder and state of what the runs start from and of each run."""
    rows = [(run.name, study.folder / run.name, _steps(run)) for run in chosen(study, only)]
    return [(name, folder, state(folder, n)) for name, folder, n in [(START, study.folder / START, 0), *rows]]


def run(
    study: Study,
    base_gguf: Path,
    device: str,
    start: Path | None = None,
    only: Sequence[str] | None = None,
    seconds: float = math.inf,
) -> bool:
    """Train what is not done yet, one run after the other; whether all is done. `start` takes the place of what the
    recipe begins at. After about `seconds` it stops at a checkpoint. Raises KeepsakeError for what the user can mend;
    a run that a guard stops is noted, and the next one begins."""
    from train.pretrain import checkpoint
    from train.rl import loop

    until, todo = time.monotonic() + seconds, chosen(study, only)
    note(study)
    for one in todo:
        work, begin = begin_at(one.recipe, start)
        _keep_start(one.recipe, base_gguf, work, begin, study.folder / START)
        folder = private_folder(study.folder / one.name)
        now = state(folder, _steps(one))
        print(f"study {one.name}: {now}", file=sys.stderr)
        if now == "done" or now.startswith("stopped"):
            _refuse_other(folder, one.recipe)
            continue
        if time.monotonic() >= until:
            return False
        try:
            if loop.train(one.recipe, base_gguf, work, begin, folder, device, True, until) is None:
                print(f"study {one.name}: {state(folder, _steps(one))}, time is up", file=sys.stderr)
                return False
        except Stopped as alarm:
            (folder / STOPPED).write_text(f"{alarm}\n", encoding="utf-8")
            print(f"study {one.name}: {alarm}", file=sys.stderr)
            continue
        checkpoint.assemble(one.recipe, base_gguf, work, folder)
    return True


def note(study: Study) -> None:
    """Write which runs there are to be, for the page of results."""
    runs = [{"name": r.name, "about": r.about, "changes": r.changes, "steps": _steps(r)} for r in study.runs]
    write_json(private_folder(study.folder) / NOTE, {"recipe": study.recipe.name, "runs": runs})


def begin_at(recipe: Recipe, start: Path | None) -> tuple[Path, Path]:
    """The folder of pretraining and the checkpoint that stage 3 begins at. Raises KeepsakeError when it is missing."""
    assert recipe.gspo is not None
    work = home() / "train" / recipe.gspo.base
    start = start or work / (recipe.gspo.start or "language.pt")
    if missing := [path for path in (work / "vision.pt", start) if not path.exists()]:
        raise KeepsakeError(f"{missing[0]} is not there: run `python -m train pretrain` first")
    return work, start


def _keep_start(recipe: Recipe, base_gguf: Path, work: Path, begin: Path, folder: Path) -> None:
    """What the runs start from, as a checkpoint like theirs: the measure of what they gain."""
    from train.pretrain import checkpoint

    if state(folder, 0) != "done":
        with whole_file(private_folder(folder) / "language.pt") as partial:
            shutil.copyfile(begin, partial)
        checkpoint.assemble(recipe, base_gguf, work, folder)


def _refuse_other(folder: Path, recipe: Recipe) -> None:
    """Raise KeepsakeError when what ended here was a run of another recipe."""
    before = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if changed(before, {**before, "recipe": json.loads(json.dumps(asdict(recipe)))}):
        raise KeepsakeError(f"{folder} holds a run with another recipe: move it away, and it is run anew")


def _steps(run: Run) -> int:
    return run.recipe.gspo.steps if run.recipe.gspo else 0
