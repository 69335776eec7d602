"""Helpers for tests of encrypted memories: keychains that last as long as a test, and scripted answers. No tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import keyring
import numpy as np
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import PasswordDeleteError

from memory.db import keys
from memory.errors import MemoryFileError
from memory.maintenance import encryption
from memory.store import Memory
from tests.support.crasher import PASSPHRASE, episode

TOLD = [episode(n) for n in range(6)]


class Keychain(KeyringBackend):
    """A keychain in memory, which lasts as long as a test."""

    priority: ClassVar[float] = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


class PlainText(Keychain):
    """A keychain that stores plain text: keyring gives such backends a priority below 1."""

    priority: ClassVar[float] = 0.5


@contextmanager
def no_keychain() -> Iterator[None]:
    """While there is no keychain on this computer, and a guess of the passphrase is cheap."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "COST", 1 << 4)
        yield
    keyring.set_keyring(before)


def ask(*answers: str) -> Callable[[str], str]:
    """A user who gives these answers, and then empty ones."""
    left = list(answers)
    return lambda _: left.pop(0) if left else ""


def encrypted(path: Path, *, keychain: bool = True) -> set[str]:
    """Create an encrypted memory with the episodes TOLD, a set of visual tokens and a snapshot; returns the ids."""
    with Memory(path) as memory:
        memory.add_all(TOLD)
        memory.put_vectors(TOLD[0].photo.sha256, "s", np.eye(3))
    Memory(path).close()  # takes a snapshot
    encryption.convert(path, "encrypt", encryption.Passphrases(new=lambda: PASSPHRASE, keychain=keychain))
    return {one.id for one in TOLD}


def refused(path: Path, asked: Callable[[str], str] | None = None) -> str:
    """Check that opening the memory fails without changing or adding any file; returns the error's one line."""
    before = {f: f.read_bytes() for f in path.parent.rglob("*") if f.is_file()}
    with pytest.raises(MemoryFileError) as caught:
        Memory(path, ask=asked)
    assert "\n" not in str(caught.value)
    assert {f: f.read_bytes() for f in path.parent.rglob("*") if f.is_file()} == before
    return str(caught.value)
