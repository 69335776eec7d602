"""Every test has its own KEEPSAKE_HOME; no test reaches the network (pytest-socket)."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.models import local
from assistant.models.spec import Spec


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All state in a folder of this test."""
    home = tmp_path / "home"
    monkeypatch.setenv("KEEPSAKE_HOME", str(home))
    return home


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
