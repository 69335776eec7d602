"""What was said, written or named cannot steer the terminal: a filter over every line of the app.

Textual draws text as it is, escape sequences and all. These characters take no cell, so nothing moves without them.
What a widget itself sends to the terminal (`Segment.control`) is no text, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter

STEERS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for the tab, and those that turn the direction of what follows."""


class ControlCharFilter(LineFilter):
    """A filter of Textual that leaves out control characters (`STEERS`)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments without control characters."""
        if not STEERS.search("".join([s.text for s in segments])):  # nearly always
            return segments
        return [s if s.control else Segment(STEERS.sub("", s.text), s.style) for s in segments]


_FILTER = ControlCharFilter()


def get_line_filters(app: App[object]) -> Sequence[LineFilter]:
    """Textual's own filters, then this one. To be used as a method of the app."""
    return [*App.get_line_filters(app), _FILTER]
