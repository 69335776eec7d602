"""Photos in cells: right colours in the right places, right shape, no crash on damaged bytes; and which text is a
photo's path."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from PIL import Image
from textual.app import App, ComposeResult
from textual.color import Color
from textual.strip import Strip

from assistant.photo import from_image
from memory.episode import Photo
from ui.input_parser import Typed, photo_paths, read, split_mentions
from ui.pictures.drawing import draw, fit
from ui.widgets.photo_view import PhotoView


def quarters(width: int = 40, height: int = 40) -> Photo:
    """Red, green above; blue, white below."""
    image = Image.new("RGB", (width, height), "white")
    for colour, box in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        image.paste(colour, (*box, box[0] + width // 2, box[1] + height // 2))
    return from_image(image)


def colours(strips: list[Strip], column: int, row: int) -> tuple[list[bool], list[bool]]:
    """Which of red, green, blue are strong in the upper and in the lower half of a cell."""
    style = list(strips[row])[column].style
    assert style and style.color and style.color.triplet and style.bgcolor and style.bgcolor.triplet
    return [c > 150 for c in style.color.triplet], [c > 150 for c in style.bgcolor.triplet]


def test_each_cell_shows_two_pixels() -> None:
    """Two cells wide, one row: the upper halves are the photo's upper quarters, the lower halves its lower ones."""
    strips = draw(quarters(), 2, 1, "halves")
    assert len(strips) == 1
    assert strips[0].text == "▀▀"
    assert colours(strips, 0, 0) == ([True, False, False], [False, False, True])
    assert colours(strips, 1, 0) == ([False, True, False], [True, True, True])


@pytest.mark.parametrize(
    ("size", "room", "cells"),
    [
        ((40, 40), (20, 20), (20, 10)),  # a square is twice as many columns as rows
        ((40, 40), (20, 4), (8, 4)),
        ((400, 100), (40, 20), (40, 5)),
        ((100, 400), (40, 20), (10, 20)),
        ((4000, 2), (40, 20), (40, 1)),  # a hair stays visible
    ],
)
def test_the_shape_is_kept(size: tuple[int, int], room: tuple[int, int], cells: tuple[int, int]) -> None:
    photo = Photo("0" * 64, b"", *size)
    assert fit(photo, *room) == cells


def test_drawing_fills_exactly_what_fit_says() -> None:
    photo = quarters(60, 20)
    strips = draw(photo, 17, 9)
    assert (strips[0].cell_length, len(strips)) == fit(photo, 17, 9)
    assert {strip.cell_length for strip in strips} == {strips[0].cell_length}


async def test_a_damaged_photo_says_so_in_its_place() -> None:
    """A memory may hold damaged bytes; the list of memories must open all the same."""
    good = quarters()

    class One(App[None]):
        def compose(self) -> ComposeResult:
            yield PhotoView(Photo(good.sha256, good.data[:40], good.width, good.height))

    app = One()
    async with app.run_test() as pilot:
        view = app.query_one(PhotoView)
        while not view.drawn:
            await pilot.pause()
        assert "damaged" in view.render_line(0).text


async def test_the_view_takes_the_photos_shape_and_the_backgrounds_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPSAKE_SYMBOLS", "halves")

    class One(App[None]):
        CSS = "PhotoView { width: auto; height: auto; background: #102030; }"

        def compose(self) -> ComposeResult:
            yield PhotoView(quarters(40, 20))

    app = One()
    async with app.run_test(size=(100, 40)) as pilot:
        view = app.query_one(PhotoView)
        while not view.drawn:
            await pilot.pause()
        assert (view.size.width, view.size.height) == fit(quarters(40, 20), 64, 16)
        assert view.render_line(0).text == "▀" * view.size.width
        assert view.styles.background == Color.parse("#102030")


@pytest.fixture
def photo_file(tmp_path: Path) -> Path:
    path = tmp_path / "my dog's photo.JPG"
    path.write_bytes(b"x")
    return path


def test_a_path_is_recognised_however_it_is_written(photo_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As file managers, shells, terminals and people write it."""
    plain = str(photo_file)
    escaped = plain.replace(" ", "\\ ").replace("'", "\\'")
    dropped = "'" + plain.replace("'", "'\\''") + "'"
    url = photo_file.as_uri()
    monkeypatch.setenv("HOME", str(photo_file.parent))
    for text in (plain, f' "{plain}" \n', escaped, dropped, shlex.quote(plain), url, f"~/{photo_file.name}"):
        assert photo_paths(text) == [photo_file], text


def test_several_photos_dropped_together(tmp_path: Path) -> None:
    files = [tmp_path / "a.heic", tmp_path / "b c.png"]
    for file in files:
        file.write_bytes(b"x")
    assert photo_paths(f"{files[0]} '{files[1]}'") == files
    assert photo_paths(f"'{files[0]}'\r\n'{files[1]}'\r\n") == files


@pytest.mark.parametrize(
    "text",
    ["who is this?", "what's in milo.jpg", "milo.jpg", "/remember This is a.jpg", "/photo x.jpg", "", "a\nb", "/tmp"],
)
def test_a_sentence_is_no_path(text: str) -> None:
    assert photo_paths(text) == []


def test_a_missing_photo_is_still_a_path() -> None:
    """So that the person hears that it is not there, instead of the model being asked about a file name."""
    assert photo_paths("/no/such place/x.HEIC") == [Path("/no/such place/x.HEIC")]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/home/anna/Pictures/", Typed([Path("/home/anna/Pictures")])),
        ("./my notes.txt", Typed([Path("my notes.txt")])),
        ("/home/anna/rex.png who is this?", Typed([Path("/home/anna/rex.png")], question="who is this?")),
        ("/remember at the lake/sea", Typed([], "/remember", "at the lake/sea")),
        ("/export talks/one.html", Typed([], "/export", "talks/one.html")),
        ("and/or?", Typed([], question="and/or?")),
    ],
)
def test_a_path_is_no_command_and_no_question(text: str, meant: Typed) -> None:
    """A folder or another file is looked at, and refused in a line that says what it is."""
    assert read(text) == meant


def test_mentions_are_taken_out_of_the_question(photo_file: Path) -> None:
    assert split_mentions(f"who is @'{photo_file.parent}/a b.jpg' with?") == (
        [photo_file.parent / "a b.jpg"],
        "who is with?",
    )
    assert split_mentions("@/x/a\\ b.png what is it") == ([Path("/x/a b.png")], "what is it")
    assert split_mentions("is this @anna?") == ([], "is this @anna?")
    assert split_mentions("write to me@home.png") == ([], "write to me@home.png")
