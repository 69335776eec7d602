"""Encrypting a whole memory, decrypting it, and giving it a new key. Never in place.

A converted copy is written beside the memory, read back and compared row by row, and only then takes the memory's name:
a kill at any moment leaves the old memory or the new one. The copy carries the mark of a forget (table `erasing`), so
the next opening finishes the work: it destroys the old snapshots, caches and keys, and makes one snapshot anew.

Encryption protects everything in the database, its log and its snapshots; no caches are kept beside an encrypted
memory. It does not protect exports, an unlocked session, and old blocks that a disk keeps of deleted files.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from memory import files
from memory.db import database_files, engine, keys, schema, snapshots
from memory.db.database_files import readable_errors
from memory.db.engine import PLAIN, Key
from memory.errors import MemoryFileError
from memory.forget.cleaning import CONVERTED
from memory.store import Memory
from memory.text import count

Conversion = Literal["encrypt", "decrypt", "rekey"]
WAIT = 10.0
"""Seconds to wait for other programs that use the memory."""


@dataclass(frozen=True, slots=True)
class Passphrases:
    """Where the passphrases of a conversion come from."""

    present: keys.Ask | None = None
    """Called for the passphrase of the memory as it is, when the keychain has no key."""
    new: Callable[[], str] = str
    """Returns the passphrase from now on; called after everything else was checked, and not at all to decrypt."""
    keychain: bool = True
    """Whether the new key goes into the computer's keychain, too, so that no passphrase need be typed."""


@dataclass(frozen=True)
class Converted:
    """The receipt of a conversion: counts and names, no content and no key. `encrypt --json` prints it."""

    what: Conversion
    episodes: int
    bytes: int
    """Size of the new file."""
    snapshots_deleted: int
    snapshots_made: int
    cache_files: int
    """How many cache files were deleted."""
    keychain: bool
    """Whether the key is in the keychain of this computer."""
    key_file: str
    """Name of the key file; "" when the memory has none any more."""

    def lines(self) -> list[str]:
        """The receipt for people, one fact a line."""
        now = {"encrypt": "encrypted", "decrypt": "no longer encrypted", "rekey": "encrypted with a new key"}[self.what]
        made = ", one made anew" if self.snapshots_made else ""
        lines = [
            f"{count(self.episodes, 'episode')}: {now}; a new file of {self.bytes} bytes, compared row by row",
            f"{count(self.snapshots_deleted, 'snapshot')} and {count(self.cache_files, 'cache file')} of before "
            f"deleted{made}",
        ]
        if self.key_file:
            kept = "the key is in this computer's keychain" if self.keychain else "the key is in no keychain"
            lines.append(f"{kept}; with the passphrase it is in {self.key_file}: keep that file with the memory")
            lines.append("no caches are kept from now on: the first answer after a start takes a little longer")
        else:
            lines.append("the keys of before are destroyed; anyone who has the file can read it")
        return [*lines, "exports, copies you made and old blocks on the disk are out of reach"]


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys of a conversion."""

    old: Key | None
    """None: the file is plain."""
    new: Key | None
    """None: it will be."""
    passphrase: str
    """Opens the file of keys, and with it the new file."""
    keychain: bool
    """Whether the new key goes into the computer's keychain, too."""


def convert(
    path: Path, what: Conversion, passphrases: Passphrases, progress: Callable[[str], object] = str
) -> Converted:
    """Encrypt, decrypt or re-key the memory `path`, which no program, this process included, may have open.

    `progress` is called with lines to show. Raises MemoryFileError; the old file is whole until the new one takes its
    place.
    """
    old = _present_key(path, what, passphrases.present)
    new = None if what == "decrypt" else Key(secrets.token_bytes(32))
    of = _Keys(old, new, passphrases.new() if new else "", passphrases.keychain)
    try:
        with database_files.locked(path, WAIT), readable_errors(path):
            _replace(path, of, progress)
    except OSError as error:
        raise MemoryFileError(f"cannot {what} {path}: {error.strerror}: {error.filename}; it is as it was") from error
    progress("destroying what is left of before …")
    return _clean_up(path, what, of)


def _present_key(path: Path, what: Conversion, ask: keys.Ask | None) -> Key | None:
    """The key of the memory as it is; None: it is plain. Raises MemoryFileError where it cannot be converted."""
    if not engine.available():
        raise MemoryFileError(engine.MISSING.format(what=f"`python -m memory {what}`"))
    if not path.exists() or not path.stat().st_size:
        raise MemoryFileError(f"there is no memory at {path}: nothing was changed")
    with readable_errors(path):
        old = keys.find(path, engine.beginning(path), ask)
    if (what == "encrypt") == (old is not None):
        state = "encrypted already: `python -m memory rekey` gives it a new key" if old else "not encrypted"
        raise MemoryFileError(f"{path} is {state}")
    if aside := database_files.set_aside(path):
        names = ", ".join(file.name for file in aside)
        raise MemoryFileError(f"set aside by a restore, and would stay as they are: {names}; delete or move them first")
    return old


