"""What tests of the memory share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.locks import Keychain, no_keychain


@pytest.fixture
def path(own_home: Path) -> Path:
    """Where the app keeps its memory: in the home of this test."""
    return own_home / "memory.db"


@pytest.fixture
def without_keychain() -> Iterator[None]:
    """A computer that has no keychain, until a test asks for one."""
    with no_keychain():
        yield


@pytest.fixture
def keychain(without_keychain: None) -> Keychain:
    """A keychain of this computer that the test may look into."""
    import keyring

    keyring.set_keyring(found := Keychain())
    return found
