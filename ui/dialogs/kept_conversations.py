"""Dialogs for stored conversations: the list, and one conversation. They decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from memory.db.stored_conversation import Part, StoredConversation, Title
from ui.dialog_strings import (
    CONVERSATION,
    CONVERSATION_DELETE,
    CONVERSATION_DELETE_KEYS,
    CONVERSATION_KEYS,
    HISTORY,
    HISTORY_EMPTY,
    HISTORY_KEYS,
    HISTORY_NO_KEYS,
    HISTORY_NONE,
    HISTORY_SEARCH,
)
from ui.dialogs.confirming import Confirming
from ui.dialogs.editing import TAB
from ui.strings import CAPTIONED, MARKS, NO_WORDS_SAID, PHOTO, REMEMBERED_THEN
from ui.widgets.chat_log import Note, PhotoEntry, UserText
from ui.widgets.keys_line import KeysLine
from ui.widgets.model_text import ModelText
from ui.widgets.text_fields import LineField


def entries(part: Part) -> Iterator[Widget]:
    """The widgets that show a stored part of a conversation as it looked when it was open."""
    if part.photo:
        yield PhotoEntry(Path(PHOTO), part.photo)
    for line in part.lines:
        mark = MARKS.get(line.mark, "")
        match line.kind:
            case "question":
                yield UserText(line.text)
            case "answer":
                yield ModelText(waiting=f"{line.text} *{mark}*".strip() if mark else line.text)
            case "remembered":
                yield Note(REMEMBERED_THEN.format(words=line.text), "done")
            case _:
                yield Note(f"{CAPTIONED[line.kind]}: {line.text} {mark}".strip())


class HistoryScreen(ModalScreen[None]):
    """Stored conversations, newest first. Enter opens a conversation; Enter in the input searches."""

    BINDINGS: ClassVar = [Binding("escape,f7", "dismiss(None)", "Close"), TAB]

    def __init__(self, search: Callable[[str], object], open_conversation: Callable[[str], object]) -> None:
        super().__init__()
        self._search, self._open = search, open_conversation

    def compose(self) -> ComposeResult:
        """The search field above the list."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = HISTORY
            yield LineField(placeholder=HISTORY_SEARCH, id="search")
            yield OptionList()
            yield KeysLine(HISTORY_KEYS, classes="keys")

    def show(self, titles: Sequence[Title], words: str) -> None:
        """List these conversations, found by `words` ("": all)."""
        self.query_one("#search", Input).value = words
        options = self.query_one(OptionList)
        options.clear_options()
        self.query_one(KeysLine).text = HISTORY_KEYS if titles else HISTORY_NO_KEYS
        options.add_options(Option(_title(title), id=title.id) for title in titles)
        if titles:
            options.highlighted = 0
            options.focus()
        else:
            options.add_option(Option(Content(HISTORY_NONE if words else HISTORY_EMPTY), disabled=True))
            self.query_one("#search").focus()

    def drop(self, id: str) -> None:
        """Take a deleted conversation out of the list."""
        options = self.query_one(OptionList)
        if any(option.id == id for option in options.options):
            options.remove_option(id)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the search field filters the list."""
        self._search(event.value)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a conversation opens that conversation."""
        if event.option_id:
            self._open(event.option_id)


class ConversationScreen(Confirming, ModalScreen[str | None]):
    """One conversation, to read. Returns "continue", "delete", "export" or None."""

    BINDINGS: ClassVar = [
        Binding("escape,n", "leave", "Close"),
        Binding("enter,c", "choose('continue')", "Continue"),
        Binding("e", "choose('export')", "Export"),
        Binding("d,delete", "ask", "Delete"),
        Binding("y", "sure", "Yes"),
    ]

    def __init__(self, conversation: StoredConversation) -> None:
        super().__init__()
        self.conversation, self.asking = conversation, False

    def compose(self) -> ComposeResult:
        """The whole conversation; the arrow keys scroll."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = CONVERSATION.format(when=self.conversation.parts[0].when)
            with VerticalScroll() as scroll:
                scroll.can_focus = True
                for part in self.conversation.parts:
                    yield from entries(part)
            yield KeysLine(CONVERSATION_KEYS, classes="keys")

    def on_mount(self) -> None:
        """The keys scroll at once."""
        self.query_one(VerticalScroll).focus()

    def action_choose(self, what: str) -> None:
        """Close with this choice, unless a question is open."""
        if not self.asking:
            self.dismiss(what)

    def action_ask(self) -> None:
        """Ask whether the conversation is really to be deleted."""
        self._ask(True)

    def action_sure(self) -> None:
        """Delete the conversation: the user was asked and said yes."""
        if self.asking:
            self.dismiss("delete")

    def action_leave(self) -> None:
        """Leave the question whether to delete, or close the dialog."""
        if self.asking:
            self._ask(False)
        else:
            self.dismiss(None)

    def _ask(self, asking: bool) -> None:
        self.asking = asking
        self.asks()
        box = self.query_one(".dialog")
        box.set_class(asking, "-danger")
        box.border_title = CONVERSATION_DELETE if asking else CONVERSATION.format(when=self.conversation.parts[0].when)
        self.query_one(KeysLine).text = CONVERSATION_DELETE_KEYS if asking else CONVERSATION_KEYS


def _title(title: Title) -> Content:
    photos = "▣ " * min(title.photos, 5)
    return Content.assemble(
        (f"{title.when.astimezone():%d %b %Y %H:%M}  ", "$foreground-muted"), (photos, "$primary"),
        title.text or NO_WORDS_SAID,
    )  # fmt: skip
