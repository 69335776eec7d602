"""Every test has its own KEEPSAKE_HOME; no test reaches the network (pytest-socket)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import tests.support.one_thread  # noqa: F401 (before anything that loads numpy)
from assistant.models import local
from assistant.models.spec import Spec
from tests.support.killer import Crasher

SLOWEST = 3600
"""Seconds that a slow test may take where nothing else is said: several run into the limit of quick ones on a machine
that does other work. A test that hangs still ends."""

# An example of a property test that takes longer than others shows a busy machine, and no fault.
settings.register_profile("keepsake", deadline=None)
settings.load_profile("keepsake")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the slow tests without a limit of their own another one than the quick tests have."""
    for item in items:
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOWEST))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All state in a folder of this test."""
    home = tmp_path / "home"
    monkeypatch.setenv("KEEPSAKE_HOME", str(home))
    return home


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in a RAM disk where there is one: it keeps what a killed process wrote, and is fast."""
    fast = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=fast if fast.is_dir() and os.access(fast, os.W_OK) else tmp_path) as name:
        yield Path(name)


@pytest.fixture
def crasher(own_home: Path) -> Iterator[Crasher]:
    """The process whose children a test kills."""
    opened = Crasher(own_home)
    yield opened
    opened.close()


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    """Where a test's memory is to lie."""
    return tmp_path / "memory.db"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The album that tests of the app choose from."""
    from tests.support.apppilot import make_album  # loads Textual, which few tests need

    return make_album(tmp_path / "album")


@pytest.fixture(scope="session")
def nano(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """The embedded model, its files checked once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KEEPSAKE_HOME", str(tmp_path_factory.mktemp("nano")))
        return local.load("nano")
