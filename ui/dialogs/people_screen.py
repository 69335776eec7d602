"""People and things: everyone and everything with a name, the last seen first; rename, join, split.

The screen shows what it is given and reports what the user wants; `controllers/people.py` does it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from memory.episode import Episode, printable
from memory.naming.named_things import NamedThing
from ui.dialog_strings import UNDO_KEY
from ui.dialogs.editing import TAB
from ui.people_strings import (
    JOIN_WITH,
    NEW_NAME,
    PEOPLE,
    PEOPLE_EMPTY,
    PEOPLE_JOIN_KEY,
    PEOPLE_KEYS,
    PEOPLE_ONE_KEYS,
    SPLIT,
    SPLIT_KEYS,
    SPLIT_NAME,
    last_seen,
)
from ui.recall_strings import day
from ui.widgets.episode_card import CardSize
from ui.widgets.episode_grid import EpisodeGrid
from ui.widgets.keys_line import KeysLine, without
from ui.widgets.text_fields import LineField

Request = Literal["photos", "rename", "join", "split", "no name", "undo"]


ROOMY = 110
"""Columns of a screen from which there is room beside the names."""


PICTURE = (24, 11)
"""Cells of the pictures there."""


class NamesList(OptionList):
    """A long list: where the highlight leaves the view, half a page scrolls, so that most keys draw two rows only."""

    def scroll_to_highlight(self, top: bool = False) -> None:
        """Bring the highlighted name into view."""
        before = self.scroll_y
        super().scroll_to_highlight(top)
        if (moved := self.scroll_y - before) and abs(moved) < self.size.height // 2:
            on = self.size.height // 2 if moved > 0 else -(self.size.height // 2)
            self.scroll_to(y=self.scroll_y + on, animate=False, force=True, immediate=True)


class PeopleScreen(ModalScreen[None]):
    """The list of names."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "Close"),
        Binding("r", "rename", "Rename"),
        Binding("j", "join", "Join"),
        Binding("x", "request('split')", "Split"),
        Binding("n", "request('no name')", "No name"),
        Binding("u", "request('undo')", "Undo"),
    ]

    def __init__(
        self,
        request: Callable[[Request, str, str], Awaitable[object]],
        wanted: Callable[[EpisodeGrid, list[str], CardSize], object],
    ) -> None:
        """`request`: what the user wants, the name of the highlighted thing, and another name. `wanted`: the ids of
        memories whose cards a grid needs, and the size of the cards."""
        super().__init__()
        self._request, self._wanted = request, wanted
        self.photos = EpisodeGrid(lambda: None, id="of-name", picture=PICTURE)
        """What the user told of the highlighted thing, newest first, beside the names where there is room."""
        self.photos.can_focus = False
        self.things: Sequence[NamedThing] = ()
        self._undoable = False
        """Whether u would take something back."""
        self._joining = ""
        """The name that waits for the one to join it with; "" when none does."""

    def compose(self) -> ComposeResult:
        """The names, a field for a new name, a line about what was done, and the keys."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = PEOPLE
            yield Static(PEOPLE_EMPTY, id="none", classes="hint")
            with Horizontal(id="people"):
                yield NamesList(id="names")
                yield self.photos
            yield LineField(id="new-name", compact=True)
            yield Static("", id="said", classes="hint")
            yield KeysLine(classes="keys")

    def on_mount(self) -> None:
        """No field is open yet."""
        self.query_one("#new-name").display = False

    def show(self, things: Sequence[NamedThing], undoable: bool) -> None:
        """Show these things; the highlighted name stays highlighted if it is among them. `undoable`: whether u would
        take something back."""
        names = self.query_one("#names", OptionList)
        before = self._chosen
        at = names.highlighted or 0
        self.things, self._joining, self._undoable = things, "", undoable
        self.query_one(KeysLine).text = self._keys
        names.clear_options()
        names.add_options(Option(_line(one)) for one in things)
        self.query_one("#none").display = not things
        self.query_one("#people").display = bool(things)
        if things:
            kept = next((n for n, one in enumerate(things) if one.name == before), min(at, len(things) - 1))
            names.highlighted = kept
            names.focus()

    def on_resize(self) -> None:
        """Show the photos where names and photos both have room."""
        self.set_class(self.size.width >= ROOMY, "-roomy")

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the photos of the highlighted name."""
        event.stop()
        at = event.option_index
        if at < len(self.things):
            thing = self.things[at]
            self.photos.at = 0
            self.photos.show((*thing.photos, *thing.mentioned))

    def on_episode_grid_wanted(self, message: EpisodeGrid.Wanted) -> None:
        """Memories without a card came into view beside the names."""
        self._wanted(self.photos, message.ids, message.size)

    async def on_episode_grid_opened(self) -> None:
        """A click on a photo beside the names: all photos of that name."""
        await self.action_request("photos")

    def say(self, text: str, asks: bool = False) -> None:
        """Show a line: what became of the request, or (`asks`) how to go on, which is all that keys do then."""
        self.query_one("#said", Static).update(Content("" if asks else text))
        self.query_one(KeysLine).text = text if asks else self._keys

    @property
    def _keys(self) -> str:
        """The keys that do something now."""
        keys = PEOPLE_KEYS if self.things else without(PEOPLE_KEYS, *PEOPLE_ONE_KEYS)
        keys = keys if len(self.things) > 1 else without(keys, PEOPLE_JOIN_KEY)
        return keys if self._undoable else without(keys, UNDO_KEY)

    @property
    def _chosen(self) -> str:
        at = self.query_one("#names", OptionList).highlighted
        return self.things[at].name if at is not None and at < len(self.things) else ""

    async def action_request(self, what: Request) -> None:
        """Report what the user wants with the highlighted name."""
        if self._chosen or what == "undo":
            await self._request(what, self._chosen, "")

    def action_rename(self) -> None:
        """Open the field for a new name."""
        if self._chosen:
            field = self.query_one("#new-name", Input)
            field.value, field.display = self._chosen, True
            field.focus()
            self.say(NEW_NAME.format(name=self._chosen), asks=True)

    def action_join(self) -> None:
        """The next name that is chosen is the same as the highlighted one."""
        if self._chosen:
            self._joining = self._chosen
            self.say(JOIN_WITH.format(name=self._chosen), asks=True)

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter: the photos of the highlighted name, or the name to join with."""
        event.stop()
        joining, self._joining = self._joining, ""
        self.say("")
        if not joining:
            await self._request("photos", self._chosen, "")
        elif joining != self._chosen:
            await self._request("join", joining, self._chosen)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the field keeps the new name."""
        event.stop()
        self._close_field()
        if event.value.strip() and event.value.strip() != self._chosen:
            await self._request("rename", self._chosen, event.value.strip())

    def action_leave(self) -> None:
        """Esc: out of the field, then out of a join, then out of the view."""
        if self.query_one("#new-name").display:
            self._close_field()
        elif self._joining:
            self._joining = ""
            self.say("")
        else:
            self.dismiss()

    def _close_field(self) -> None:
        self.query_one("#new-name").display = False
        self.say("")
        self.query_one("#names").focus()


