"""Photos in pixels, in the real app: in a pseudo-terminal that shows what Kitty would, and counts what it stores."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.photo import from_image, load_photo, picture
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.graphics_app import CELL, ROOT, GraphicsApp, graphics_app
from tests.support.graphics_terminal import GraphicsTerminal, Shown
from tests.support.picture_quality import psnr, shown
from ui import dialog_strings, strings
from ui.pictures.terminal_images import TERMINATED

pytestmark = pytest.mark.slow
DOG, BEAR = ROOT / "demo" / "dog.jpg", ROOT / "demo" / "bear.jpg"
F1, F5, F9, ESCAPE, QUIT, NEW = "\x1bOP", "\x1b[15~", "\x1b[20~", "\x1b[27u", "\x11", "\x0e"
DAY = datetime(2025, 8, 16, 10, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with three memories, one of them of something magenta."""
    home = tmp_path / "keepsake"
    grain = np.random.default_rng(1).integers(0, 60, (300, 300, 3), np.uint8)
    magenta = from_image(Image.fromarray(grain + np.array([190, 0, 190], np.uint8)))
    home.mkdir()
    with Memory(home / "memory.db") as memory:
        for photo, words in ((load_photo(DOG), "This is Bruno."), (load_photo(BEAR), "This is Milo.")):
            memory.add(Episode(photo, (Turn("user", words),), DAY))
        memory.add(Episode(magenta, (Turn("user", "The fuchsia of Aunt Ida."),), DAY))
    (home / "settings.json").write_text(json.dumps({"on this day": False}))
    return home


def large(terminal: GraphicsTerminal, columns: int = 20) -> dict[tuple[int, int], Shown]:
    """The cells of the one photo on the screen that is at least so many cells wide; none while it is not whole."""
    images = terminal.images[True]
    cells = {at: cell for at, cell in terminal.photo_cells().items() if cell.id in images}
    wide = {at: cell for at, cell in cells.items() if images[cell.id].columns >= columns}
    return wide if len({cell.id for cell in wide.values()}) == 1 else {}


def complete(terminal: GraphicsTerminal, columns: int = 20) -> bool:
    """Whether that photo is on the screen in all its cells."""
    cells = large(terminal, columns)
    images = [terminal.images[True][cell.id] for cell in cells.values()]
    return bool(cells) and len(cells) == images[0].columns * images[0].rows and not terminal.broken()


def fuchsias(terminal: GraphicsTerminal) -> list[int]:
    """The stored images of something magenta."""
    colours = {id: image.pixels.mean((0, 1)) for id, image in terminal.images[True].items()}
    return [id for id, (red, green, blue) in colours.items() if red > 180 and green < 70 and blue > 180]


def show(app: GraphicsApp, photo: Path) -> None:
    """Show a photo and wait until all of it is on the screen."""
    app.press(f"{photo}\r")
    app.until(complete, "the photo, large")


def whole(terminal: GraphicsTerminal) -> bool:
    """Whether there are photos, and every cell of one shows a stored image."""
    return bool(terminal.photo_cells()) and not terminal.broken()


def check_pixels(app: GraphicsApp) -> None:
    """The photo stands in one piece, and its pixels are those of the photo, as no cells could show them."""
    with app.lock:
        cells = large(app.terminal)
        (id,) = {cell.id for cell in cells.values()}
        (top, left), image = min(cells), app.terminal.images[True][id]
        assert {at: (cell.row, cell.column) for at, cell in cells.items()} == {
            (top + y, left + x): (y, x) for y in range(image.rows) for x in range(image.columns)
        }
        seen, where = app.terminal.seen(id, *CELL)
    assert where.all()
    size = (image.columns * CELL[0], image.rows * CELL[1])
    assert image.pixels.shape[1::-1] == size
    photo = picture(load_photo(DOG)).resize(size, Image.Resampling.LANCZOS)
    pixels = psnr(seen, np.asarray(photo))
    drawn = psnr(shown(photo, image.columns, image.rows, "octants", size), np.asarray(photo))
    assert pixels > 40 and pixels > drawn + 10, (pixels, drawn)


