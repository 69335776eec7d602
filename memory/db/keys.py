"""The key of an encrypted memory: in the keychain of this computer, and wrapped by a passphrase in a file beside it.

    memory.db.key     JSON: by the id of each key in use, the key wrapped (RFC 3394), and the parameters of scrypt

That file is useless without the passphrase and must travel with the memory; the keychain saves typing the passphrase.
Either of the two opens the memory. `encryption.py` makes keys, and `Memory` asks for them.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import sys
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from memory import files
from memory.db import database_files, engine
from memory.db.database_files import key_file
from memory.db.engine import PLAIN, Key
from memory.errors import MemoryFileError

Ask = Callable[[str], str]
"""Asks the user a question and returns the answer, "" for none. The answer is not shown on the screen."""

COST = 1 << 17
"""scrypt's N, with blocks of 8: 128 MB and some 0.4 s for every guess."""
TRIES = 3
"""How often a passphrase may be typed."""
SHORTEST = 8
"""Characters of the shortest passphrase."""
SERVICE = "keepsake"
"""The name of our entries in the keychain."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no two characters look alike
_QUESTION = "Passphrase of {path}: "


@dataclass(frozen=True)
class Wrapped:
    """A key encrypted with a passphrase, with the parameters of scrypt; bytes are in hex."""

    salt: str
    wrapped: str
    n: int
    """scrypt's N."""
    keychain: bool
    """Whether the key should be in the keychain as well."""


def unlock(path: Path, ask: Ask | None = None) -> Key | None:
    """The key of the memory `path`; None when the file is plain or missing. Raises MemoryFileError.

    Without the extra `secure` the answer is None, too: then Python's SQLite finds out whether the file is plain.
    """
    if not key_file(path).exists() or not engine.available() or not path.exists() or not path.stat().st_size:
        return None
    with database_files.readable_errors(path):
        return find(path, engine.beginning(path), ask)


def find(path: Path, beginning: bytes, ask: Ask | None) -> Key | None:
    """The key of a file of the memory `path`, from the keychain or the user; `beginning`: its first 16 bytes.

    None when the file is plain. Raises MemoryFileError.
    """
    if beginning == PLAIN:
        return None
    if not engine.available():
        raise MemoryFileError(engine.MISSING.format(what="an encrypted memory"))
    id = beginning.hex()
    kept: dict[str, Wrapped] = {}
    trouble = f"no key in {key_file(path).name} or the keychain fits"
    try:
        kept = read(path)
    except MemoryFileError as error:
        trouble = str(error)
    wrapped = kept.get(id)
    if (wrapped is None or wrapped.keychain) and (key := from_keychain(id)):
        return key
    if wrapped is None:
        raise MemoryFileError(
            f"cannot open the memory {path}: {trouble}. Put back the {key_file(path).name} that belongs to it; "
            f"or, if it is damaged, {database_files.recovery_advice(path)}"
        )
    if ask is None:
        raise MemoryFileError(f"{path} is encrypted and the keychain has no key: open it where you can be asked for it")
    if key := _asked_for(path, wrapped, ask):
        return key
    raise MemoryFileError(
        f"{path} stays locked: that is not its passphrase. It opens with the passphrase that was chosen or shown when "
        "it was encrypted; without it and without the keychain only an export or an older copy is left"
    )


def _asked_for(path: Path, wrapped: Wrapped, ask: Ask) -> Key | None:
    """The key, unwrapped by a passphrase that the user is asked for; None when none fits."""
    question = _QUESTION.format(path=path.name)
    for _ in range(TRIES):
        passphrase = ask(question)
        if not passphrase:
            return None
        if key := unwrap(wrapped, passphrase):
            if wrapped.keychain:
                to_keychain(key)
            return key
        question = f"That is not it. {_QUESTION.format(path=path.name)}"
    return None


def wrap(key: Key, passphrase: str, keychain: bool) -> Wrapped:
    """Encrypt a key with a passphrase, to be stored in the key file."""
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    salt = os.urandom(16)
    return Wrapped(salt.hex(), aes_key_wrap(_stretch(passphrase, salt, COST), key.secret).hex(), COST, keychain)


def unwrap(wrapped: Wrapped, passphrase: str) -> Key | None:
    """Decrypt a wrapped key; None when the passphrase is wrong."""
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    try:
        stretched = _stretch(passphrase, bytes.fromhex(wrapped.salt), wrapped.n)
        return Key(aes_key_unwrap(stretched, bytes.fromhex(wrapped.wrapped)))
    except InvalidUnwrap:
        return None


