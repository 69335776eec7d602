"""The files of a memory: which belong to it, who may touch them now, and one clear line when they cannot be used.

Beside `memory.db` stand SQLite's own `-wal` and `-shm`, a folder `memory.db.snapshots`, after a restore the file that
was replaced, `memory.db.aside-<time>`, and with an encrypted memory its wrapped key, `memory.db.key`. No SQL in here.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from memory.db import engine
from memory.errors import MemoryFileError
from memory.paths import home
from memory.text import count

STAMP = "%Y%m%dT%H%M%S.%fZ"
"""The time in the names of snapshots and of files set aside, UTC."""
LITTLE_ROOM = 1 << 24
"""Bytes free on a disk that counts as full."""
_SNAPSHOT = re.compile(r"\d{8}T\d{6}\.\d{6}Z\.db")
_SHM_IN_USE = 128  # the byte of -shm that every open connection holds a shared lock on (SQLite's "dead man's switch")


class Snapshot(NamedTuple):
    """A copy of a memory, made at one moment."""

    file: Path
    taken: datetime
    """When the copy was made, UTC."""
    bytes: int

    @property
    def in_the_future(self) -> bool:
        """Whether its date has not come yet: it was made while the computer's clock was wrong, so nobody knows when."""
        return self.taken > datetime.now(UTC) + timedelta(days=1)

    def age(self) -> str:
        """How long ago the copy was made: "1 hour", "3 days"."""
        if self.in_the_future:
            return "an unknown time"
        hours = int((datetime.now(UTC) - self.taken) / timedelta(hours=1))
        return count(hours // 24, "day") if hours >= 48 else count(hours, "hour")


def snapshot_folder(path: Path) -> Path:
    """The folder of the snapshots of the memory `path`."""
    return path.with_name(f"{path.name}.snapshots")


def snapshots(path: Path) -> list[Snapshot]:
    """All snapshots of the memory `path`, newest first; those dated in the future last."""
    folder, found = snapshot_folder(path), []
    for file in folder.iterdir() if folder.is_dir() else ():
        if _SNAPSHOT.fullmatch(file.name):
            with suppress(ValueError):  # thirteen months: no date, and no name that we gave
                taken = datetime.strptime(file.stem, STAMP).replace(tzinfo=UTC)
                found.append(Snapshot(file, taken, file.stat().st_size))
    return sorted(found, key=lambda one: (not one.in_the_future, one.taken), reverse=True)


def set_aside(path: Path) -> list[Path]:
    """Files that `restore` replaced; they may hold what was forgotten since. Oldest first."""
    return sorted(f for f in path.parent.glob(f"{path.name}.aside-*") if not f.name.endswith(("-wal", "-shm")))


def key_file(path: Path) -> Path:
    """The file with the wrapped keys of an encrypted memory."""
    return path.with_name(f"{path.name}.key")


def unfinished(path: Path, what: str) -> Path:
    """The copy that a step `what` ("restoring", "converting") writes before the copy takes the place of `path`."""
    return path.with_name(f"{path.name}.{what}")


def abandoned_copies(path: Path) -> list[Path]:
    """Files that a killed restore or conversion left; they may hold the whole memory in plain text."""
    copies = [unfinished(path, what) for what in ("restoring", "converting")]
    left = [*copies, *(Path(f"{copy}-journal") for copy in copies), unfinished(key_file(path), "partial")]
    return [file for file in left if file.exists()]


def sweep(path: Path) -> None:
    """Remove the `abandoned_copies`. Call it `locked`."""
    for file in abandoned_copies(path):
        file.unlink(missing_ok=True)


def wal_and_shm(path: Path) -> tuple[Path, Path]:
    """SQLite's own files beside a database: write-ahead log and shared memory."""
    return Path(f"{path}-wal"), Path(f"{path}-shm")


@contextmanager
def locked(path: Path, wait: float) -> Iterator[None]:
    """Hold the folder's lock, so that no other process or thread forgets, restores or takes a snapshot meanwhile.

    The system releases the lock when the process dies. Raises MemoryFileError after `wait` seconds.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise MemoryFileError(f"cannot use the folder {path.parent}: {error.strerror}") from error
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise MemoryFileError(f"{path} is being copied or cleaned by another program: try again") from error
                time.sleep(0.02)
        yield
    finally:
        os.close(folder)


def in_use(path: Path) -> bool:
    """Whether any process has the memory open. A process that has it open must not ask: it would lose its own locks."""
    try:
        with open(wal_and_shm(path)[1], "rb+") as shm:
            fcntl.lockf(shm, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _SHM_IN_USE)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def keep_private(path: Path) -> None:
    """Set the rights 0600 on the memory and its log: a copy or a restored backup may be readable for others."""
    for file in (path, *wal_and_shm(path)):
        with suppress(FileNotFoundError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def is_read_only(path: Path) -> bool:
    """Whether there is a memory that this user cannot write: on a read-only disk, or by its rights."""
    by_us = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    return path.is_file() and not all(os.access(one, os.W_OK, **by_us) for one in (path, path.parent))


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


def recovery_advice(path: Path) -> str:
    """The advice about a memory that cannot be read: restore a snapshot or, without one, import an export."""
    kept = snapshots(path)
    if not kept:
        return "import your last export into a new file"
    return (
        f"`python -m memory restore` brings back the snapshot of {kept[0].taken:%Y-%m-%d %H:%M} UTC and keeps this file"
    )


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file into a MemoryFileError of one line; errors that are our bugs pass through."""
    try:
        yield
    except (*engine.failures("IntegrityError"), *engine.failures("ProgrammingError")):
        raise
    except engine.failures() as error:
        hint = {
            "database is locked": "another program is writing to it; try again",
            "unable to open database file": "it cannot be opened; check that it is a file and yours to read and write",
            "attempt to write a readonly database": "it is read-only; change its rights or choose another file",
            "database or disk is full": "the disk is full and nothing was changed; make room, then try again",
            "disk I/O error": "the disk fails or is full, and nothing was changed; check it, then try again",
            "file is not a database": _no_memory(path),
            "database disk image is malformed": f"it is damaged; {recovery_advice(path)}",
        }.get(str(error), str(error))
        raise MemoryFileError(f"cannot use the memory {path}: {hint}") from error
    except UnicodeDecodeError as error:  # an error of SQLite that quotes damaged bytes of its schema
        raise MemoryFileError(f"cannot use the memory {path}: it is damaged; {recovery_advice(path)}") from error


def _no_memory(path: Path) -> str:
    """Why SQLite sees no database in the file, and what to do."""
    if not key_file(path).exists():
        lost = f"it is not a memory file, or it is damaged, or encrypted and its {key_file(path).name} is not beside it"
        return f"{lost}; put that back, choose another file, or {recovery_advice(path)}"
    if not engine.available():
        return engine.MISSING.format(what="it is encrypted, and that")
    return f"it is damaged; {recovery_advice(path)}"
