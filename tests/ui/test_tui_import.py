"""Importing in the app: preview, progress, stop and go on, undo, and what is left after a quit."""

from __future__ import annotations

import math
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import PhotoEncoder
from assistant.importing.import_outcomes import ImportOutcome
from assistant.importing.import_photos import import_all
from memory.store import Memory
from tests.support import albums
from tests.support.apppilot import idle, notes, opened, replies, running, sees, send, shown, until
from tests.support.takeouts import google
from tui import KeepsakeApp
from ui.controllers.imports import UNFINISHED
from ui.imports import import_thread
from ui.imports.import_dialog import ImportDialog
from ui.runtime import settings
from ui.widgets.chat_log import Composer
from ui.widgets.keys_line import KeysLine
from ui.widgets.panels import StatusLine


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return albums.make_album(tmp_path / "My Album")


class Slow(FakeBackend):
    """Encodes no photo before it may."""

    def __init__(self) -> None:
        super().__init__(["An answer."])
        self.may, self.encoding = threading.Semaphore(0), threading.Event()

    def embed(self, photo):  # type: ignore[no-untyped-def]
        self.encoding.set()
        assert self.may.acquire(timeout=60)
        return super().embed(photo)


def stored(file: Path) -> list[str]:
    with Memory(file) as memory:
        assert memory.verify() == []
        return sorted(episode.words for episode in memory.episodes())


