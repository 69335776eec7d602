"""Encrypting the whole memory, turning that back, and giving it a new key. Never in place.

The copy is written beside the memory, read back and compared row by row, and only then takes its name: a kill at any
moment leaves the old memory or the new one. The copy carries the mark of `forget.py` (`erasing`), so that whoever
opens it next ends what is left to do: snapshots, caches and keys of before are destroyed, one snapshot is made anew.

What an encrypted memory protects: everything in the database, its log, snapshots. No caches are kept beside it.
What it does not: exports, an unlocked session, and old blocks that a disk keeps of files that were deleted.
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
from memory.db.database_files import one_clear_line
from memory.db.engine import PLAIN, Key
from memory.errors import MemoryFileError
from memory.forget.cleaning import CONVERTED
from memory.store import Memory
from memory.text import count

What = Literal["encrypt", "decrypt", "rekey"]


@dataclass(frozen=True)
class Converted:
    """What was done to a memory: counts and names, no content and no key."""

    what: What
    episodes: int
    bytes: int
    """Size of the new file."""
    snapshots_deleted: int
    snapshots_made: int
    cache_files: int
    keychain: bool
    """Whether the key is in the keychain of this computer."""
    key_file: str
    """Its name; "" when there is none any more."""

    def lines(self) -> list[str]:
        """The receipt for people, a fact a line."""
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


def convert(
    path: Path,
    what: What,
    ask: keys.Ask | None = None,
    choose: Callable[[], str] = str,
    keychain: bool = True,
    wait: float = 10.0,
    tell: Callable[[str], object] = str,
) -> Converted:
    """Encrypt, decrypt or re-key the memory `path`. Raises MemoryFileError; before the new file is there, the old is
    whole.

    `ask` is asked for the present passphrase when the keychain has no key; `choose` returns the new one, and is called
    when all else is known to be well. `keychain=False`: the new key is kept there by no means. No program, this
    process included, may have the memory open.
    """
    if not engine.available():
        raise MemoryFileError(engine.MISSING.format(what=f"`python -m memory {what}`"))
    if not path.exists() or not path.stat().st_size:
        raise MemoryFileError(f"there is no memory at {path}: nothing was changed")
    with one_clear_line(path):
        old = keys.find(path, engine.beginning(path), ask)
    if (what == "encrypt") == (old is not None):
        state = "encrypted already: `python -m memory rekey` gives it a new key" if old else "not encrypted"
        raise MemoryFileError(f"{path} is {state}")
    if aside := database_files.set_aside(path):
        names = ", ".join(file.name for file in aside)
        raise MemoryFileError(f"set aside by a restore, and would stay as they are: {names}; delete or move them first")
    new = None if what == "decrypt" else Key(secrets.token_bytes(32))
    passphrase = choose() if new else ""
    try:
        with database_files.alone(path, wait), one_clear_line(path):
            _replace(path, old, new, passphrase, keychain, wait, tell)
    except OSError as error:
        raise MemoryFileError(f"cannot {what} {path}: {error.strerror}: {error.filename}; it is as it was") from error
    tell("destroying what is left of before …")
    return _finish(path, what, new, passphrase)


def _replace(
    path: Path,
    old: Key | None,
    new: Key | None,
    passphrase: str,
    keychain: bool,
    wait: float,
    tell: Callable[[str], object],
) -> None:
    """Write the copy, check it, and put it in the memory's place, which nobody else can open meanwhile."""
    copy = database_files.unfinished(path, "converting")
    database_files.sweep(path)
    try:
        with closing(_locked(path, old, wait)) as source:
            if new:
                _keep(path, old, new, passphrase, keychain)
            tell("writing the new file …")
            _export(source, copy, new)
            tell("comparing it row by row …")
            with closing(engine.connect(copy, new)) as fresh:
                _compare(source, fresh, path)
                fresh.execute("INSERT INTO erasing VALUES (?)", (CONVERTED,))
            if (engine.beginning_of_copy(copy) == PLAIN) == (new is not None):
                raise MemoryFileError(f"the new file is {'not ' if new else ''}encrypted: {path} is as it was")
            files.sync(copy)
            copy.replace(path)
            files.sync(path)
    except BaseException:
        with suppress(OSError):
            database_files.sweep(path)
        raise


def _locked(path: Path, key: Key | None, wait: float) -> sqlite3.Connection:
    """The memory, brought up to date, without a log, and locked until it is closed."""
    try:
        # With the engine that others in this process would use: each knows its own locks only.
        with closing(schema.connect(path, wait, lambda db: snapshots.take(db, path, key), key)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        source = engine.connect(path, key, timeout=wait, cipher=True)
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


def _keep(path: Path, old: Key | None, new: Key, passphrase: str, keychain: bool) -> None:
    """Both keys can be found from now on, whichever file is there."""
    kept: dict[str, keys.Wrapped] = {}
    with suppress(MemoryFileError):  # a damaged key file is written anew
        kept = keys.read(path)
    if old and old.id not in kept:
        kept[old.id] = keys.wrap(old, passphrase, True)
    keys.write(path, kept | {new.id: keys.wrap(new, passphrase, keychain)})
    if keychain:
        keys.to_keychain(new)


def _export(source: sqlite3.Connection, copy: Path, key: Key | None) -> None:
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source.execute("ATTACH ? AS fresh KEY ?", (str(copy), key.literal if key else ""))
    source.execute("PRAGMA fresh.journal_mode = OFF")
    source.execute("PRAGMA fresh.synchronous = OFF")  # synced once, when it is whole
    source.execute("SELECT sqlcipher_export('fresh')")
    for kept in ("application_id", "user_version"):
        (value,) = source.execute(f"PRAGMA main.{kept}").fetchone()
        source.execute(f"PRAGMA fresh.{kept} = {value}")
    source.execute("DETACH fresh")


def _compare(source: sqlite3.Connection, fresh: sqlite3.Connection, path: Path) -> None:
    """Raises MemoryFileError unless the copy is sound and holds the same tables with the same rows."""
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


def _finish(path: Path, what: What, new: Key | None, passphrase: str) -> Converted:
    """Opening it cleans up; what that did is the receipt."""
    with Memory(path, ask=lambda _: passphrase) as memory:
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
        new is not None and keys.from_keychain(new.id) == new,
        database_files.key_file(path).name if new else "",
    )
