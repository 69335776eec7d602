"""Lists of what the user has said and may take back, each with a key that ends one: reminders, and marks on photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from memory.days import day_words
from memory.instructions import Reminder
from memory.maintenance.marks import Mark
from ui.dialog_strings import (
    CLOSE_KEYS,
    MARK_NOT,
    MARK_SAME,
    MARKS,
    MARKS_KEYS,
    REMINDER_ABOUT,
    REMINDERS,
    REMINDERS_EMPTY,
    REMINDERS_KEYS,
)
from ui.dialogs.confirming import Confirming
from ui.telling_strings import MARKS_NONE
from ui.widgets.keys_line import KeysLine


class EndingList(Confirming, ModalScreen[None]):
    """Lines, the newest first; `e` ends the highlighted one."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "Close"), Binding("e,delete", "end", "End")]
    heads: ClassVar[tuple[str, str, str]]
    """What stands above the list, in its place when it is empty, and below it: its keys."""

    def __init__(self, lines: dict[str, Content], end: Callable[[str], object]) -> None:
        """`lines`: each with the id that `end` takes."""
        super().__init__()
        self.lines, self._end = lines, end

    def compose(self) -> ComposeResult:
        """The list, or the line that says that it is empty."""
        title, empty, keys = self.heads
        with Vertical(classes="dialog -large") as box:
            box.border_title = title
            yield OptionList(*(Option(line, id=id) for id, line in self.lines.items()))
            yield Static(empty, classes="hint")
            yield KeysLine(keys, classes="keys")

    def on_mount(self) -> None:
        """Focus the list, so that the keys work at once."""
        self._settle()
        self.query_one(OptionList).focus()

    def action_end(self) -> None:
        """End what is highlighted: it leaves the list."""
        options = self.query_one(OptionList)
        option = options.highlighted_option
        if option is not None and option.id:
            options.remove_option(option.id)
            del self.lines[option.id]
            self._end(option.id)
            self._settle()

    def _settle(self) -> None:
        self.query_one(OptionList).display = bool(self.lines)
        self.query_one(".hint").display = not self.lines
        self.query_one(KeysLine).text = self.heads[2] if self.lines else CLOSE_KEYS


class RemindersScreen(EndingList):
    """Standing reminders, each with whom or what it is about and the sentence in which the user gave it."""

    heads = REMINDERS, REMINDERS_EMPTY, REMINDERS_KEYS

    def __init__(self, reminders: Sequence[tuple[Reminder, str]], end: Callable[[Reminder], object]) -> None:
        """`reminders`: each with a name, or "" where its sentence says whom it is about."""
        by_id = {one.id: one for one, _ in reminders}
        super().__init__({one.id: _reminder(one, about) for one, about in reminders}, lambda id: end(by_id[id]))


class MarksScreen(EndingList):
    """The pairs of photos of which the user said that they show the same, or not."""

    heads = MARKS, MARKS_NONE, MARKS_KEYS

    def __init__(self, marks: Sequence[Mark], take_back: Callable[[str], object]) -> None:
        super().__init__({one.id: _mark(one) for one in marks}, take_back)


def _mark(one: Mark) -> Content:
    sides = "\n".join(f"· {side}" for side in one.sides)
    return Content.assemble((MARK_SAME if one.same else MARK_NOT, "bold"), "\n", (sides, "$foreground-muted"))


def _reminder(one: Reminder, about: str) -> Content:
    task = REMINDER_ABOUT.format(task=one.task, about=about) if about else one.task
    sentence = f"{day_words(one.day)}: “{one.words}”"
    return Content.assemble((task, "bold"), "\n", (sentence, "$foreground-muted"))
