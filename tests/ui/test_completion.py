"""`@` in the input: photos and folders are offered as one types; taken, a photo is shown as a pasted one is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from assistant.backends.fake import FakeBackend
from tests.support.apppilot import caption, idle, make_album, picture, replies, running, sees, send, until
from tui import KeepsakeApp
from ui.input_parser import split_mentions
from ui.widgets import completion
from ui.widgets.chat_log import Composer, PhotoEntry, UserText
from ui.widgets.completion import Completion, Mention, PathEntry, mention, written


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An album, in a home of its own; the app is started in an empty folder beside it."""
    album = make_album(tmp_path / "album")
    picture(album / "IMG_2041.HEIC.png", "green").rename(album / "IMG_2041.HEIC")
    picture(album / ".hidden.png", "black")
    (album / "Holiday 2025").mkdir()
    picture(album / "Holiday 2025" / "IMG 1.JPG", "teal")
    (tmp_path / "home" / "Pictures").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return album


@pytest.fixture
def memory_file(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


def offered(app: KeepsakeApp) -> list[str]:
    """The lines of the list; none when it is closed."""
    listed = app.query_one(Completion)
    return [str(option.prompt) for option in listed.options] if listed.display else []


async def types(pilot: Pilot[None], text: str) -> None:
    """All but the last character at once, that one by its key."""
    names = {"@": "at", "/": "slash", ".": "full_stop"}
    pilot.app.query_one(Composer).insert(text[:-1])
    await pilot.press(names.get(text[-1], text[-1]))


@pytest.mark.parametrize(
    ("before", "at", "path"),
    [
        ("@", 0, ""),
        ("who is in @re", 10, "re"),
        ("@a.png and @~/b c", 11, "~/b c"),
        ('@"/x/my pictures/a', 0, "/x/my pictures/a"),
        (r"@/x/my\ pictures/a", 0, "/x/my pictures/a"),
        ("@photo@2x", 0, "photo@2x"),
    ],
)
def test_what_is_being_typed_behind_an_at(before: str, at: int, path: str) -> None:
    assert mention(before, 3) == Mention((3, at), path)


@pytest.mark.parametrize("before", ["", "anna", "anna@home", "hello @ you", '@"a.png" and', "@'a.png'"])
def test_what_is_no_path(before: str) -> None:
    assert mention(before, 0) is None


@pytest.mark.parametrize("name", ["plain", "my pictures", "Anna's", 'the "best"', "back\\slash"])
def test_a_folder_that_was_taken_can_be_typed_on(name: str, tmp_path: Path) -> None:
    """To a whole path, which is understood when it is sent; and offered from there."""
    (tmp_path / name).mkdir()
    photo = picture(tmp_path / name / "a 1.png", "red")
    text = written(f"{tmp_path}/", PathEntry(name, tmp_path, True))
    found = mention(text, 0)
    assert found and Path(found.path) == tmp_path / name
    if text[1] in "'\"":
        assert split_mentions(f"who is in {text}a 1.png") == ([photo], "who is in")
        assert split_mentions(f"who is in {text}a 1.png{text[1]}?") == ([photo], "who is in ?")


async def test_a_photo_that_is_taken_is_shown_like_a_pasted_one(memory_file: Path, photos: Path) -> None:
    """Its place in the text goes; the rest, and what stands behind the cursor, stays."""
    async with running(memory_file, FakeBackend(["A wall.", "Rex."])) as (app, pilot):
        composer = app.query_one(Composer)
        composer.text = "who is  now?"
        composer.move_cursor((0, 7))
        await types(pilot, f"@{photos}/RE")
        await until(lambda: offered(app) == ["▣ rex.png"], "the offer, in any letter case")
        await pilot.press("enter")
        await until(lambda: caption(app) == "A wall.", "the caption")
        assert composer.text == "who is now?" and offered(app) == []
        assert [entry.path for entry in app.query(PhotoEntry)] == [photos / "rex.png"]
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex.", "the answer")


async def test_only_photos_and_folders_are_listed(memory_file: Path, photos: Path) -> None:
    """Capital suffixes and HEIC among them; what is hidden only when it is asked for."""
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await types(pilot, f"@{photos}/")
        all_of_them = ["▣ broken.jpg", "▣ IMG_2041.HEIC", "▣ MILO 1.JPG", "▣ rex.png", "Holiday 2025/"]
        await until(lambda: offered(app) == all_of_them, "all of them")
        await sees(app.query_one(Completion), "▣ IMG_2041.HEIC", "5 of 5")
        await types(pilot, ".")
        assert offered(app) == ["▣ .hidden.png"]
        await pilot.press("backspace")
        await types(pilot, "milo 1")
        assert offered(app) == ["▣ MILO 1.JPG"], "a space does not end it while something has that name"
        await types(pilot, " and")
        assert offered(app) == []


async def test_arrows_choose_and_folders_are_gone_into(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["Teal."])) as (app, pilot):
        composer = app.query_one(Composer)
        await types(pilot, f"@{photos}/")
        await until(lambda: len(offered(app)) == 5, "the offer")
        await pilot.press("down", "up", "up")
        assert composer.cursor_location == (0, len(composer.text)), "the arrows are the list's"
        await pilot.press("tab")
        assert composer.text == f'@"{photos}/Holiday 2025/' and composer.has_focus
        await until(lambda: offered(app) == ["▣ IMG 1.JPG"], "what is in it")
        await pilot.press("tab")
        await until(lambda: caption(app) == "Teal.", "the caption")
        assert composer.text == "" and app.query_one(PhotoEntry).path == photos / "Holiday 2025" / "IMG 1.JPG"


