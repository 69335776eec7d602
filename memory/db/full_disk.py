"""Room on a full disk: what can be computed again goes first, so that a memory can be opened, and forgotten from."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from memory.paths import home

LITTLE_ROOM = 1 << 24
"""Bytes free on a disk that counts as full."""


def is_full(path: Path) -> bool:
    """Whether the disk of `path` has next to no room."""
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free < LITTLE_ROOM
    return False


def drop_caches() -> bool:
    """Delete all caches; whether there were any. The mark `epoch` stays (`forget/cleaning.py`)."""
    dropped = False
    for folder, _, names in os.walk(home() / "cache"):
        for name in names:
            if name != "epoch":
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))
                    dropped = True
    return dropped
