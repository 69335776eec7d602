"""What a run of `run.py` is, where it lies and where it goes on: run record, last whole checkpoint, one prompt to read.

    run.json        recipe, hash of the data, commit, versions, processes; a copy in every checkpoint
    metrics.jsonl   trl's own measures and ours, a line an optimiser step
    rollouts.jsonl, rollouts.txt    every completion with its reward; some of them for reading (`reward_fn.py`)
    adapter         the LoRA, in the end

It imports nothing heavy: a run that cannot go on is refused before torch is loaded.
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
LASTING = ("recipe", "data", "processes")
"""What may not change in the middle of a run."""


def folder(recipe: Recipe) -> Path:
    """Where a run lies; made when it is missing."""
    return private_folder(home() / "train" / recipe.name / "gspo")


def record(recipe: Recipe, data: str, processes: int) -> dict[str, Any]:
    """What a run is made from, as JSON has it; `data` is a hash."""
    here = Path(__file__).parent
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=False)
    return {
        "recipe": json.loads(json.dumps(asdict(recipe))),
        "data": data,
        "processes": processes,
        "commit": head.stdout.strip() or None,
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
    }


def changed(before: dict[str, Any], note: dict[str, Any]) -> str | None:
    """Which of `LASTING` has changed since a run was recorded. Keys that its recipe did not have yet were as they are
    by default."""
    defaults = json.loads(json.dumps(asdict(Recipe("", gspo=Gspo()))))
    then = {**before, "recipe": _filled(defaults, before["recipe"])}
    return next((key for key in LASTING if then[key] != note[key]), None)


def _filled(defaults: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """`given` with what it lacks, table by table."""
    known = {k: _filled(defaults[k], v) if isinstance(v, dict) and defaults.get(k) else v for k, v in given.items()}
    return {**defaults, **known}


def begin(out: Path, note: dict[str, Any], resume: bool) -> Path | None:
    """The checkpoint to go on from; None: from the start. Raises KeepsakeError when what is there is of another run."""
    checkpoints = sorted(out.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    if checkpoints and not resume:
        raise KeepsakeError(f"{out} holds a run already: go on with --resume, or move it away")
    whole = [path for path in checkpoints if _whole(path, note["processes"])]
    if not whole:
        return None
    before = json.loads((out / "run.json").read_text(encoding="utf-8"))
    if other := changed(before, note):
        raise KeepsakeError(f"{out} holds a run with another {other}: it cannot go on with this one")
    return whole[-1]


def _whole(checkpoint: Path, processes: int) -> bool:
    """Each process leaves the state of its dice; `trainer_state.json` is written last."""
    try:
        state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    return bool(state) and len(list(checkpoint.glob("rng_state*.pth"))) == processes
