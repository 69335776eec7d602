"""A photo on the whole screen, and in the system's viewer: real files, a real program in the place of the viewer."""

from __future__ import annotations

import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from textual.widgets import Static

from assistant.backends.fake import FakeBackend
from assistant.photo import from_image, load_photo
from memory.episode import Episode, Turn
from memory.errors import KeepsakeError
from memory.store import Memory
from tests.support.apppilot import idle, look, notes, opened, picture, running, send, until
from tui import KeepsakeApp
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.large_photo import LargePhoto
from ui.dialogs.memory_browser import BrowserScreen
from ui.pictures.system_viewer import PREFIX, SystemViewer
from ui.widgets.photo_view import PhotoView

LINUX = pytest.mark.skipif(sys.platform == "darwin", reason="the viewer's program has another name")


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose viewer writes down what it was given; returns that list."""
    programs, given = tmp_path / "programs", tmp_path / "given.txt"
    programs.mkdir()
    viewer = programs / "xdg-open"
    viewer.write_text(f'#!/bin/sh\ncp "$1" "{tmp_path}/seen"\necho "$1" >> "{given}"\n')
    viewer.chmod(0o755)
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name, value in {"PATH": f"{programs}:/usr/bin:/bin", "DISPLAY": ":0", "XDG_RUNTIME_DIR": str(runtime)}.items():
        monkeypatch.setenv(name, value)
    return given


def words(app: KeepsakeApp) -> str:
    """The line below the large photo."""
    return str(app.screen.query_one("#large-words", Static).content)


def copies(desktop: Path) -> list[Path]:
    return list((desktop.parent / "runtime").glob(f"{PREFIX}*/*"))


@LINUX
def test_the_viewer_gets_a_copy_for_the_user_alone_and_it_is_removed(desktop: Path) -> None:
    photo, viewer = from_image(Image.effect_noise((300, 200), 60)), SystemViewer()
    file = viewer.open(photo)
    assert desktop.read_text() == f"{file}\n"
    assert (desktop.parent / "seen").read_bytes() == photo.data
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert viewer.open(photo) == file  # again: the same copy
    viewer.clear()
    assert copies(desktop) == []
    assert not file.parent.exists()


@LINUX
def test_what_a_killed_keepsake_left_is_removed(desktop: Path) -> None:
    runtime = desktop.parent / "runtime"
    dead, alive = runtime / f"{PREFIX}4194305-x", runtime / f"{PREFIX}{os.getppid()}-x"  # above Linux's largest number
    for folder in (dead, alive):
        folder.mkdir()
    viewer = SystemViewer()
    viewer.open(from_image(Image.new("RGB", (30, 20), "teal")))
    assert not dead.exists()
    assert alive.exists()
    viewer.clear()


@LINUX
def test_a_viewer_that_cannot_start_leaves_no_copy(desktop: Path) -> None:
    (desktop.parent / "programs" / "xdg-open").write_text("#!/bin/sh\nexit 3\n")
    viewer = SystemViewer()
    with pytest.raises(KeepsakeError, match="ended with 3"):
        viewer.open(from_image(Image.new("RGB", (30, 20), "teal")))
    assert copies(desktop) == []
    viewer.clear()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PATH": "/usr/bin", "SSH_CONNECTION": "x"}, "no display"),
        ({"PATH": "/nowhere", "DISPLAY": ":0"}, "No program"),
    ],
)
def test_without_a_display_or_a_program_it_says_so(environment: dict[str, str], said: str) -> None:
    with pytest.raises(KeepsakeError, match=said):
        SystemViewer(environment).open(from_image(Image.new("RGB", (30, 20), "teal")))


async def test_f9_shows_the_photo_on_the_whole_screen(tmp_path: Path) -> None:
    async with running(tmp_path / "memory.db", FakeBackend(["A teal square."]), (80, 24)) as (app, pilot):
        await pilot.press("f9")
        await until(lambda: any("no photo in view" in note for note in notes(app, "warning")), "a refusal")
        await look(app, pilot, picture(tmp_path / "bay.png", "teal"))
        await pilot.press("f9")
        await opened(app, LargePhoto, "the photo")
        view = app.screen.query_one(PhotoView)
        await until(lambda: view.drawn, "the drawing")
        assert view.size.height >= 22
        assert len(view._strips) == view.size.height
        await pilot.press("escape")
        await send(app, pilot, "/large")
        await opened(app, LargePhoto, "the photo again")


@LINUX
async def test_a_memorys_photo_is_opened_and_its_copy_goes_when_it_is_forgotten(tmp_path: Path, desktop: Path) -> None:
    file = picture(tmp_path / "milo.png", "teal")
    with Memory(tmp_path / "memory.db") as memory:
        memory.add(Episode(load_photo(file), (Turn("user", "This is Milo."),), datetime(2025, 8, 16, tzinfo=UTC)))
    async with running(tmp_path / "memory.db", FakeBackend(["Milo."]), (80, 24)) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen, "the memories")
        await until(lambda: app.screen.query_one("#grid").entries, "the memory")  # type: ignore[attr-defined]
        await pilot.press("z")
        await opened(app, LargePhoto, "the photo, large")
        await pilot.press("o")
        await until(lambda: copies(desktop) and desktop.exists(), "the copy")
        await until(lambda: "goes when Keepsake closes" in words(app), "what became of it")
        await pilot.press("escape")
        await pilot.press("f")
        await opened(app, EpisodeScreen, "the question")
        await pilot.press("y")
        await until(lambda: not copies(desktop), "no copy")
        await until(lambda: idle(app), "rest")


@LINUX
async def test_in_a_private_conversation_it_says_first_what_that_means(tmp_path: Path, desktop: Path) -> None:
    async with running(tmp_path / "memory.db", FakeBackend(["A teal square."]), (80, 24)) as (app, pilot):
        await pilot.press("f5")
        await until(lambda: app.status.private, "private")
        await look(app, pilot, picture(tmp_path / "bay.png", "teal"))
        await pilot.press("f9")
        await opened(app, LargePhoto, "the photo")
        await pilot.press("o")
        await until(lambda: "o again" in words(app), "the question")
        assert copies(desktop) == []
        await pilot.press("o")
        await until(lambda: copies(desktop), "the copy")
        await until(lambda: "goes when" in words(app), "what became of it")
        await pilot.press("escape")
        await pilot.press("f5")
        await until(lambda: not copies(desktop), "no copy")
    assert copies(desktop) == []
