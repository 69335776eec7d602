"""Keys that come in a burst, as a paste without brackets or a fast typist sends them, take nothing away."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Input

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import idle, opened, running, sees, send, until
from tui import KeepsakeApp
from ui.dialogs import (
    duplicates_screen,
    edit_screen,
    ending_lists,
    episode_dialogs,
    kept_conversations,
    memory_browser,
    model_dialogs,
)
from ui.dialogs.confirming import Confirming
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.dialogs.people_screen import SplitScreen
from ui.widgets.chat_log import UserText


@pytest.fixture
def told(memory_file: Path, photos: Path) -> Episode:
    """The only memory."""
    photo = load_photo(photos / "rex.png")
    one = Episode(photo, (Turn("user", "Rex, of the family next door"),), datetime(2025, 5, 12, tzinfo=UTC))
    with Memory(memory_file) as memory:
        memory.add(one)
    return one


def burst(app: KeepsakeApp, keys: str) -> None:
    """Send all keys at once, as a terminal does whose input is read in one piece."""
    names = {"/": "slash", "\r": "enter", "\b": "backspace", "\x15": "ctrl+u", "\t": "tab", " ": "space"}
    for event in [events.Key(names.get(key, key), key) for key in keys]:
        app.post_message(event)


def left(memory_file: Path) -> list[str]:
    with Memory(memory_file) as memory:
        return memory.ids()


async def test_a_slash_and_words_in_the_browser_are_a_search(memory_file: Path, told: Episode) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 1")
        burst(app, "/family/")
        await until(lambda: app.screen.query_one("#search", Input).value == "family/", "the words in the search")
        assert isinstance(app.screen, BrowserScreen)
    assert left(memory_file) == [told.id]


@pytest.mark.parametrize("keys", ["family", "fy", "ffff", "fyyyy", "fnfy"])
async def test_no_burst_forgets(memory_file: Path, told: Episode, keys: str) -> None:
    """The question stands; a key pressed now answers it."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 1")
        burst(app, keys)
        await opened(app, EpisodeScreen, "the question")
        await until(lambda: app.screen.drawn < float("inf") and idle(app), "the question on screen")
        assert left(memory_file) == [told.id]
        await pilot.press("y")
        await until(lambda: left(memory_file) == [], "its going")


async def test_letters_after_tab_stand_in_the_next_field(memory_file: Path, told: Episode) -> None:
    """The list of photos has the keys; the name is typed as fast as Tab."""
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        await until(lambda: idle(app), "the model")
        for screen in (SplitScreen("Rex", [told]), EditScreen(told)):
            app.push_screen(screen)
            await opened(app, type(screen))
            await until(lambda screen=screen: screen.focused, "the first field")
            burst(app, "\t" + "Rex")
            fields = screen.query(Input)
            await until(lambda fields=fields: fields.first().value.endswith("Rex"), "the letters")
            assert [field.value for field in fields][1:] == [""] * (len(fields) - 1)
            screen.dismiss(None)
            await until(lambda screen=screen: app.screen is not screen, "the conversation")


async def test_two_of_one_name_are_told_apart_as_fast_as_one_types(memory_file: Path, told: Episode) -> None:
    """Space marks the photo, Tab goes to the name, Enter keeps both."""
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        await until(lambda: idle(app), "the model")
        decided: list[tuple[str, list[str]] | None] = []
        screen = SplitScreen("Rex", [told])
        app.push_screen(screen, decided.append)
        await opened(app, SplitScreen)
        await until(lambda: screen.focused, "the list of photos")
        burst(app, " \tRex Meyer\r")
        await until(lambda: decided, "the decision")
        assert decided == [("Rex Meyer", [told.id])]


async def test_a_burst_that_opens_a_memory_does_not_forget_it(memory_file: Path, told: Episode) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 1")
        burst(app, "\rfyfy")
        await opened(app, EpisodeScreen, "the memory")
        await until(lambda: app.screen.drawn < float("inf") and idle(app), "the memory on screen")
        burst(app, "fyyy")
        await until(lambda: app.screen.sure and app.screen.drawn < float("inf"), "the question on screen")
        assert isinstance(app.screen, EpisodeScreen) and left(memory_file) == [told.id]


def test_every_screen_that_has_a_key_for_yes_or_takes_away_waits_until_it_is_drawn() -> None:
    asking = []
    for module in (duplicates_screen, edit_screen, episode_dialogs, kept_conversations, memory_browser, model_dialogs):
        for name, screen in inspect.getmembers(module, inspect.isclass):
            if issubclass(screen, Screen) and screen.__module__ == module.__name__:
                keys = {key for one in screen.BINDINGS for key in getattr(one, "key", "").split(",")}
                if "y" in keys:
                    assert issubclass(screen, Confirming), name
                    asking.append(name)
    assert set(asking) == {"EpisodeScreen", "ConversationScreen", "FetchDialog"}
    assert issubclass(duplicates_screen.DuplicatesScreen, Confirming)
    assert issubclass(ending_lists.EndingList, Confirming)


async def test_what_is_corrected_in_a_burst_is_sent_as_corrected(memory_file: Path) -> None:
    """Letters never overtake the keys before them, in the input and in a field."""
    async with running(memory_file, FakeBackend(["Yes."])) as (app, pilot):
        burst(app, "wrong\x15whoo\b?\r")
        await until(lambda: app.query(UserText) and idle(app), "the question")
        assert [entry.text for entry in app.query(UserText)] == ["who?"]
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        burst(app, "/wrong\x15milk\bo")
        await until(lambda: app.screen.query_one("#search", Input).value == "milo", "the corrected words")
