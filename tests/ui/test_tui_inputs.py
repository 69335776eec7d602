"""What hands do to the app: too fast, twice, many at once, in the middle of something. The memory is real."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, TextArea

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Photo, Turn
from memory.store import Memory
from tests.support.apppilot import (
    caption,
    cards,
    drawn,
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
    until,
)
from tui import KeepsakeApp
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.editing import DropScreen
from ui.dialogs.ending_lists import RemindersScreen
from ui.dialogs.episode_dialogs import CaptionDialog, EpisodeScreen, HelpScreen, RememberDialog
from ui.dialogs.kept_conversations import HistoryScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.dialogs.model_dialogs import ModelsScreen
from ui.dialogs.photo_picker import PhotoPicker
from ui.widgets.chat_log import Composer, PhotoEntry, UserText
from ui.widgets.panels import StatusLine


def press(app: KeepsakeApp, *keys: str) -> None:
    """Keys faster than anything can happen between them."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_a_double_enter_sends_once(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A wall.", "Yes."])
    async with running(memory_file, backend) as (app, _):
        app.query_one(Composer).text = str(photos / "rex.png")
        press(app, "enter", "enter")
        await until(lambda: caption(app) == "A wall." and idle(app), "the caption")
        app.query_one(Composer).text = "is it?"
        press(app, "enter", "enter", "enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Yes." and idle(app), "the answer")
        assert len(app.query(PhotoEntry)) == 1 and len(app.query(UserText)) == 1 and len(backend.calls) == 2


async def test_a_double_enter_in_a_dialog_keeps_once_and_ends_nothing(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await pilot.press("f3")
        await opened(app, RememberDialog, "the dialog")
        await pilot.press("R", "e", "x")
        press(app, "enter", "enter")
        await until(lambda: cards(app) and idle(app), "the memory")
        await pilot.press("f4")
        await opened(app, CaptionDialog, "the dialog")
        press(app, "ctrl+s", "ctrl+s", "escape", "escape")
        await until(lambda: app.query_one(Composer).has_focus and len(app.screen_stack) == 1, "the input")
        assert app.is_running
    with Memory(memory_file) as memory:
        assert [episode.words for episode in memory.episodes()] == ["Rex"]


async def test_after_every_dialog_one_types_on(memory_file: Path, photos: Path) -> None:
    """The input has the keys again; what stood in it stands there still."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember This is Rex.")
        await until(lambda: cards(app) and idle(app), "the memory")
        composer = app.query_one(Composer)
        composer.text = "half a"
        ways = [
            ("f1", HelpScreen), ("f2", PhotoPicker), ("f3", RememberDialog), ("f4", CaptionDialog),
            ("f6", ModelsScreen), ("f7", HistoryScreen), (app.memories.browse, BrowserScreen),
            (app.history.reminders, RemindersScreen),
            (lambda: app.action_cite(1), EpisodeScreen),
            (lambda: app.memory_actions.choose(cards(app)[0].episode, "edit"), EditScreen),
        ]  # fmt: skip
        for way, screen in ways:
            if callable(way):
                way()
            else:
                await pilot.press(way)
            await opened(app, screen, screen.__name__)
            await pilot.press("escape")
            await until(
                lambda: len(app.screen_stack) == 1 and composer.has_focus, f"the input, after {screen.__name__}"
            )
        await pilot.press("end", "x")
        assert composer.text == "half ax"


@pytest.mark.parametrize("way", ["f3", "f4", "edit"])
async def test_esc_asks_before_it_drops_what_was_written(way: str, memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember This is Rex.")
        await until(lambda: cards(app) and idle(app), "the memory")
        if way == "edit":
            app.memory_actions.choose(cards(app)[0].episode, "edit")
        else:
            await pilot.press(way)
        kind = {"f3": RememberDialog, "f4": CaptionDialog, "edit": EditScreen}[way]
        await opened(app, kind)
        dialog = app.screen
        await pilot.press("a", "b", "escape")
        await opened(app, DropScreen)
        await pilot.press("n")
        await until(lambda: app.screen is dialog, "the dialog again")
        await pilot.press("c", "escape")
        written = [field.text for field in dialog.query(TextArea)] + [field.value for field in dialog.query(Input)]
        assert any("abc" in text for text in written)
        await opened(app, DropScreen)
        await drawn(app)
        await pilot.press("y")
        await until(lambda: len(app.screen_stack) == 1, "the conversation")


async def test_esc_in_a_burst_drops_nothing(memory_file: Path, photos: Path) -> None:
    """ "Esc y" typed at once: the y came before the question was on screen."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await pilot.press("f4")
        await opened(app, CaptionDialog)
        await pilot.press("a")
        press(app, "escape", "y")
        await opened(app, DropScreen)
        await drawn(app)
        assert isinstance(app.screen, DropScreen)


async def test_a_text_far_too_long_is_one_line_and_not_in_the_conversation(memory_file: Path) -> None:
    """Pasted, it does not come into the input; put together there, it stays there, to be shortened."""
    fake = FakeBackend(["Yes."])
    async with running(memory_file, fake) as (app, pilot):
        await until(lambda: idle(app), "the model")
        app.query_one(Composer).post_message(events.Paste("word " * 20_000))
        await until(lambda: len(notes(app, "warning")) == 1, "the line")
        assert notes(app, "warning")[0].startswith("That text has 100,000 characters, and I read up to 10,000 at once")
        assert app.query_one(Composer).text == ""
        await send(app, pilot, long := "word " * 2001)
        await until(lambda: len(notes(app, "warning")) == 2, "the line again")
        assert app.query_one(Composer).text == long
        await send(app, pilot, "Is that so?")
        await until(lambda: replies(app), "the answer")
        assert [entry.text for entry in app.query(UserText)] == ["Is that so?"]


async def test_twenty_photos_pasted_at_once(memory_file: Path, tmp_path: Path) -> None:
    """Each is shown and looked at, in their order; the keys answer meanwhile, and the last is the one in view."""
    names = [picture(tmp_path / f"photo {n:02}.png", f"#{n * 12:02x}8040") for n in range(20)]
    backend = FakeBackend([f"Photo number {n}." for n in range(20)])
    async with running(memory_file, backend) as (app, pilot):
        app.post_message(events.Paste("\n".join(map(str, names))))
        await until(lambda: len(app.query(PhotoEntry)) == 20, "their places")
        await pilot.press("h", "i")
        assert app.query_one(Composer).text == "hi"
        await until(lambda: caption(app) == "Photo number 19." and idle(app), "the last caption")
        assert [entry.path for entry in app.query(PhotoEntry)] == names and not notes(app, "warning")
        shown = [part.sha256 for call in backend.calls for part in call[-1].parts if not isinstance(part, str)]
        assert shown == [load_photo(name).sha256 for name in names]
        assert app.photo and app.photo.sha256 == shown[-1]


async def test_a_resize_in_the_middle_of_an_answer(memory_file: Path, photos: Path) -> None:
    """Smaller, larger, and back, while words come: none is lost, the end stays in view, the keys go on."""
    words = " ".join(f"word{i}" for i in range(120))
    backend = FakeBackend(["A wall.", words], delay=0.25)  # slower than a slow machine draws
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "tell me")
        for n, size in enumerate([(60, 20), (200, 60), (80, 24), (60, 20), (120, 36)]):
            await until(lambda n=n: replies(app) and f"word{2 + 2 * n}" in replies(app)[0].text, "more words")
            await pilot.resize_terminal(*size)
            assert app.screen.region.contains_region(app.query_one("#composer").region)
        assert state(app) == "answering", "it was over before the last resize"
        backend.delay = 0.0
        await pilot.press("o", "k")
        await until(lambda: replies(app)[0].text == words and idle(app), "the answer")
        await sees(app.query_one("#conversation"), "word119")
        assert app.query_one(Composer).text == "ok" and len(app.query(UserText)) == 1