async def test_a_dropped_folder_is_counted_imported_and_undone_as_a_whole(memory_file: Path, album: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        app.query_one(Composer).post_message(events.Paste(f"'{album}'"))
        await opened(app, ImportDialog)
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        await until(
            lambda: dialog.drawn < math.inf and dialog.report and dialog.report.state == "looked", "the preview"
        )
        preview = dialog.query_one("#preview", Static)
        await sees(preview, "6 photos", "5 new", "3 with words; 2 without words: wait in the tray")
        await sees(preview, "1 twice", "film.MOV, notes.txt", "broken.jpg", "1 from the camera")
        with Memory(memory_file) as memory:
            assert memory.stats()["episodes"] == 0, "a preview stores nothing"
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the summary")
        assert notes(app, "done")[0].startswith("Imported 5 photos from “My Album”, 3 with words. 2 without words wait")
        assert "broken.jpg" in notes(app, "done")[0] and "film.MOV" not in notes(app, "done")[0]
        await sees(app.query_one(StatusLine), "5 memories")
        assert settings.get(UNFINISHED) is None
        await send(app, pilot, f"/import {album}")
        await opened(app, ImportDialog)
        again = app.screen
        assert isinstance(again, ImportDialog)
        await sees(again.query_one("#preview", Static), "nothing new", "6 known")
        await until(lambda: again.drawn < math.inf and again.report and again.report.state == "looked", "the preview")
        await pilot.press("enter")
        await sees(again.query_one("#problem", Static), "Nothing is new")
        await pilot.press("escape")
        await send(app, pilot, "/undo")
        await until(lambda: any("the import of 5 photos" in note for note in notes(app, "done")), "the undo")
        await sees(app.query_one(StatusLine), "0 memories")
    assert stored(memory_file) == []
    assert (album / "IMG_0001.JPG").exists()


async def test_a_photo_with_two_memories_is_counted_once(memory_file: Path, tmp_path: Path) -> None:
    """Google puts a photo into its year and into each album, and people describe it twice."""
    for folder in ("Photos from 2018", "Rome"):
        albums.save(tmp_path / "Takeout" / folder / "IMG_1.jpg", 1)
        (tmp_path / "Takeout" / folder / "IMG_1.jpg.json").write_text(f'{{"description": "Anna in {folder}"}}')
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/import {tmp_path / 'Takeout'}")
        await opened(app, ImportDialog)
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        await until(lambda: dialog.drawn < math.inf and dialog.report and dialog.report.state == "looked", "the look")
        await sees(dialog.query_one("#preview", Static), "2 photos", "1 new", "1 with words")
        assert "without words" not in shown(dialog.query_one("#preview", Static))
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the summary")
        assert notes(app, "done")[0].startswith("Imported 1 photo from “Takeout”, 1 with words.")
        await send(app, pilot, "/undo")
        await until(lambda: any("the import of 1 photo." in note for note in notes(app, "done")), "the undo")
    assert stored(memory_file) == []


async def test_words_that_come_later_complete_what_is_kept(memory_file: Path, tmp_path: Path) -> None:
    photo = albums.save(tmp_path / "Takeout" / "Rome" / "IMG_1.jpg", 1)
    known = "Nothing is new in “Takeout”: 1 of its photos are in your memory already."
    async with running(memory_file, FakeBackend()) as (app, pilot):
        for done in ("Imported 1 photo", f"{known} 1 photo kept before has words or a day now."):
            await send(app, pilot, f"/import {tmp_path / 'Takeout'}")
            await opened(app, ImportDialog)
            dialog = app.screen
            assert isinstance(dialog, ImportDialog)
            await until(lambda at=dialog: at.drawn < math.inf and at.report and at.report.state == "looked", "the look")
            completes = "now with words or a day" in shown(dialog.query_one("#preview", Static))
            assert completes == done.startswith(known)
            await pilot.press("enter")
            await until(lambda text=done: any(note.startswith(text) for note in notes(app, "done")), done)
            photo.with_name("IMG_1.jpg.json").write_bytes(google("Anna at the pier"))
    assert stored(memory_file) == ["Anna at the pier"]


async def test_the_enter_after_a_dropped_folder_imports_nothing(memory_file: Path, album: Path) -> None:
    """As people press it after a path: it was pressed before the preview is there."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        app.query_one(Composer).post_message(events.Paste(f"'{album}'"))
        enter = events.Key("enter", None)
        await opened(app, ImportDialog)
        app.post_message(enter)
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        await until(lambda: dialog.drawn < math.inf and dialog.report and dialog.report.state == "looked", "the look")
        assert app.screen is dialog and stored(memory_file) == []
        await pilot.press("enter")
        await until(lambda: app.screen is not dialog, "the import")


async def test_photos_without_words_are_left_out_on_request(memory_file: Path, album: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("f8")
        await opened(app, ImportDialog)
        app.screen.query_one("#path", Input).value = str(album)
        await pilot.press("enter")
        await sees(app.screen.query_one("#preview", Static), "2 without words: wait in the tray")
        keys = app.screen.query_one(".keys")
        await sees(keys, "w: leave out photos without words", "p: keep the camera's places")
        await pilot.press("w")
        await sees(app.screen.query_one("#preview", Static), "2 without words: left out")
        await sees(keys, "w: take photos without words, too")
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the summary")
    assert stored(memory_file) == ["Lake Como", "Lake Como", "Milo on the boat"]


async def test_a_folder_that_is_not_there_is_one_clear_line(memory_file: Path, tmp_path: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/import {tmp_path / 'nowhere'}")
        await opened(app, ImportDialog)
        await sees(app.screen.query_one("#problem", Static), "there is no such")
        (tmp_path / "empty").mkdir()
        app.screen.query_one("#path", Input).value = str(tmp_path / "empty")
        await pilot.press("enter")
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        await until(lambda: dialog.report and dialog.report.state == "looked", "the look's end: before, Enter imports")
        await sees(dialog.query_one("#preview", Static), "0 photos")
        assert not {"new", "places"} & set(shown(dialog.query_one("#preview", Static)).split())
        keys = dialog.query_one(KeysLine)
        assert keys.text == "k: watch it, too  ·  o: another folder  ·  Esc closes", "nothing to import, no key for it"
        await pilot.press("k")
        assert keys.text == "Enter imports  ·  k: do not watch it  ·  o: another folder  ·  Esc closes"
        await pilot.press("k")
        await pilot.press("enter")
        await sees(dialog.query_one("#problem", Static), "There are no photos to import")


async def begun(app: KeepsakeApp, pilot: Pilot[None], album: Path, backend: Slow) -> None:
    """An import that has the first of five photos in hand."""
    await send(app, pilot, f"/import {album}")
    await opened(app, ImportDialog)
    await sees(app.screen.query_one("#preview", Static), "5 new")
    await pilot.press("enter")
    await until(backend.encoding.is_set, "the first photo")


async def test_a_question_is_answered_while_photos_are_imported(memory_file: Path, album: Path) -> None:
    backend = Slow()
    async with running(memory_file, backend) as (app, pilot):
        await begun(app, pilot, album, backend)
        await send(app, pilot, "Who is Milo?")
        await until(lambda: replies(app) and replies(app)[0].text, "the answer, though no photo is in yet")
        await until(lambda: idle(app), "quiet")
        await pilot.press("f8")
        await opened(app, ImportDialog)
        await sees(app.screen.query_one("#import"), "s stops")
        await pilot.press("s")
        backend.may.release(20)
        await until(lambda: notes(app, "done"), "the summary")
        assert notes(app, "done")[0].startswith("Stopped: ") and "F8 goes on" in notes(app, "done")[0]
        await until(lambda: not isinstance(app.screen, ImportDialog), "the dialog's end")
        await pilot.press("f8")
        await opened(app, ImportDialog)
        await sees(app.screen.query_one("#preview", Static), "known")
        await pilot.press("enter")
        await until(lambda: len(notes(app, "done")) == 2, "the rest")
    assert len(stored(memory_file)) == 5


async def test_enter_before_the_preview_is_whole_imports_all(
    memory_file: Path, album: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look ends then; the import does not."""
    looking, go_on = threading.Event(), threading.Event()

    def slow_look(memory: Memory, encoder: PhotoEncoder | None, *rest: Any) -> Iterator[ImportOutcome]:
        for outcome in import_all(memory, encoder, *rest):
            if encoder is None:
                looking.set()
                assert go_on.wait(30)
            yield outcome

    monkeypatch.setattr(import_thread, "import_all", slow_look)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, f"/import {album}")
        await opened(app, ImportDialog)
        await until(looking.is_set, "the look")
        await pilot.press("enter")
        await until(lambda: not isinstance(app.screen, ImportDialog), "the dialog's end")
        go_on.set()
        await until(lambda: notes(app, "done"), "the summary")
        assert notes(app, "done")[0].startswith("Imported 5 photos")
    assert len(stored(memory_file)) == 5


