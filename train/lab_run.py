"""The steps of a lab run, one after the other; measures that do not depend on each other run in parallel, each on a
device of its own. A step that has succeeded is recorded, and not run again."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from memory.errors import KeepsakeError
from memory.files import write_text


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a run."""

    name: str
    command: tuple[str, ...]
    devices: int
    memory: int
    """Bytes that the command needs of each device, or of the host if it uses no device."""
    hours: float
    made: Path | None = None
    """The step has succeeded if it wrote this file, whatever its exit status (an export may leave variants out)."""
    lane: int | None = None
    """The index of its device, for a step that runs in parallel with others; None: the step runs alone."""
    closing: bool = False
    """Whether the step shows what others have made: it runs again after any of them."""


def devices_seen() -> list[str]:
    """The devices that CUDA_VISIBLE_DEVICES names; empty: all there are."""
    return [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]


def device_at(place: int) -> str:
    """The name of the device at a place among those that are seen."""
    seen = devices_seen()
    return seen[place] if place < len(seen) else str(place)


def environment(step: Step) -> dict[str, str]:
    """Environment variables of a command. One for a single device sees that device only: otherwise trl would take all
    devices, and llama.cpp the judge's, too."""
    return {"CUDA_VISIBLE_DEVICES": device_at(step.lane or 0)} if step.devices == 1 else {}


def line(step: Step) -> str:
    """A command as it can be typed."""
    return " ".join([*(f"{name}={value}" for name, value in environment(step).items()), shlex.join(step.command)])


def groups(steps: Sequence[Step]) -> Iterator[list[list[Step]]]:
    """The steps in groups that run at one time, in order: a step alone, or consecutive steps with lanes, by lane."""
    beside: dict[int, list[Step]] = {}
    for step in steps:
        if step.lane is not None:
            beside.setdefault(step.lane, []).append(step)
            continue
        if beside:
            yield list(beside.values())
            beside = {}
        yield [[step]]
    if beside:
        yield list(beside.values())


def hours(steps: Sequence[Step]) -> float:
    """Hours of all steps; of steps that run in parallel, those of the longest lane."""
    return sum(max(sum(step.hours for step in lane) for lane in group) for group in groups(steps))


def execute(steps: Sequence[Step], record: Path) -> None:
    """Run every step that the file `record` does not list, and after any the closing ones. If a step fails, the steps
    beside it go on to their ends; then KeepsakeError names the failed step, at which the next call begins."""
    finished: list[list[str]] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else []
    lock = threading.Lock()

    def run(lane: Sequence[Step]) -> None:
        for step in lane:
            print(f"\n== {step.name}\n{line(step)}", file=sys.stderr)
            before = _written(step)
            status = subprocess.run(step.command, check=False, env=os.environ | environment(step)).returncode
            if status and _written(step) in (None, before):
                again = "mend it, and run the same command again"
                raise KeepsakeError(f"{step.name} failed with exit status {status}: {again}")
            with lock:
                finished.append(list(step.command))
                write_text(record, json.dumps(finished))

    due = [step for step in steps if list(step.command) not in finished]
    for group in groups([step for step in steps if step in due or (due and step.closing)]):
        with ThreadPoolExecutor(len(group)) as pool:
            for one in [pool.submit(run, lane) for lane in group]:
                one.result()


def _written(step: Step) -> int | None:
    """When the file that a step writes was last changed (nanoseconds); None if there is no such file."""
    return step.made.stat().st_mtime_ns if step.made and step.made.exists() else None
