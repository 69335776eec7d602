"""A long job as a list of steps, each of which is done once: a result remembers what it was made from.

Beside each result lies `NAME.made` (JSON): the hash of everything that went into the step, and the sha256 of every file
that came out. A result whose record still holds is not made again. The record is written last, so that a step that was
killed has none and is repeated. The function that makes a result has to give it its name only once it is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from memory.files import sha256, write_text


@dataclass(frozen=True, slots=True)
class Step:
    """One file or folder of a job, and how it is made."""

    target: Path
    inputs: Mapping[str, Any]
    """Everything that the result depends on, as JSON values. A `Path` stands for the hash of what lies there, a
    function for its return value; both are looked up when the step's turn comes, after the steps before."""
    make: Callable[[Path], object]
    """Writes the result to the path it is given, `target`."""

    @property
    def name(self) -> str:
        """The name that progress lines and the record have."""
        return self.target.name

    def resolved(self) -> dict[str, Any]:
        """`inputs` with every path and function replaced by its value."""
        return {key: _resolve(value) for key, value in self.inputs.items()}


def run(steps: Iterable[Step]) -> None:
    """Do the steps in their order, without those whose results are fresh. Progress goes to stderr."""
    for step in steps:
        build_if_stale(step.target, step.resolved(), step.make)


def build_if_stale(target: Path, inputs: Mapping[str, Any], make: Callable[[Path], object]) -> Path:
    """Call `make(target)`, unless the file or folder `target` is there and was made from equal `inputs`."""
    record = target.with_name(f"{target.name}.made")
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    if _read_record(record) == {"from": digest, "files": contents(target)} and target.exists():
        print(f"{target.name}: there already", file=sys.stderr)
        return target
    record.unlink(missing_ok=True)
    if target.is_dir():
        remove_folder(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"{target.name} ...", file=sys.stderr)
    began = time.monotonic()
    make(target)
    write_text(record, json.dumps({"from": digest, "files": contents(target)}))
    print(f"{target.name}: done in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return target


def contents(target: Path) -> dict[str, str]:
    """The sha256 of a file, or of every file in a folder, by its path from the target's parent; empty for nothing."""
    paths = sorted(p for p in target.rglob("*") if p.is_file()) if target.is_dir() else [target] * target.is_file()
    return {path.relative_to(target.parent).as_posix(): sha256(path) for path in paths}


def replace_folder(source: Path, target: Path) -> None:
    """Rename the finished folder `source` to `target`; an earlier `target` is removed first, as by `remove_folder`."""
    remove_folder(target)
    os.replace(source, target)


def remove_folder(folder: Path) -> None:
    """Remove a folder, if it is there.

    The folder is renamed first: a kill leaves the rest of it under another name, never half a folder under its own.
    """
    aside = folder.with_name(f"{folder.name}.old.partial")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        os.replace(folder, aside)
        shutil.rmtree(aside)


def _resolve(value: Any) -> Any:
    """The hash of a file (str) or of a folder's files (by path), a function's return value, or `value` itself."""
    if isinstance(value, Path):
        return contents(value) if value.is_dir() else sha256(value)
    return value() if callable(value) else value


def _read_record(record: Path) -> Any:
    """The content of a `NAME.made` file; None when it is missing or damaged."""
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