async def test_esc_closes_the_list_and_stops_nothing(memory_file: Path, photos: Path) -> None:
    """It stays closed for this @; Esc then is what it always is, Enter sends, and the next @ offers again."""
    endless = " ".join(f"word{i}" for i in range(5000))
    async with running(memory_file, FakeBackend([endless], delay=0.05)) as (app, pilot):
        await send(app, pilot, "tell me")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        await types(pilot, f"@{photos}/r")
        await until(lambda: offered(app), "the offer")
        await pilot.press("escape")
        await types(pilot, "e")
        assert offered(app) == [] and not idle(app)
        await types(pilot, f" and @{photos}/r")
        await until(lambda: offered(app), "another offer")
        await pilot.press("escape", "escape")
        await until(lambda: idle(app), "the stop")
        await pilot.press("enter")
        await until(lambda: len(app.query(UserText)) == 2 and app.query_one(Composer).text == "", "what was sent")
        assert not app.query(PhotoEntry)
        await pilot.press("escape")


async def test_a_bare_name_is_looked_for_where_photos_are(memory_file: Path, photos: Path, tmp_path: Path) -> None:
    """Where the last one came from, where the app was started, and in the pictures' folder; which one is said."""
    here, pictures = tmp_path / "here", tmp_path / "home" / "Pictures"
    picture(here / "rex here.png", "red")
    picture(pictures / "rex there.png", "blue")
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await types(pilot, "@rex")
        both = [f"▣ rex here.png  {here}", f"▣ rex there.png  {pictures}"]
        await until(lambda: offered(app) == both, "those of both")
        app.photos.folder = photos
        app.query_one(Composer).clear()
        await types(pilot, "@rex")
        await until(lambda: offered(app) == [f"▣ rex.png  {photos}", *both], "the last one's folder too")
        await pilot.press("down", "down", "enter")
        await until(lambda: app.query(PhotoEntry), "the photo")
        assert app.query_one(PhotoEntry).path == pictures / "rex there.png"
        await types(pilot, "@~nobody/x")
        assert offered(app) == []


async def test_a_path_that_is_there_whole_is_sent_by_enter(memory_file: Path, photos: Path) -> None:
    """Nothing is left to be chosen; a question with its photo goes in one key, as it always did."""
    async with running(memory_file, FakeBackend(["A wall.", "Rex."])) as (app, pilot):
        await types(pilot, f"who is in @{photos}/rex.pn")
        await until(lambda: offered(app), "the offer")
        await types(pilot, "g")
        assert offered(app) == []
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "Rex.", "the answer")
        assert str(app.query_one(UserText).render()) == "who is in"


async def test_a_click_takes_it(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend(["Rex."])) as (app, pilot):
        await types(pilot, f"@{photos}/")
        await until(lambda: len(offered(app)) == 5, "the offer")
        await pilot.click(Completion, offset=(5, 3))
        await until(lambda: caption(app) == "Rex.", "the caption")
        assert app.query_one(PhotoEntry).path == photos / "rex.png" and app.query_one(Composer).has_focus


async def test_a_folder_that_never_answers_holds_up_no_key(
    memory_file: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One on the network. It is asked once, and offered when it answers, unless the @ is gone by then."""
    go_on, asked = threading.Event(), []
    read = completion.entries

    def slow(folder: Path) -> list[PathEntry]:
        asked.append(folder)
        assert go_on.wait(30)
        return read(folder)

    monkeypatch.setattr(completion, "entries", slow)
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await types(pilot, f"@{photos}/re")
        assert app.query_one(Composer).text == f"@{photos}/re" and offered(app) == []
        assert asked.count(photos) == 1
        app.query_one(Composer).clear()
        await types(pilot, "never mind")
        go_on.set()
        await types(pilot, f" @{photos}/re")
        await until(lambda: offered(app) == ["▣ rex.png"], "the offer")
        app.set_focus(None)
        await until(lambda: offered(app) == [], "its end, away from the input")


async def test_many_are_found_at_once_and_the_first_are_shown(memory_file: Path, photos: Path) -> None:
    """Twenty thousand: who wants another types on."""
    many = photos / "many"
    many.mkdir()
    for n in range(20_000):
        (many / f"IMG_{n:05}.jpg").touch()
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await types(pilot, f"@{many}/")
        await sees(app.query_one("#input"), f"{completion.SHOWN} of 20000")
        await types(pilot, "img_1999")
        assert len(offered(app)) == 10


async def test_the_list_fits_a_small_terminal(memory_file: Path, photos: Path) -> None:
    picture(photos / f"{'long name ' * 12}.png", "red")
    async with running(memory_file, FakeBackend(), (60, 20)) as (app, pilot):
        await types(pilot, f"@{photos}/")
        await until(lambda: len(offered(app)) == 6, "the offer")
        for selector in ("#completion", "#composer", "#status", "#memories"):
            assert app.screen.region.contains_region(app.query_one(selector).region), selector
        await sees(app.query_one(Completion), "▣ broken.jpg", "6 of 6")
        assert app.query_one(Completion).virtual_size.height == 6, "a line for each"
