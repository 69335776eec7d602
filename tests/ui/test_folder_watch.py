"""A watched folder in the app: what comes into it is imported once; the tray, the settings, what goes wrong."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from textual.message import Message

from assistant.backends.fake import FakeBackend
from memory.store import Memory
from tests.support import albums
from tests.support.apppilot import drawn, idle, notes, opened, running, sees, send, shown, until
from tests.support.camera_folder import camera, tick
from tests.support.plaintalk import Talk, talk
from tui import KeepsakeApp
from ui.imports import folder_watch, import_thread
from ui.imports.folder_watch import WATCHED, WatchNews
from ui.imports.import_dialog import ImportDialog
from ui.plain.plain_imports import PlainImports
from ui.runtime import settings
from ui.widgets.panels import StatusLine

__all__ = ["camera", "talk"]


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_watch, "EVERY", 0.02)


def said(app: KeepsakeApp, *texts: str) -> Callable[[], bool]:
    """Whether one note holds all of these."""
    kinds = ("info", "done", "warning")
    return lambda: any(all(text in note for text in texts) for kind in kinds for note in notes(app, kind))


def stored(file: Path) -> int:
    with Memory(file) as memory:
        assert memory.verify() == []
        return int(memory.stats()["episodes"])


async def test_new_photos_come_in_by_themselves_and_are_told_once(
    memory_file: Path, camera: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_thread, "SNAPSHOT_FROM", 1)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Watching “Camera”", "/watch off"), "that it is watched")
        albums.save(camera / "IMG_1.png", 1)
        await until(said(app, "1 new photo came in from “Camera”. 1 waits in the tray: ctrl+t."), "the news")
        await sees(app.query_one(StatusLine), "1 in the tray")
        albums.save(camera / "Milo at the lake.png", 2)
        await until(said(app, "2 new photos came in from “Camera”, 1 with words. 1 waits in the tray"), "one line")
        assert len([note for note in notes(app, "info") if "came in" in note]) == 1
        shutil.copy(camera / "IMG_1.png", camera / "IMG_1 copy.png")
        albums.save(camera / "IMG_3.png", 3)
        lying = {file.name: file.read_bytes() for file in camera.iterdir()}
        await until(said(app, "3 new photos came in"), "the next news")
        assert {file.name: file.read_bytes() for file in camera.iterdir()} == lying, "files are read only"
        assert not list(memory_file.parent.glob("*.snapshots/*")), "none for what comes by itself"
        await send(app, pilot, "/watch")
        await until(said(app, f"Watching {camera}"), "what is watched")
        await send(app, pilot, "/undo")
        await until(said(app, "There is nothing to take back"), "no undo of what came by itself")
        await send(app, pilot, "/watch off")
        await until(said(app, "“Camera” is not watched any more"), "the end")
        albums.save(camera / "IMG_4.png", 4)
        await until(lambda: idle(app), "quiet")
    assert stored(memory_file) == 3, "the duplicate and what was there before stay out"
    assert settings.get(WATCHED) is None


async def test_the_settings_remember_it_and_what_came_meanwhile_comes_in(memory_file: Path, camera: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Watching “Camera”"), "that it is watched")
    assert settings.get(WATCHED)["path"] == str(camera)
    albums.save(camera / "IMG_1.png", 1)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(said(app, f"Watching {camera}"), "that it is watched still")
        await until(said(app, "1 new photo came in"), "the news")
    assert stored(memory_file) == 1
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(said(app, f"Watching {camera}"), "that it is watched still")
        await until(lambda: app.imports._watching.watch.folder, "the watch")
        albums.save(camera / "IMG_2.png", 2)
        await until(said(app, "1 new photo came in"), "only the newest: nothing is told twice")
    assert stored(memory_file) == 2


async def test_many_that_came_while_it_was_closed_are_offered(
    memory_file: Path, camera: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "MANY", 2)
    settings.put(WATCHED, {"path": str(camera), "until": tick(camera.parent)})
    for n in range(3):
        albums.save(camera.parent / "new" / f"IMG_{n}.png", n + 10)
    for path in (camera.parent / "new").iterdir():
        os.rename(path, camera / f"new {path.name}")
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        await until(said(app, "3 photos came into “Camera” while Keepsake was closed: F8 imports them."), "the offer")
    assert stored(memory_file) == 0


async def test_a_folder_that_vanishes_is_one_line_and_comes_back(memory_file: Path, camera: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/watch /nowhere/at/all")
        await until(said(app, "there is no such folder to watch"), "the refusal")
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Watching “Camera”"), "that it is watched")
        os.rename(camera, camera.with_name("away"))
        await until(said(app, "The watched folder “Camera” is not there."), "the line")
        albums.save(camera.with_name("away") / "IMG_1.png", 1)
        (camera.with_name("away") / "broken.png").write_text("no picture")
        os.rename(camera.with_name("away"), camera)
        await until(said(app, "1 new photo came in", "Not read: broken.png (not a picture"), "the news")
        assert len([note for note in notes(app, "warning") if "is not there" in note]) == 1
    assert stored(memory_file) == 1


async def test_nothing_comes_in_while_the_conversation_is_private(memory_file: Path, camera: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Watching “Camera”"), "that it is watched")
        await pilot.press("f5")
        await until(lambda: app.thread.session.private, "the private conversation")
        albums.save(camera / "IMG_1.png", 1)
        files = app.imports._watching.watch
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Nothing is imported in a private conversation"), "the refusal")
        assert files.folder == camera
        assert stored(memory_file) == 0
        await pilot.press("f5")
        await until(said(app, "1 new photo came in"), "the news, afterwards")
    assert stored(memory_file) == 1


async def test_it_waits_for_an_import_of_the_user(memory_file: Path, camera: Path) -> None:
    may, encoding = threading.Semaphore(0), threading.Event()

    class Slow(FakeBackend):
        def embed(self, photo):  # type: ignore[no-untyped-def]
            encoding.set()
            assert may.acquire(timeout=60)
            return super().embed(photo)

    album = albums.make_album(camera.parent / "Album")
    async with running(memory_file, Slow()) as (app, pilot):
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Watching “Camera”"), "that it is watched")
        await send(app, pilot, f"/import {album}")
        await opened(app, ImportDialog)
        await pilot.press("enter")
        await until(encoding.is_set, "the import")
        albums.save(camera / "IMG_1.png", 1)
        assert not said(app, "came in")()
        may.release(50)
        await until(said(app, "Imported 5 photos"), "the import's end")
        await until(said(app, "1 new photo came in"), "the news")
    assert stored(memory_file) == 6


async def test_k_in_the_import_dialog_keeps_watching(memory_file: Path, camera: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/import {camera}")
        await opened(app, ImportDialog)
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        await until(lambda: dialog.report and dialog.report.state == "looked", "the preview")
        await drawn(app)
        await pilot.press("k")
        await until(lambda: "k: do not watch it" in " ".join(shown(dialog.query_one(".keys")).split()), "the choice")
        await pilot.press("enter")
        await until(said(app, "Imported 1 photo"), "the import")
        await until(said(app, "Watching “Camera”"), "that it is watched")
        albums.save(camera / "IMG_1.png", 1)
        await until(said(app, "1 new photo came in"), "the news")
    assert stored(memory_file) == 2


def test_watching_by_lines(talk: Talk, memory_file: Path, camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """News are printed before the next prompt."""
    told, put = threading.Event(), PlainImports._news

    def news(imports: PlainImports, message: Message) -> None:
        put(imports, message)
        if isinstance(message, WatchNews) and message.new:
            told.set()

    monkeypatch.setattr(PlainImports, "_news", news)

    def arrived(_: str) -> str:
        albums.save(camera / "IMG_1.png", 1)
        assert told.wait(60), "what came is told"
        assert stored(memory_file) == 1
        return "/watch"

    lines = talk(FakeBackend(), "/watch", f"/watch {camera}", arrived, "/tray", "/watch off", "/watch /nowhere")
    assert any(line.startswith("Done: No folder is watched: /watch FOLDER") for line in lines)
    assert any("What is in it already stays out (/import imports it)" in line for line in lines)
    assert "Note: 1 new photo came in from “Camera”. 1 waits in the tray: /tray." in lines
    assert "Done: “Camera” is not watched any more. What came in stays." in lines
    assert any("there is no such folder to watch" in line for line in lines)


async def test_beside_an_encrypted_memory_nothing_is_written_about_it(
    memory_file: Path, camera: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Memory, "encrypted", True)
    settings.put(WATCHED, {"path": "/elsewhere", "until": 1.0})
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/watch {camera}")
        await until(said(app, "Only until Keepsake closes"), "that it is not remembered")
        albums.save(camera / "IMG_1.png", 1)
        await until(said(app, "1 new photo came in"), "the news")
    assert settings.get(WATCHED) is None


def test_a_long_import_does_not_put_off_the_next_look(camera: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo that was still being copied is looked at again soon, however long the import beside it took."""
    pauses: list[float] = []

    class Stopped:
        def wait(self, pause: float) -> bool:
            pauses.append(pause)
            return len(pauses) > 3

    clock = [0.0]

    def bring(*_: object) -> bool:
        clock[0] += 60
        return True

    monkeypatch.setattr(folder_watch.time, "monotonic", lambda: clock[0])
    watch = folder_watch.FolderWatch(lambda _: None, Mock(), Mock())
    monkeypatch.setattr(watch, "_free", lambda: True)
    monkeypatch.setattr(watch, "_bring", bring)
    files = folder_watch.NewFiles(camera, 0.0)
    albums.save(camera / "IMG_1.png", 1)
    watch._run(files, False, Stopped())  # type: ignore[arg-type]
    assert clock[0] >= 60, "the photo was brought in"
    assert pauses[1:] == [folder_watch.EVERY] * 3
