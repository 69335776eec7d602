"""Where state lives: one folder, moved by the environment variable KEEPSAKE_HOME."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of all state (memory, caches, downloads). Not created here: the writer creates it, 0700."""
    moved = os.environ.get("KEEPSAKE_HOME")
    return Path(moved).expanduser() if moved else Path(platformdirs.user_data_dir("keepsake"))


def private_folder(path: Path) -> Path:
    """Create `path` for this user only (0700) and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