def _stretch(passphrase: str, salt: bytes, n: int) -> bytes:
    """The 32 bytes that scrypt derives from a passphrase."""
    # Keyboards differ in how they compose an umlaut.
    normal = unicodedata.normalize("NFKC", passphrase.strip()).encode()
    return hashlib.scrypt(normal, salt=salt, n=n, r=8, p=1, maxmem=1 << 30, dklen=32)


def read(path: Path) -> dict[str, Wrapped]:
    """The wrapped keys of a memory by their ids; empty when there is no key file. Raises MemoryFileError."""
    file = key_file(path)
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["keys"]
        kept = {id: Wrapped(**row) for id, row in rows.items()}
        for one in kept.values():
            hexes = bytes.fromhex(one.salt), bytes.fromhex(one.wrapped)
            if list(map(len, hexes)) != [16, 40] or one.n not in [1 << bits for bits in range(1, 20)]:
                raise ValueError("no wrapped key")
        return kept
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MemoryFileError(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MemoryFileError(f"{file} is damaged") from error


def write(path: Path, kept: dict[str, Wrapped]) -> None:
    """Store these keys and no others, all or none. Call it `locked`. Raises OSError."""
    file = key_file(path)
    partial = database_files.unfinished(file, "partial")  # a name that `abandoned_copies` finds after a kill
    partial.unlink(missing_ok=True)
    rows = {id: asdict(one) for id, one in kept.items()}
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        json.dump({"what": "wrapped keys of an encrypted Keepsake memory", "keys": rows}, opened, indent=1)
    files.sync(partial)
    partial.replace(file)
    files.sync(file)


def retire(path: Path, present: Key | None) -> None:
    """Destroy all keys but the `present` one and those of copies that still exist. Call it `locked`. Raises OSError."""
    try:
        kept = read(path)
    except MemoryFileError:
        return  # the file is damaged, so no key in it can be told apart
    copies = [*(s.file for s in database_files.snapshots(path)), *database_files.set_aside(path)]
    used = {engine.beginning_of_copy(file).hex() for file in copies} | ({present.id} if present else set())
    for id in kept.keys() - used:
        forget_in_keychain(id)
    if left := {id: one for id, one in kept.items() if id in used}:
        if left != kept:
            write(path, left)
    else:
        key_file(path).unlink(missing_ok=True)


# The keychain


def has_keychain() -> bool:
    """Whether this computer has a safe keychain: keyring's backends of priority below 1 store plain text or nothing."""
    import keyring

    return keyring.get_keyring().priority >= 1


def from_keychain(id: str) -> Key | None:
    """The key with this id; None when the keychain has none, is locked, or there is no keychain."""
    import keyring
    from keyring.errors import KeyringError

    try:
        kept = keyring.get_password(SERVICE, id) if has_keychain() else None
        key = Key(bytes.fromhex(kept)) if kept else None
    except (KeyringError, ValueError):
        return None  # locked, refused, or written by another program: the user is asked for the passphrase
    return key if key and key.id == id else None


def to_keychain(key: Key) -> bool:
    """Store the key in the keychain; False when there is no keychain, or it refuses."""
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError):
        if has_keychain():
            keyring.set_password(SERVICE, key.id, key.secret.hex())
    return from_keychain(key.id) == key


def forget_in_keychain(id: str) -> None:
    """Delete a key from the keychain, if it is there."""
    import keyring
    from keyring.errors import KeyringError

    with suppress(KeyringError):
        keyring.delete_password(SERVICE, id)


# Passphrases


def ask_here(question: str) -> str:
    """Ask in the terminal without showing what is typed; without a terminal, each answer is a line of stdin."""
    if sys.stdin.isatty():
        return getpass.getpass(question, sys.stderr)
    return sys.stdin.readline().rstrip("\r\n")


def choose_passphrase(ask: Ask, twice: bool, show: Callable[[str], object]) -> str:
    """A new passphrase: the user's own or, when the user types none, a random one that `show` shows.

    `twice`: ask again, against typing errors. Raises MemoryFileError when the passphrase is too short or was mistyped.
    """
    need = "for the day the keychain is lost" if has_keychain() else "that will be asked for each time"
    own = ask(f"A passphrase {need} (Enter: one is made for you): ")
    if not own:
        made = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(5))  # 123 bits
        show(f"The passphrase is shown this once, write it down: {made}")
        return made
    if len(own.strip()) < SHORTEST:
        raise MemoryFileError(f"nothing was changed: a passphrase has {SHORTEST} characters or more")
    if twice and ask("The same again: ") != own:
        raise MemoryFileError("nothing was changed: the two were not the same")
    return own
