"""A day that nobody knows, in the app: remembered so, shown so, counted so, given later and taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from textual.widgets import Input

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import drawn, opened, picture, running, sees, send, until
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.episode_dialogs import EpisodeScreen, RememberDialog
from ui.dialogs.memory_browser import BrowserScreen
from ui.dialogs.statistics_screen import StatisticsScreen

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def days(memory_file: Path) -> list[date | None]:
    with Memory(memory_file) as memory:
        assert memory.verify() == []
        return [episode.day for episode in memory.episodes()]


async def test_an_unknown_day_is_shown_counted_given_and_taken_back(memory_file: Path, photos: Path) -> None:
    photo = load_photo(picture(photos / "zuri.png", "#608040"))
    with Memory(memory_file) as memory:
        memory.add(Episode(photo, (Turn("user", "This is Zuri."),), NOW, day=None, told=NOW))
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "unknown  ●", "day unknown", "This is Zuri.")
        await pilot.press("s")
        await opened(app, StatisticsScreen)
        await sees(app.screen, "memories     1", "day unknown", "(1 photo)")
        await pilot.press("escape")
        await pilot.press("e")
        await opened(app, EditScreen)
        field = app.screen.query_one("#date", Input)
        assert (field.value, field.placeholder) == ("", "day unknown")
        field.value = "2024-05-03"
        await pilot.press("ctrl+s")
        await opened(app, BrowserScreen)
        await sees(app.screen, "3 May 2024", "May 2024")
        assert days(memory_file) == [date(2024, 5, 3)]
        await pilot.press("e")
        await opened(app, EditScreen)
        assert app.screen.query_one("#date", Input).value == "2024-05-03"
        app.screen.query_one("#date", Input).value = ""
        await pilot.press("ctrl+s")
        await opened(app, BrowserScreen)
        await sees(app.screen, "day unknown")
        with Memory(memory_file) as memory:
            (episode,) = memory.episodes()
        assert episode.day is None and episode.when == episode.told == NOW, "its place is that of the telling again"
        await pilot.press("u")
        await sees(app.screen, "3 May 2024")


async def test_a_photo_without_a_date_is_remembered_without_one(memory_file: Path, photos: Path) -> None:
    file = picture(photos / "zuri.png", "#608040")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, str(file))
        await until(lambda: app.photo is not None, "the photo")
        await pilot.press("f3")
        await opened(app, RememberDialog)
        assert app.screen.query_one("#date", Input).value == ""
        app.screen.query_one("#words", Input).value = "This is Zuri."
        await pilot.press("enter")
        await until(lambda: memory_file.exists() and days(memory_file) == [None], "the memory")


async def test_what_is_forgotten_is_said_with_all_of_its_quotation(memory_file: Path, photos: Path) -> None:
    """Before, the line ended at a comma of the memory's words: "the memory “old kettle. u takes it back"."""
    photo = load_photo(picture(photos / "kettle.png", "red"))
    with Memory(memory_file) as memory:
        memory.add(Episode(photo, (Turn("user", "old kettle, leaks a bit, still good"),), NOW, day=None))
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 1")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await sees(app.screen, "“old kettle, leaks a bit, …”; its photo", "u takes it back")
