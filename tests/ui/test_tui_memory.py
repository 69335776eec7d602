"""Remembering, recalling and forgetting through the app; quitting; the demo. The memory file is real."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from demo import album
from demo.demo_memory import DemoMemory
from memory.errors import MemoryFileError
from memory.store import Memory
from tests.support.apppilot import (
    caption,
    cards,
    idle,
    look,
    notes,
    opened,
    replies,
    running,
    sees,
    send,
    until,
)
from tui import KeepsakeApp, main
from ui.dialogs.episode_dialogs import EpisodeScreen, RememberDialog
from ui.dialogs.memory_browser import BrowserScreen
from ui.widgets.chat_log import Composer, PhotoEntry
from ui.widgets.panels import StatusLine


async def test_remembered_photo_is_recalled_and_forgotten_with_receipt(memory_file: Path, photos: Path) -> None:
    """The round that the app is for."""
    async with running(memory_file, FakeBackend(["A dog.", "It is Milo.", "A dog again."])) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        assert not cards(app)
        await send(app, pilot, "/remember This is Milo, my sister's dog.")
        await until(lambda: notes(app, "done"), "the confirmation")
        assert "“This is Milo, my sister's dog.”" in notes(app, "done")[0]
        await sees(app.query_one(StatusLine), "1 memory")
        # What was just said counts at once: the photo is recalled and captioned anew.
        await until(lambda: cards(app), "the recall")
        await sees(cards(app)[0], "This is your photo", "This is Milo")
        await until(lambda: caption(app) == "It is Milo.", "the caption")
        cards(app)[0].focus()
        await pilot.press("f")
        await opened(app, EpisodeScreen, "the question")
        await pilot.press("n")
        await until(lambda: not isinstance(app.screen, EpisodeScreen), "the way back")
        assert cards(app), "a no must be a no"
        await pilot.press("f")
        await pilot.press("y")
        await until(lambda: len(notes(app, "done")) == 2, "the receipt")
        receipt = notes(app, "done")[1]
        assert re.match(r"Forgotten: the memory of Milo; its photo; what was computed from it\.", receipt)
        assert not re.search(r"[0-9a-f]{12}|index|token|episode", receipt), "people's words, not the machine's"
        await until(lambda: not cards(app), "its going")
        await sees(app.query_one(StatusLine), "0 memories")
        # What was recalled from it is seen anew without it.
        await until(lambda: caption(app) == "A dog again.", "the new caption")
        app.query_one(Composer).focus()
        await send(app, pilot, "/details")
        await until(lambda: any("1 set of visual tokens" in note for note in notes(app, "info")), "the details")
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0


async def test_remember_dialog_with_day_and_place(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await pilot.press("f3")
        await until(lambda: notes(app, "warning"), "the hint")
        assert not isinstance(app.screen, RememberDialog)
        await look(app, pilot, photos / "rex.png")
        await pilot.press("f3")
        await opened(app, RememberDialog, "the dialog")
        app.screen.query_one("#words", Input).value = "Rex at the sea"
        app.screen.query_one("#place", Input).value = "Porto"
        app.screen.query_one("#date", Input).value = "1st May"
        await pilot.press("enter")
        assert "2025-08-01" in str(app.screen.query_one("#problem", Static).render())
        app.screen.query_one("#date", Input).value = "2999-05-01"
        await pilot.press("enter")
        assert "has not come yet" in str(app.screen.query_one("#problem", Static).render())
        app.screen.query_one("#date", Input).value = "2025-05-01"
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the confirmation")
        assert "1 May 2025 · Porto" in notes(app, "done")[0]
    with Memory(memory_file) as memory:
        (episode,) = memory.episodes()
        assert (episode.words, episode.place, str(episode.when.date())) == ("Rex at the sea", "Porto", "2025-05-01")


async def test_words_of_the_dialog_are_not_lost_to_a_full_disk(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise MemoryFileError("the disk is full")

    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        with monkeypatch.context() as patch:
            patch.setattr(Memory, "add", full)
            await pilot.press("f3")
            await opened(app, RememberDialog, "the dialog")
            app.screen.query_one("#words", Input).value = "Rex at the sea"
            await pilot.press("enter")
            await until(lambda: "the disk is full" in notes(app, "warning") and idle(app), "the refusal")
        await pilot.press("up")
        assert app.composer.text == "/remember Rex at the sea"
        await pilot.press("enter")
        await until(lambda: notes(app, "done"), "the confirmation")


async def test_what_was_told_just_before_quitting_is_kept(memory_file: Path, photos: Path) -> None:
    """Quit while the caption is still being written: the words typed before are in the memory all the same."""
    async with running(memory_file, FakeBackend(["word " * 150], delay=0.1)) as (app, pilot):
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: "word" in caption(app), "the caption's beginning")
        await send(app, pilot, "/remember Rex")
        await pilot.press("ctrl+q")
    with Memory(memory_file) as memory:
        assert [e.words for e in memory.episodes()] == ["Rex"]


async def test_forget_by_id_and_list(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        for words in ("Rex the first", "Rex the second"):
            await send(app, pilot, f"/remember {words}")
        await until(lambda: len(notes(app, "done")) == 2, "the confirmations")
        await send(app, pilot, "/forget ffff00")
        await until(lambda: "ffff00" in " ".join(notes(app, "warning")), "the refusal")
        await send(app, pilot, "/memories second")
        await opened(app, BrowserScreen, "the search")
        await sees(app.screen, "Memories with “second”", "Rex the second", "1 of 1")
        await pilot.press("escape")
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen, "the browser")
        await sees(app.screen, "Your memories, newest first", "Rex the first", "1 of 2")
        listed = [entry.id for entry in app.screen.grid.entries]
        await pilot.press("f")
        await opened(app, EpisodeScreen, "the question")
        await pilot.press("y")
        await sees(app.screen, "u takes it back until Keepsake closes", "1 of 1")
        await pilot.press("escape")
        await send(app, pilot, f"/forget {listed[1][:8]}")
        await opened(app, EpisodeScreen, "the question")
        await pilot.press("y")
        await sees(app.query_one(StatusLine), "0 memories")


async def test_a_question_without_a_photo_shows_what_it_recalled(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "/remember Rex bit the postman")
        await until(lambda: notes(app, "done"), "the confirmation")
    async with running(memory_file, FakeBackend(["Rex did."])) as (app, pilot):
        await send(app, pilot, "who bit the postman?")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex did.", "the answer")
        await until(lambda: cards(app), "the memory")
        await sees(cards(app)[0], "Rex bit the")


async def test_a_memory_that_cannot_be_opened_ends_with_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "memory.db"
    bad.write_bytes(b"this is not a database, whatever its name says" * 40)
    app = KeepsakeApp(lambda: Memory(bad), FakeBackend, lambda: BackendEncoder(FakeBackend()))
    async with app.run_test():
        await until(lambda: app.return_code == 1, "the end")


async def test_demo_loads_the_album_and_readies_a_question(memory_file: Path, own_home: Path) -> None:
    async with running(memory_file, FakeBackend(["A koala.", "Yes."]), demo=True) as (app, pilot):
        await until(lambda: caption(app) == "A koala.", "the caption")
        assert app.query_one(Composer).text == album.QUESTION
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Yes.", "the answer")
        await send(app, pilot, "/demo")
        await until(lambda: len(app.query(PhotoEntry)) == 1 and not replies(app) and idle(app), "again")
        await sees(app.query_one(StatusLine), f"{len(album.ALBUM['episode'])} memories", "DEMO ALBUM")
    with Memory(memory_file) as memory:
        assert memory.stats()["episodes"] == 0, "the demo has a memory of its own"
    assert not list((own_home / "demo").iterdir()), "and it goes with the app"


async def test_leaving_the_demo_brings_back_the_own_memory_and_its_undo(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "/remember This is Rex.")
        await sees(app.query_one(StatusLine), "1 memory")
        await send(app, pilot, "/demo")
        await sees(app.query_one(StatusLine), "6 memories", "DEMO ALBUM, /demo off leaves it")
        await until(lambda: idle(app) and caption(app), "the demo's caption")
        await send(app, pilot, "/remember A bear that I only try this with.")
        await sees(app.query_one(StatusLine), "7 memories")
        await send(app, pilot, "/import .")
        await until(lambda: any("into the demo album" in note for note in notes(app, "warning")), "the refusal")
        await send(app, pilot, "/demo off")
        await sees(app.query_one(StatusLine), "1 memory")
        await until(lambda: any("as it was" in note for note in notes(app, "done")), "the word of it")
        assert "DEMO" not in str(app.query_one(StatusLine).render()) and not app.query(PhotoEntry)
        await send(app, pilot, "/undo")
        await sees(app.query_one(StatusLine), "0 memories")
    with Memory(memory_file) as memory:
        assert memory.verify() == [] and memory.stats()["episodes"] == 0


def test_what_a_killed_demo_left_is_deleted_by_the_next_one(own_home: Path) -> None:
    code = (
        "import os\nfrom demo.demo_memory import DemoMemory\nfrom assistant.backends.fake import FakeBackend\n"
        "from assistant.encoder.encoder import BackendEncoder\n"
        "demo = DemoMemory(BackendEncoder(FakeBackend()))\nos.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    [left] = (own_home / "demo").iterdir()
    assert (left / "memory.db").exists()
    demo = DemoMemory(BackendEncoder(FakeBackend()))
    assert [demo.folder] == list((own_home / "demo").iterdir()) and demo.folder != left
    demo.close()
    assert not list((own_home / "demo").iterdir()) and not (own_home / "memory.db").exists()


def test_without_a_terminal_the_demo_plays_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "fake"]) == 0
    assert "Answer    A photo." in capsys.readouterr().out


def test_without_a_terminal_an_unknown_model_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "no-such-model"]) == 1
    told = capsys.readouterr().err
    assert "no-such-model" in told and told.count("\n") == 1
