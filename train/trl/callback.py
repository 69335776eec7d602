"""Callback of trl's trainers: it writes run record and metrics, and asks the guards about the metrics.

`run_record.py` lists the files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from memory.errors import KeepsakeError
from memory.files import append_lines, read_lines, whole_lines, write_text
from train.rl import guards

WATCHED = {
    "reward": "reward",
    "loss": "loss",
    "grad_norm": "grad_norm",
    "tokens": "completions/mean_length",
    "truncated": "completions/clipped_ratio",
    "zero_variance": "frac_reward_zero_std",
}
"""Keys of `guards.py` and trl's names for them. trl logs no ratios, only the share that was clipped."""


class LogAndGuard(TrainerCallback):
    """Writes in the first process only; guards in every process, since all have the same metrics and stop together."""

    def __init__(self, out: Path, note: dict[str, Any], updates: int) -> None:
        self.out, self.updates, self.note = out, updates, json.dumps(note, indent=2) + "\n"
        self.rows: list[dict[str, Any]] = []
        """Metrics of the steps with a rollout, with the keys of `guards.py`."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Write the run record, and remove lines of steps after the checkpoint, which a resumed run does again."""
        metrics = [row for row in read_lines(self.out / "metrics.jsonl") if row["step"] <= state.global_step]
        self.rows = [guarded(row) for row in metrics if "reward" in row]
        if state.is_world_process_zero:
            rollouts = whole_lines(self.out / "rollouts.jsonl")
            before = "".join(line for line in rollouts if json.loads(line)["step"] < state.global_step)
            write_text(self.out / "run.json", self.note)
            write_text(self.out / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in metrics))
            write_text(self.out / "rollouts.jsonl", before)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Append a line of metrics and print warnings of guards. Raises KeepsakeError when a guard ends the run."""
        row = {"step": state.global_step, **(logs or {})}
        if state.is_world_process_zero:
            append_lines(self.out / "metrics.jsonl", [row])
        if "reward" not in row:
            return
        self.rows.append(guarded(row))
        for alarm in guards.check(self.rows, self.updates):
            if alarm.stop:
                raise KeepsakeError(f"stopped at step {state.global_step}: {alarm.text}")
            if state.is_world_process_zero:
                print(f"WARNING: {alarm.text}", file=sys.stderr)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Copy the run record into the checkpoint."""
        if state.is_world_process_zero:
            write_text(self.out / f"checkpoint-{state.global_step}" / "run.json", self.note)


def guarded(row: dict[str, Any]) -> dict[str, Any]:
    """A line of metrics with the keys of `guards.py`; Acc- is 1 minus the share of leaked questions (sigma-)."""
    leaked = row.get("sigma_minus")
    return {
        **{ours: row.get(theirs) for ours, theirs in WATCHED.items()},
        "acc_neg": None if leaked is None else 1 - leaked,
    }
