"""An open memory file: its connection, lock and transactions, and what is done with the file as a whole."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from memory.db import checks, database_files, engine, keys, schema, snapshots
from memory.db.database_files import readable_errors
from memory.db.engine import Key
from memory.errors import MemoryFileError
from memory.paths import no_core_dumps

SMALL = 1 << 26
"""Bytes. A file up to this size is checked at every start (0.1 s) and rewritten in memory; a larger one is checked
before each snapshot."""


class MemoryFile:
    """A memory file that is open. Threads may share it; every method raises MemoryFileError, one clear line."""

    def __init__(self, path: Path, timeout: float, ask: keys.Ask | None) -> None:
        """Open or create the file, and bring its tables up to date. `timeout`: seconds to wait for other writers.

        `ask`: called for the passphrase of an encrypted file whose key is not in the keychain.
        """
        self.path = path
        self._lock = threading.RLock()
        self._timeout = timeout
        self.key = keys.unlock(path, ask)
        """The key of an encrypted file; None when the file is plain."""
        if self.key:
            no_core_dumps()
        self.read_only = database_files.is_read_only(path)
        """Whether the file lies where nothing can be written: then it can be read, and nothing else."""
        self.db = self._connect()
        try:
            (self._version,) = self.db.execute("PRAGMA data_version").fetchone()
        except BaseException:
            self.db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            return _to_read(self.path, self._timeout, self.key)
        try:
            return schema.connect(self.path, self._timeout, self._copy_before_upgrade, self.key)
        except MemoryFileError:
            if not database_files.is_full(self.path) or not database_files.drop_caches():
                raise
            return schema.connect(self.path, self._timeout, self._copy_before_upgrade, self.key)

    def close(self) -> None:
        """Close the file. Calling it twice is fine."""
        with self._lock:
            self.db.close()

    @contextmanager
    def transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """One consistent view of the file (DEFERRED), or all changes or none (IMMEDIATE)."""
        with self._lock, readable_errors(self.path):
            self.db.execute(f"BEGIN {kind}")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    @contextmanager
    def locked(self, wait: float | None = None) -> Iterator[None]:
        """Hold the lock, so that nothing else cleans, copies or restores this memory meanwhile.

        `wait`: seconds; None means the timeout of the file. Raises MemoryFileError when the lock is not free by then.
        """
        with self._lock, database_files.locked(self.path, self._timeout if wait is None else wait):
            yield

    def changed(self) -> bool:
        """Whether another connection has changed the file since the last call or, at the first, since opening."""
        with self._lock, readable_errors(self.path):
            before, (self._version,) = self._version, self.db.execute("PRAGMA data_version").fetchone()
        return bool(before != self._version)

    def small(self) -> bool:
        """Whether the file has at most SMALL bytes."""
        return self.path.stat().st_size <= SMALL

    def check(self) -> None:
        """Raise MemoryFileError, with the way back, when SQLite finds the file damaged."""
        with self._lock, readable_errors(self.path):
            self._check(self.db)

    def damage(self) -> str:
        """One line about a photo or an episode that is not what was stored; "" when there is none."""
        with self.transaction() as db:
            why = checks.first_problem(db)
        hint = f"`python -m memory verify` names all of it; {database_files.recovery_advice(self.path)}"
        return f"{self.path} is damaged ({why}): {hint}" if why else ""

    def snapshot(self) -> database_files.Snapshot:
        """Copy the file as it is now; the oldest copies are deleted. Call it `locked`."""
        return snapshots.take(self.db, self.path, self.key)

    def rewrite(self) -> None:
        """Write the whole file anew, without what free space and moved rows left behind."""
        with self._lock, readable_errors(self.path):
            # Small ones in memory; for large ones SQLite's own unlinked temporary file, which holds what remains.
            self.db.execute(f"PRAGMA temp_store = {'MEMORY' if self.small() else 'FILE'}")
            try:
                self.db.execute("VACUUM")
            finally:
                self.db.execute("PRAGMA temp_store = MEMORY")

    def empty_log(self) -> bool:
        """Cut the write-ahead log to nothing; False when another program is still reading from it."""
        with self._lock, readable_errors(self.path):
            (blocked, _, _) = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked

    def _check(self, db: sqlite3.Connection) -> None:
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            detail = " ".join(found.split())
            raise MemoryFileError(f"{self.path} is damaged ({detail}): {database_files.recovery_advice(self.path)}")

    def _copy_before_upgrade(self, db: sqlite3.Connection) -> None:
        self._check(db)  # a damaged file stays as it is
        with database_files.locked(self.path, self._timeout):
            snapshots.take(db, self.path, self.key, damaged_too=True)


def _to_read(path: Path, timeout: float, key: Key | None) -> sqlite3.Connection:
    """Open a file where nothing can be written. Raises MemoryFileError, also for one of an older version."""
    wal, _ = database_files.wal_and_shm(path)
    with readable_errors(path):
        log = wal.exists() and wal.stat().st_size  # then SQLite reads it, if the last program left its index too
        uri = f"{path.absolute().as_uri()}?mode=ro{'' if log else '&immutable=1'}"
        db = engine.connect(uri, key, timeout=timeout, uri=True)
        try:
            db.execute("PRAGMA temp_store = MEMORY")
            if schema.version_of(db, path) < len(schema.MIGRATIONS):
                raise MemoryFileError(
                    f"{path} is of an older version and cannot be written: copy it, and open the copy"
                )
        except BaseException:
            db.close()
            raise
    return db
