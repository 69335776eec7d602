"""Callback of trl's trainers: run record and metrics on disk, guards on the metrics. What lies where:
`run_record.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from memory.errors import KeepsakeError
from memory.files import read_lines, whole_lines, write_text
from train.rl import guards

WATCHED = {
    "reward": "reward",
    "loss": "loss",
    "grad_norm": "grad_norm",
    "tokens": "completions/mean_length",
    "truncated": "completions/clipped_ratio",
    "zero_variance": "frac_reward_zero_std",
}
"""What the guards call it, and what trl does. trl does not log ratios, only how many were clipped."""


class Logs(TrainerCallback):
    """Only the first process writes; every process guards, since all see the same metrics and have to stop together."""

    def __init__(self, out: Path, note: dict[str, Any], updates: int) -> None:
        self.out, self.updates, self.note = out, updates, json.dumps(note, indent=2) + "\n"
        self.rows: list[dict[str, Any]] = []
        """Of the steps with a rollout, as guards read them."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """What came after the checkpoint that a resumed run begins at will be written again."""
        metrics = [row for row in read_lines(self.out / "metrics.jsonl") if row["step"] <= state.global_step]
        self.rows = [watched(row) for row in metrics if "reward" in row]
        if state.is_world_process_zero:
            told = [
                line
                for line in whole_lines(self.out / "rollouts.jsonl")
                if json.loads(line)["step"] < state.global_step
            ]
            write_text(self.out / "run.json", self.note)
            write_text(self.out / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in metrics))
            write_text(self.out / "rollouts.jsonl", "".join(told))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """A line of metrics. Raises KeepsakeError when a guard says that going on would only cost time."""
        row = {"step": state.global_step, **(logs or {})}
        if state.is_world_process_zero:
            with open(self.out / "metrics.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        if "reward" not in row:
            return
        self.rows.append(watched(row))
        for alarm in guards.check(self.rows, self.updates):
            if alarm.stop:
                raise KeepsakeError(f"stopped at step {state.global_step}: {alarm.text}")
            if state.is_world_process_zero:
                print(f"WARNING: {alarm.text}", file=sys.stderr)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The record lies beside every checkpoint."""
        if state.is_world_process_zero:
            write_text(self.out / f"checkpoint-{state.global_step}" / "run.json", self.note)


def watched(row: dict[str, Any]) -> dict[str, Any]:
    """A line of metrics as `guards.py` reads it. Leaked questions are the part of Acc- that is lost."""
    leaked = row.get("sigma_minus")
    return {
        **{ours: row.get(theirs) for ours, theirs in WATCHED.items()},
        "acc_neg": None if leaked is None else 1 - leaked,
    }
