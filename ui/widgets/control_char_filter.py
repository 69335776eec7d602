"""What was said, written or named cannot steer the terminal: a filter over every line of the app.

Textual draws text as it is, escape sequences and all. Control characters take no cell: nothing moves without them.
What a widget itself sends to the terminal (`Segment.control`) is no text, and stays.

Nor can a text show a photo: the placeholder of Kitty's graphics is left out where it is no cell of a drawing of ours
(`PhotoCell`). Those keep their colour, which is the photo's id: what dims a screen behind a dialog would change it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

from ui.pictures.kitty_graphics import PLACEHOLDER, PhotoCell

STEERS = re.compile(f"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069{PLACEHOLDER}]")
"""Control characters but for the tab, those that turn the direction of what follows, and the one that shows photos."""
REPLACED = {PLACEHOLDER: "\ufffd"}
"""What stands for those that take a cell."""


class ControlCharFilter(LineFilter):
    """A filter of Textual that leaves out control characters (`STEERS`)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without control characters."""
        if not STEERS.search("".join([s.text for s in segments])):  # nearly always
            return segments
        return [s if s.control else _harmless(s) for s in segments]


def _harmless(segment: Segment) -> Segment:
    text = segment.text
    if isinstance(text, PhotoCell):
        return Segment(text, text.style)
    return Segment(STEERS.sub(lambda found: REPLACED.get(found[0], ""), text), segment.style)


_FILTER = ControlCharFilter()


def get_line_filters(app: App[object]) -> Sequence[LineFilter]:
    """Textual's own filters, then this one. To be used as a method of the app."""
    return [*App.get_line_filters(app), _FILTER]
