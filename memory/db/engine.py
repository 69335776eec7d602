"""The database engine of a file: Python's own SQLite or, for an encrypted file, SQLCipher (extra `secure`).

SQLCipher 4 encrypts every page of the file and of its log (AES-256, with an HMAC each). A plain file begins with
`PLAIN`, an encrypted one with the id of its key. `sqlcipher3` and `sqlite3` share no exception classes: `failures`
names those of both. No key is stored here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from memory.errors import MemoryFileError

PLAIN = b"SQLite format 3\0"
"""How every database file begins that is not encrypted."""
PACKAGES = ("sqlcipher3", "keyring", "cryptography")
"""Packages of the extra `secure`; imported for encrypted memories only."""
MISSING = "{what} needs the extra `secure`: pip install -e '.[secure]' in the clone"


@dataclass(frozen=True, slots=True)
class Key:
    """The key of an encrypted file: 256 random bits."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """32 hex digits by which a file names its key; a hash, so that they reveal nothing of it."""
        return hashlib.sha256(b"keepsake key\n" + self.secret).hexdigest()[:32]

    @property
    def literal(self) -> str:
        """SQLCipher's raw key: the secret itself (no passphrase to be stretched), then the file's first 16 bytes."""
        return f"x'{self.secret.hex()}{self.id}'"


def available() -> bool:
    """Whether the extra `secure` is installed."""
    return all(importlib.util.find_spec(name) for name in PACKAGES)


def connect(
    path: Path | str, key: Key | None, *, timeout: float = 5.0, uri: bool = False, cipher: bool = False
) -> sqlite3.Connection:
    """Open a file in autocommit mode, for any thread: with SQLCipher when there is a key, or when `cipher` asks for it.

    Raises MemoryFileError when the library does not encrypt: SQLite would accept the key silently and write plain text.
    """
    if key is None and not cipher:
        return sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False, uri=uri)
    db: Any = _engine().connect(str(path), timeout=timeout, isolation_level=None, check_same_thread=False, uri=uri)
    try:
        if db.execute("PRAGMA cipher_version").fetchone() is None:
            raise MemoryFileError(f"{path} was not opened: the installed sqlcipher3 does not encrypt; install it again")
        db.execute("PRAGMA cipher_log_level = NONE")  # a wrong key is reported once, by us
        if key:
            db.execute(f'PRAGMA key = "{key.literal}"')
            db.execute("PRAGMA cipher_compatibility = 4")  # a later SQLCipher may have other defaults
    except BaseException:
        db.close()
        raise
    return cast(sqlite3.Connection, db)


def beginning(path: Path) -> bytes:
    """The first 16 bytes of a file that may be open, read by SQLCipher, which keeps the locks of its connections.

    POSIX drops all locks that a process has on a file when the process closes any handle of that file.
    """
    with closing(connect(f"{path.absolute().as_uri()}?mode=ro", None, uri=True, cipher=True)) as db:
        db.execute(f'PRAGMA key = "{Key(bytes(32)).literal[:66]}\'"')  # any key: nothing is decrypted
        return bytes.fromhex(db.execute("PRAGMA cipher_salt").fetchone()[0])


def beginning_of_copy(file: Path) -> bytes:
    """The first 16 bytes of a file that no process has open: a snapshot, or one just written."""
    with open(file, "rb") as opened:
        return opened.read(len(PLAIN))


def write_ahead(db: sqlite3.Connection, timeout: float) -> None:
    """Let the file have a write-ahead log. While another connection writes to a file that has none, SQLite refuses that
    at once, whatever the connection's timeout: so wait as a writer does, for `timeout` seconds. Raises DatabaseError.
    """
    until = time.monotonic() + timeout
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except failures("OperationalError"):
            if time.monotonic() > until:
                raise
        db.execute("BEGIN IMMEDIATE")  # returns when the other has written
        db.execute("COMMIT")


def failures(kind: str = "DatabaseError", *others: type[Exception]) -> tuple[type[Exception], ...]:
    """The exception class `kind` of each engine in use, and `others`: a tuple for `except`."""
    engines = (sqlite3, sys.modules.get("sqlcipher3.dbapi2"))
    return (*(getattr(engine, kind) for engine in engines if engine), *others)


def _engine() -> Any:
    """The module `sqlcipher3.dbapi2`. Raises MemoryFileError when it is not installed."""
    try:
        from sqlcipher3 import dbapi2
    except ImportError as error:
        raise MemoryFileError(MISSING.format(what="an encrypted memory")) from error
    return dbapi2
