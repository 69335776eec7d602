"""Photos as half cells: every terminal cell shows two pixels, "▀" in the upper one's colour on the lower one's.

Works in any terminal with colours. The library textual-image (0.12.0) was measured beside this module, and is not used:
the import adds 0.2 s to a start and asks the terminal questions at that moment, and a photo of 40 x 20 cells takes it
6.9 ms where this module needs 3.9 ms with the decoding of the JPEG. Its sharper pictures (Kitty, Sixel) would be worth
a setting, once there is a terminal to try them in.
"""

from __future__ import annotations

from functools import lru_cache, partial

from PIL import Image
from rich.color import Color, ColorType
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from assistant.photo import picture
from memory.episode import Photo
from memory.errors import PhotoError

UPPER_HALF = "▀"
FINENESS = [min(255, (value + 2) // 4 * 4) for value in range(256)] * 3
"""Maps red, green and blue (0-255) to the nearest of 65 levels: nobody sees the difference, and colours are shared."""


def fit(photo: Photo, columns: int, rows: int) -> tuple[int, int]:
    """The largest size (columns, rows) in cells that keeps the photo's shape; a cell is twice as high as wide."""
    scale = min(columns / photo.width, 2 * rows / photo.height)
    return max(1, round(photo.width * scale)), max(1, round(photo.height * scale / 2))


def draw(photo: Photo, columns: int, rows: int) -> list[Strip]:
    """Draw the photo within `columns` x `rows` cells, one strip for each row. Raises PhotoError on damaged bytes."""
    across, down = fit(photo, columns, rows)
    image = picture(photo, (3 * across, 6 * down)).resize((across, 2 * down), Image.Resampling.LANCZOS)
    bands = (band.tobytes() for band in image.point(FINENESS).split())
    flat = [_colour(*rgb) for rgb in zip(*bands, strict=True)]
    lines = [flat[y * across : (y + 1) * across] for y in range(2 * down)]
    return [
        Strip([Segment(UPPER_HALF, Style.from_color(top, low)) for top, low in zip(*pair, strict=True)], across)
        for pair in zip(lines[::2], lines[1::2], strict=True)
    ]


@lru_cache(1 << 15)
def _colour(red: int, green: int, blue: int) -> Color:
    """One shared object for each colour: new objects for each pixel would keep the garbage collector busy."""
    return Color("", ColorType.TRUECOLOR, None, ColorTriplet(red, green, blue))


class PhotoView(Widget):
    """Shows one photo, as large as its styles allow. A thread decodes and draws: keys never wait."""

    photo: reactive[Photo | None] = reactive(None, layout=True)

    class Drawn(Message):
        """The thread has drawn the photo."""

        def __init__(self, photo: Photo, strips: list[Strip]) -> None:
            super().__init__()
            self.photo, self.strips = photo, strips

    def __init__(self, photo: Photo | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._strips: list[Strip] = []
        self.set_reactive(PhotoView.photo, photo)

    @property
    def drawn(self) -> bool:
        """Whether the photo is drawn."""
        return bool(self._strips)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Width in cells for `width: auto`: as wide as the photo is at its largest height."""
        return self._fitted_size(container, viewport)[0]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Height in cells for `height: auto`."""
        return self._fitted_size(container, viewport)[1]

    def _fitted_size(self, container: Size, viewport: Size) -> tuple[int, int]:
        if self.photo is None or not container.width:
            return 0, 0
        # At most what is visible without scrolling; below 90 columns the panels lie below the conversation.
        rows = viewport.height * 2 // 5 if viewport.width >= 90 else viewport.height - 18
        return fit(self.photo, min(container.width, 64), max(5, min(24, rows)))

    def watch_photo(self) -> None:
        """Draw the new photo."""
        self._strips = []
        self._redraw()

    def on_resize(self) -> None:
        """Draw the photo again in the new size."""
        self._redraw()

    def _redraw(self) -> None:
        if self.photo and self.is_mounted and self.content_size.area:
            self.run_worker(partial(self._draw, self.photo, self.content_size), thread=True, exclusive=True)

    def _draw(self, photo: Photo, size: Size) -> None:
        try:
            strips = draw(photo, size.width, size.height)
        except PhotoError:
            strips = [Strip([Segment("(photo damaged)"[: size.width])])]
        self.post_message(self.Drawn(photo, strips))

    def on_photo_view_drawn(self, message: Drawn) -> None:
        """Show the drawn strips, unless the photo has changed since."""
        message.stop()
        if message.photo is self.photo:
            self._strips = message.strips
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of cells: the photo, then background."""
        width, style = self.size.width, self.rich_style
        if y >= len(self._strips):
            return Strip.blank(width, style)
        return self._strips[y].adjust_cell_length(width, style)
