"""The parts of an export of Google Photos, each unpacked into its own folder: a photo and its JSON may lie in two."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from assistant.importing.sidecars import key_of

TAKEOUT = "Takeout"
"""The folder in each part of an export of Google, and"""
_A_PART = re.compile(r"takeout(?:[ _-]?\(?\d{1,3}\)?)?(?: copy| \d+)?", re.I)
"""what it is called where several are unpacked into one folder: Takeout 2, Takeout-1, Takeout (1)."""


def in_takeout(steps: Sequence[str]) -> bool:
    """Whether folders are those of a part of a Takeout."""
    return any(_A_PART.fullmatch(step) for step in steps)


def parts_in(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """The parts of an export of Google among the folders in one, as they are unpacked: each is "Takeout" in a folder of
    the ZIP's name, or is called "Takeout 2" beside the first. () where there are fewer than two."""
    found = [folder / name if _A_PART.fullmatch(name) else folder / name / TAKEOUT for name in names]
    found = [part / TAKEOUT if (part / TAKEOUT).is_dir() else part for part in found if part.is_dir()]
    return tuple(found) if len(found) > 1 else ()


def export_of(folder: Path, exports: Sequence[tuple[Path, ...]]) -> tuple[Path, ...]:
    """The parts of the export in which a folder lies."""
    return next((parts for parts in exports if any(folder.is_relative_to(part) for part in parts)), ())


def in_other_parts(folder: Path, parts: Sequence[Path]) -> dict[str, list[str]]:
    """The names in the same folder of other parts, as paths from `folder`, by their keys."""
    found: dict[str, list[str]] = {}
    mine = next((part for part in parts if folder.is_relative_to(part)), None)
    for part in parts:
        other = part / folder.relative_to(mine) if mine else part
        if mine and part != mine and other.is_dir():
            for name in os.listdir(other):
                found.setdefault(key_of(name), []).append(os.path.relpath(other / name, folder))
    return found
