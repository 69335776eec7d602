"""Photos drawn as rows of terminal cells, for every widget that shows one: in pixels where the terminal can.

The library chafa (its bindings chafa.py 1.2.0, LGPL) would do the same; it is not used, because it has no wheel for
every computer that Keepsake runs on, and all that is needed of it stands in `cells.py` and `symbols.py`. The library
textual-image (0.12.0) shows pixels, too (Kitty, Sixel); it is not used, because it draws whole widgets, where lists
here draw line by line, and it leaves its photos in the terminal's store (`terminal_images.py` does not).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from assistant.photo import picture
from memory.episode import Photo
from ui.pictures.cells import cut
from ui.pictures.crop import part, shares
from ui.pictures.palette import few_colours, nearest
from ui.pictures.symbols import symbols, wanted
from ui.pictures.terminal_images import TERMINAL, Drawing, Key

MAX_ACROSS, MAX_DOWN = 8, 16
"""Pixels of a photo that matter for one cell, across and down: more are not decoded."""


def fit(photo: Photo, columns: int, rows: int) -> tuple[int, int]:
    """The largest size (columns, rows) in cells that keeps the photo's shape; a cell is twice as high as wide."""
    return _fit(photo.width, photo.height, columns, rows)


def _fit(width: float, height: float, columns: int, rows: int) -> tuple[int, int]:
    scale = min(columns / width, 2 * rows / height)
    return max(1, round(width * scale)), max(1, round(height * scale / 2))


def draw(photo: Photo, columns: int, rows: int, name: str | None = None, *, fill: bool = False) -> Drawing:
    """Draw the photo within `columns` x `rows` cells, one strip for each row; `name`: symbols to use, and no pixels.

    With `fill`, what matters of the photo fills the cells (`crop.py`); otherwise all of it is shown, in its shape.
    Takes milliseconds: never call it in the app's thread. Hold the drawing as long as it is on the screen. Raises
    PhotoError on damaged bytes.
    """
    wide, high = shares(photo.width, photo.height, columns, rows) if fill else (1.0, 1.0)
    across, down = _fit(photo.width * wide, photo.height * high, columns, rows)
    if name is None and TERMINAL.on and (drawing := _in_pixels(photo, across, down, wide, high)):
        return drawing
    shapes = symbols(name or wanted())
    image = picture(photo, (int(MAX_ACROSS * across / wide), int(MAX_DOWN * down / high)))
    cells = cut(image, across, down, shapes, part(image, wide, high))
    filled, ground = _levels(cells.filled), _levels(cells.ground)
    drawing = Drawing()
    for row in range(down):
        line = zip(cells.symbol[row].tolist(), filled[row].tolist(), ground[row].tolist(), strict=True)
        segments = [Segment(shapes.characters[n], _style(*top, *low)) for n, top, low in line]
        drawing.append(Strip(segments, across))
    return drawing


def _in_pixels(photo: Photo, across: int, down: int, wide: float, high: float) -> Drawing | None:
    """The photo, or the part of it with these shares of width and height, in pixels; None where there is no room."""
    width, height = TERMINAL.pixels(across, down)
    key = Key(photo.sha256, across, down, (wide, high), (width, height))
    if drawing := TERMINAL.find(key):
        return drawing
    image = picture(photo, (round(width / wide), round(height / high)))
    box = part(image, wide, high)
    return TERMINAL.put(key, image.resize((width, height), Image.Resampling.LANCZOS, box))


def _levels(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) in whole numbers, as the terminal shows them; of 65 levels, so that equal ones are shared."""
    if few_colours():
        return nearest(colours).astype(np.uint8)
    return np.minimum(255, np.round(colours / 4) * 4).astype(np.uint8)


@lru_cache(1 << 15)
def _style(red: int, green: int, blue: int, ground_red: int, ground_green: int, ground_blue: int) -> Style:
    return Style.from_color(_colour(red, green, blue), _colour(ground_red, ground_green, ground_blue))


@lru_cache(1 << 15)
def _colour(red: int, green: int, blue: int) -> Color:
    """One shared object for each colour: new objects for each pixel would keep the garbage collector busy."""
    return Color("", ColorType.TRUECOLOR, None, ColorTriplet(red, green, blue))
