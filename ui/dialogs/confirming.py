"""Dialogs that ask before something is taken away: keys pressed before the question was on screen do not answer it.

A paste or a fast typist sends keys in a burst: "/family" would open the question whether to forget, and its y answers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual import events
from textual.message import Message

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

    ScreenBase = Widget
    AppBase = App[None]
else:
    ScreenBase = AppBase = object


NO = ("escape", "n")
"""Keys that take nothing away, whenever they come."""


class Confirming(ScreenBase):
    """A screen that asks. It calls `asks` whenever a question is put up; the first one stands when it is mounted."""

    drawn = math.inf
    """When the question was on screen, by the clock of Textual's events."""

    def on_mount(self) -> None:
        """The screen opens with its first question."""
        self.asks()

    def asks(self) -> None:
        """A question is put up: no key answers it before it is drawn."""
        self.drawn = math.inf
        self.call_after_refresh(self._seen)

    def _seen(self) -> None:
        self.drawn = Message().time


class IgnoresBursts(AppBase):
    """An app whose `Confirming` screens get no key that was pressed too early."""

    async def on_event(self, event: events.Event) -> None:
        """Drop such a key, unless it says no; pass on all else."""
        if isinstance(event, events.Key):
            screen = self.screen_stack[-1] if self.screen_stack else None
            if screen is None:  # the app is closing
                return
            if isinstance(screen, Confirming) and event.key not in NO and event.time < screen.drawn:
                event.stop()
                return
        await super().on_event(event)
