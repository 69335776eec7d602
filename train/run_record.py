"""Record of a run with rewards: which folder it is in, what it was made from, and where it can go on.

    run.json        recipe, hash of the data, commit, versions, number of processes; a copy lies in every checkpoint
    metrics.jsonl   trl's measures and ours, a line for each optimiser step
    rollouts.jsonl, rollouts.txt    every completion with its reward, and some of them for people (`trl/reward_fn.py`)
    adapter         the LoRA at the end

These files are trl's; what our own loop writes stands in `rl/loop.py`. Nothing heavy is imported here: a run that
cannot go on is refused before torch is loaded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError
from memory.paths import home, private_folder
from train.recipe import Gspo, Recipe

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")
"""Packages whose versions a record names."""
LASTING = ("recipe", "data", "processes")
"""Keys of a record that may not change within a run."""


def folder(recipe: Recipe) -> Path:
    """The folder of a recipe's run with rewards; it is made if it is missing."""
    return private_folder(home() / "train" / recipe.name / "gspo")


def record(recipe: Recipe, data: str, processes: int) -> dict[str, Any]:
    """The content of `run.json`; `data` is a hash of what the run trains on or starts from."""
    here = Path(__file__).parent
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return {
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "data": data,
        "processes": processes,
        "commit": head.stdout.strip() or None,
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
    }


def changed(before: dict[str, Any], now: dict[str, Any]) -> str | None:
    """The first key of `LASTING` in which two records differ; a recipe key that an older record lacks had its
    default."""
    defaults = json.loads(json.dumps(asdict(Recipe("any", gspo=Gspo()))))
    then = {**before, "recipe": _with_defaults(defaults, before["recipe"])}
    return next((key for key in LASTING if then[key] != now[key]), None)


def _with_defaults(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """`given` with the default for each key that it lacks, table by table."""
    known = {
        k: _with_defaults(defaults[k], v) if isinstance(v, dict) and defaults.get(k) else v for k, v in given.items()
    }
    return {**defaults, **known}


def begin(out: Path, now: dict[str, Any], resume: bool) -> Path | None:
    """The checkpoint of trl that a run with the record `now` goes on from; None: it begins anew.

    Raises KeepsakeError when the folder `out` holds another run, or a run that nobody asked to resume.
    """
    checkpoints = sorted(out.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    if checkpoints and not resume:
        raise KeepsakeError(f"{out} holds a run already: go on with --resume, or move it away")
    complete = [path for path in checkpoints if _is_complete(path, now["processes"])]
    if not complete:
        return None
    before = json.loads((out / "run.json").read_text(encoding="utf-8"))
    if other := changed(before, now):
        raise KeepsakeError(f"{out} holds a run with another {other}: it cannot go on with this one")
    return complete[-1]


def _is_complete(checkpoint: Path, processes: int) -> bool:
    """Whether each process left its random state, and `trainer_state.json`, which is written last, can be read."""
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return bool(state) and len(list(checkpoint.glob("rng_state*.pth"))) == processes
