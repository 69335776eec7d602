"""Private and new conversations: what is kept, what is not, what a promise is worth; a memory that is not all well."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.backends.fake import FakeBackend
from assistant.conversation.events import Captioned
from assistant.encoder.encoder import BackendEncoder
from assistant.photo import from_image
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, ModelStopped
from memory.store import Memory
from tests.support.apppilot import caption, cards, idle, look, notes, running, sees, send, until
from tui import KeepsakeApp
from ui.dialogs.episode_dialogs import RememberDialog
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ConversationEvent, ConversationStarted, EpisodeRemembered
from ui.runtime.session import Telling
from ui.widgets.chat_log import PhotoEntry, UserText
from ui.widgets.panels import StatusLine


def remembered(memory_file: Path) -> list[str]:
    with Memory(memory_file) as memory:
        return sorted(episode.words for episode in memory.episodes())


def a_photo(colour: str) -> Photo:
    return from_image(Image.new("RGB", (8, 8), colour))


def read(colour: str) -> Future[Photo]:
    done: Future[Photo] = Future()
    done.set_result(a_photo(colour))
    return done


async def test_of_a_private_conversation_nothing_is_kept(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await pilot.press("f5")
        await sees(app.query_one(StatusLine), "fake  ·  private")
        assert backend.private and not app.query(PhotoEntry) and caption(app) == ""
        await look(app, pilot, photos / "MILO 1.JPG")
        for refused in ("/remember Milo", "/demo"):
            before = len(notes(app, "warning"))
            await send(app, pilot, refused)
            await until(lambda n=before: len(notes(app, "warning")) > n and idle(app), "the refusal")
            assert "this conversation is private" in notes(app, "warning")[-1]
        await pilot.press("f3")
        await until(lambda: len(notes(app, "warning")) == 3, "the refusal")
        assert not isinstance(app.screen, RememberDialog)
        await send(app, pilot, "/new")
        await until(lambda: not app.query(PhotoEntry) and idle(app), "a new page")
        assert backend.private, "a new conversation of a private one is private"
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/private")
        await until(lambda: app.status.private is False, "the end")
        assert not backend.private and not app.query(PhotoEntry) and app.photo is None and caption(app) == ""
        assert "nothing of it was kept" in notes(app, "done")[-1]
    assert remembered(memory_file) == []


async def test_a_model_that_starts_during_a_private_conversation_hears_of_it(
    memory_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not be loaded at first; and one that is switched to hears of it too."""
    missing = True
    first, second = FakeBackend(), FakeBackend()

    def open_backend() -> FakeBackend:
        if missing:
            raise KeepsakeError("no model yet")
        return first

    async with running(memory_file, open_backend) as (app, pilot):
        await pilot.press("f5")
        await until(lambda: app.status.private, "the private conversation")
        missing = False
        await send(app, pilot, "hello?")
        await until(lambda: first.calls and idle(app), "the answer")
        assert first.private
        monkeypatch.setattr("tui.open_backend", lambda _: second)
        await app.switch("second")
        await until(lambda: second.private and idle(app), "the other model")
        assert app.status.private


class Gate(FakeBackend):
    """Looks at a photo only when it is let; what is cancelled meanwhile fails, as with the real model."""

    def __init__(self) -> None:
        super().__init__(["A photo of it."])
        self.looking, self.go_on = threading.Event(), threading.Event()

    def embed(self, photo: Photo) -> np.ndarray:
        self._cancelled.clear()
        self.looking.set()
        assert self.go_on.wait(30)
        if self._cancelled.is_set():
            raise ModelStopped("stopped")
        return super().embed(photo)


