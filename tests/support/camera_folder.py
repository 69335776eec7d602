"""A folder as a camera fills it, with one photo that was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import albums
from ui.imports import folder_watch


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """A folder with a photo that was there before."""
    albums.save(tmp_path / "Camera" / "IMG_0.png", 0)
    old = tmp_path / "Camera" / "IMG_0.png"
    before = old.stat().st_ctime
    while tick(tmp_path) < before + 2 * folder_watch.TICK:  # until the clock of the file system has gone on
        pass
    return tmp_path / "Camera"


def tick(folder: Path) -> float:
    (folder / "tick").touch()
    return (folder / "tick").stat().st_ctime