class PhotosList(SelectionList[str]):
    """Photos to be marked. Space marks at once: sent up to the app first, it would come after a Tab right behind it."""

    def on_key(self, event: events.Key) -> None:
        """Space marks the highlighted photo, or takes its mark away."""
        if event.key == "space":
            event.stop()
            event.prevent_default()
            self.action_select()


class SplitScreen(ModalScreen[tuple[str, list[str]]]):
    """Two things with one name: which photos are of the other one, and its name. Returns the name and ids."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Close"), Binding("ctrl+s", "save", "Save"), TAB]

    def __init__(self, name: str, episodes: Sequence[Episode]) -> None:
        super().__init__()
        self._thing, self._episodes = name, episodes

    def compose(self) -> ComposeResult:
        """The photos by day and words, and the field of the name."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = Content(SPLIT.format(name=self._thing))
            yield PhotosList(
                *(Selection(Content(f"{day(one)}: {_short(one.words)}"), one.id) for one in self._episodes)
            )
            yield LineField(placeholder=SPLIT_NAME, id="new-name", compact=True)
            yield KeysLine(SPLIT_KEYS, classes="keys")

    def on_input_submitted(self) -> None:
        """Enter in the field keeps the split."""
        self.action_save()

    def action_save(self) -> None:
        """Close with the name and the marked photos, once there are both."""
        marked, name = self.query_one(SelectionList).selected, self.query_one(Input).value.strip()
        if not marked:
            self.query_one(SelectionList).focus()
        elif not name:
            self.query_one(Input).focus()
        else:
            self.dismiss((name, marked))


def _line(thing: NamedThing) -> Content:
    return Content.assemble((printable(thing.name), "bold"), "   ", (last_seen(thing, short=True), "$foreground-muted"))


def _short(words: str) -> str:
    words = printable(" ".join(words.split()))
    return words if len(words) <= 80 else f"{words[:79]}…"