@pytest.mark.parametrize("end", ["new", "close"])
@pytest.mark.timeout(60)
def test_what_waits_is_left_but_what_was_told_is_kept_with_its_photo(memory_file: Path, end: str) -> None:
    """The second photo is never looked at; the words about it are kept with it all the same, not with the first."""
    told: list[object] = []
    begun, backend = threading.Event(), Gate()

    def tell(message: object) -> None:
        told.append(message)
        if isinstance(message, ConversationStarted):
            begun.set()

    thread = AppThread(tell, lambda: Memory(memory_file), lambda: backend, lambda: BackendEncoder(backend))
    thread.start()
    thread.show_photo("first", read("orange"))
    thread.show_photo("second", read("navy"))  # never looked at
    thread.remember("words", Telling("This is Rex."))
    thread.ask("question", "who is it?")
    assert backend.looking.wait(20)
    closing = threading.Thread(target=thread.close)
    if end == "new":
        thread.begin("page", False)
    else:
        closing.start()
        while not thread._jobs.closing.is_set():
            pass
    backend.go_on.set()
    if end == "new":
        assert begun.wait(20)
        closing.start()
    closing.join()
    assert "question" not in [t.entry for t in told if isinstance(t, ConversationEvent)]
    assert (
        not any(isinstance(t, ConversationEvent) and isinstance(t.event, Captioned) for t in told)
        and backend.calls == []
    )
    assert [t.entry for t in told if isinstance(t, EpisodeRemembered)] == ["words"]
    with Memory(memory_file) as memory:
        assert [(e.words, e.photo) for e in memory.episodes()] == [("This is Rex.", a_photo("navy"))]


async def test_a_new_conversation_tells_what_became_of_the_old_one_s_promise(memory_file: Path, photos: Path) -> None:
    backend = Gate()
    async with running(memory_file, backend) as (app, pilot):
        backend.go_on.set()
        await look(app, pilot, photos / "MILO 1.JPG")
        backend.go_on.clear()
        backend.looking.clear()
        await send(app, pilot, "/remember This is Rex.")
        await until(backend.looking.is_set, "the remembering")
        await send(app, pilot, "who?")
        await pilot.press("ctrl+n")
        await send(app, pilot, "/private")
        backend.go_on.set()
        await until(lambda: app.status.private, "the private conversation")
        assert any("“This is Rex.”" in note for note in notes(app, "done")), notes(app, "done")
        assert not app.query(UserText) and len(app.query(".page")) == 1
        await look(app, pilot, photos / "MILO 1.JPG")
        await until(lambda: cards(app), "the recall")
    assert remembered(memory_file) == ["This is Rex."]


def an_episode(words: str) -> Episode:
    return Episode(a_photo("orange"), (Turn("user", words),), datetime(2025, 8, 1, tzinfo=UTC), None)


async def test_a_memory_in_trouble_says_so_once(memory_file: Path) -> None:
    """No snapshot can be made where a file has the folder's name."""
    with Memory(memory_file) as memory:
        memory.add(an_episode("Rex"))
    memory_file.with_name("memory.db.snapshots").write_text("in the way")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: notes(app, "warning") and idle(app), "the line")
        await send(app, pilot, "/memories")
        await pilot.press("escape")
        assert len(notes(app, "warning")) == 1 and "cannot write the snapshot" in notes(app, "warning")[0]


async def test_a_damaged_memory_ends_with_the_way_back(memory_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Memory(memory_file) as memory:
        memory.add(an_episode("Rex"))
    Memory(memory_file).close()  # takes a snapshot
    whole = memory_file.read_bytes()
    memory_file.write_bytes(whole[:4096] + b"\x55" * (len(whole) - 4096))
    app = KeepsakeApp(lambda: Memory(memory_file), FakeBackend, lambda: BackendEncoder(FakeBackend()))
    said: list[str] = []
    leave = app.exit
    monkeypatch.setattr(app, "exit", lambda **how: (said.append(how["message"]), leave(**how)))
    async with app.run_test():
        await until(lambda: app.return_code == 1, "the end")
    assert "python -m memory restore" in said[0] and "\n" not in said[0]
    await asyncio.to_thread(app.thread.close)
