"""A photo on the whole screen; from here the system's own viewer can be asked to open it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from memory.episode import Photo
from ui.dialog_strings import CAREFUL, LARGE_KEYS
from ui.widgets.photo_view import PhotoView

LINES = 3
"""The most lines below the photo (tui.tcss)."""


class LargePhoto(ModalScreen[None]):
    """One photo, as large as the screen allows, with a line of words below."""

    BINDINGS: ClassVar = [
        Binding("escape,enter,z,q,f9", "dismiss(None)", "Close"),
        Binding("o", "original", "Open in the system's viewer"),
    ]

    class Original(Message):
        """The user wants the photo in the system's viewer; `sure`: after having read what that means."""

        def __init__(self, screen: LargePhoto, sure: bool) -> None:
            super().__init__()
            self.screen, self.sure = screen, sure

    def __init__(self, photo: Photo, words: str = "") -> None:
        super().__init__()
        self.photo, self.words = photo, words
        self._asked, self._said = False, LARGE_KEYS

    def compose(self) -> ComposeResult:
        """The photo, then one line: the words and the keys."""
        yield PhotoView(self.photo, classes="large")
        yield Static(id="large-words")

    def on_resize(self) -> None:
        """Say what is in view, as much of it as there is room for."""
        self.say(self._said)

    def say(self, text: str) -> None:
        """Show a line below the photo, after its own words."""
        self._said, words = text, " ".join(self.words.split())
        room = max(10, LINES * (self.app.size.width - 2) - len(text) - 15)  # where words wrap, up to 15 cells are lost
        words = f"{words if len(words) <= room else f'{words[:room]}…'}   " if words else ""
        line = Content.assemble((words, "$foreground"), (text, "$text-muted"))
        self.query_one("#large-words", Static).update(line)

    def ask(self, about: str) -> None:
        """Say what opening the photo elsewhere means ("private", "encrypted"); the next o does it."""
        self._asked, self.words = True, ""
        self.say(CAREFUL[about])

    def action_original(self) -> None:
        """Ask the app to open the photo in the system's viewer."""
        self.post_message(self.Original(self, self._asked))
