"""Screens in which one writes: Esc asks before it drops what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, TextArea

from ui.dialog_strings import DROP, DROP_KEYS
from ui.dialogs.confirming import Confirming
from ui.widgets.keys_line import KeysLine

if TYPE_CHECKING:
    from textual.widget import Widget

    Base = Widget
else:
    Base = object


TAB = Binding("tab", "app.focus_next", show=False, priority=True)
"""For a screen with fields: letters typed fast after Tab go to the next field, not to the one that is left."""


class DropScreen(Confirming, ModalScreen[bool]):
    """Asks whether to drop what was written."""

    BINDINGS: ClassVar = [Binding("escape,n", "dismiss(False)", "Go on"), Binding("y", "dismiss(True)", "Drop it")]

    def compose(self) -> ComposeResult:
        """The question in the frame, the keys below."""
        with Vertical(classes="dialog -danger") as box:
            box.border_title = DROP
            yield KeysLine(DROP_KEYS, classes="keys")


class Editing(Base):
    """A screen with fields. Bind Esc to `abandon`: it closes the screen at once where no field has changed."""

    _began: tuple[str, ...] = ()
    """What stood in the fields at first."""

    def on_mount(self) -> None:
        """Note what stands in the fields."""
        self._began = self._written

    @property
    def _written(self) -> tuple[str, ...]:
        return tuple(field.text for field in self.query(TextArea)) + tuple(field.value for field in self.query(Input))

    async def action_abandon(self) -> None:
        """Esc: close without a change; what was written is asked about first."""
        if self._written == self._began:
            await self._drop_decided(True)
        else:
            self.app.push_screen(DropScreen(), self._drop_decided)

    async def _drop_decided(self, drop: bool | None) -> None:
        if drop:
            await self.run_action("dismiss(None)")
