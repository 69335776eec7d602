"""The memory browser, undo and statistics: keys in, screen out. The memory is real."""

from __future__ import annotations

import statistics
from datetime import timedelta
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, OptionList, TextArea

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.naming.lists import photo_lists
from memory.store import Memory
from tests.support.apppilot import (
    drawn,
    idle,
    notes,
    opened,
    running,
    sees,
    send,
    stopwatch,
    until,
)
from tests.support.browserpilot import NOW, browser, fill, words_of
from ui.dialogs.duplicates_screen import DuplicatesScreen
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.dialogs.statistics_screen import StatisticsScreen


async def test_timeline_and_grid_show_day_words_and_picture(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Milo at home", "Rex at the sea", "Bruno on ice")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot)
        await sees(app.screen, "Mar 2026 ●", "1 March 2026", "Milo at home", "Porto", "Bruno on ice", "▀▀▀▀", "1 of 3")
        await pilot.press("down")
        await sees(app.screen, "2 of 3")
        await pilot.press("right", "left", "g")
        assert grid.grid and grid.at == 1, "left and right are for the grid"
        await sees(app.screen, "20 Jan 2026", "Rex at the sea", "▀▀▀▀")
        await pilot.press("left")
        await sees(app.screen, "1 of 3")
        await pilot.press("end", "t")
        assert not grid.grid and grid.at == 2
        await pilot.press("enter")
        await opened(app, EpisodeScreen)
        await sees(app.screen, "Bruno on ice")


async def test_a_search_that_more_fit_says_that_these_are_the_best(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_lists.find, "__defaults__", (None, 2))
    fill(memory_file, photos, "Milo at the sea", "Rex at the sea", "Bruno in the sea", "A hat")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot, "sea")
        await sees(app.screen, "Memories with “sea”: the best 2, and more fit", "1 of 2")
        await pilot.press("escape", "escape")
        await browser(app, pilot, "hat")
        await sees(app.screen, "Memories with “hat”", "1 of 1")
        assert "more fit" not in str(app.screen.query_one("#browser").border_title)


async def test_search_by_words_time_place_and_photo(memory_file: Path, photos: Path) -> None:
    episodes = fill(memory_file, photos, "Milo at home", "Rex at the sea", "Bruno on ice")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot, "milo")
        await sees(app.screen, "Memories with “milo”", "you said 'Milo'", "1 of 1")
        photo = str(photos / "of 2.png")
        for words, found in (("Porto", [1]), ("2025", [2]), ("january 2026", [1]), (photo, [2]), ("Timbuktu", [])):
            await pilot.press("slash")
            app.screen.query_one("#search", Input).value = words
            await pilot.press("enter")
            ids = [episodes[n].id for n in found]
            await until(lambda ids=ids: [entry.id for entry in grid.entries] == ids, f"what {words} finds")
        await sees(app.screen, "None that match.")
        await pilot.press("escape")
        await sees(app.screen, "Your memories, newest first", "of 3")
        await pilot.press("escape")
        assert not isinstance(app.screen, BrowserScreen)


