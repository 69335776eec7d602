"""A picture in terminal cells: for each cell the symbol and the two colours with the least squared error.

Of all ways to cut a cell in two (`Symbols`), the best is the one whose two mean colours leave the least squared error
over red, green and blue; it is found for all cells at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from ui.pictures.symbols import Symbols

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels."""


class Cells(NamedTuple):
    """A picture of R x C terminal cells."""

    symbol: np.ndarray
    """(R, C) index into the symbols."""
    filled: np.ndarray
    """(R, C, 3) float32: colour of the symbol, red, green, blue 0-255."""
    ground: np.ndarray
    """(R, C, 3) float32: colour of the rest of the cell."""


def cut(image: Image.Image, columns: int, rows: int, symbols: Symbols, box: Box | None = None) -> Cells:
    """The best cells, `columns` x `rows` of them, for an RGB image or the box of it; it is resized to fill them."""
    size = (columns * symbols.columns, rows * symbols.rows)
    pixels = np.asarray(image.resize(size, Image.Resampling.LANCZOS, box), np.float32)
    grid = pixels.reshape(rows, symbols.rows, columns, symbols.columns, 3).transpose(1, 3, 0, 2, 4)
    points_P_X = grid.reshape(symbols.rows * symbols.columns, -1)  # X: every channel of every cell
    whole_X = points_P_X.sum(0)
    filled_K_X = symbols.masks @ points_P_X
    n_K = symbols.masks.sum(1, keepdims=True)
    rest = len(points_P_X) - n_K
    # The squared error is a constant less this: what the two means explain.
    explained_K_N = (filled_K_X**2 / n_K + (whole_X - filled_K_X) ** 2 / rest).reshape(len(n_K), -1, 3).sum(2)
    explained_K_N[0] *= 1 + 1e-5  # one colour all over: the symbol that every font has, not one that rounding picks
    best_N = explained_K_N.argmax(0)
    filled = filled_K_X.reshape(len(n_K), -1, 3)[best_N, np.arange(len(best_N))]
    ground = (whole_X.reshape(-1, 3) - filled) / rest[best_N]
    shape = (rows, columns, 3)
    return Cells(best_N.reshape(rows, columns), (filled / n_K[best_N]).reshape(shape), ground.reshape(shape))


def rendered(cells: Cells, symbols: Symbols, width: int, height: int) -> np.ndarray:
    """What a terminal shows whose cells have `width` x `height` pixels: (rows x height, columns x width, 3) uint8."""
    rows, columns = cells.symbol.shape
    y = (np.arange(height) * symbols.rows) // height
    x = (np.arange(width) * symbols.columns) // width
    masks = symbols.masks.reshape(-1, symbols.rows, symbols.columns)[:, y][:, :, x]
    where = masks[cells.symbol][..., None] > 0  # (R, C, height, width, 1)
    shown = np.where(where, cells.filled[:, :, None, None], cells.ground[:, :, None, None])
    return shown.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, 3).round().astype(np.uint8)
