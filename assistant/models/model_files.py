"""Files of a model's folder, which may come from anybody: data inside the folder, read within bounds, never run.

Nothing that a manifest names is imported, no path leads out of the folder, and only ordinary files are opened: a pipe
would wait for ever.
"""

from __future__ import annotations

import importlib.machinery
import json
import re
import stat
from pathlib import Path, PurePosixPath
from typing import Any

from memory.errors import ModelError

LONGEST = 1 << 24
"""Bytes of the largest JSON file that is read."""


def read_bytes(path: Path) -> bytes:
    """The bytes of a small file. Raises OSError, and ValueError for what is no ordinary file or far too large."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is no ordinary file")
    if found.st_size > LONGEST:
        raise ValueError(f"it is larger than {LONGEST >> 20} MB")
    return path.read_bytes()


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises OSError, and ValueError for anything that is none."""
    try:
        found = json.loads(read_bytes(path).decode("utf-8"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it holds no object")
    return found


def inside(folder: Path, name: object) -> Path:
    """The path of an ordinary file that a manifest names. Raises ModelError where it leads elsewhere or is missing."""
    steps = PurePosixPath(name).parts if isinstance(name, str) else ()
    if not steps or "\0" in str(name) or ".." in steps or PurePosixPath(str(name)).is_absolute():
        raise ModelError(f"{folder}: its manifest names {name!r}, which is no file of this folder: get it elsewhere")
    path = folder / str(name)
    try:
        ordinary = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ModelError(f"{path} is missing; bring the model's files back, or choose another model") from error
    if not ordinary:
        raise ModelError(f"{path} is no ordinary file; bring the model's files back, or choose another model")
    return path


def packaged(package: object, file: object) -> Path:
    """The path of a file in an installed package, which is not imported. Raises ModelError for a missing package."""
    # `importlib.util.find_spec` would import the parents of a dotted name, and trust modules that are loaded already.
    if not isinstance(package, str) or not re.fullmatch(r"[A-Za-z_]\w*", package):
        raise ModelError(f"a manifest names {package!r}, which is no package that holds models: choose another model")
    spec = importlib.machinery.PathFinder.find_spec(package)
    for location in spec.submodule_search_locations or [] if spec else []:
        return inside(Path(location), file)
    raise ModelError(f"the package {package} with {file} is missing; install it with: make run")
