"""The tour: six short steps, each done by the user, from the demo album to a photo of their own, remembered.

A line above the input says what to do next. It watches what happens and does nothing itself.
"""

from __future__ import annotations

from pathlib import Path

from textual.content import Content
from textual.widgets import Static

from demo import album
from ui.help_strings import TOUR, TOUR_KEYS

STEPS = ("ask", "open", "caption", "leave", "photo", "remember")
LEAVE = STEPS.index("leave")


class Tour(Static):
    """The line of the tour; hidden while the tour is off."""

    def __init__(self) -> None:
        super().__init__(id="tour")
        self._step: int | None = None
        self._own = False
        self.display = False

    def turn(self) -> bool:
        """Begin the tour at the first step, or end a running tour; returns whether the tour is on now."""
        self._own, on = False, self._step is None
        if on:
            self._go(0)
        else:
            self._step, self.display = None, False
        return on

    def did(self, what: str, path: Path | None = None) -> None:
        """The user did `what`: if that is the current step or a later one, go on to the step after it."""
        if self._step is None:
            self.display = False  # what it said at its end was read
        if self._step is None or what not in STEPS:
            return
        if what == "photo":
            if path is None or path.parent == album.demo_photo().parent or self._step <= LEAVE:
                return  # a photo of one's own belongs into one's own memory
            self._own = True
        if what == "remember" and not self._own:
            return
        if (step := STEPS.index(what)) >= self._step:
            self._go(step + 1)

    def _go(self, step: int) -> None:
        self._step, self.display = step, True
        n = min(step + 1, len(STEPS))
        done = "" if step < len(STEPS) else "✓ "
        keys = TOUR_KEYS if step < len(STEPS) else ""
        head = (f"{done}{n} of {len(STEPS)}  ", "bold $primary")
        self.update(Content.assemble(head, TOUR[step], (keys, "$foreground-muted")))
        if step == len(STEPS):
            self._step = None
