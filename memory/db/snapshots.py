"""Snapshots: whole copies of the memory, made by SQLite's backup, and the way back to one.

When a memory is opened and the last snapshot is older than a day, one is made if anything has changed since; and
before every migration. The newest `KEEP` stay. A forget deletes them all and makes one anew. Those of an encrypted
memory are encrypted with its key. They are no backup against a lost disk: that is what `export` is for.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from memory.db import engine, keys
from memory.db.database_files import (
    STAMP,
    Snapshot,
    alone,
    beside,
    in_use,
    snapshot_folder,
    snapshots,
    sweep,
    unfinished,
)
from memory.db.engine import PLAIN, Key
from memory.db.schema import version_of
from memory.errors import MemoryFileError
from memory.files import sync
from memory.paths import private_folder

KEEP = 3
EVERY = timedelta(days=1)


class Restored(NamedTuple):
    """What a restore did."""

    snapshot: Snapshot
    aside: Path | None
    """The file that was there before, under its new name."""


def due(path: Path) -> bool:
    """Whether the memory has changed since its last snapshot, and that is older than a day. Ask before opening it."""
    kept = snapshots(path)
    if not kept:
        return path.exists() and path.stat().st_size > 0
    written = [f.stat() for f in (path, beside(path)[0]) if f.exists()]
    changed = max((s.st_mtime for s in written if s.st_size), default=0.0)  # an empty log only says it was opened
    return datetime.now(UTC) - kept[0].taken > EVERY and changed > kept[0].taken.timestamp()


def take(db: sqlite3.Connection, path: Path, key: Key | None) -> Snapshot:
    """Copy the memory `db`, which is the file `path`, and drop the oldest copies. Be `alone`. Raises MemoryFileError.

    `db` must be in no transaction; `key` is the memory's. Other processes go on reading and writing.
    """
    taken = datetime.now(UTC)
    folder = snapshot_folder(path)
    partial, done = folder / "new.partial", folder / f"{taken.strftime(STAMP)}.db"
    try:
        private_folder(folder)
        _sweep(folder)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(engine.connect(partial, key)) as copy:
            copy.execute("PRAGMA synchronous = OFF")  # synced once, below
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable where nothing can be written
        sync(partial)
        partial.replace(done)
        sync(done)
        for old in snapshots(path)[KEEP:]:
            old.file.unlink()
    except engine.failures("DatabaseError", OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        hint = "make room there, or change its rights"
        raise MemoryFileError(f"cannot write the snapshot {done}: {why}; {hint}") from error
    finally:
        with suppress(OSError):
            _sweep(folder)
    return Snapshot(done, taken, done.stat().st_size)


def remove_all(path: Path) -> int:
    """Delete all snapshots; returns how many. Be `alone`. Raises OSError."""
    kept = snapshots(path)
    for old in kept:
        old.file.unlink()
    if snapshot_folder(path).is_dir():
        _sweep(snapshot_folder(path))
    return len(kept)


def problem(file: Path, key: Key | None = None) -> str | None:
    """What is wrong with a snapshot of a memory with this key, in one line; None when it can be restored.

    Nothing is written.
    """
    try:
        begins = engine.beginning_of_copy(file)
        if key and begins.hex() != key.id:
            return f"it is {'not encrypted' if begins == PLAIN else 'damaged, or encrypted with another key'}"
        uri = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(engine.connect(uri, key, uri=True)) as db:
            (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if version_of(db, file) == 0:
                return "it is empty"
        return None if found == "ok" else str(found).splitlines()[0]
    except engine.failures("DatabaseError", OSError, MemoryFileError, UnicodeDecodeError) as error:
        return str(error)


def restore(path: Path, wait: float = 10.0, ask: keys.Ask | None = None) -> Restored:
    """Put the newest good snapshot in the place of the memory, which is kept under another name.

    Nothing is deleted or overwritten, and a plain snapshot never takes the place of an encrypted memory. Raises
    MemoryFileError when there is none, or a program has the memory open. `ask`: for the passphrase, see `Memory`.
    """
    if not snapshots(path):
        raise MemoryFileError(f"there is no snapshot of {path}: import your last export into a new file")
    try:
        with alone(path, wait):
            if in_use(path):
                raise MemoryFileError(f"{path} is open in another program: close it, then restore")
            good = _newest_good(path, ask)
            if good is None:
                raise MemoryFileError(f"no snapshot in {snapshot_folder(path)} can be read: nothing was changed")
            sweep(path)
            copy = unfinished(path, "restoring")
            os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            shutil.copyfile(good.file, copy)
            sync(copy)
            aside = _put_aside(path)
            copy.replace(path)
            sync(path)
            return Restored(good, aside)
    except OSError as error:
        raise MemoryFileError(f"cannot restore {path}: {error.strerror}: {error.filename}; it is as it was") from error


def _newest_good(path: Path, ask: keys.Ask | None) -> Snapshot | None:
    wrapped = keys.read(path)
    encrypted = path.exists() and engine.beginning_of_copy(path).hex() in wrapped  # nobody has it open
    found: dict[bytes, Key | None] = {}
    for kept in snapshots(path):
        begins = engine.beginning_of_copy(kept.file)
        if begins == PLAIN and encrypted:
            continue
        if begins not in found:  # one that is damaged has no key, and is passed over
            found[begins] = keys.find(path, begins, ask) if begins.hex() in wrapped else None
        if problem(kept.file, found[begins]) is None:
            return kept
    return None


def _put_aside(path: Path) -> Path | None:
    """Give the memory a second name and take its log away from the first: a log must never meet another database."""
    wal, shm = beside(path)
    aside = path.with_name(f"{path.name}.aside-{datetime.now(UTC).strftime(STAMP)}")
    if path.exists():
        os.link(path, aside)
    if wal.exists():
        wal.rename(beside(aside)[0])
    shm.unlink(missing_ok=True)
    return aside if aside.exists() else None


def _sweep(folder: Path) -> None:
    """Remove what a killed process left half made."""
    for rest in folder.glob("*.partial*"):
        rest.unlink()
