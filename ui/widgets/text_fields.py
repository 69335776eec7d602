"""Fields that take keys in the order in which they are pressed.

Textual inserts letters at once, and sends every other key up to the app first: of "Backspace, a, Enter", pressed while
the app is busy, the letter would stand before the deletion, and ctrl+u would take what was typed after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from textual.widget import Widget

    Base = Widget
else:
    Base = object


class KeysInOrder(Base):
    """A field that does what its own keys are for at once, as it inserts letters at once."""

    async def _on_key(self, event: events.Key) -> None:
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


class LineField(KeysInOrder, Input):
    """A field of one line."""


class TextField(KeysInOrder, TextArea):
    """A field of several lines."""

    def on_resize(self) -> None:
        """Draw all lines: Textual breaks them anew for another width, and would draw none when their number stays."""
        self.refresh()
