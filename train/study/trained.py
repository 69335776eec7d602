"""What a run with rewards left on disk, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmark.report.run_folder import Run


@dataclass(frozen=True, slots=True)
class Trained:
    """What is known of a run."""

    name: str
    about: str
    changes: str
    state: str
    steps: tuple[dict[str, Any], ...] = ()
    """Rows of `gspo.jsonl`, one a step."""
    held_out: tuple[dict[str, Any], ...] = ()
    """Rows of `dev.jsonl`."""
    test: Run | None = None
    pages: str = ""
    """`rollouts.txt`."""