async def test_quitting_in_an_import_loses_nothing_and_the_next_start_goes_on(memory_file: Path, album: Path) -> None:
    backend = Slow()
    async with running(memory_file, backend) as (app, pilot):
        await begun(app, pilot, album, backend)
        backend.may.release(2)
        await until(lambda: re.search("importing [1-9]", app.query_one(StatusLine).importing), "one photo in")
        backend.may.release(1)
    assert 1 <= len(stored(memory_file)) <= 3
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: any("was not finished" in note for note in notes(app, "info")), "the reminder")
        await pilot.press("f8")
        await opened(app, ImportDialog)
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the summary")
        assert "Imported" in notes(app, "done")[0]
    assert len(stored(memory_file)) == 5
    assert settings.get(UNFINISHED) is None


async def test_a_private_conversation_imports_nothing(memory_file: Path, album: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("f5")
        await until(lambda: notes(app, "done"), "the private conversation")
        await send(app, pilot, f"/import {album}")
        await until(lambda: notes(app, "warning"), "the refusal")
        assert "private" in notes(app, "warning")[0] and not isinstance(app.screen, ImportDialog)


async def test_a_forgotten_folder_in_the_reminder_is_told(memory_file: Path, album: Path) -> None:
    settings.put(UNFINISHED, str(album))
    shutil.rmtree(album)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("f8")
        await opened(app, ImportDialog)
        await sees(app.screen.query_one("#problem", Static), "there is no such")