async def test_an_edit_and_its_undo(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Mylo at home", "Rex at the sea")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot)
        await sees(app.screen, "Mylo at home")
        await pilot.press("e")
        await opened(app, EditScreen)
        assert app.screen.query_one(TextArea).cursor_location == (0, len("Mylo at home")), "what is typed is added"
        app.screen.query_one(TextArea).text = " "
        await pilot.press("ctrl+s")
        await sees(app.screen, "without words cannot be found")
        app.screen.query_one(TextArea).text = "Milo at home"
        app.screen.query_one("#date", Input).value = "1st May"
        await pilot.press("ctrl+s")
        await sees(app.screen, "2025-08-01")
        app.screen.query_one("#date", Input).value = "2999-05-01"
        await pilot.press("ctrl+s")
        await sees(app.screen, "has not come yet")
        app.screen.query_one("#date", Input).value = "2024-05-01"
        app.screen.query_one("#place", Input).value = "Bergen"
        await pilot.press("ctrl+s")
        await opened(app, BrowserScreen)
        await sees(app.screen, "Changed: the memory of 1 May 2024", "1 May 2024 · Bergen", "Milo at home", "2 of 2")
        assert words_of(memory_file) == ["Rex at the sea", "Milo at home"]
        await pilot.press("u")
        await sees(app.screen, "Restored as before", "Mylo at home", "1 of 2")
        assert words_of(memory_file) == ["Mylo at home", "Rex at the sea"]
        await pilot.press("u")
        await until(lambda: idle(app), "the refusal")
        await pilot.press("escape")
        await until(lambda: any("nothing to take back" in note for note in notes(app, "warning")), "the refusal")


async def test_no_single_key_forgets_what_was_told_in_the_conversation(memory_file: Path, photos: Path) -> None:
    """A list opens after "how many photos of Milo?", and a next question typed at once has many a "u"."""
    fill(memory_file, photos, "Milo at home")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, str(photos / "of 0.png"))
        await until(lambda: idle(app), "the photo")
        await send(app, pilot, "This is Rex, my uncle's dog.")
        await until(lambda: len(words_of(memory_file)) == 2 and idle(app), "what was told")
        await browser(app, pilot)
        await pilot.press("u")
        await sees(app.screen, "The last change was not made here: /undo in the conversation")
        assert len(words_of(memory_file)) == 2
        await pilot.press("escape")
        await send(app, pilot, "/undo")
        await until(lambda: words_of(memory_file) == ["Milo at home"], "taken back in so many words")


@pytest.mark.parametrize("line", ["forget Rex", "please delete the photos of Rex", "/forget Rex"])
async def test_a_wish_to_forget_lists_what_it_may_mean_and_f_asks(memory_file: Path, photos: Path, line: str) -> None:
    fill(memory_file, photos, "Milo at home", "Rex at the sea")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, line)
        await opened(app, BrowserScreen)
        await sees(app.screen, "Rex at the sea", "1 of 1")
        assert len(words_of(memory_file)) == 2
        assert any("Nothing is forgotten yet" in note for note in notes(app, "info"))
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await until(lambda: words_of(memory_file) == ["Milo at home"], "the memory to go")


async def test_undo_highlights_what_it_brings_back(memory_file: Path, photos: Path) -> None:
    """The memory below had taken its place, and e or f after u would have been about that one."""
    fill(memory_file, photos, "Milo at home", "Rex at the sea", "Bruno asleep")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot)
        await sees(app.screen, "1 of 3")
        await pilot.press("down", "f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await sees(app.screen, "Forgotten", "2 of 2")
        await pilot.press("home", "u")
        await sees(app.screen, "Brought back", "2 of 3")
        with Memory(memory_file) as memory:
            assert grid.entry and memory.get(grid.entry.id).words == "Rex at the sea"


async def test_esc_leaves_what_was_opened_with_words(memory_file: Path, photos: Path) -> None:
    """One Esc takes back one step: a search in the browser, or the browser itself."""
    fill(memory_file, photos, "Milo at home", "Rex at the sea", "Rex asleep")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories Rex")
        await opened(app, BrowserScreen)
        await sees(app.screen, "of 2")
        await pilot.press("slash", "escape")
        await sees(app.screen, "of 2")
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, BrowserScreen), "the conversation")


async def test_what_is_forgotten_is_in_no_file_and_comes_back_until_the_app_closes(
    memory_file: Path, photos: Path
) -> None:
    fill(memory_file, photos, "Mylozqx at home", "Rex at the sea")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot)
        await sees(app.screen, "1 of 2")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await pilot.press("y")
        await sees(app.screen, "Forgotten: the memory of", "u takes it back until Keepsake closes", "1 of 1")
        files = [f for f in memory_file.parent.glob("memory*") if f.is_file()]
        assert not any(b"Mylozqx" in f.read_bytes() for f in files)
        await pilot.press("u")
        await sees(app.screen, "Brought back", "of 2")
        assert words_of(memory_file) == ["Mylozqx at home", "Rex at the sea"]
        await pilot.press("home", "f")
        await opened(app, EpisodeScreen)
        await pilot.press("y")
        await sees(app.screen, "1 of 1")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/undo")
        await until(lambda: any("nothing to take back" in note for note in notes(app, "warning")), "the refusal")
    assert words_of(memory_file) == ["Rex at the sea"]


