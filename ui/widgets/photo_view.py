"""A widget that shows one photo, in pixels or in terminal cells, drawn in a thread."""

from __future__ import annotations

from functools import partial

from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from memory.episode import Photo
from memory.errors import PhotoError
from ui.pictures.drawing import draw, fit
from ui.pictures.terminal_images import Drawing


class PhotoView(Widget):
    """Shows one photo, as large as its styles allow; with the class "thumb", what matters of it
    fills the room; with "large", it stands in the middle; with
    "pane", it leaves more than half of the width to what stands beside it.

    A thread decodes and draws: keys never wait.
    """

    photo: reactive[Photo | None] = reactive(None, layout=True)

    class Drawn(Message):
        """The thread has drawn the photo."""

        def __init__(self, photo: Photo, strips: Drawing) -> None:
            super().__init__()
            self.photo, self.strips = photo, strips

    def __init__(self, photo: Photo | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._strips = Drawing()
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
        if self.has_class("pane"):  # beside the conversation, which keeps the larger part
            return fit(self.photo, container.width * 9 // 20, max(1, container.height))
        # At most what is visible without scrolling; below 90 columns the panels lie below the conversation.
        rows = viewport.height // 2 if viewport.width >= 90 else viewport.height - 18
        return fit(self.photo, min(container.width, 64), max(5, min(24, rows)))

    def watch_photo(self) -> None:
        """Draw the new photo."""
        self._strips = Drawing()
        self.redraw()

    def on_resize(self) -> None:
        """Draw the photo again in the new size."""
        self.redraw()

    def on_unmount(self) -> None:
        """Let go of the drawing: the terminal need not store it any longer."""
        self._strips = Drawing()

    def redraw(self) -> None:
        """Draw the photo again, in a thread."""
        if self.photo and self.is_mounted and self.content_size.area:
            self.run_worker(partial(self._draw, self.photo, self.content_size), thread=True, exclusive=True)

    def _draw(self, photo: Photo, size: Size) -> None:
        try:
            strips = draw(photo, size.width, size.height, fill=self.has_class("thumb"))
        except PhotoError:
            strips = Drawing([Strip([Segment("(photo damaged)"[: size.width])])])
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
        large = self.has_class("large")
        y -= (self.size.height - len(self._strips)) // 2 if large else 0
        if not 0 <= y < len(self._strips):
            return Strip.blank(width, style)
        drawn = self._strips[y]
        left = (width - drawn.cell_length) // 2 if large else 0
        return (
            Strip([Segment(" " * left, style), *drawn]).adjust_cell_length(width, style)
            if left > 0
            else (drawn.adjust_cell_length(width, style))
        )
