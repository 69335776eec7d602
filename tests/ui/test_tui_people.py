"""People and things in the app: the view of names, what is decided there, and lists asked for in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.widgets import Input, OptionList, SelectionList, Static

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.naming.named_things import things
from memory.store import Memory
from tests.support.apppilot import idle, look, notes, opened, picture, replies, running, sees, send, shown, until
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.dialogs.people_screen import PeopleScreen, SplitScreen
from ui.widgets.chat_log import Note

NOON = datetime(2024, 5, 12, 12, tzinfo=UTC)


def told(memory_file: Path, folder: Path, *words: str) -> None:
    """A memory with a photo for each of the words, a year apart, the first the newest."""
    with Memory(memory_file) as memory:
        for n, text in enumerate(words):
            photo = load_photo(picture(folder / f"{n}.png", f"#{n * 40:02x}4080"))
            memory.add(Episode(photo, (Turn("user", text),), NOON - timedelta(days=365 * n)))


def listed(memory_file: Path) -> dict[str, int]:
    with Memory(memory_file) as memory:
        assert memory.verify() == []
        return {one.name: len(one.photos) for one in things(memory)}


def lines(screen: PeopleScreen) -> list[str]:
    names = screen.query_one("#names", OptionList)
    return [str(names.get_option_at_index(n).prompt) for n in range(names.option_count)]


def said(screen: PeopleScreen) -> str:
    return str(screen.query_one("#said", Static).render())


async def people(app, pilot) -> PeopleScreen:  # type: ignore[no-untyped-def]
    await until(lambda: idle(app), "the model")
    await send(app, pilot, "/people")
    await opened(app, PeopleScreen)
    assert isinstance(app.screen, PeopleScreen)
    screen = app.screen
    await until(lambda: screen.things, "the names")
    return screen


async def test_names_are_listed_renamed_joined_and_it_is_taken_back(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Zuri, the zebra Anna got", "This is Annie.", "Zuri in the garden")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await people(app, pilot)
        assert lines(screen) == [
            "Zuri   2 photos, last on 12 May 2024",
            "Annie   1 photo, last on 13 May 2023",
            "Anna   mentioned in 1, last on 12 May 2024",
        ]
        await pilot.press("r")
        screen.query_one("#new-name", Input).value = "Zurika"
        await pilot.press("enter")
        await until(lambda: lines(screen)[0].startswith("Zurika   2 photos"), "the new name")
        assert said(screen).startswith("Zuri is called Zurika now")
        await pilot.press("down", "j", "down", "enter")  # Annie is Anna
        await until(lambda: len(lines(screen)) == 2, "the two as one")
        await pilot.press("u")
        await until(lambda: len(lines(screen)) == 3, "the two apart again")
        await pilot.press("u")
        await until(lambda: lines(screen)[0].startswith("Zuri   "), "the old name")
    assert listed(memory_file) == {"Zuri": 2, "Annie": 1, "Anna": 0}


async def test_beside_the_names_are_the_photos_of_the_highlighted_one_where_there_is_room(
    memory_file: Path, tmp_path: Path
) -> None:
    told(memory_file, tmp_path, "This is Zuri, the zebra Anna got", "This is Rex.", "Zuri in the garden")
    async with running(memory_file, FakeBackend(), size=(140, 44)) as (app, pilot):
        screen = await people(app, pilot)
        await sees(screen, "12 May 2024", "This is Zuri, the zebra", "Zuri in the garden")
        assert "This is Rex." not in shown(screen)
        await pilot.press("down")
        await sees(screen, "This is Rex.", "13 May 2023")
        assert "Zuri in the garden" not in shown(screen)
        await pilot.resize_terminal(80, 24)
        await until(lambda: not screen.photos.display, "the names alone, as before")


async def test_two_with_one_name_are_split_and_a_word_is_no_name(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Anna.", "This is Anna from work.", "This is Whit.")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await people(app, pilot)
        await pilot.press("x")
        await opened(app, SplitScreen)
        app.screen.query_one(SelectionList).focus()
        await pilot.press("down", "space", "ctrl+s")
        app.screen.query_one(Input).value = "Anna Meyer"
        await pilot.press("ctrl+s")
        await until(lambda: app.screen is screen and len(screen.things) == 3, "both of the name")
        await pilot.press("end", "n")
        await until(lambda: len(screen.things) == 2, "the word is gone")
        assert said(screen).startswith("Whit is not listed any more")
    assert listed(memory_file) == {"Anna": 1, "Anna Meyer": 1}


async def test_enter_shows_all_photos_of_one_in_the_browser(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Zuri.", "On the train.", "Zuri in the garden")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await people(app, pilot)
        await pilot.press("enter")
        await opened(app, BrowserScreen)
        browser = app.screen
        assert isinstance(browser, BrowserScreen)
        await until(lambda: len(browser.grid.entries) == 2, "the photos")
        assert str(browser.query_one("#browser").border_title) == "Photos: Zuri"
        await pilot.press("escape")
        await until(lambda: isinstance(app.screen, PeopleScreen), "the names again")


async def test_what_is_forgotten_among_the_photos_of_one_is_gone_below_too(memory_file: Path, tmp_path: Path) -> None:
    """The browser, over it the names (p), over them the photos of one: Esc leads back through all of them."""
    told(memory_file, tmp_path, "This is Zuri.", "On the train.")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        below = app.screen
        assert isinstance(below, BrowserScreen)
        await until(lambda: len(below.grid.entries) == 2, "all photos")
        await pilot.press("p")
        await opened(app, PeopleScreen)
        await until(lambda: app.screen.query_one("#names", OptionList).option_count, "the names")
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, BrowserScreen) and len(app.screen.grid.entries) == 1, "the photo")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await pilot.press("y")
        await until(
            lambda: isinstance(app.screen, BrowserScreen) and not app.screen.grid.entries, "no photo of that name"
        )
        await pilot.press("p")
        await opened(app, PeopleScreen)
        await until(lambda: not app.screen.query_one("#names", OptionList).option_count, "no name")
        await pilot.press("escape")
        await until(lambda: app.screen is below and len(below.grid.entries) == 1, "one photo is left")


async def test_names_are_changed_and_joined_from_the_input(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Zuri.", "This is Annie.", "This is Anna.")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await send(app, pilot, "/people Zuri = Zurika")
        await until(lambda: "Zuri is called Zurika now" in notes(app, "done")[-1], "the new name")
        await send(app, pilot, "/people Annie + Anna")
        await until(lambda: "Annie and Anna are one now, called Anna" in notes(app, "done")[-1], "the two as one")
        await send(app, pilot, "/people Nobody + Anna")
        await until(
            lambda: "is called 'Nobody'" in str([note.render() for note in app.query(Note)]), "why it cannot be"
        )
    assert listed(memory_file) == {"Zurika": 1, "Anna": 2}


async def test_a_request_for_a_list_opens_the_browser_and_asks_no_model(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Zuri.", "On the train with Anna.", "Zuri in the garden")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await send(app, pilot, "Which photos do you have of Zuri from 2024?")
        await opened(app, BrowserScreen)
        browser = app.screen
        assert isinstance(browser, BrowserScreen)
        await until(lambda: len(browser.grid.entries) == 1, "the photo")
        assert str(browser.query_one("#browser").border_title) == "Photos: Zuri, from 2024"
        await pilot.press("escape")
        await until(lambda: app.screen is not browser, "the conversation")
        assert "Photos: Zuri, from 2024: 1 memory, newest first." in notes(app, "info")
        await send(app, pilot, "Show me all photos of Leo")
        await until(lambda: "Photos: Leo: no memory fits." in notes(app, "info"), "that there is none")
        assert replies(app) == [] and not isinstance(app.screen, BrowserScreen)


async def test_more_of_what_is_in_view_opens_the_browser(memory_file: Path, tmp_path: Path) -> None:
    told(memory_file, tmp_path, "This is Zuri.", "On the train with Anna.", "Zuri in the garden")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await until(lambda: idle(app), "the model")
        await look(app, pilot, tmp_path / "2.png")
        await send(app, pilot, "Any more of her?")
        await opened(app, BrowserScreen)
        browser = app.screen
        assert isinstance(browser, BrowserScreen)
        await until(lambda: len(browser.grid.entries) == 2, "the photos")
        assert str(browser.query_one("#browser").border_title) == "Photos: Zuri"
        assert browser.query_one(Input).value == "photos of Zuri"
