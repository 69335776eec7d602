"""What the start page says of this day in other years, and the key that turns it off."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory import browse
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import idle, notes, picture, running, send, until
from tests.support.plaintalk import Talk, talk
from ui.controllers.start_page import StartEntry
from ui.people_strings import THIS_DAY_NONE
from ui.runtime import settings
from ui.widgets.photo_view import PhotoView

__all__ = ["talk"]


def told(memory_file: Path, folder: Path) -> None:
    """Memories of this day one and five years ago, of another day, and of this day without words."""
    today = datetime.now().astimezone().replace(hour=12)
    year = 4 if (today.month, today.day) == (2, 29) else 1
    with Memory(memory_file) as memory:
        for n, (words, years, days) in enumerate(
            [("Zuri in the snow", year, 0), ("On the train", year, 3), ("", 4 * year, 0)]
        ):
            when = today.replace(year=today.year - years)
            day = date.fromordinal(when.date().toordinal() - days)
            photo = load_photo(picture(folder / f"{n}.png", f"#{n * 40:02x}4080"))
            turns = (Turn("user", words),) if words else ()
            memory.add(Episode(photo, turns, datetime.combine(day, when.timetz())))


async def test_this_day_in_other_years_is_told_at_the_start_until_f12(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path)
    settings.put("on this day", True)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: any("today: “Zuri in the snow”" in note for note in notes(app, "info")), "this day")
        assert not any("On the train" in note for note in notes(app, "info"))
        assert any("1 photo waits in the tray for your words: ctrl+t" in note for note in notes(app, "info"))
        picture = app.query_one(StartEntry).query_one(PhotoView)
        await until(lambda: picture.drawn and picture.region.height == 6, "the picture of the day")
        await until(lambda: idle(app), "the model")
        await pilot.press("f12")
        await until(lambda: notes(app, "done"), "that it is off")
    assert settings.get("on this day") is False
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        assert not any("Zuri" in note for note in notes(app, "info"))


def test_a_memory_of_today_is_of_no_other_year(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path)
    with Memory(memory_file) as memory:
        today = datetime.now().astimezone().date()
        assert len(browse.on_this_day(memory, today)) == 1
        assert browse.on_this_day(memory, date(1990, today.month, 28)) == []


async def test_where_there_is_nothing_to_say_there_is_no_page(memory_file: Path) -> None:
    settings.put("on this day", True)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await send(app, pilot, "/today")
        await until(lambda: THIS_DAY_NONE in notes(app, "info"), "the answer")
        assert not app.query(StartEntry)


async def test_on_a_small_screen_the_lines_stand_alone(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path)
    settings.put("on this day", True)
    async with running(memory_file, FakeBackend(), (50, 16)) as (app, pilot):
        await until(lambda: app.query("StartEntry PhotoView"), "the page with its photo")
        assert not app.query_one(StartEntry).query_one(PhotoView).display
        await send(app, pilot, "/today off")
        await until(lambda: notes(app, "done"), "that it is off")
    assert settings.get("on this day") is False


def test_the_start_page_by_lines(talk: Talk, memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path)
    settings.put("on this day", True)
    lines = talk(FakeBackend(), "/today off", "/today")
    at = [n for n, line in enumerate(lines) if "today: “Zuri in the snow”" in line]
    assert len(at) == 2, "at the start, and by its command"
    assert lines[at[0] + 1] == "Note: 1 photo waits in the tray for your words: /tray"
    assert any("/today on turns that on again" in line for line in lines)
    lines = talk(FakeBackend(), "/today on")
    assert not any("Zuri in the snow" in line for line in lines)
    assert settings.get("on this day") is True
