"""A run with rewards as a value: what it left on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmark.report.run_folder import Run


@dataclass(frozen=True, slots=True)
class Trained:
    """A run with rewards, whether it is planned, begun or done."""

    name: str
    about: str
    """What the run is, in a sentence of the study file."""
    changes: str
    """What the run changes in the recipe, as TOML."""
    state: str
    """How far the run is (`study.state`)."""
    steps: tuple[dict[str, Any], ...] = ()
    """Rows of `gspo.jsonl`, one for each step."""
    held_out: tuple[dict[str, Any], ...] = ()
    """Rows of `dev.jsonl`."""
    test: Run | None = None
    """The benchmark's results on the checkpoint; None: not measured."""
    method: str = ""
    """The name of the first run that differs from this one by its seed at most; this run's own where there is none."""
    rollouts: str = ""
    """The text of `rollouts.txt`."""
