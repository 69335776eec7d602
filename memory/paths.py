"""Where state lives: one folder, moved by the environment variable KEEPSAKE_HOME."""

from __future__ import annotations

import os
import resource
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
    """Create `path`, and the folders above it that are missing, for this user only (0700), and return it."""
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def no_core_dumps() -> None:
    """Let the system write no core dump of this process or its children: it would hold what was decrypted."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))


def open_log(name: str) -> IO[bytes]:
    """A file for what a child process prints, emptied; the null device where Keepsake's folder cannot be written."""
    try:
        path = private_folder(home() / "logs") / name
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(handle, 0o600)
        return os.fdopen(handle, "wb")
    except OSError:
        return open(os.devnull, "wb")
