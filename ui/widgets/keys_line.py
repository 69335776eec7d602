"""The line that lists a screen's keys; where it needs two lines, none of them parts a key from what it does."""

from __future__ import annotations

import textwrap

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget


class KeysLine(Widget):
    """Keys and what they do, parted by dots: "e edit · f forget". Lines break at the dots."""

    text: reactive[str] = reactive("", layout=True)

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.set_reactive(KeysLine.text, text)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Number of lines."""
        return len(broken(self.text, width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n".join(broken(self.text, self.content_size.width)))


def without(text: str, *keys: str) -> str:
    """A text of keys without some of them, each with what it does: those that would do nothing now."""
    dot = _dot(text)
    return dot.join(piece for piece in text.split(dot) if piece not in keys)


def broken(text: str, width: int) -> list[str]:
    """`text` in as few lines of at most `width` cells as it needs, and those about equally long.

    Lines break at the dots, and within a piece only where that is longer than a line.
    """
    dot = _dot(text)
    pieces = text.split(dot)
    lines, longest = _filled(pieces, dot, width), max(map(len, pieces))
    while width > longest and len(narrower := _filled(pieces, dot, width - 1)) == len(lines):
        lines, width = narrower, width - 1
    return lines


def _dot(text: str) -> str:
    return "  ·  " if "  ·  " in text else " · "


def _filled(pieces: list[str], dot: str, width: int) -> list[str]:
    """Lines of `width` cells at most, each with as many pieces as it holds."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1] + dot + piece) <= width:
            lines[-1] += dot + piece
        else:
            lines += textwrap.wrap(piece, max(1, width)) or [""]
    return lines
