"""What the start page says of this day in other years, and the key that turns it off."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory import browse
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import idle, notes, picture, running, until
from ui.runtime import settings


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