async def test_esc_and_ctrl_c_are_what_they_say(memory_file: Path, photos: Path) -> None:
    """Esc stops what is written, and nothing when nothing is; ctrl+c copies what is selected, and neither stops nor
    ends; what stands in the input stays."""
    endless = " ".join(f"word{i}" for i in range(5000))
    async with running(memory_file, FakeBackend([endless, "Yes."], delay=0.05)) as (app, pilot):
        composer = app.query_one(Composer)
        await pilot.press("escape", "escape")
        await send(app, pilot, "tell me")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        composer.text = "copy this"
        composer.select_all()
        await pilot.press("ctrl+c")
        assert app.clipboard == "copy this" and composer.text == "copy this" and app.is_running and not idle(app)
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        await sees(app.query_one("#conversation"), "(stopped)")
        assert composer.text == "copy this"
        stopped = replies(app)[0].text
        await pilot.press("escape", "ctrl+c")
        await pilot.press("enter")
        await until(lambda: len(replies(app)) == 2 and replies(app)[1].text == "Yes." and idle(app), "the next answer")
        assert replies(app)[0].text == stopped


async def test_esc_in_a_dialog_stops_no_answer(memory_file: Path) -> None:
    endless = " ".join(f"word{i}" for i in range(5000))
    async with running(memory_file, FakeBackend([endless], delay=0.05)) as (app, pilot):
        await send(app, pilot, "tell me")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        await pilot.press("f1")
        await opened(app, HelpScreen, "the help")
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, HelpScreen), "its end")
        assert not idle(app)
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")


async def test_the_count_of_memories_follows_what_another_window_does(memory_file: Path, photos: Path) -> None:
    """Counted again when this one has nothing to do, and when one comes back to it."""
    red, blue = (load_photo(picture(photos / f"{colour}.png", colour)) for colour in ("red", "blue"))
    with Memory(memory_file) as other:
        async with running(memory_file, FakeBackend(["A wall.", "Yes."])) as (app, pilot):
            await sees(app.query_one(StatusLine), "0 memories")
            other.add(told(red))
            await send(app, pilot, "hello?")
            await sees(app.query_one(StatusLine), "1 memory")
            await until(lambda: idle(app), "idle")
            id = other.add(told(blue))
            app.post_message(events.AppFocus())
            await sees(app.query_one(StatusLine), "2 memories")
            other.forget_all([id])
            app.post_message(events.AppBlur())
            app.post_message(events.AppFocus())
            await sees(app.query_one(StatusLine), "1 memory")
            other.add(told(blue))
            await send(app, pilot, "/memories")
            await until(lambda: app.status.episodes == 2, "the count, as the browser shows them")


def told(photo: Photo) -> Episode:
    return Episode(photo, (Turn("user", "one more"),), datetime(2026, 3, 1, 12, tzinfo=UTC))
