"""Hints are true and in view when they are needed: they name keys that do something there, and none is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.dom import DOMNode
from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

from assistant.backends.fake import FakeBackend
from assistant.importing.import_source import Choices
from tests.support.apppilot import (
    Alike,
    all_seen,
    cards,
    drawn,
    idle,
    look,
    make_album,
    opened,
    picture,
    running,
    sees,
    send,
    shown,
    until,
)
from tests.support.browserpilot import browser, fill
from tests.ui.test_tui_tray import silent, tray_opened
from tui import KeepsakeApp
from ui import dialog_strings
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.ending_lists import MarksScreen
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.kept_conversations import HistoryScreen
from ui.dialogs.people_screen import PeopleScreen
from ui.imports.import_dialog import ImportDialog
from ui.strings import FORGET_WHICH
from ui.widgets.keys_line import KeysLine, without

SMALL = (50, 16)


async def keys_are(app: KeepsakeApp, text: str) -> None:
    await until(lambda: app.screen.query_one(KeysLine).text == text, text)


async def test_an_empty_list_names_no_key_that_does_nothing(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend(), SMALL) as (app, pilot):
        await send(app, pilot, "/marks")
        await opened(app, MarksScreen)
        await keys_are(app, dialog_strings.CLOSE_KEYS)
        await pilot.press("escape", "f7")
        await opened(app, HistoryScreen)
        await keys_are(app, dialog_strings.HISTORY_NO_KEYS)


async def test_the_browser_says_how_one_is_forgotten_and_that_letters_are_letters(
    memory_file: Path, photos: Path
) -> None:
    fill(memory_file, photos, "Milo at home", "Rex at the sea")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "forget Rex")
        await until(lambda: len(app.screen_stack) == 2, "the browser")
        await sees(app.screen, FORGET_WHICH, "1 of 1")
        await pilot.press("escape")
        await browser(app, pilot)
        nothing_done = without(dialog_strings.BROWSER_KEYS, dialog_strings.UNDO_KEY)
        await keys_are(app, nothing_done)
        await pilot.press("slash")
        await keys_are(app, dialog_strings.BROWSER_SEARCH_KEYS)
        await pilot.press("escape")
        await keys_are(app, nothing_done)


async def test_lists_name_the_keys_that_do_something_now(memory_file: Path, photos: Path) -> None:
    """ "u undo" where there is something to take back that a key may, and those of a memory where there is one."""
    fill(memory_file, photos, "This is Milo, my dog.")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot, "of Milo")
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await keys_are(app, "u undo · / find · p people · s counts · Esc")
        await pilot.press("p")
        await opened(app, PeopleScreen)
        await keys_are(app, "u undo · Esc")
        await pilot.press("u")
        await keys_are(app, "Enter: the photos · r rename · x split · n no name · Esc")
        await pilot.press("escape")
        await keys_are(app, without(dialog_strings.BROWSER_KEYS, dialog_strings.UNDO_KEY))


async def test_an_import_that_ends_beside_an_open_list_takes_its_undo_key_away(
    memory_file: Path, photos: Path, tmp_path: Path
) -> None:
    """That key would take the import back, and no single key forgets what was imported."""
    fill(memory_file, photos, "This is Milo, my dog.", "Rex at the sea")
    album = make_album(tmp_path / "camera")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await browser(app, pilot)
        await pilot.press("f")
        await opened(app, EpisodeScreen)
        await drawn(app)
        await pilot.press("y")
        await keys_are(app, dialog_strings.BROWSER_KEYS)
        app.imports.worker.run(album, Choices(without_words=True))
        await keys_are(app, without(dialog_strings.BROWSER_KEYS, dialog_strings.UNDO_KEY))


async def test_the_tray_names_undo_once_there_is_something_to_take_back(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "one", 2)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        line = screen.query_one(KeysLine)
        assert "ctrl+x" in line.text and "ctrl+z" not in line.text
        await pilot.press("ctrl+x")
        await until(lambda: "ctrl+z undoes" in line.text, "the key")


async def test_all_keys_of_the_editor_are_in_view_on_a_small_screen(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "The vase that Aunt Rosalinde gave us for the wedding in Bergen. " * 8)
    async with running(memory_file, FakeBackend(), SMALL) as (app, pilot):
        await browser(app, pilot)
        await pilot.press("e")
        await opened(app, EditScreen)
        await sees(app.screen.query_one(".dialog"), "ctrl+s saves", "Tab: day, place", "Esc leaves it as it was")
        app.screen.query_one("#date", Input).value = "the day before the day before"
        await pilot.press("ctrl+s")
        await until(lambda: app.screen.query_one("#problem").display, "what is wrong")
        problem = app.screen.query_one("#problem")
        await until(lambda: problem.region.height > 1, "all of what is wrong")
        assert app.screen.query_one(".dialog").content_region.contains_region(problem.region), "none of it is cut"
        await sees(app.screen.query_one(".dialog"), "Esc leaves it as it was")


async def test_a_recalled_memory_names_its_keys_on_a_small_screen(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Milo at home")
    async with running(memory_file, Alike(["This is Milo."]), SMALL) as (app, pilot):
        await all_seen(app)
        await look(app, pilot, picture(photos / "new.png", "teal"))
        assert not app.query_one(Footer).display and app.status.display
        cards(app)[0].focus()
        await until(lambda: app.query_one(Footer).display and not app.status.display, "the keys")
        await sees(app.query_one(Footer), "f Forget", "e Edit", "z Large", "y Same", "n Not same")
        app.composer.focus()
        await until(lambda: app.status.display and not app.query_one(Footer).display, "the status")


async def test_going_to_a_memory_does_not_style_the_whole_screen_anew(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Previously each arrow key did so twice: 150 ms in a conversation of 150 lines."""
    fill(memory_file, photos, "Milo at home", "Rex at the sea")
    styled: list[DOMNode] = []
    async with running(memory_file, Alike(["This is Milo."]), SMALL) as (app, pilot):
        await all_seen(app)
        await look(app, pilot, picture(photos / "new.png", "teal"))
        style = app.update_styles

        def noted(node: DOMNode, animate: bool = True) -> None:
            styled.append(node)
            style(node, animate)

        monkeypatch.setattr(app, "update_styles", noted)
        for card in cards(app):
            card.focus()
            await until(lambda: app.footer.display and app.focused in cards(app), "the keys of a memory")
        app.composer.focus()
        await until(lambda: app.status.display, "the status")
        assert app.footer in styled and app.screen not in styled