def test_photos_are_shown_in_pixels_and_leave_the_terminal_with_what_shows_them(home: Path) -> None:
    with graphics_app(home) as app:
        app.sees("3 memories", "○ idle")
        show(app, DOG)
        check_pixels(app)
        app.sees("This is Bruno.", "○ idle")
        app.until(lambda terminal: whole(terminal) and len(set(terminal.photo_cells().values())) > 300, "its memory")
        # A dialog covers it: what is left is the same photo still, though the screen behind a dialog is dimmed.
        app.press(F1)
        app.until(lambda terminal: 0 < len(large(terminal)) < 200 and whole(terminal), "less of it, below the help")
        app.press(ESCAPE)
        app.until(complete, "all of it")
        check_pixels(app)
        app.press(F9)
        app.until(lambda terminal: complete(terminal, 60), "the photo on the whole screen")
        app.press(ESCAPE)
        app.until(lambda terminal: complete(terminal) and "○ idle" in terminal.text(), "the conversation")
        # In the list and the grid of memories; what is forgotten is stored no more.
        app.press("/memories\r")
        app.until(lambda terminal: fuchsias(terminal) and whole(terminal), "the memories")
        app.press("g")
        app.until(lambda terminal: len({cell.id for cell in terminal.photo_cells().values()}) == 3, "the grid")
        app.until(whole, "pictures in the grid")
        app.press("g/fuchsia")
        app.sees("1 of 1")
        app.press("\r")
        app.sees("f forget")  # the keys are no letters of the search any more
        app.until(lambda terminal: fuchsias(terminal) and whole(terminal), "the one that was sought")
        app.press("f")
        app.sees(dialog_strings.FORGET)
        app.until(lambda terminal: "Forgotten" in terminal.text(), "that it is forgotten", insist="y")
        app.until(lambda terminal: not fuchsias(terminal), "no copy of it")
        app.until(lambda terminal: "2 memories" in terminal.text(), "the conversation", insist=ESCAPE)
        app.press(NEW)
        app.until(lambda terminal: strings.NEW in terminal.text() and not terminal.stored, "nothing stored")
        app.press(QUIT)
        assert app.ended() == 0
        assert app.terminal.stored == [] and app.terminal.sent > 5 and not app.terminal.second


def test_a_private_conversation_and_sigterm_leave_no_photo_in_the_terminal(home: Path) -> None:
    with graphics_app(home) as app:
        app.sees("3 memories", "○ idle")
        app.press(F5)
        app.sees("fake  ·  private")
        show(app, DOG)
        app.press(F5)
        app.sees("fake  ·  3 memories")
        app.until(lambda terminal: not terminal.stored, "nothing stored")
        show(app, DOG)
        os.kill(app.process.pid, signal.SIGTERM)
        assert app.ended() == TERMINATED
        assert app.terminal.stored == [] and not app.terminal.second


CRASHING = "import tui; tui.KeepsakeApp.action_help = lambda app: 1 / 0; raise SystemExit(tui.main())"


def test_a_crash_leaves_no_photo_in_the_terminal(home: Path) -> None:
    with graphics_app(home, program=("-c", CRASHING)) as app:
        app.sees("3 memories", "○ idle")
        show(app, DOG)
        app.press(F1)
        assert app.ended() == 1
        assert app.terminal.stored == [] and app.terminal.sent and not app.terminal.second


def test_the_user_turns_pixels_off_and_on(home: Path) -> None:
    with graphics_app(home, SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22") as app:  # through SSH only if it is said
        app.sees("3 memories", "○ idle")
        app.press(f"{DOG}\r")
        app.until(lambda terminal: "▣ dog.jpg" in terminal.text(), "the photo")
        app.press("/pixels\r")
        app.sees("setting: auto")
        assert app.terminal.sent == 0
        app.press("/pixels on\r")
        app.until(complete, "the photo in pixels")
        assert json.loads((home / "settings.json").read_text())["pixels"] == "on"
        app.press("/pixels off\r")
        app.until(lambda terminal: not terminal.photo_cells() and not terminal.stored, "the photo in cells")
        app.press(QUIT)
        assert app.ended() == 0
