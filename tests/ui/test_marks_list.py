"""What the user said of pairs of photos, "the same" or "not the same", listed in the app (/marks)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from textual.widgets import OptionList

from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import Alike, cards, idle, look, notes, opened, running, sees, send, until
from ui.dialogs.ending_lists import MarksScreen
from ui.telling_strings import MARKS_NONE


async def test_the_answers_about_pairs_are_listed_and_one_is_taken_back(memory_file: Path, photos: Path) -> None:
    backend = Alike(["A dog."])
    backend.threshold = 0.5
    photo, day = load_photo(photos / "MILO 1.JPG"), datetime(2025, 5, 12, 12, tzinfo=UTC)
    with Memory(memory_file) as memory:
        memory.add(Episode(photo, (Turn("user", "This is Leo."),), day), (backend.space, backend.embed(photo)))
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await until(lambda: cards(app) and idle(app), "the wrong memory")
        await pilot.press("n")
        await until(lambda: not cards(app) and idle(app), "its going")
        await send(app, pilot, "/marks")
        await opened(app, MarksScreen)
        await sees(app.screen, "Not the same", "· a photo that is not remembered", "· your photo of 12 May 2025")
        await sees(app.screen, "This is Leo.", "e: take one back")
        assert app.screen.query_one(OptionList).region.height == app.screen.query_one(OptionList).content_size.height
        await pilot.press("e")
        await sees(app.screen, MARKS_NONE)
        await pilot.press("escape")
        await until(lambda: any("Taken back: " in note for note in notes(app, "done")) and idle(app), "the word")
    with Memory(memory_file) as memory:
        assert memory.verdicts() == []
