"""Dialogs about one memory (remember, read, forget), the caption, the passphrase; and the help.

Each returns what was decided.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static, TextArea

from memory.days import DAY_UNKNOWN, LONGEST_DAY
from memory.episode import Episode, Photo
from memory.maintenance.marks import Mark
from memory.times.typed_day import typed_day
from ui.dialog_strings import (
    CANCEL,
    CORRECT,
    CORRECT_KEYS,
    EPISODE,
    EPISODE_KEYS,
    FORGET,
    FORGET_KEYS,
    HELP_KEYS,
    HELP_TITLE,
    KEEP,
    LOCKED,
    LOCKED_KEYS,
    PLACE,
    REMEMBER,
    REMEMBER_NO_WORDS,
    REMEMBER_WORDS,
    SAID_BY_ROLE,
)
from ui.dialogs.confirming import Confirming
from ui.dialogs.editing import TAB, Editing
from ui.dialogs.large_photo import LargePhoto
from ui.recall_strings import day
from ui.runtime.session import Telling
from ui.telling_strings import MARK_KEY
from ui.widgets.keys_line import KeysLine
from ui.widgets.photo_view import PhotoView
from ui.widgets.text_fields import LineField, TextField


class RememberDialog(Editing, ModalScreen[Telling | None]):
    """Asks for words, day and place of the current photo."""

    BINDINGS: ClassVar = [
        Binding("escape", "abandon", "Close"),
        TAB,
    ]

    def __init__(self, photo: Photo) -> None:
        super().__init__()
        self.photo = photo
        self.default = photo.taken_at.date().isoformat() if photo.taken_at else ""

    def compose(self) -> ComposeResult:
        """Three fields and two buttons; Enter in a field remembers."""
        with Vertical(classes="dialog") as box:
            box.border_title = REMEMBER
            with Horizontal():
                yield PhotoView(self.photo, classes="thumb")
                with Vertical():
                    yield LineField(placeholder=REMEMBER_WORDS, id="words")
                    with Horizontal(classes="fields"):
                        yield LineField(self.default, placeholder=DAY_UNKNOWN, id="date", max_length=LONGEST_DAY)
                        yield LineField(placeholder=PLACE, id="place")
            yield Label("", id="problem")
            with Horizontal(classes="buttons"):
                yield Button(KEEP, variant="primary", id="keep")
                yield Button(CANCEL, id="cancel")

    def on_input_submitted(self) -> None:
        """Enter in a field does what the first button does."""
        self._keep()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click on a button does what its key does."""
        if event.button.id == "keep":
            self._keep()
        else:
            self.dismiss(None)

    def _keep(self) -> None:
        fields = (self.query_one(f"#{name}", Input) for name in ("words", "date", "place"))
        words, day_text, place = (field.value.strip() for field in fields)
        if not words:
            return self._complain("words", REMEMBER_NO_WORDS)
        try:
            when = None if day_text == self.default else typed_day(day_text)
        except ValueError as error:
            return self._complain("date", str(error))
        self.dismiss(Telling(words, when, place or None))

    def _complain(self, field: str, problem: str) -> None:
        self.query_one("#problem", Label).update(Content(problem))
        self.query_one("#problem").display = True
        self.query_one(f"#{field}").focus()


class PassphraseDialog(ModalScreen[str | None]):
    """Ask for the passphrase of an encrypted memory."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Close")]

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question

    def compose(self) -> ComposeResult:
        """One field, which hides what is typed."""
        with Vertical(classes="dialog") as box:
            box.border_title = LOCKED
            yield Label(Content(self.question))
            yield LineField(password=True)
            yield KeysLine(LOCKED_KEYS, classes="keys")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter closes the dialog with the passphrase."""
        self.dismiss(message.value or None)


class CaptionDialog(Editing, ModalScreen[str | None]):
    """Lets the user correct the caption; answers then build on the user's words."""

    BINDINGS: ClassVar = [
        Binding("escape", "abandon", "Close"),
        Binding("ctrl+s,f4", "save", "Save"),
    ]

    def __init__(self, caption: str) -> None:
        super().__init__()
        self.caption = caption

    def compose(self) -> ComposeResult:
        """The whole caption, to edit."""
        with Vertical(classes="dialog") as box:
            box.border_title = CORRECT
            area = TextField(self.caption, soft_wrap=True, highlight_cursor_line=False)
            area.styles.scrollbar_gutter = "stable"  # else lines break by when the scrollbar came and went
            yield area
            yield KeysLine(CORRECT_KEYS, classes="keys")

    def action_save(self) -> None:
        """Close with the new caption; None if the field is empty."""
        self.dismiss(self.query_one(TextArea).text.strip() or None)