def _replace(path: Path, of: _Keys, progress: Callable[[str], object]) -> None:
    """Write the copy, check it, and put it in the place of the memory, which is locked meanwhile."""
    copy = database_files.unfinished(path, "converting")
    database_files.sweep(path)
    try:
        with closing(_locked(path, of.old)) as source:
            if of.new:
                _store_keys(path, of, of.new)
            progress("writing the new file …")
            _export(source, copy, of.new)
            progress("comparing it row by row …")
            with closing(engine.connect(copy, of.new)) as fresh:
                _compare(source, fresh, path)
                fresh.execute("INSERT INTO erasing VALUES (?)", (CONVERTED,))
            if (engine.beginning_of_copy(copy) == PLAIN) == (of.new is not None):
                raise MemoryFileError(f"the new file is {'not ' if of.new else ''}encrypted: {path} is as it was")
            files.sync(copy)
            copy.replace(path)
            files.sync(path)
    except BaseException:
        with suppress(OSError):
            database_files.sweep(path)
        raise


def _locked(path: Path, key: Key | None) -> sqlite3.Connection:
    """Open the memory, brought up to date, without a log, and locked until the connection is closed."""
    try:
        # With the engine that other connections of this process would use: each engine knows its own locks only.
        with closing(schema.connect(path, WAIT, lambda db: snapshots.take(db, path, key), key)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        source = engine.connect(path, key, timeout=WAIT, cipher=True)
        try:
            source.execute("PRAGMA journal_mode = DELETE")
            source.execute("PRAGMA main.locking_mode = EXCLUSIVE")
            source.execute("BEGIN EXCLUSIVE")
            source.execute("COMMIT")
        except BaseException:
            source.close()
            raise
    except engine.failures("OperationalError") as error:
        if "locked" not in str(error):
            raise
        raise MemoryFileError(f"{path} is open in another program: close it first") from error
    return source


def _store_keys(path: Path, of: _Keys, new: Key) -> None:
    """Store the new key beside the old one, so that the file can be opened whichever of the two it is after a kill."""
    stored: dict[str, keys.Wrapped] = {}
    with suppress(MemoryFileError):  # a damaged key file is written anew
        stored = keys.read(path)
    if of.old and of.old.id not in stored:
        stored[of.old.id] = keys.wrap(of.old, of.passphrase, True)
    keys.write(path, stored | {new.id: keys.wrap(new, of.passphrase, of.keychain)})
    if of.keychain:
        keys.to_keychain(new)


def _export(source: sqlite3.Connection, copy: Path, key: Key | None) -> None:
    """Write a copy with this key (None: plain) by SQLCipher's own export."""
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source.execute("ATTACH ? AS fresh KEY ?", (str(copy), key.literal if key else ""))
    source.execute("PRAGMA fresh.journal_mode = OFF")
    source.execute("PRAGMA fresh.synchronous = OFF")  # synced once, when the copy is whole
    source.execute("SELECT sqlcipher_export('fresh')")
    for kept in ("application_id", "user_version"):
        (value,) = source.execute(f"PRAGMA main.{kept}").fetchone()
        source.execute(f"PRAGMA fresh.{kept} = {value}")
    source.execute("DETACH fresh")


def _compare(source: sqlite3.Connection, fresh: sqlite3.Connection, path: Path) -> None:
    """Raise MemoryFileError unless the copy is sound and has the same tables with the same rows."""
    (found,) = fresh.execute("PRAGMA integrity_check(1)").fetchone()
    tables = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    named = source.execute(tables).fetchall()
    same = found == "ok" and named == fresh.execute(tables).fetchall()
    for name, sql in named if same else ():
        if sql.startswith("CREATE INDEX"):
            continue
        rows = (db.execute(f'SELECT * FROM "{name}"') for db in (source, fresh))
        try:
            same = same and all(one == other for one, other in zip(*rows, strict=True))
        except ValueError:  # of unequal length
            same = False
    if not same:
        raise MemoryFileError(f"the copy of {path} is not the same: nothing was changed; `python -m memory verify` it")


def _clean_up(path: Path, what: Conversion, of: _Keys) -> Converted:
    """Open the new memory, which cleans up, and make the receipt of what that did."""
    with Memory(path, ask=lambda _: of.passphrase) as memory:
        cleaned, stats = memory.cleaned, memory.stats()
        if cleaned is None or memory.trouble:
            raise MemoryFileError(f"done, but what was there before stays until it is opened next: {memory.trouble}")
    return Converted(
        what,
        stats["episodes"],
        stats["bytes"],
        cleaned.snapshots_deleted,
        cleaned.snapshots_made,
        cleaned.files,
        of.new is not None and keys.from_keychain(of.new.id) == of.new,
        database_files.key_file(path).name if of.new else "",
    )
