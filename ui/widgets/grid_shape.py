"""Where each memory stands in the list of the browser, in terminal cells, for one size of the list. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Region, Size

from ui.widgets.episode_card import CardSize

MIN_COLUMN_WIDTH, MIN_WIDE, WIDE = 18, 25, 100
"""Smallest width of a column of the grid, in terminal cells; the second from a width of WIDE on."""
GUTTER, MIN_WITH_GUTTER = 11, 66
"""Width of the timeline's column of months, and from which width of the list on there is room for it."""


@dataclass(frozen=True, slots=True)
class GridShape:
    """Columns, rows and cards of the list."""

    grid: bool
    """Whether memories stand side by side; else they are a timeline, one below the other."""
    width: int
    """Width of the list without its scrollbar."""
    columns: int
    column_width: int
    gutter: int
    """Width of the column of months; 0 where there is none."""
    card: CardSize

    @property
    def row_height(self) -> int:
        """Lines from the top of a row of memories to the top of the next."""
        return self.card.image_height + (2 + self.card.text_height if self.grid else 1)

    def size(self, n: int) -> Size:
        """The size of all rows of `n` memories."""
        return Size(self.width, -(-n // self.columns) * self.row_height)

    def region(self, index: int) -> Region:
        """The lines of the row in which memory `index` stands, without the empty one below it."""
        return Region(0, index // self.columns * self.row_height, 1, self.row_height - 1)

    def index(self, x: int, y: int) -> int:
        """The memory at column `x` and line `y` of all rows; it may be one that is not there."""
        column = min(x // self.column_width, self.columns - 1) if self.grid else 0
        return y // self.row_height * self.columns + column


def timeline(size: Size, picture: tuple[int, int]) -> GridShape:
    """The shape of a timeline in a list of this size, with pictures of that width and height."""
    inner, (width, height) = max(1, size.width - 1), picture
    gutter = GUTTER if inner >= MIN_WITH_GUTTER else 0
    card = CardSize(width, height, max(8, inner - gutter - width - 2), height - 1)
    return GridShape(False, inner, 1, inner, gutter, card)


def grid(size: Size) -> GridShape:
    """The shape of a grid in a list of this size: two rows of memories are in view."""
    inner = max(1, size.width - 1)
    columns = max(1, inner // (MIN_WIDE if inner >= WIDE else MIN_COLUMN_WIDTH))
    width = inner // columns - 2
    height = max(6, min(round(0.4 * width), size.height // 2 - 4))
    return GridShape(
        True, inner, columns, inner // columns, 0, CardSize(width, height, width, 2 if size.height >= 24 else 1)
    )
