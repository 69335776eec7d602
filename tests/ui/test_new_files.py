"""New files of a folder: each is new once, when it is whole, and once more when it changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import albums
from tests.support.camera_folder import camera, tick
from ui.imports.new_files import NewFiles

__all__ = ["camera"]


def names(found: list[Path]) -> list[str]:
    return [path.name for path in found]


def test_a_file_is_new_once_and_only_when_it_is_whole(camera: Path) -> None:
    files = NewFiles(camera, tick(camera.parent))
    assert files.look() == files.look() == []
    (camera / "sub" / "deep").mkdir(parents=True)
    (camera / "sub" / "deep" / "IMG_1.png").write_bytes(b"half")
    (camera / ".hidden.png").write_bytes(b"x")
    (camera / "notes.txt").write_bytes(b"x")
    (camera / "empty.png").touch()
    assert files.look() == [], "seen for the first time"
    (camera / "sub" / "deep" / "IMG_1.png").write_bytes(b"half and half")
    assert files.look() == [], "it grows"
    assert names(files.look()) == ["IMG_1.png"]
    assert names(files.look()) == ["IMG_1.png"], "until it is done"
    files.done([camera / "sub" / "deep" / "IMG_1.png"])
    assert files.look() == files.look() == []
    (camera / "empty.png").write_bytes(b"full")
    files.look()
    assert names(files.look()) == ["empty.png"]


def test_what_could_not_be_read_is_looked_at_again_when_it_changes(camera: Path) -> None:
    files = NewFiles(camera, tick(camera.parent))
    path = camera / "IMG_1.png"
    path.write_bytes(b"half")
    files.look()
    files.done(files.look(), [path])
    assert files.look() == files.look() == []
    path.write_bytes(b"half and half")
    files.look()
    assert files.look() == [path]


def test_a_folder_that_is_moved_in_brings_its_old_files(camera: Path) -> None:
    """Its files are older than the beginning; what lay in the watched folder stays out, even if it is touched."""
    old = albums.save(camera.parent / "Holiday" / "IMG_7.png", 7)
    files = NewFiles(camera, tick(camera.parent))
    files.look()
    os.rename(old.parent, camera / "Holiday")
    files.look()
    assert names(files.look()) == ["IMG_7.png"]


def test_a_later_watch_goes_on_where_the_last_one_ended(camera: Path) -> None:
    files = NewFiles(camera, tick(camera.parent))
    files.look()
    (camera / "IMG_1.png").write_bytes(b"one")
    files.look()
    later = NewFiles(camera, files.until)  # closed before it was brought in
    later.look()
    assert names(later.look()) == ["IMG_1.png"], "what lay there at the beginning stays out"


def test_a_folder_that_is_not_there_is_an_error_and_may_come_back(camera: Path) -> None:
    files = NewFiles(camera, tick(camera.parent))
    files.look()
    os.rename(camera, camera.with_name("away"))
    with pytest.raises(OSError):
        files.look()
    (camera.with_name("away") / "IMG_1.png").write_bytes(b"one")
    os.rename(camera.with_name("away"), camera)
    files.look()
    assert names(files.look()) == ["IMG_1.png"]
