"""The screen in which the words, the day and the place of a memory are edited."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static, TextArea

from memory.days import DAY_UNKNOWN, LONGEST_DAY, UNKNOWN
from memory.episode import Episode, Turn
from memory.relative_days import told_of_edit
from memory.times.typed_day import typed_day
from ui.dialog_strings import EDIT, EDIT_EMPTY, EDIT_KEYS, PLACE
from ui.dialogs.editing import TAB, Editing
from ui.widgets.keys_line import KeysLine
from ui.widgets.photo_view import PhotoView
from ui.widgets.text_fields import LineField, TextField


class EditScreen(Editing, ModalScreen[Episode | None]):
    """Edit the words, day and place of a memory. Returns the new memory; None: unchanged."""

    BINDINGS: ClassVar = [Binding("escape", "abandon", "Close"), Binding("ctrl+s,f4", "save", "Save"), TAB]

    def __init__(self, episode: Episode) -> None:
        super().__init__()
        self.episode = episode

    def compose(self) -> ComposeResult:
        """A field for each sentence of the user, an empty one where there is none; replies cannot be edited."""
        with Vertical(classes="dialog") as box:
            box.border_title = EDIT
            with Horizontal():
                yield PhotoView(self.episode.photo, classes="thumb")
                with VerticalScroll(classes="turns", can_focus=False):
                    for turn in self.episode.turns:
                        if turn.role == "user":
                            field = TextField(turn.text, soft_wrap=True, highlight_cursor_line=False, compact=True)
                            field.move_cursor(field.document.end)  # most have something to add
                            yield field
                        else:
                            yield Static(Content(turn.text), classes="hint")
                    if not any(turn.role == "user" for turn in self.episode.turns):
                        yield TextField(soft_wrap=True, highlight_cursor_line=False, compact=True)
            with Horizontal(classes="fields"):
                yield LineField(_typed(self.episode.day), placeholder=DAY_UNKNOWN, id="date", max_length=LONGEST_DAY)
                yield LineField(self.episode.place or "", placeholder=PLACE, id="place")
            yield Label("", id="problem")
            yield KeysLine(EDIT_KEYS, classes="keys")

    def on_input_submitted(self) -> None:
        """Enter in the field of day or place saves."""
        self.action_save()

    def action_save(self) -> None:
        """Close with the new memory, unless a field is wrong."""
        texts = [area.text.strip() for area in self.query(TextArea)]
        place = self.query_one("#place", Input).value.strip()
        text = self.query_one("#date", Input).value.strip()
        if not any(texts):
            return self._complain("TextArea", EDIT_EMPTY)
        old = self.episode
        when, local = old.when, old.day
        try:
            if text != _typed(old.day):
                given = typed_day(text)
                when = (old.told or old.when) if given == UNKNOWN else given
                local = None if given == UNKNOWN else given.date()
        except ValueError as error:
            return self._complain("#date", str(error))
        fields = iter(texts)
        turns = [Turn("user", next(fields)) if turn.role == "user" else turn for turn in self.episode.turns]
        turns += [Turn("user", words) for words in fields]  # a photo of which nothing was said yet
        said = tuple(turn for turn in turns if turn.text)
        told = told_of_edit(old, "\n".join(turn.text for turn in said if turn.role == "user"))
        new = Episode(old.photo, said, when, place or None, 0, local, told)
        self.dismiss(None if new.id == self.episode.id else new)

    def _complain(self, field: str, problem: str) -> None:
        self.query_one("#problem", Label).update(Content(problem))
        self.query_one("#problem").display = True
        self.add_class("-wrong")  # on a small screen it takes lines from the words
        self.query(field).first().focus()


def _typed(day: date | None) -> str:
    """A day as it stands in a field; empty when it is unknown."""
    return day.isoformat() if day else ""
