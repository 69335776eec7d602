"""Steps of a long job that are not done twice: each result remembers what it was made from.

Beside a result lies `NAME.made`, with the hash of everything that went in and of every file that came out. A step whose
record still holds is left alone; anything else is made again. The record is written last: a step that was
killed has none. That a result appears under its name only when it is whole is up to whoever makes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from memory.files import sha256


def build_if_stale(target: Path, inputs: Mapping[str, Any], make: Callable[[Path], object]) -> Path:
    """The file or folder `target`, made by `make(target)` unless it is there and came from just these
    inputs."""
    record = target.with_name(f"{target.name}.made")
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
    if _known(record) == {"from": digest, "files": contents(target)} and target.exists():
        print(f"{target.name}: there already", file=sys.stderr)
        return target
    record.unlink(missing_ok=True)
    if target.is_dir():
        discard(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    print(f"{target.name} ...", file=sys.stderr)
    began = time.monotonic()
    make(target)
    write(record, json.dumps({"from": digest, "files": contents(target)}))
    print(f"{target.name}: done in {time.monotonic() - began:.0f} s", file=sys.stderr)
    return target


def contents(target: Path) -> dict[str, str]:
    """sha256 of a file, or of every file in a folder, by name."""
    paths = sorted(p for p in target.rglob("*") if p.is_file()) if target.is_dir() else [target] * target.is_file()
    return {path.relative_to(target.parent).as_posix(): sha256(path) for path in paths}


def put(whole: Path, target: Path) -> None:
    """A finished folder gets its name, which an earlier one may have: that one goes first, and never bit by bit."""
    discard(target)
    os.replace(whole, target)


def discard(folder: Path) -> None:
    """Take a folder away, if it is there. Killed in between, half of it is left under another name only."""
    aside = folder.with_name(f"{folder.name}.old.partial")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        os.replace(folder, aside)
        shutil.rmtree(aside)


def write(path: Path, text: str) -> None:
    """A small file, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _known(record: Path) -> Any:
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
