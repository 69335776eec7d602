"""Snapshots: whole copies of the memory, made by SQLite's backup, and restoring one.

A snapshot is made when a memory is opened that has changed since a last snapshot older than a day, and before every
migration. The newest `KEEP` stay. A forget deletes all snapshots and makes one anew. Snapshots of an encrypted memory
are encrypted with its key. They lie beside the memory, so they do not help when the disk is lost: `export` does.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from memory.db import checks, engine, keys
from memory.db.database_files import (
    STAMP,
    Snapshot,
    in_use,
    locked,
    recovery_advice,
    snapshot_folder,
    snapshots,
    sweep,
    unfinished,
    wal_and_shm,
)
from memory.db.engine import PLAIN, Key
from memory.db.schema import version_of
from memory.errors import MemoryFileError
from memory.files import sync
from memory.paths import private_folder

KEEP = 3
"""How many snapshots stay."""
EVERY = timedelta(days=1)
"""The age from which on a snapshot is followed by another."""


class Restored(NamedTuple):
    """The result of a restore."""

    snapshot: Snapshot
    aside: Path | None
    """The replaced memory file under its new name; None when there was none."""


def due(path: Path) -> bool:
    """Whether the memory has changed since a last snapshot older than a day. Call it before opening the memory."""
    kept = snapshots(path)
    if not kept or kept[0].in_the_future:
        return path.exists() and path.stat().st_size > 0
    written = [f.stat() for f in (path, wal_and_shm(path)[0]) if f.exists()]
    changed = max((s.st_mtime for s in written if s.st_size), default=0.0)  # an empty log only says it was opened
    return datetime.now(UTC) - kept[0].taken > EVERY and changed > kept[0].taken.timestamp()


def take(db: sqlite3.Connection, path: Path, key: Key | None, *, damaged_too: bool = False) -> Snapshot:
    """Copy the open memory `db` in the file `path`, and delete the oldest copies. Call it `locked`.

    `db` must be in no transaction; `key` is the memory's. Other processes may read and write meanwhile. Where there are
    snapshots, a copy of a damaged memory never takes the place of one: it is refused or, if `damaged_too`, added to
    them. Raises MemoryFileError.
    """
    taken, kept = datetime.now(UTC), snapshots(path)
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
        damage = problem(partial, key) if kept else None
        if damage and not damaged_too:
            still = f"no snapshot of it was made, the older ones stay; {recovery_advice(path)}"
            raise MemoryFileError(f"{path} is damaged ({damage}): {still}")
        sync(partial)
        partial.replace(done)
        sync(done)
        for old in () if damage else snapshots(path)[KEEP:]:
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
    """Delete all snapshots; returns how many there were. Call it `locked`. Raises OSError."""
    kept = snapshots(path)
    for old in kept:
        old.file.unlink()
    if snapshot_folder(path).is_dir():
        _sweep(snapshot_folder(path))
    return len(kept)


def problem(file: Path, key: Key | None = None) -> str | None:
    """Why a snapshot of a memory with this key cannot be restored, in one line; None when it can. Writes nothing.

    Pages are checked by SQLite, photos and episodes by their hashes.
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
            if found != "ok":
                return str(found).splitlines()[0]
            return checks.first_problem(db)
    except engine.failures("DatabaseError", OSError, MemoryFileError, UnicodeDecodeError) as error:
        return str(error)


def restore(path: Path, wait: float = 10.0, ask: keys.Ask | None = None) -> Restored:
    """Put the newest good snapshot in the place of the memory, which is set aside under another name.

    Nothing is deleted or overwritten, and a plain snapshot never takes the place of an encrypted memory. `wait`:
    seconds to wait for other programs. `ask`: called for the passphrase, see `Memory`. Raises MemoryFileError when
    there is no good snapshot, or a program has the memory open.
    """
    if not snapshots(path):
        raise MemoryFileError(f"there is no snapshot of {path}: import your last export into a new file")
    try:
        with locked(path, wait):
            if in_use(path):
                raise MemoryFileError(f"{path} is open in another program: close it, then restore")
            good = _newest_good(path, ask)
            if good is None:
                raise MemoryFileError(f"no snapshot in {snapshot_folder(path)} is whole: nothing was changed")
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
    """The newest snapshot that can be restored; None when there is none."""
    wrapped = keys.read(path)
    encrypted = path.exists() and engine.beginning_of_copy(path).hex() in wrapped  # no process has the file open
    by_beginning: dict[bytes, Key | None] = {}
    for kept in snapshots(path):
        begins = engine.beginning_of_copy(kept.file)
        if begins == PLAIN and encrypted:
            continue
        if begins not in by_beginning:  # a damaged snapshot has no key, and is passed over
            by_beginning[begins] = keys.find(path, begins, ask) if begins.hex() in wrapped else None
        if problem(kept.file, by_beginning[begins]) is None:
            return kept
    return None


def _put_aside(path: Path) -> Path | None:
    """Give the memory a second name, which its log follows: a log must never lie beside another database."""
    wal, shm = wal_and_shm(path)
    aside = path.with_name(f"{path.name}.aside-{datetime.now(UTC).strftime(STAMP)}")
    if path.exists():
        os.link(path, aside)
    if wal.exists():
        wal.rename(wal_and_shm(aside)[0])
    shm.unlink(missing_ok=True)
    return aside if aside.exists() else None


def _sweep(folder: Path) -> None:
    """Remove the unfinished copies of a killed process."""
    for rest in folder.glob("*.partial*"):
        rest.unlink()
