"""Kitty's graphics protocol: who speaks it, what is sent, which cells show it, and what the terminal still stores."""

from __future__ import annotations

import gc
import stat
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip

from assistant.photo import from_image
from tests.support.graphics_terminal import GraphicsTerminal
from tests.support.pictures import noise
from ui.pictures import drawing, kitty_graphics, terminal_images
from ui.pictures.drawing import draw
from ui.pictures.kitty_graphics import MARKS, PLACEHOLDER, PhotoCell, speaks
from ui.pictures.terminal_images import Drawing, Key, PhotoDriver, TerminalImages, photo_driver
from ui.widgets.control_char_filter import ControlCharFilter
from ui.widgets.photo_view import PhotoView

KITTY = {"TERM": "xterm-kitty", "COLORTERM": "truecolor", "PATH": ""}
BLACK = Color.parse("black")


@pytest.fixture
def terminal() -> GraphicsTerminal:
    """An empty terminal, on the screen that apps use."""
    terminal = GraphicsTerminal(80, 24)
    terminal.feed(b"\x1b[?1049h")
    return terminal


@pytest.fixture
def images(terminal: GraphicsTerminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[TerminalImages]:
    """The store of that terminal, for all that draws."""
    images = TerminalImages()
    monkeypatch.setattr(kitty_graphics, "true_colours", lambda: True)
    monkeypatch.setattr(drawing, "TERMINAL", images)
    for name in ("TMUX", "STY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    images.enter(lambda text: terminal.feed(text.encode()))
    images.want("on")
    yield images
    images.leave()


def written(strips: list[Strip], top: int = 0, left: int = 0) -> bytes:
    """What Textual writes to show these lines there."""
    console = Console(color_system="truecolor", force_terminal=True)
    return "".join(f"\x1b[{top + y + 1};{left + 1}H{strip.render(console)}" for y, strip in enumerate(strips)).encode()


def key(photo: str, columns: int = 4, rows: int = 2, size: tuple[int, int] = (40, 40)) -> Key:
    return Key(photo, columns, rows, (1.0, 1.0), size)


def test_the_marks_are_those_of_the_protocol() -> None:
    """Combining characters that no normalisation changes, in order; first and last as in the protocol's own list."""
    assert len(MARKS) == 297 and [f"{ord(mark):X}" for mark in (*MARKS[:5], MARKS[-1])] == [
        "305", "30D", "30E", "310", "312", "1D244",
    ]  # fmt: skip
    assert all(a < b for a, b in pairwise(MARKS))
    for mark in MARKS:
        assert unicodedata.combining(mark) == 230 and not unicodedata.decomposition(mark)
        assert cell_len(f"{PLACEHOLDER}{mark}{mark}") == 1


@pytest.mark.parametrize(
    ("wanted", "environment", "can"),
    [
        ("auto", KITTY, True),
        ("auto", KITTY | {"TERM": "xterm-ghostty"}, True),
        ("auto", KITTY | {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, False),  # an editor started from Kitty
        ("auto", KITTY | {"TMUX": "socket,1,0", "TERM": "tmux-256color"}, False),
        ("auto", KITTY | {"SSH_CONNECTION": "a 1 b 22"}, False),
        ("on", KITTY | {"SSH_CONNECTION": "a 1 b 22"}, True),
        ("on", {"TERM": "xterm-256color"}, True),
        ("on", KITTY | {"STY": "1"}, False),
        ("on", KITTY | {"NO_COLOR": "1"}, False),
        ("off", KITTY, False),
        ("?", {"TERM": "xterm"}, False),
    ],
)
def test_which_terminal_shows_pixels(
    wanted: str, environment: dict[str, str], can: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kitty_graphics, "true_colours", lambda: True)
    assert speaks(wanted, environment) == can
    monkeypatch.setattr(kitty_graphics, "true_colours", lambda: False)
    assert not speaks(wanted, environment)


def test_a_kitty_without_placeholders_gets_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kitty_graphics, "true_colours", lambda: True)
    for version, can in (("0.26.5", False), ("0.28.0", True), ("1.2.0", True)):
        (folder := tmp_path / version).mkdir()
        program = folder / "kitty"
        program.write_text(f"#!/bin/sh\necho 'kitty {version} created by Kovid Goyal'\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        assert speaks("auto", KITTY | {"PATH": str(folder)}) == can


def test_what_is_sent_comes_back_pixel_by_pixel(terminal: GraphicsTerminal) -> None:
    image = noise(97, 61)  # so that its data has many pieces
    sent = kitty_graphics.transmit(0xABCDEF, image, 30, 20)
    assert sent.count("\x1b_G") > 4
    for n in range(0, len(sent), 1000):  # as a terminal reads
        terminal.feed(sent[n : n + 1000].encode())
    terminal.feed(written(kitty_graphics.cells(0xABCDEF, 30, 20), 2, 5))
    assert terminal.broken() == [] and min(terminal.photo_cells()) == (2, 5)
    assert (terminal.images[True][0xABCDEF].pixels == np.asarray(image)).all()
    pixels, seen = terminal.seen(0xABCDEF, 8, 16)
    assert seen.all() and pixels.shape == (320, 240, 3)
    terminal.feed(kitty_graphics.delete([0xABCDEF]).encode())
    assert terminal.stored == [] and len(terminal.broken()) == 600


def test_no_cut_parts_a_placeholder_from_its_marks(terminal: GraphicsTerminal) -> None:
    (line, *_) = kitty_graphics.cells(7, 6, 1)
    shown = [Segment("ab"), *line, Segment("cd")]
    for left in range(10):
        for right in range(left + 1, 11):
            strip = Strip(shown).crop(left, right)
            assert strip.cell_length == right - left
            (divided,) = list(Strip(shown).divide([left, right]))[1:]
            assert divided.text == strip.text
            for part in strip:
                assert PLACEHOLDER not in part.text or (len(part.text) == 3 and isinstance(part.text, PhotoCell))
            terminal.feed(b"\x1b[?1049h" + written([strip], 3, left))
            columns = {column: cell.column for (_, column), cell in terminal.photo_cells().items()}
            assert columns == {column: column - 2 for column in range(max(left, 2), min(right, 8))}


def test_what_dims_the_screen_does_not_change_which_photo_is_shown() -> None:
    """Behind a dialog Textual blends all colours: the filter of every line puts that of a photo back."""
    (line, *_) = kitty_graphics.cells(0x123456, 3, 1)
    dimmed = list(BackgroundScreen.process_segments(line, Color(0, 0, 0, 0.6)))
    assert [segment.style for segment in dimmed] != [segment.style for segment in line]
    assert ControlCharFilter().apply(dimmed, BLACK) == list(line)


def test_a_text_shows_no_photo() -> None:
    """Words, names and files may hold the placeholder, in the colour of a photo that is stored."""
    (line, *_) = kitty_graphics.cells(0x123456, 1, 1)
    forged = Segment(str(line._segments[0].text), Style(color="#123456"))
    (harmless,) = ControlCharFilter().apply([forged], BLACK)
    assert PLACEHOLDER not in harmless.text and harmless.cell_length == forged.cell_length
    assert ControlCharFilter().apply(list(line), BLACK) == list(line)


def test_a_photo_is_sent_once_for_each_size_and_stored_while_it_is_held(
    terminal: GraphicsTerminal, images: TerminalImages
) -> None:
    photo = from_image(noise(120, 80))
    first, second = draw(photo, 20, 10), draw(photo, 20, 10)
    assert first is second and terminal.sent == 1
    other = draw(photo, 12, 10)
    assert terminal.sent == 2 and len(terminal.stored) == 2
    terminal.feed(written(other))
    assert terminal.broken() == []
    del first, second
    gc.collect()
    images.sweep()
    assert len(terminal.stored) == 1 and terminal.broken() == []
    images.clear()
    assert terminal.stored == []
    again = draw(photo, 12, 10)  # what is held still is drawn again, and sent again
    assert again is not other and len(terminal.stored) == 1
    del other  # of the one before nothing is left to take out
    images.sweep()
    assert len(terminal.stored) == 1
    images.leave()
    assert terminal.stored == [] and PLACEHOLDER not in draw(photo, 12, 10)[0].text
    assert terminal.stored == []


def test_over_the_bound_photos_are_drawn_in_cells(
    terminal: GraphicsTerminal, images: TerminalImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal_images, "MOST_BYTES", 3 * 4 * 40 * 40)
    held = [images.put(key(str(n)), noise(40, 40, n)) for n in range(5)]
    assert [isinstance(one, Drawing) for one in held] == [True] * 3 + [False] * 2
    assert len(terminal.stored) == 3
    held.clear()
    gc.collect()
    assert images.put(key("6"), noise(40, 40)) is not None  # there is room again
    assert len(set(terminal.stored)) == len(terminal.stored) <= 2
    assert images.put(key("wide", 298), noise(40, 40)) is None  # more columns than the protocol has marks
    assert images.put(key("x"), noise(40, 40)) is not None and len(terminal.stored) <= 3


def test_a_large_photo_is_sent_in_no_more_pixels_than_are_seen(images: TerminalImages) -> None:
    assert images.pixels(20, 10) == (200, 200)
    width, height = images.pixels(297, 100)
    assert width * height <= terminal_images.MOST_PIXELS and width / height == pytest.approx(2970 / 2000, rel=0.01)


async def test_a_view_shows_its_photo_in_pixels_and_lets_go_of_it(
    terminal: GraphicsTerminal, images: TerminalImages
) -> None:
    class One(App[None]):
        CSS = "PhotoView { width: 20; height: 10; }"

        def compose(self) -> ComposeResult:
            yield PhotoView(from_image(Image.new("RGB", (40, 40), "teal")))

    async with One().run_test(size=(60, 20)) as pilot:
        view = pilot.app.query_one(PhotoView)
        while not view.drawn:
            await pilot.pause()
        terminal.feed(written([view.render_line(y) for y in range(10)]))
        assert terminal.broken() == [] and len(terminal.photo_cells()) == 200
        await view.remove()
        images.sweep()
        assert terminal.stored == []


def test_only_textuals_own_driver_is_replaced() -> None:
    assert photo_driver(LinuxDriver) is PhotoDriver
    assert photo_driver(HeadlessDriver) is HeadlessDriver