class EpisodeScreen(Confirming, ModalScreen[str | None]):
    """One memory, large. Returns "forget", "edit" or None. With `sure` it begins by asking whether to forget."""

    BINDINGS: ClassVar = [
        Binding("escape,enter,n", "dismiss(None)", "Close"),
        Binding("f,delete,y", "forget", "Forget"),
        Binding("e", "edit", "Edit"),
        Binding("z", "large", "Photo large"),
    ]

    def __init__(self, episode: Episode, sure: bool, take_back: Callable[[Mark], Awaitable[object]]) -> None:
        """`take_back` takes back a mark on the photo, "the same" or "not the same"."""
        super().__init__()
        self.episode, self.sure, self._take_back = episode, sure, take_back
        self.marks: list[Mark] = []
        """The first nine marks on the photo, as listed."""

    def compose(self) -> ComposeResult:
        """Photo, day, all that user and model said; the id, which commands take, unless it is about to be forgotten."""
        with Vertical(classes="dialog") as box:
            box.border_title = FORGET if self.sure else EPISODE
            box.set_class(self.sure, "-danger")
            with VerticalScroll():
                yield PhotoView(self.episode.photo)
                yield Static(Content.assemble((day(self.episode), "bold")))
                for turn in self.episode.turns:
                    yield Static(Content.assemble((f"{SAID_BY_ROLE[turn.role]}: ", "$foreground-muted"), turn.text))
                yield Static("", id="marks")
                if not self.sure:
                    yield Static(Content(f"id {self.episode.id}"), classes="keys")
            yield KeysLine(FORGET_KEYS if self.sure else EPISODE_KEYS, classes="keys")

    def on_mount(self) -> None:
        """Show the marks that have come before the screen."""
        super().on_mount()
        self.show_marks(self.marks)

    def show_marks(self, marks: list[Mark]) -> None:
        """List the marks on the photo, each with the key that takes it back."""
        self.marks = marks[:9]
        if self.query("#marks"):
            parts = [
                (one.line(self.episode.photo.sha256), (f"   {MARK_KEY.format(n=n)}\n", "$foreground-muted"))
                for n, one in enumerate(self.marks, 1)
            ]
            self.query_one("#marks").display = bool(self.marks)
            self.query_one("#marks", Static).update(Content.assemble(*(piece for part in parts for piece in part)))

    async def on_key(self, event: events.Key) -> None:
        """1 to 9: take back that mark."""
        if event.key.isdecimal() and 0 < int(event.key) <= len(self.marks) and not self.sure:
            event.stop()
            mark = self.marks[int(event.key) - 1]
            self.show_marks([one for one in self.marks if one != mark])
            await self._take_back(mark)

    def action_forget(self) -> None:
        """Ask whether to forget; the second time, close with "forget"."""
        if self.sure:
            self.dismiss("forget")
        else:
            self.sure = True
            self.asks()
            self.refresh(recompose=True)

    def action_large(self) -> None:
        """Show the photo on the whole screen."""
        self.app.push_screen(LargePhoto(self.episode.photo, day(self.episode)))

    def action_edit(self) -> None:
        """Close, and open the screen that edits the memory's words."""
        if not self.sure:
            self.dismiss("edit")


NARROW, LONGEST_KEY = 70, 11
"""Columns of a screen on which the help breaks its keys, and the width that it leaves them."""


class HelpScreen(ModalScreen[None]):
    """The list of keys and commands."""

    BINDINGS: ClassVar = [Binding("escape,f1,q", "dismiss(None)", "Close")]

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        """One page of keys and commands, which scrolls."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = HELP_TITLE
            with VerticalScroll():
                yield Static()
            yield KeysLine(HELP_KEYS, classes="keys")

    def on_resize(self) -> None:
        """Give the keys a column of their own; on a narrow screen one no wider than the longest command."""
        narrow = self.size.width < NARROW
        grid = Table.grid(padding=(0, 1 if narrow else 2))
        grid.add_column(max_width=LONGEST_KEY if narrow else None)
        for key, meaning in self.rows:
            grid.add_row(Text(key, "bold", no_wrap=not narrow), Text(meaning))
        self.query_one(Static).update(grid)
