"""A terminal that speaks Kitty's graphics protocol with Unicode placeholders: what stands in its cells, which images it
stores, and the pixels that a person would see. Not a whole terminal: it knows what Textual writes.

As in Kitty and Ghostty, each of the two screens has images of its own; those of the second one go when it is entered
anew, not when it is left.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from codecs import getincrementaldecoder
from typing import NamedTuple

import numpy as np
from PIL import Image
from rich.cells import cell_len

from ui.pictures.kitty_graphics import CHUNK, MARKS, PLACEHOLDER

TOKEN = re.compile(
    "\x1b_G(?P<graphics>[^\x1b]*)\x1b\\\\"
    "|\x1b\\[(?P<parameters>[0-9;:<=>?]*)[ -/]*(?P<final>[@-~])"
    "|\x1b[P\\]_^](?:[^\x07\x1b]*)(?:\x07|\x1b\\\\)"
    "|\x1b[ -/]*[0-OQ-Z\\\\`-~]"
    "|(?P<control>[\x00-\x1a\x1c-\x1f])"
    "|(?P<text>[^\x00-\x1f])"
)
"""One thing that a program writes. An escape sequence that has not come whole matches nothing."""


class Cell(NamedTuple):
    """What stands in a cell."""

    text: str = " "
    colour: int | None = None
    """Red, green and blue in 24 bits."""


class Shown(NamedTuple):
    """A cell that shows a part of an image."""

    id: int
    row: int
    column: int


class Stored(NamedTuple):
    """An image that the terminal stores, and in how many cells it is shown."""

    pixels: np.ndarray
    """(H, W, 3) uint8."""
    columns: int
    rows: int


class GraphicsTerminal:
    """What a program wrote to it, by `feed`."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.images: dict[bool, dict[int, Stored]] = {False: {}, True: {}}
        """The images of the first screen and of the second (True)."""
        self.second = False
        self.sent = self.bytes = 0
        """How many images came, and how many bytes."""
        self._cells: dict[tuple[int, int], Cell] = {}
        self._decode = getincrementaldecoder("utf-8")().decode
        self._rest, self._at = "", (0, 0)  # row, column
        self._colour: int | None = None
        self._coming: tuple[dict[str, str], list[str]] | None = None

    # -- what stands there --------------------------------------------------------------------------------------

    @property
    def stored(self) -> list[int]:
        """The ids of all images on both screens."""
        return [*self.images[False], *self.images[True]]

    def text(self) -> str:
        """The screen as text; a cell of a photo is a "▒"."""
        shown = self.photo_cells()
        return "\n".join(
            "".join("▒" if (y, x) in shown else self._cells.get((y, x), Cell()).text for x in range(self.columns))
            for y in range(self.rows)
        )

    def photo_cells(self) -> dict[tuple[int, int], Shown]:
        """The cells (row, column) that hold a placeholder, and what each is to show."""
        found = {}
        for at, cell in self._cells.items():
            if cell.text.startswith(PLACEHOLDER) and len(cell.text) == 3 and cell.colour is not None:
                found[at] = Shown(cell.colour, MARKS.index(cell.text[1]), MARKS.index(cell.text[2]))
        return found

    def broken(self) -> list[tuple[int, int]]:
        """The cells whose placeholder is not whole, points to no stored image, or beside it."""
        images, shown = self.images[self.second], self.photo_cells()
        beside = [
            at
            for at, (id, row, column) in shown.items()
            if id not in images or row >= images[id].rows or column >= images[id].columns
        ]
        return beside + [at for at, cell in self._cells.items() if PLACEHOLDER in cell.text and at not in shown]

    def seen(self, id: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """What is seen of an image whose cells have `width` x `height` pixels: its pixels, and where they are seen.

        (H, W, 3) uint8 and (H, W) bool, over all of the image's cells; a cell that is covered is not seen.
        """
        image = self.images[self.second][id]
        size = (image.columns * width, image.rows * height)
        pixels = np.asarray(Image.fromarray(image.pixels).resize(size, Image.Resampling.BILINEAR))
        seen = np.zeros(pixels.shape[:2], bool)
        for shown in self.photo_cells().values():
            if shown.id == id:
                top, left = shown.row * height, shown.column * width
                seen[top : top + height, left : left + width] = True
        return pixels, seen

    # -- what is written ----------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Obey what a program wrote."""
        self.bytes += len(data)
        text, at = self._rest + self._decode(data), 0
        while found := TOKEN.match(text, at):
            at = found.end()
            if (graphics := found["graphics"]) is not None:
                self._graphics(graphics)
            elif found["final"]:
                self._control(found["parameters"], found["final"])
            elif found["control"]:
                self._move(found["control"])
            elif found["text"]:
                self._print(found["text"])
        self._rest = text[at:]
        assert len(self._rest) < 10_000, f"not understood: {self._rest[:80]!r}"

    def _print(self, character: str) -> None:
        row, column = self._at
        width = cell_len(character)
        if not width:
            before = (row, column - 1)
            cell = self._cells.get(before, Cell())
            self._cells[before] = cell._replace(text=cell.text + character)
            return
        if row < self.rows and column < self.columns:  # Textual turns line wrap off
            self._cells[row, column] = Cell(character, self._colour)
        self._at = (row, column + width)

    def _move(self, control: str) -> None:
        row, column = self._at
        if control == "\n":
            self._at = (row + 1, column)
        elif control == "\r":
            self._at = (row, 0)

    def _control(self, parameters: str, final: str) -> None:
        if final == "H":
            row, _, column = parameters.partition(";")
            self._at = (int(row or 1) - 1, int(column or 1) - 1)
        elif final == "m":
            self._style([int(n or 0) for n in parameters.split(";")])
        elif parameters == "?1049" and final in "hl":
            self.second, self._cells = final == "h", {}
            if self.second:
                self.images[True].clear()

    def _style(self, codes: list[int]) -> None:
        while codes:
            code, *codes = codes
            if code == 38 and codes[0] == 2:
                self._colour = codes[1] << 16 | codes[2] << 8 | codes[3]
            elif code in (0, 39) or 30 <= code <= 37 or 90 <= code <= 97 or code == 38:
                self._colour = None
            if code in (38, 48):
                codes = codes[4 if codes[0] == 2 else 2 :]

    def _graphics(self, command: str) -> None:
        control, _, data = command.partition(";")
        keys = dict(pair.split("=") for pair in control.split(","))
        assert keys.pop("q", "") == "2", "an answer would be taken for keys"
        if self._coming is None and keys.get("a") == "d":
            assert keys["d"] == "I", "the data stays in the terminal"
            self.images[self.second].pop(int(keys["i"]), None)
            return
        assert len(data) <= CHUNK
        more = keys.pop("m", "0") == "1"
        if self._coming is None:
            self._coming = (keys, [])
        else:
            assert not keys, f"{keys} amidst an image"
        self._coming[1].append(data)
        if not more:
            keys, pieces = self._coming
            self._coming = None
            self._store(keys, "".join(pieces))

    def _store(self, keys: dict[str, str], data: str) -> None:
        assert (keys["a"], keys["U"], keys["f"], keys["o"]) == ("T", "1", "24", "z"), keys
        raw = np.frombuffer(zlib.decompress(b64decode(data, validate=True)), np.uint8)
        pixels = raw.reshape(int(keys["v"]), int(keys["s"]), 3)
        self.images[self.second][int(keys["i"])] = Stored(pixels, int(keys["c"]), int(keys["r"]))
        self.sent += 1
