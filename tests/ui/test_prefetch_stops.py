"""Whatever the user does ends what the app reads ahead, and nothing of it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.message import Message as ConversationEvent

from assistant.chatml import pieces
from assistant.encoder.encoder import BackendEncoder
from memory.episode import Photo
from memory.errors import ModelStopped
from memory.store import Memory
from tests.support.apppilot import caption, idle, make_album, replies, running, send, state, until
from tests.support.pictures import coloured
from tests.support.reading_ahead import SOON, Reading
from ui.runtime import prefetch
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ModelReady, ThreadState
from ui.widgets.chat_log import Composer

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def told() -> list[ConversationEvent]:
    return []


@pytest.fixture
def backend() -> Reading:
    return Reading(["A dog.", "Yes."])


@pytest.fixture
def thread(told: list[ConversationEvent], backend: Reading, memory_file: Path) -> Iterator[AppThread]:
    opened = AppThread(told.append, lambda: Memory(memory_file), lambda: backend, lambda: BackendEncoder(backend))
    opened.start()
    eventually(lambda: any(isinstance(m, ModelReady) for m in told) and rests(told), "the model")
    yield opened
    opened.close()


def eventually(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, f"never came: {what}"
        time.sleep(0.005)


def rests(told: list[ConversationEvent]) -> bool:
    return isinstance(told[-1], ThreadState) and told[-1].text == "idle"


@pytest.mark.parametrize("what", ("ask", "revise", "begin", "gone", "another", "esc", "close"))
def test_whatever_comes_ends_it_and_nothing_is_told(
    thread: AppThread, backend: Reading, told: list[ConversationEvent], what: str
) -> None:
    before = len(told)
    thread.prefetch(coloured("orange"))
    eventually(lambda: backend.prefills, "the prefill")
    assert {m.text for m in told[before:] if isinstance(m, ThreadState)} <= {"idle"}
    assert all(isinstance(m, ThreadState) for m in told[before:])
    began = time.monotonic()
    {
        "ask": lambda: thread.ask("entry", "who?"),
        "revise": lambda: thread.revise("entry", "Rex."),
        "begin": lambda: thread.begin("entry", True),
        "gone": lambda: thread.prefetch(None),
        "another": lambda: thread.prefetch(coloured("navy")),
        "esc": thread.cancel,
        "close": thread.close,
    }[what]()
    eventually(lambda: backend.ended[:1] == ["cancelled"], "its end")
    assert time.monotonic() - began < SOON
    if what == "another":
        eventually(lambda: len(backend.prefills) == 2, "the other photo")
        assert backend.prefills[1][1].about == coloured("navy").sha256
    if what == "ask":
        eventually(lambda: rests(told) and backend.calls, "the answer")


def test_what_waits_is_dropped_when_something_else_comes(
    thread: AppThread, backend: Reading, told: list[ConversationEvent]
) -> None:
    """It waits for its turn behind an answer, and a question after it takes its place."""
    backend.answers = [" ".join(["word"] * 50), "Yes."]
    thread.ask("first", "who?")
    eventually(lambda: backend.calls, "the answer's beginning")
    thread.prefetch(coloured("orange"))
    thread.ask("second", "when?")
    eventually(lambda: len(backend.calls) == 2 and rests(told), "both answers")
    assert backend.prefills == []


def test_a_model_that_fails_meanwhile_is_not_told_of(
    thread: AppThread, backend: Reading, told: list[ConversationEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def failing(photo: Photo) -> None:
        tried.set()
        raise ModelStopped("the model stopped")

    monkeypatch.setattr(backend, "embed", failing)
    before = len(told)
    thread.prefetch(coloured("orange"))
    eventually(lambda: tried.is_set() and len(told) > before, "the failure")
    assert all(isinstance(m, ThreadState) and m.text == "idle" for m in told[before:])


async def test_a_photo_in_the_input_is_read_until_it_is_sent(memory_file: Path, tmp_path: Path) -> None:
    """The words of the question come after it; Enter ends it, and caption and answer come as ever."""
    album, backend = make_album(tmp_path / "album"), Reading(["A dog.", "Milo."])
    async with running(memory_file, backend) as (app, pilot):
        await until(lambda: idle(app), "loading")
        composer = app.query_one(Composer)
        composer.text = f"@{album / 'rex.png'} "
        await until(lambda: backend.prefills, "the prefill")
        composer.move_cursor(composer.document.end)
        await pilot.press(*"who")
        assert backend.ended == [] and state(app) == "idle" and len(backend.prefills) == 1
        assert backend.calls == [] and caption(app) == ""
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Milo.", "the answer")
        assert backend.ended == ["cancelled"] and caption(app) == "A dog."
        assert pieces(backend.prefills[0])[:-1] == pieces(backend.calls[0])[: len(pieces(backend.prefills[0])) - 1]


async def test_a_photo_taken_out_of_the_input_is_not_read_on(memory_file: Path, tmp_path: Path) -> None:
    """Nor is one that cannot be read, and nobody hears of that before it is sent."""
    album, backend = make_album(tmp_path / "album"), Reading()
    async with running(memory_file, backend) as (app, pilot):
        await until(lambda: idle(app), "loading")
        composer = app.query_one(Composer)
        composer.text = f"@{album / 'rex.png'} who?"
        await until(lambda: backend.prefills, "the prefill")
        composer.text = "who?"
        await until(lambda: backend.ended == ["cancelled"], "its end")
        composer.text = f"@{album / 'broken.jpg'} who?"
        await until(lambda: app.prefetch._timer is None or app.prefetch._timer._task.done(), "the pause")
        await until(lambda: app.reader._work_queue.empty(), "the file")
        await send(app, pilot, "hello?")
        await until(lambda: replies(app) and replies(app)[0].text == "A photo.", "the answer")
        assert len(backend.prefills) == 1 and not app.query("Note.-warning")


async def test_sent_at_once_nothing_is_read_ahead(
    memory_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefetch, "PAUSE", 30.0)
    album, backend = make_album(tmp_path / "album"), Reading(["Rex."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, f"{album / 'rex.png'}")
        await until(lambda: caption(app) == "Rex.", "the caption")
        assert backend.prefills == []
