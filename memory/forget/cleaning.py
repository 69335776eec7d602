"""Destroying what deleted rows left behind: in the file's pages, its log, its snapshots, and the caches."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from memory.db import database_files, engine, keys, snapshots
from memory.db.memory_file import MemoryFile
from memory.errors import MemoryFileError
from memory.files import write_text
from memory.forget.receipt import Receipt
from memory.paths import home, private_folder

CONVERTED = "converted"
"""The value of `erasing.since` after a conversion: the whole file was written anew, and its old keys are destroyed."""


def on_opening(file: MemoryFile, due: bool) -> tuple[Receipt | None, str]:
    """Check a file that was just opened; finish what a killed forget or conversion left; take a snapshot if `due`.

    Returns the receipt of cleaning up, if there was anything to clean, and one line about what could not be done.
    Raises MemoryFileError when the file is damaged.
    """
    if due or file.small():
        file.check()
    if file.read_only:
        return None, f"{file.path} lies where nothing can be written: it can be read, and not be changed"
    with file.transaction() as db:
        pending = db.execute("SELECT 1 FROM erasing").fetchone() is not None
        due = due and db.execute("SELECT 1 FROM episodes").fetchone() is not None
    cleaned: Receipt | None = None
    trouble = file.damage() if file.small() else ""  # of a larger file, the next snapshot tells
    if not pending and not due and not database_files.abandoned_copies(file.path):
        return cleaned, trouble
    try:
        with file.locked(wait=0.0):  # a process that holds the lock does the same work
            database_files.sweep(file.path)
            if pending:
                cleaned = clean(file, Receipt((), (), (), 0, 0, 0, 0))  # the killed one may have deleted the snapshots
            if due and snapshots.due(file.path):  # not just made: by cleaning, before an upgrade, by another process
                file.snapshot()
    except MemoryFileError as error:
        return cleaned, trouble or str(error)
    return cleaned, trouble


def erase(file: MemoryFile, delete: Callable[[sqlite3.Connection], Receipt]) -> Receipt:
    """Run `delete` in a write transaction, then destroy what the deleted rows left behind. Raises MemoryFileError."""
    with file.locked():  # no snapshot is taken meanwhile
        try:
            receipt = _deleted(file, delete)
        except MemoryFileError as error:
            if not isinstance(error.__cause__, engine.failures("OperationalError")):
                raise
            if not _make_room(file):
                raise
            receipt = _deleted(file, delete)
        return clean(file, receipt)


def _deleted(file: MemoryFile, delete: Callable[[sqlite3.Connection], Receipt]) -> Receipt:
    with file.transaction("IMMEDIATE") as db:
        return delete(db)


def _make_room(file: MemoryFile) -> bool:
    """On a full disk, where not even a deletion can be written: delete first what goes with every forget.

    Returns whether there was anything. The snapshots, and the caches, which can all be made again.
    """
    try:
        return database_files.is_full(file.path) and bool(
            database_files.drop_caches() + snapshots.remove_all(file.path)
        )
    except OSError:
        return False


def clean(file: MemoryFile, receipt: Receipt) -> Receipt:
    """Destroy what the rows that `receipt` counts left anywhere, and complete the receipt. Call it `locked`.

    Raises MemoryFileError when that fails; the mark then stays, and the next start cleans again.
    """
    try:
        cleared, size = clear_cache(home() / "cache", receipt.photos if receipt.erased else None)
        deleted = snapshots.remove_all(file.path)  # before the file is rewritten, which needs room on the disk
        if database_files.is_full(file.path):
            file.empty_log()
        file.rewrite()
        with file.transaction("IMMEDIATE") as db:
            if db.execute("SELECT 1 FROM erasing WHERE since = ?", (CONVERTED,)).fetchone():
                keys.retire(file.path, file.key)
            db.execute("DELETE FROM erasing")
    except (MemoryFileError, OSError) as error:
        why = error if isinstance(error, MemoryFileError) else f"{error.strerror}: {error.filename}"
        raise MemoryFileError(f"forgotten, but old copies of its bytes are left until the next start: {why}") from error
    emptied = file.empty_log()
    made, trouble = 0, ""
    if deleted:
        try:
            file.snapshot()
            made = 1
        except MemoryFileError as error:
            trouble = str(error)
    return replace(
        receipt,
        files=cleared,
        bytes=receipt.bytes + size,
        snapshots_deleted=deleted,
        snapshots_made=made,
        log_emptied=emptied,
        set_aside=tuple(path.name for path in database_files.set_aside(file.path)),
        trouble=trouble,
    )


def clear_cache(cache: Path, photos: Collection[str] | None) -> tuple[int, int]:
    """Delete cache files of these photos (None: of all photos), and all KV snapshots.

    Everything under `cache` can be made again: `vision/` has a file per photo, whose name holds the photo's hash; the
    file `epoch` changes with every forget; all other files may hold whole episodes. Returns how many files and how many
    bytes were deleted. Raises OSError.
    """
    files, size = 0, 0
    if cache.is_dir() or photos is None:  # running backends store nothing that they read in an earlier epoch
        epoch = private_folder(cache) / "epoch"
        write_text(epoch, secrets.token_hex(8))
    for folder, _, names in os.walk(cache):
        of_photos = "vision" in Path(folder).relative_to(cache).parts[:1]
        for name in names:
            if Path(folder, name) == cache / "epoch":
                continue
            if photos is None or not of_photos or any(photo in name for photo in photos):
                size += os.lstat(os.path.join(folder, name)).st_size
                os.unlink(os.path.join(folder, name))
                files += 1
    return files, size
