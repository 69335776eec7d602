"""The footer: the keys that do something now, the most useful first, each of them whole.

A key that is not listed works all the same: what it would do may change before the footer does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual import events
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

FIRST, LAST = "stop", "quit"
"""The actions of the app whose keys are listed before and behind its others."""
GAPS = {True: 2, False: 3}
"""Columns of a key that are empty: on a narrow screen, and on others (`tui.tcss`)."""


class KeysFooter(Footer):
    """Textual's footer without what does nothing now, and without what does not fit."""

    def __init__(self, useful: Callable[[str], bool]) -> None:
        """`useful`: whether an action would do something now."""
        super().__init__(show_command_palette=False)
        self._useful = useful
        self._listed: list[str] = []
        """The actions whose keys are listed."""

    def compose(self) -> ComposeResult:
        """The keys, first those of what has the focus."""
        if not self._bindings_ready:
            return
        found = list(self._fitting())
        self._listed = [one.binding.action for one in found]
        for one in found:
            shown = self.app.get_key_display(one.binding)
            key = FooterKey(one.binding.key, shown, one.binding.description, one.binding.action)
            key.set_reactive(FooterKey.compact, False)  # with a space before the key, as Textual's footer sets it
            yield key

    def relist(self) -> None:
        """List the keys anew if others are useful by now, or fit."""
        if self._bindings_ready and [one.binding.action for one in self._fitting()] != self._listed:
            self.call_after_refresh(self.recompose)

    def on_resize(self, event: events.Resize) -> None:
        """More or fewer keys fit."""
        self.relist()

    def _fitting(self) -> Iterator[ActiveBinding]:
        """The useful keys up to the first that does not fit any more."""
        by_action = {one.binding.action: one for one in reversed(self.screen.active_bindings.values())}
        useful = [one for name, one in by_action.items() if one.binding.show and self._useful(name)][::-1]
        room = self.app.size.width - self.gutter.width
        for one in sorted(useful, key=self._rank):
            named = f"{self.app.get_key_display(one.binding)}{one.binding.description}"
            room -= len(named) + GAPS[self.screen.has_class("-narrow")]
            if room < 0:
                return
            yield one

    def _rank(self, one: ActiveBinding) -> int:
        of_app = one.node is self.app
        return of_app * (1 + (one.binding.action != FIRST) + (one.binding.action == LAST))
