"""The app that the tasks of one file share. Files about an album of their own have another `home` and `warm`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import DEMO, Terminal, begin_anew, drawn, running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's home with some photos."""
    home = tmp_path_factory.mktemp("home")
    (home / "Pictures").mkdir()
    drawn(home / "Pictures" / "bolt.png", 20)
    shutil.copy(DEMO / "dog.jpg", home / "Pictures" / "dog.jpg")
    return home


@pytest.fixture(scope="module")
def warm(home: Path) -> Iterator[Terminal]:
    """One app for all tasks of a file, with the demo album."""
    with running(home, "--demo") as app:
        app.sees("▣ new.jpg", "by nano", "6 memories", "○ idle")
        yield app


@pytest.fixture
def app(warm: Terminal) -> Terminal:
    """That app, in a new conversation."""
    return begin_anew(warm)
