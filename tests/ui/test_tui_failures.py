"""What goes wrong while one talks, and keys while much happens: nothing is lost, and no key waits."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from textual import events
from textual.widgets import TextArea

from assistant.backend import Backend, Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from memory.errors import ModelError, ModelStopped
from tests.support.apppilot import (
    caption,
    idle,
    look,
    notes,
    opened,
    picture,
    replies,
    running,
    sees,
    send,
    state,
    stopwatch,
    until,
)
from tui import KeepsakeApp
from ui.dialogs.episode_dialogs import CaptionDialog
from ui.dialogs.memory_browser import BrowserScreen
from ui.widgets.chat_log import Composer
from ui.widgets.panels import CaptionPanel


class DyingBackend(FakeBackend):
    """Its process dies in the middle of the second text it writes; the third works."""

    def stream(self, messages: tuple[Message, ...], options: Options) -> Iterator[Chunk]:  # type: ignore[override]
        for i, chunk in enumerate(super().stream(messages, options)):
            if len(self.calls) == 2 and i == 2:
                raise ModelStopped("The model stopped; it has been restarted.")
            yield chunk


async def test_a_failure_is_one_line_and_the_next_question_works(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, DyingBackend(["A dog it is", "Milo is his name", "Milo."])) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who?")
        await until(lambda: notes(app, "warning") == ["The model stopped; it has been restarted."], "the line")
        assert "Milo is" in replies(app)[0].text
        await send(app, pilot, "who?")
        await until(lambda: replies(app)[-1].text == "Milo.", "the answer")


async def test_a_model_that_cannot_be_loaded_leaves_the_rest_usable(memory_file: Path, photos: Path) -> None:
    """And once its files are there, the next photo simply works."""
    missing = True

    def open_backend() -> Backend:
        if missing:
            raise ModelError("no model named 'x': python -m assistant models list")
        return FakeBackend(["There."])

    async with running(memory_file, open_backend) as (app, pilot):
        await until(lambda: len(notes(app, "warning")) == 1, "the line")
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen, "the list")
        await pilot.press("escape")
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: len(notes(app, "warning")) == 2, "the line again")
        missing = False
        await look(app, pilot, photos / "rex.png")
        assert caption(app) == "There."


async def test_the_users_caption_stands(memory_file: Path, photos: Path) -> None:
    """F4: the panel says whose words they are, and the next answer builds on them."""
    backend = FakeBackend(["A cat.", "Rex."])
    async with running(memory_file, backend) as (app, pilot):
        await pilot.press("f4")
        await until(lambda: notes(app, "warning"), "the hint")
        await look(app, pilot, photos / "rex.png")
        await pilot.press("f4")
        await opened(app, CaptionDialog, "the dialog")
        app.screen.query_one(TextArea).text = "No, a dog: Rex."
        await pilot.press("ctrl+s")
        await sees(app.query_one(CaptionPanel), "your words")
        assert caption(app) == "No, a dog: Rex."
        await send(app, pilot, "who?")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex.", "the answer")
        assert backend.calls[-1][-2] == Message("assistant", ("No, a dog: Rex.",))


async def delays(app: KeepsakeApp, keys: str) -> list[float]:
    """Seconds from each key until the input has shown it."""
    composer = app.query_one(Composer)
    out = []
    for key in keys:
        before, seconds = composer.text, stopwatch()
        refreshed = asyncio.Event()
        app.post_message(events.Key(key, key))
        while composer.text == before:
            await asyncio.sleep(0.001)
        composer.call_after_refresh(refreshed.set)
        await refreshed.wait()
        out.append(seconds())
        await asyncio.sleep(0.01)  # a fast typist's pause, not a wait for anything
    return out


class Endless(FakeBackend):
    """Writes more than an answer may have: it ends when it is stopped, however slow the machine."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        return super().stream(messages, replace(options, max_new_tokens=options.max_new_tokens and 50_000))


async def test_keys_react_while_text_streams_and_a_photo_is_decoded(memory_file: Path, tmp_path: Path) -> None:
    """The rule of the house: median below 100 ms. The photo has 24 million pixels; the answer never ends."""
    large = picture(tmp_path / "large.jpg", "teal", (6000, 4000))
    endless = " ".join(f"**word{i}**" + ("\n\n" if i % 12 == 0 else "") for i in range(50_000))
    backend = Endless(["A wall.", endless], delay=0.01)
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, str(large))
        decoding = await delays(app, "abcdefghij")
        await until(lambda: caption(app) == "A wall." and idle(app), "the caption")
        await send(app, pilot, "tell me everything")
        await until(lambda: replies(app) and "word20" in replies(app)[0].text, "the answer's beginning")
        streaming = await delays(app, "abcdefghijklmnopqrstuvwxyz")
        assert state(app) == "answering", "the answer was over before the keys"
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
    print(f"median delay: decoding {statistics.median(decoding):.3f} s, streaming {statistics.median(streaming):.3f} s")
    assert statistics.median(decoding) < 0.1
    assert statistics.median(streaming) < 0.1
