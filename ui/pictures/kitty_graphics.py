"""Kitty's graphics protocol, as far as photos need it: which terminals speak it, what is sent, the cells that show it.

A photo is sent once, under an id; after that it is ordinary text: each of its cells is the placeholder U+10EEEE, with
two combining characters that say which row and column of the photo the cell shows, in a colour that is the id
(https://sw.kovidgoyal.net/kitty/graphics-protocol/#unicode-placeholders). So dialogs cover photos, and lists scroll
them, as they do with text. Kitty has had this since 0.28, Ghostty since its first release; Konsole, WezTerm, iTerm2 and
Warp speak older parts of the protocol, without placeholders. What is stored in the terminal: `terminal_images.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import cache
from typing import SupportsIndex

from PIL import Image
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ui.pictures.palette import true_colours

PLACEHOLDER = "\U0010eeee"
CHUNK = 4096
"""Letters of a photo's data in one escape sequence, at most."""
LAST_ID = 0xFFFFFF
"""Ids are colours: 24 bits."""
FIRST_KITTY = (0, 28)
"""The first Kitty with placeholders; Debian 12 has an older one."""
_MARKS = """305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 59C-5A1 5A8-5A9
5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC 730 732-733 735-736 73A 73D 73F-741 743 745
747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 829-82D 951 953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C
1B6B 1B6D-1B73 1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 20DB-20DC 20E1
20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26
10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244"""


def _marks() -> tuple[str, ...]:
    spans = [[int(end, 16) for end in span.split("-")] for span in _MARKS.split()]
    return tuple(chr(code) for span in spans for code in range(span[0], span[-1] + 1))


MARKS = _marks()
"""The combining characters that mean 0, 1, 2, ... (the protocol's own list, 297 of them)."""


class PhotoCell(str):
    """The text of one cell of a photo. No other text may show a photo, and the photo's colour is known by it."""

    __slots__ = ("style",)
    style: Style
    """The colour that is the photo's id."""

    def __getitem__(self, index: SupportsIndex | slice) -> str:
        """As of any text; all of it is the cell itself, since cutting a line before a cell takes all of that cell."""
        text = super().__getitem__(index)
        return self if len(text) == len(self) else text


def speaks(wanted: str = "auto", environment: Mapping[str, str] = os.environ) -> bool:
    """Whether photos can be shown as pixels; `wanted` is the user's setting: "on" and "off" decide, "auto" asks `TERM`.

    No other variable is asked: those that Kitty sets are there, too, in an editor or terminal started from it. Within
    tmux and screen, and without true colours, it cannot be; through SSH only if the user says so: a photo is many
    times its cells. May run a program: not for the app's thread.
    """
    if wanted == "off" or environment.keys() & {"TMUX", "STY", "NO_COLOR"} or not true_colours():
        return False
    if wanted == "on":
        return True
    if "SSH_CONNECTION" in environment:
        return False
    term = environment.get("TERM", "")
    return term == "xterm-ghostty" or (term == "xterm-kitty" and _kitty(environment.get("PATH")) >= FIRST_KITTY)


@cache
def _kitty(path: str | None) -> tuple[int, int]:
    """The version of the installed Kitty; of one that does not tell, the first with placeholders."""
    if found := shutil.which("kitty", path=path):
        try:
            said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=3, check=False).stdout
        except (OSError, subprocess.SubprocessError):
            said = ""
        if version := re.search(r"(\d+)\.(\d+)", said):
            return int(version[1]), int(version[2])
    return FIRST_KITTY


def fits(columns: int, rows: int) -> bool:
    """Whether a photo of so many cells can be told in placeholders."""
    return max(columns, rows) <= len(MARKS)


def transmit(id: int, image: Image.Image, columns: int, rows: int) -> str:
    """What sends an RGB image, to be shown in `columns` x `rows` cells. The terminal does not answer (q=2)."""
    # Level 1 takes a fifth of a PNG's time for a quarter more bytes, and leaves other threads alone meanwhile.
    data = b64encode(zlib.compress(image.tobytes(), 1)).decode("ascii")
    size = f"f=24,o=z,s={image.width},v={image.height}"
    keys = [f"a=T,U=1,i={id},{size},c={columns},r={rows},C=1"]
    keys += [""] * ((len(data) - 1) // CHUNK)
    pieces = []
    for n, first in enumerate(keys):
        more = int(n + 1 < len(keys))
        pieces.append(f"\x1b_Gq=2,{first}{',' if first else ''}m={more};{data[n * CHUNK : (n + 1) * CHUNK]}\x1b\\")
    return "".join(pieces)


def delete(ids: Iterable[int]) -> str:
    """What takes these images out of the terminal: from the screen, and their data out of its memory (d=I)."""
    return "".join(f"\x1b_Gq=2,a=d,d=I,i={id}\x1b\\" for id in ids)


def cells(id: int, columns: int, rows: int) -> list[Strip]:
    """The text that shows the image `id`: one strip for each row, one segment for each cell, so that a cut parts none.

    Every cell names its row and column, so that any part of the photo may be covered, or shown alone.
    """
    style = Style(color=Color.from_rgb(id >> 16, id >> 8 & 255, id & 255))
    strips = []
    for row in MARKS[:rows]:
        line = []
        for column in MARKS[:columns]:
            cell = PhotoCell(f"{PLACEHOLDER}{row}{column}")
            cell.style = style
            line.append(Segment(cell, style))
        strips.append(Strip(line, columns))
    return strips
