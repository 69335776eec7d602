"""The tray in the app: photos without words get words, alone or as a group; are skipped, or never asked about again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.widgets import Input

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode
from memory.store import Memory
from memory.tray import waiting_photos as tray
from tests.support.apppilot import idle, look, notes, opened, picture, running, sees, send, shown, until
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.editing import DropScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.imports.import_dialog import ImportDialog
from ui.imports.tray_screen import TrayScreen
from ui.widgets.panels import StatusLine

NOON = datetime(2025, 5, 12, 12, tzinfo=UTC)


def silent(memory_file: Path, folder: Path, days: int, each: int = 1) -> None:
    """Photos without words of so many days, with as many a day; those of one day look the same to the encoder."""
    folder.mkdir(exist_ok=True)
    backend = FakeBackend()
    with Memory(memory_file) as memory:
        for n in range(days):
            for m in range(each):
                photo = load_photo(picture(folder / f"{n}-{m}.png", f"#{n * 20:02x}40{m * 9:02x}"))
                tokens = backend.embed(load_photo(folder / f"{n}-0.png"))
                memory.add(Episode(photo, (), NOON - timedelta(days=n, minutes=-m)), ("fake", tokens))


async def tray_opened(app, pilot) -> TrayScreen:  # type: ignore[no-untyped-def]
    await pilot.press("ctrl+t")
    await opened(app, TrayScreen)
    screen = app.screen
    assert isinstance(screen, TrayScreen)
    await until(lambda: screen.photos, "the photos")
    return screen


def words(memory_file: Path) -> list[str]:
    with Memory(memory_file) as memory:
        assert memory.verify() == []
        return [episode.words for episode in memory.episodes()]


async def test_three_keys_a_photo_and_all_are_through(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "album", 3)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await sees(app.query_one(StatusLine), "3 in the tray: ctrl+t")
        screen = await tray_opened(app, pilot)
        await sees(screen.query_one("#tray-title"), "1 of 3", "12 May 2025")
        await pilot.press(*"Zuri", "enter")
        await sees(screen.query_one("#tray-said"), "Kept for 1 photo: “Zuri”")
        await sees(screen.query_one("#tray-title"), "1 of 2", "11 May 2025")
        await pilot.press("ctrl+x")
        await sees(screen.query_one("#tray-said"), "Not asked about again: 1 photo.")
        await pilot.press("enter")
        await until(lambda: any("ctrl+t asks about them again" in note for note in notes(app, "done")), "the end")
        await sees(app.query_one(StatusLine), "1 in the tray")
        assert words(memory_file) == ["Zuri", "", ""]
        screen = await tray_opened(app, pilot)
        await sees(screen.query_one("#tray-title"), "1 of 1", "10 May 2025")
        await pilot.press(*"Leo", "enter")
        await until(lambda: any("no photo waits any more" in note for note in notes(app, "done")), "the end")
        # What was told is recalled like anything else that was said.
        await send(app, pilot, "/undo")
        await until(lambda: any("Taken back: your words about 1 photo" in note for note in notes(app, "done")), "undo")
        await sees(app.query_one(StatusLine), "1 in the tray")
        await send(app, pilot, "/undo")
        await until(lambda: any("1 photo may be asked about again" in note for note in notes(app, "done")), "undo")
        await sees(app.query_one(StatusLine), "2 in the tray")
    assert words(memory_file) == ["Zuri", "", ""]


async def test_a_group_is_told_at_once_and_undone_at_once(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "album", 2, each=3)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        await sees(screen.query_one("#tray-title"), "1 of 6", "3 look alike")
        await pilot.press("ctrl+g")
        assert len(screen.photos) == 6, "nothing is told without words"
        await pilot.press(*"The lake", "ctrl+g")
        await sees(screen.query_one("#tray-said"), "Kept for 3 photos: “The lake”")
        await sees(screen.query_one("#tray-title"), "1 of 3", "11 May 2025")
        assert words(memory_file).count("The lake") == 3
        await pilot.press("ctrl+z")
        await sees(screen.query_one("#tray-said"), "Taken back: your words about 3 photos")
        await sees(screen.query_one("#tray-title"), "1 of 6", "12 May 2025")
        assert words(memory_file) == [""] * 6
        await pilot.press("down", *"This one", "enter")
        await sees(screen.query_one("#tray-said"), "“This one”")
        await pilot.press("escape")
        await until(lambda: not isinstance(app.screen, TrayScreen), "the way back")
    assert sorted(words(memory_file)) == [""] * 5 + ["This one"]


async def test_what_was_typed_fast_belongs_to_the_photo_it_was_typed_for(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "album", 4)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await tray_opened(app, pilot)
        await pilot.press(*"a", "enter", *"b", "enter", *"c", "enter", *"d", "enter")
        await until(lambda: notes(app, "done"), "the end")
        await until(lambda: idle(app), "quiet")
    assert words(memory_file) == ["a", "b", "c", "d"]


async def test_an_empty_tray_and_a_private_conversation(memory_file: Path, tmp_path: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/tray")
        await until(lambda: any("No photo waits" in note for note in notes(app, "info")), "the note")
        app.query_one(StatusLine).waiting = 3
        await sees(app.query_one(StatusLine), "3 in the tray: ctrl+t")
        await pilot.press("f5")
        await until(lambda: notes(app, "done"), "the private conversation")
        assert "tray" not in shown(app.query_one(StatusLine)), "there it does not open"
        await pilot.press("ctrl+t")
        await until(lambda: notes(app, "warning"), "the refusal")


async def test_a_photo_without_words_is_asked_about_when_it_is_shown(memory_file: Path, tmp_path: Path) -> None:
    """It is not recalled as if something were known: a model would make up the rest."""
    silent(memory_file, tmp_path / "album", 1)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, str(tmp_path / "album" / "0-0.png"))
        await until(lambda: any("tell me?" in note for note in notes(app, "info")), "the question")
        await until(lambda: idle(app), "quiet")
        await send(app, pilot, "This is Zuri.")
        await until(lambda: any("Zuri" in note for note in notes(app, "done")), "the confirmation")
        await sees(app.query_one(StatusLine), "2 memories")
    with Memory(memory_file) as memory:
        assert tray.waiting(memory) == 0


async def test_small_screens_show_photo_words_and_keys(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "album", 2, each=2)
    for size in ((50, 16), (80, 24)):
        async with running(memory_file, FakeBackend(), size) as (app, pilot):
            screen = await tray_opened(app, pilot)
            assert screen.query_one("#tray-words", Input).region.height >= 1
            assert screen.query_one(".large").region.height >= 4
            await sees(screen.query_one("#tray-keys"), "ctrl+x")


async def test_a_path_pasted_into_the_tray_is_no_word_about_a_photo(memory_file: Path, tmp_path: Path) -> None:
    """A photo's path is shown, a folder's looked at, and both only when Enter is pressed again; a command is none."""
    silent(memory_file, tmp_path / "album", 2)
    other = picture(tmp_path / "other one.png", "#204060")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        said, field = screen.query_one("#tray-said"), screen.query_one("#tray-words", Input)
        field.value = f"'{other}'"
        await pilot.press("ctrl+g")
        await sees(said, "“other one.png” is a path", "closes the tray and shows it")
        await pilot.press("enter")
        await until(lambda: not isinstance(app.screen, TrayScreen), "the way back")
        await until(lambda: app.photo and app.photo.sha256 == load_photo(other).sha256, "the photo in view")
        await until(lambda: idle(app), "quiet")
        screen = await tray_opened(app, pilot)
        said, field = screen.query_one("#tray-said"), screen.query_one("#tray-words", Input)
        field.value = "/undo"
        await pilot.press("enter")
        await sees(said, "/undo is a command")
        field.value = str(tmp_path / "album")
        await pilot.press("enter")
        await sees(said, "“album” is a path", "what could be imported")
        await pilot.press("enter")
        await opened(app, ImportDialog)
    assert words(memory_file) == ["", ""]


async def test_the_time_of_a_file_is_no_day(memory_file: Path, tmp_path: Path) -> None:
    with Memory(memory_file) as memory:
        photo = load_photo(picture(tmp_path / "x.png", "#204060"))
        memory.add(Episode(photo, (), NOON, day=None))
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        await sees(screen.query_one("#tray-title"), "day unknown (file of 12 May 2025)")


async def test_esc_asks_before_it_drops_words(memory_file: Path, tmp_path: Path) -> None:
    silent(memory_file, tmp_path / "album", 2)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        screen = await tray_opened(app, pilot)
        await pilot.press(*"Zuri", "escape")
        await opened(app, DropScreen)
        await pilot.press("escape")
        await until(lambda: app.screen is screen, "the tray again")
        await pilot.press("enter")
        await sees(screen.query_one("#tray-said"), "Kept for 1 photo: “Zuri”")
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1, "the conversation")


async def test_a_memory_without_words_gets_words_in_the_browser(memory_file: Path, tmp_path: Path) -> None:
    """Its dialog had no field for them, and could not be saved."""
    silent(memory_file, tmp_path / "album", 1)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 1")
        await pilot.press("e")
        await opened(app, EditScreen)
        await pilot.press(*"Zuri", "ctrl+s")
        await opened(app, BrowserScreen)
        await until(lambda: words(memory_file) == ["Zuri"], "the words")


async def test_its_key_takes_back_what_was_done_there_and_nothing_else(memory_file: Path, tmp_path: Path) -> None:
    """Pressed once too often, it took back the import that had filled the tray, without a word."""
    silent(memory_file, tmp_path / "album", 2)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await look(app, pilot, picture(tmp_path / "own.png", "white"))
        await send(app, pilot, "This is Milo.")
        await sees(app.query_one(StatusLine), "3 memories")
        screen = await tray_opened(app, pilot)
        await pilot.press(*"Zuri", "enter")
        await sees(screen.query_one("#tray-said"), "Kept for 1 photo")
        await pilot.press("ctrl+z")
        await sees(screen.query_one("#tray-said"), "Taken back: your words about 1 photo")
        await pilot.press("ctrl+z")
        await sees(screen.query_one("#tray-said"), "Nothing is left to take back here")
        assert sorted(words(memory_file)) == ["", "", "This is Milo."]
        await pilot.press(*"Zuri", "enter")
        await sees(screen.query_one("#tray-said"), "Kept for 1 photo")
        await pilot.press("escape")
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen)
        await sees(app.screen, "1 of 3")
        await pilot.press("u")
        await sees(app.screen, "The last change was not made here: /undo in the conversation")
    assert sorted(words(memory_file)) == ["", "This is Milo.", "Zuri"]