async def test_the_last_memory_comes_back_by_the_key_that_is_named(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Milo at home")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot)
        await sees(app.screen, "1 of 1")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await pilot.press("y")
        await sees(app.screen, "None yet.", "u takes it back")
        await pilot.press("u")
        await sees(app.screen, "Brought back", "Milo at home")
        assert app.screen.query_one("#search", Input).value == ""


async def test_doubles_are_offered_and_merged_when_told_to(memory_file: Path, photos: Path) -> None:
    (milo, _) = fill(memory_file, photos, "Milo at home", "Rex at the sea")
    with Memory(memory_file) as memory:
        memory.add(Episode(milo.photo, milo.turns, milo.when - timedelta(days=1)))
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot)
        await pilot.press("d")
        await opened(app, DuplicatesScreen)
        await sees(app.screen, "28 February 2026  ×2", "Milo at home")
        await pilot.press("escape")
        assert len(words_of(memory_file)) == 3, "nothing is merged unasked"
        await pilot.press("d")
        await opened(app, DuplicatesScreen)
        app.screen.query_one(OptionList).focus()
        await pilot.press("enter")
        await sees(app.screen, "Merged: 1 removed")
        await until(lambda: len(grid.entries) == 2, "one less")
        assert words_of(memory_file) == ["Milo at home", "Rex at the sea"]
        await pilot.press("d")
        await sees(app.screen, "No memory is stored twice")
        await pilot.press("u")
        await until(lambda: len(grid.entries) == 3, "both again")


async def test_statistics(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Milo", "Rex", "Bruno")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot)
        await pilot.press("s")
        await opened(app, StatisticsScreen)
        await sees(app.screen, "memories     3", "since        11 December 2025", "2026", "2025", "(1 photo)")


async def test_ten_thousand_memories_stay_fluid(memory_file: Path, photos: Path) -> None:
    """Pressing a key until the highlight has moved, while pictures are drawn; only those in view ever are."""
    photo = load_photo(photos / "rex.png")
    with Memory(memory_file) as memory:
        memory.add_all(
            Episode(photo, (Turn("user", f"memory number {n}"),), NOW - timedelta(hours=n)) for n in range(10_000)
        )
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot)
        await sees(app.screen, "1 of 10,000")
        took = []
        for key in ["pagedown"] * 20 + ["down"] * 20 + ["end"] + ["pageup"] * 10:
            before, seconds = grid.at, stopwatch()
            app.post_message(events.Key(key, None))
            await until(lambda before=before: grid.at != before, "a move")
            took.append(seconds())
        assert statistics.median(took) < 0.1, sorted(took)
        await pilot.press("end")
        await sees(app.screen, "10,000 of 10,000", "memory number 9999")
        assert len(grid._cards) < 1000


async def test_memories_are_filtered_while_one_types(memory_file: Path, photos: Path) -> None:
    episodes = fill(memory_file, photos, "Milo's birthday", "Zebras at the zoo", "Bruno on ice")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        grid = await browser(app, pilot)
        await pilot.press("slash", "z", "e")
        await until(lambda: [entry.id for entry in grid.entries] == [episodes[1].id], "zebras")
        assert app.screen.query_one("#search").has_focus
        await pilot.press("q")
        await until(lambda: not grid.entries, "nothing begins with zeq")
        await pilot.press("backspace", "backspace", "backspace")
        await until(lambda: len(grid.entries) == 3, "all again")
        await pilot.press(*"birtday")
        await until(lambda: [entry.id for entry in grid.entries] == [episodes[0].id], "the birthday")
        await sees(app.screen, "Showing results for “birthday”")
        assert app.screen.query_one("#search", Input).value == "birtday"
        await pilot.press("enter")
        await until(lambda: grid.has_focus, "the keys are with what was found")
