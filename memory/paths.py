"""Where state lives: one folder, moved by the environment variable KEEPSAKE_HOME."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import platformdirs

from memory.errors import MemoryFileError


def home() -> Path:
    """The folder of all state (memory, caches, downloads). Not created here: the writer creates it, 0700."""
    moved = os.environ.get("KEEPSAKE_HOME")
    return Path(moved).expanduser() if moved else Path(platformdirs.user_data_dir("keepsake"))


def memory_file(named: Path | None, *, to_read: bool = False) -> Path:
    """The memory file that a command line names, or the usual one in `home()`.

    `to_read`: a file that is named must exist, since a typing error would create an empty memory that answers nothing.
    Raises MemoryFileError.
    """
    if named and to_read and not named.exists():
        raise MemoryFileError(f"there is no memory {named}: see how it is spelt")
    return named or home() / "memory.db"


def private_folder(path: Path) -> Path:
    """Create `path` for this user only (0700) and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def open_log(name: str) -> IO[bytes]:
    """A file for what a child process prints, emptied; the null device where Keepsake's folder cannot be written."""
    try:
        return open(private_folder(home() / "logs") / name, "wb")
    except OSError:
        return open(os.devnull, "wb")