def footer(app: KeepsakeApp) -> list[str]:
    """The keys that the footer lists; none while one of them is not whole and in view."""
    keys = list(app.footer.query(FooterKey))
    listed = [f"{key.key_display} {key.description}" for key in keys]
    whole = all(app.footer.region.contains_region(key.region) for key in keys)
    return listed if whole and all(one in shown(app.footer) for one in listed) else []


@pytest.mark.parametrize("width", [60, 80])
async def test_the_footer_lists_whole_keys_that_do_something_now(memory_file: Path, photos: Path, width: int) -> None:
    fill(memory_file, photos, "Milo at home")
    backend = Alike(["This is Milo.", "word " * 4000], delay=0.02)
    async with running(memory_file, backend, (width, 30)) as (app, pilot):
        await all_seen(app)
        await until(lambda: footer(app) == ["f1 Help", "f2 Photo", "f6 Models", "f8 Import", "^q Quit"], "the keys")
        await look(app, pilot, picture(photos / "new.png", "teal"))
        told = ["f1 Help", "f2 Photo", "f3 Remember", "f4 Caption"]
        await until(lambda: footer(app)[:4] == told, "a photo and its caption")
        cards(app)[0].focus()
        own = ["⏎ Open", "y Same", "n Not same", "e Edit", "f Forget", "z Large"]
        await until(lambda: footer(app)[:6] == own, "the keys of the memory")
        app.composer.focus()
        await send(app, pilot, "tell me all")
        await until(lambda: footer(app)[:1] == ["esc Stop"], "the key that stops")
        await pilot.press("escape")
        await until(lambda: idle(app) and footer(app)[:4] == told, "nothing to stop")


async def test_a_small_screen_has_the_start_page_for_itself(memory_file: Path, photos: Path) -> None:
    fill(memory_file, photos, "Milo at home")
    async with running(memory_file, Alike(["This is Milo."]), SMALL) as (app, pilot):
        side = app.query_one("#side")
        await until(lambda: not side.display, "the room")
        await all_seen(app)
        await look(app, pilot, picture(photos / "new.png", "teal"))
        await until(lambda: side.display and side.region.height > 3, "caption and memories")


async def test_the_preview_of_an_import_has_the_room_of_its_path(memory_file: Path, photos: Path) -> None:
    picture(photos / "one.png", "teal")
    async with running(memory_file, FakeBackend(), SMALL) as (app, pilot):
        await send(app, pilot, f"/import {photos}")
        await opened(app, ImportDialog)
        await sees(app.screen, "new", "their day", "Enter imports", "o: another folder")
        await pilot.press("o")
        await until(lambda: app.screen.query_one("#path").has_focus, "the path")
        await sees(app.screen, photos.name)


async def test_the_key_for_a_group_is_named_where_there_is_one(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "one", 1)
    silent(memory_file, tmp_path / "two", 2, each=2)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        line = screen.query_one(KeysLine)
        for _ in range(len(screen.photos)):
            await until(lambda: ("whole group" in line.text) == (len(screen.group) > 1), "the key of a group")
            await pilot.press("down")


async def test_light_stays_light_at_the_next_start(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        app.action_light()
        assert app.theme == "keepsake-light"
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        assert app.theme == "keepsake-light"
        app.action_light()
    async with running(memory_file, FakeBackend()) as (app, _pilot):
        assert app.theme == "keepsake-dark"
