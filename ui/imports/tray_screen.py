"""The tray on screen: one photo large, its group and the others small, and a line for the words.

It shows what it is given and calls what it was given; `controllers/trays.py` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from memory.episode import Episode
from ui.dialogs.editing import Editing
from ui.imports import tray_strings as strings
from ui.input_parser import read
from ui.widgets.keys_line import KeysLine, without
from ui.widgets.photo_view import PhotoView
from ui.widgets.text_fields import LineField

SMALL = 5
"""Small pictures beside the large one: the next ones."""


class TrayScreen(Editing, Screen[None]):
    """Ten photos without words, one after the other."""

    BINDINGS: ClassVar = [
        Binding("escape", "abandon", "Close"),
        # With priority: the input has uses of its own for these keys, that nobody misses here.
        Binding("ctrl+g", "group", "The whole group", priority=True),
        Binding("ctrl+x", "leave", "Not interesting", priority=True),
        Binding("ctrl+z", "undo", "Undo", priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(
        self,
        tell: Callable[[Sequence[Episode], str], object],
        leave: Callable[[Episode], object],
        skip: Callable[[Episode], object],
        undo: Callable[[], object],
        elsewhere: Callable[[list[Path]], object],
        undoable: Callable[[], bool],
    ) -> None:
        """Callbacks: `tell` keeps words for photos, `leave` never asks about one again, `skip` asks later, `undo`;
        `elsewhere` shows or imports what was pasted by its path, when the tray is closed; `undoable`: whether there is
        something to take back."""
        super().__init__()
        self._tell, self._leave, self._skip, self._undo, self._elsewhere = tell, leave, skip, undo, elsewhere
        self._undoable = undoable
        self._asked = ""
        """The path about which was said that it is none of this photo's words: Enter again takes it."""
        self.groups: list[list[Episode]] = []
        self.at = 0
        """Which photo of all that are shown."""

    def compose(self) -> ComposeResult:
        """The photo, the next ones, the words."""
        with Vertical(id="tray") as box:
            box.border_title = strings.TRAY
            yield Static("", id="tray-title")
            with Horizontal():
                yield PhotoView(classes="large")
                with Vertical(id="tray-next"):
                    for _ in range(SMALL):
                        yield PhotoView(classes="next")
            yield Static("", id="tray-said")
            yield LineField(placeholder=strings.TRAY_WORDS, id="tray-words")
        yield KeysLine(id="tray-keys")

    def on_mount(self) -> None:
        """The words are typed at once."""
        self.query_one("#tray-words").focus()

    def on_resize(self, event: events.Resize) -> None:
        """As many of the next photos as there is room for, so that each can be recognised."""
        for n, view in enumerate(self.query(".next").results(PhotoView)):
            view.display = n < max(1, (event.size.height - 9) // 6)
        roomy = event.size.width >= 60
        self.query_one("#tray-words", Input).placeholder = strings.TRAY_WORDS if roomy else strings.TRAY_WORDS_SHORT

    @property
    def photos(self) -> list[Episode]:
        """All photos that are shown, group after group."""
        return [episode for group in self.groups for episode in group]

    @property
    def group(self) -> list[Episode]:
        """The group of the photo in view."""
        episode = self.photos[self.at]
        return next(group for group in self.groups if episode in group)

    def show(self, groups: list[list[Episode]], waiting: int, said: str = "") -> None:
        """Show these photos, the first of them large; `waiting`: how many wait in all; `said`: what was done."""
        self.groups, self.at = groups, 0
        self.count(waiting)
        self.say(said)
        self._draw()

    def count(self, waiting: int) -> None:
        """Show how many photos wait in all."""
        self.query_one("#tray").border_subtitle = strings.waiting(waiting)

    def say(self, text: str) -> None:
        """Show a line above the words: what was done."""
        self.query_one("#tray-said", Static).update(Content(text))
        self._list_keys()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter: keep the words for this photo; without words, skip it."""
        event.stop()
        if not self.photos or self._no_words(event.value.strip()):
            return
        episode = self.photos[self.at]
        if words := event.value.strip():
            self._done([episode], lambda: self._tell([episode], words))
        else:
            self._done([episode], lambda: self._skip(episode))

    def _no_words(self, text: str) -> bool:
        """Whether `text` is a path or a command, as pasted or typed by habit: nothing is kept of it."""
        typed = read(text)
        if typed.command:
            self.say(strings.TRAY_COMMAND.format(command=typed.command))
            return True
        if not typed.photos or typed.question:
            return False
        if text == self._asked:
            self.dismiss(None)
            self._elsewhere(typed.photos)
        else:
            self._asked = text
            self.say(strings.a_path(typed.photos))
        return True

    def action_group(self) -> None:
        """ctrl+g: keep the words for the whole group."""
        words = self.query_one("#tray-words", Input).value.strip()
        if self.photos and words and not self._no_words(words):
            group = list(self.group)
            self._done(group, lambda: self._tell(group, words))

    def action_leave(self) -> None:
        """ctrl+x: never ask about this photo again."""
        if self.photos:
            episode = self.photos[self.at]
            self._done([episode], lambda: self._leave(episode))

    def action_undo(self) -> None:
        """ctrl+z: take back the last change."""
        self._undo()

    def action_move(self, step: int) -> None:
        """↑ ↓: another one of the photos that are shown."""
        if self.photos:
            self.at = (self.at + step) % len(self.photos)
            self._draw()

    def _done(self, episodes: Sequence[Episode], do: Callable[[], object]) -> None:
        """Take these photos off the screen at once, so that the next words are about the next photo."""
        self.query_one("#tray-words", Input).value = ""
        self.groups = [rest for group in self.groups if (rest := [one for one in group if one not in episodes])]
        self.at = min(self.at, max(0, len(self.photos) - 1))
        self._draw()
        do()

    def _list_keys(self) -> None:
        """List the keys that do something now."""
        keys = strings.TRAY_GROUP_KEYS if self.photos and len(self.group) > 1 else strings.TRAY_KEYS
        self.query_one(KeysLine).text = keys if self._undoable() else without(keys, strings.TRAY_UNDO_KEY)

    def _draw(self) -> None:
        photos = self.photos
        title, episode = "", photos[self.at] if photos else None
        if episode:
            alike = len(self.group)
            about = strings.TRAY_ALIKE.format(n=alike) if alike > 1 else ""
            title = "\n".join(filter(None, [strings.title(episode, self.at + 1, len(photos)), about]))
        self.query_one("#tray-title", Static).update(Content(title))
        self._list_keys()
        self.query_one(".large", PhotoView).photo = episode.photo if episode else None
        following = [*photos[self.at + 1 :], *photos[: self.at]]
        for n, view in enumerate(self.query(".next").results(PhotoView)):
            view.photo = following[n].photo if n < len(following) else None
            view.set_class(bool(episode) and n < len(following) and following[n] in self.group, "-alike")
