"""The memory browser: all memories as a timeline or a grid, searched, opened, edited, merged, forgotten.

The screens show what they are given and report what the user wants; `controllers/memories/` does it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from memory.browse import EpisodeEntry, Finding
from ui.dialog_strings import (
    BROWSER,
    BROWSER_BEST,
    BROWSER_FOUND,
    BROWSER_INSTEAD,
    BROWSER_KEYS,
    BROWSER_NONE,
    BROWSER_ONE_KEYS,
    BROWSER_SEARCH,
    BROWSER_SEARCH_KEYS,
    UNDO_KEY,
)
from ui.widgets.episode_card import CardSize
from ui.widgets.episode_grid import EpisodeGrid
from ui.widgets.keys_line import KeysLine, without
from ui.widgets.text_fields import LineField

What = Literal["open", "large", "edit", "forget", "undo", "statistics", "duplicates", "people"]


class BrowserScreen(Screen[None]):
    """All memories, newest first, or those that a search found."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "Close"),
        Binding("enter", "request('open')", "Open", show=False),
        Binding("z", "request('large')", "Photo large", show=False),
        Binding("e", "request('edit')", "Edit", show=False),
        Binding("f,delete", "request('forget')", "Forget", show=False),
        Binding("u", "request('undo')", "Undo", show=False),
        Binding("s", "request('statistics')", "Statistics", show=False),
        Binding("d", "request('duplicates')", "Duplicates", show=False),
        Binding("p", "request('people')", "People and things", show=False),
        Binding("g,t", "grid", "Grid or timeline", show=False),
        Binding("slash", "search", "Search", show=False, priority=True),  # what is typed after it at once is sought
    ]

    def __init__(
        self,
        search: Callable[[str], object],
        request: Callable[[What, EpisodeEntry | None], Awaitable[object]],
        wanted: Callable[[list[str], CardSize], object],
        typed: Callable[[str], object],
        undoable: Callable[[], bool],
    ) -> None:
        """Callbacks: `search` for words ("": all memories), `typed` while they are being typed; `request`, what the
        user wants, with the highlighted memory; `wanted`, the ids of memories whose cards are needed, and the size of
        the cards; `undoable`, whether u would take something back."""
        super().__init__()
        self._search, self._request, self._wanted, self._typed = search, request, wanted, typed
        self._undoable = undoable
        self.grid = EpisodeGrid(self._moved, id="grid")
        self.words = ""
        """The words of the last search."""
        self._opened: str | None = None
        """The words with which the browser was opened; None before it lists anything."""

    def compose(self) -> ComposeResult:
        """The search field, the memories, and the list of keys."""
        with Vertical(id="browser") as box:
            box.border_title = BROWSER
            yield LineField(placeholder=BROWSER_SEARCH, id="search", compact=True)
            yield self.grid
            yield Static("", id="none", classes="hint")
            yield Static("", id="result")
        yield KeysLine(id="foot")  # with the end of the frame: so a step draws only that anew

    def on_mount(self) -> None:
        """Focus the memories, so that the keys work at once."""
        self.grid.focus()

    def show(self, finding: Finding, words: str, *, typing: bool = False, there: Sequence[str] = ()) -> None:
        """Show what `words` found ("": all memories).

        `typing`: the keys stay in the search field. `there`: ids of memories of which the first that is listed is to be
        highlighted.
        """
        entries = finding.entries
        self._opened = words if self._opened is None else self._opened
        searched, gone = words != self.words, bool(self.grid.entries)
        self.words = words
        found = finding.title or BROWSER_FOUND.format(words=words)
        found = BROWSER_INSTEAD.format(instead=finding.instead) if finding.instead and entries else found
        found = BROWSER_BEST.format(found=found, n=len(entries)) if finding.more else found
        self.query_one("#browser").border_title = Content(found if words else BROWSER)
        if not typing:
            self.query_one("#search", Input).value = words
        self.query_one("#none", Static).update(BROWSER_NONE["searched" if words else "empty"])
        self.query_one("#none").display = not entries
        self.grid.display = bool(entries)
        self.grid.show(entries, there)
        self.list_keys()
        if typing:
            return
        if entries:
            self.grid.focus()
        elif searched:
            self.query_one("#search").focus()
        elif gone:
            self.set_focus(None)  # so that u, after the last one went, is a key and no letter

    def show_line(self, text: str) -> None:
        """Show a line below the memories: what became of the request."""
        self.query_one("#result", Static).update(Content(text))
        self.query_one("#result").display = bool(text)

    def on_descendant_focus(self) -> None:
        """In the search field letters are no keys."""
        self.list_keys()

    def list_keys(self) -> None:
        """List the keys that do something now."""
        keys = BROWSER_KEYS if self.grid.entries else without(BROWSER_KEYS, *BROWSER_ONE_KEYS)
        keys = keys if self._undoable() else without(keys, UNDO_KEY)
        self.query_one("#foot", KeysLine).text = BROWSER_SEARCH_KEYS if self.query_one("#search").has_focus else keys

    async def on_episode_grid_opened(self) -> None:
        """A click on a memory opens that memory."""
        await self.action_request("open")

    def on_episode_grid_wanted(self, message: EpisodeGrid.Wanted) -> None:
        """Memories without a card came into view."""
        self._wanted(message.ids, message.size)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed in the search field filters the memories."""
        event.stop()
        if self.query_one("#search").has_focus and event.value.strip() != self.words:
            self.show_line("")
            self._typed(event.value.strip())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the search field searches, and moves the keys to what was found."""
        event.stop()
        self.show_line("")
        self._search(event.value.strip())

    async def action_request(self, what: What) -> None:
        """Hand what the user wants done with the chosen memory to the controller."""
        if self.grid.entry or what in ("undo", "statistics", "duplicates", "people"):
            await self._request(what, self.grid.entry)

    def action_grid(self) -> None:
        """Switch between timeline and grid."""
        self.grid.grid = not self.grid.grid

    def action_search(self) -> None:
        """Move the keys to the search field."""
        self.set_focus(self.query_one("#search"))  # now, not when the keys that have come already are done

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In the search field a slash is a letter."""
        return action != "search" or self.focused is not self.query_one("#search")

    def action_leave(self) -> None:
        """Esc: from the search field to the memories, from hits to all memories, from what was opened out."""
        if self.query_one("#search").has_focus and self.grid.entries:
            self.grid.focus()
        elif self.words and self.words != self._opened:
            self._search("")
        else:
            self.dismiss()

    def _moved(self) -> None:
        """Show at the bottom which memory of how many is highlighted."""
        grid = self.grid
        place = f"{grid.at + 1:,} of {len(grid.entries):,}" if grid.entries else ""
        self.query_one("#foot").border_subtitle = place
