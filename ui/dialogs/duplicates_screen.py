"""Memories that are stored more than once, for the user to merge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from memory.browse import Duplicate
from memory.episode import Episode
from ui.dialog_strings import DUPLICATES, DUPLICATES_KEYS, DUPLICATES_WHY
from ui.dialogs.confirming import Confirming
from ui.recall_strings import day
from ui.widgets.keys_line import KeysLine


class DuplicatesScreen(Confirming, ModalScreen[Sequence[Duplicate]]):
    """Memories that are stored more than once. Returns the groups to merge; none is merged unasked."""

    BINDINGS: ClassVar = [
        Binding("escape", "dismiss([])", "Close"),
        Binding("a", "all", "All"),
    ]

    def __init__(self, duplicates: Sequence[Duplicate], episodes: dict[str, Episode]) -> None:
        super().__init__()
        self.duplicates, self._episodes = duplicates, episodes

    def compose(self) -> ComposeResult:
        """One memory of each group, and how often it is stored."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = DUPLICATES
            yield Static(DUPLICATES_WHY, classes="hint")
            yield OptionList(*(self._option(one) for one in self.duplicates))
            yield KeysLine(DUPLICATES_KEYS, classes="keys")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a group merges that group."""
        self.dismiss([self.duplicates[event.option_index]])

    def action_all(self) -> None:
        """Merge all the pairs that are listed."""
        self.dismiss(self.duplicates)

    def _option(self, found: Duplicate) -> Option:
        one = self._episodes[found.stays]
        times = (f"  ×{len(found.goes) + 1}", "$primary")
        return Option(Content.assemble((day(one), "bold"), times, "\n", (one.words[:300], "$foreground-muted")))
