"""The line below an answer: the memories in which the answer stands, with their numbers.

A click on a number opens the memory, as /1 in the input does.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from memory.episode import Episode
from ui.recall_strings import day
from ui.strings import CITES, CITES_KEYS
from ui.widgets.panels import chip

NARROW = 60
"""Columns of a screen below which the line has room for the memories only."""


class CitationBar(Static):
    """The numbers and days of the cited memories; it takes a second line where they need one."""

    def __init__(self, memories: Sequence[tuple[int, Episode | None]]) -> None:
        super().__init__(_line(memories))
        self._memories = memories
        self.auto_links = (
            False  # Textual's colour of links would hide the numbers, which stand on a colour of their own
        )

    def on_mount(self) -> None:
        """Say which command opens the first only where there is room for it."""
        if self.app.size.width < NARROW:
            self.update(_line(self._memories, command=False))


def _line(memories: Sequence[tuple[int, Episode | None]], command: bool = True) -> Content:
    parts: list[Content | tuple[str, str]] = [(CITES, "$foreground-muted")]
    for number, episode in memories:
        when = day(episode) if episode and (episode.day or episode.place) else ""
        parts.append(Content.assemble(chip(number), (when, "$primary"), "  ").stylize(f"@click=app.cite({number})"))
    opens = CITES_KEYS.format(n=memories[0][0]).strip() if command else ""
    return Content.assemble(*parts, (opens, "$foreground-muted"))
