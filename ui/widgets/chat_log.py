"""The entries of a conversation on screen (photos, the user's words, the model's text, notes), and the input.

The widgets show what they are given. They ask nobody and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static, TextArea

from assistant.dialogue.line_decision import REPLIES
from memory.episode import Photo
from ui.import_paths import import_source
from ui.input_parser import LONGEST_TEXT, Typed, photo_paths, read
from ui.strings import COMPOSER
from ui.widgets.completion import Completion, Mention, mention, written
from ui.widgets.photo_view import PhotoView
from ui.widgets.text_fields import TextField

Kind = Literal["info", "warning", "done", "reminder", "question"]
PAUSE = 0.4
"""Seconds for which y or n has to stand alone in the input to be an answer: it may be the beginning of a sentence."""


class UserText(Static):
    """A question or sentence of the user."""

    def __init__(self, text: str) -> None:
        super().__init__(Content(text))
        self.text = text


class Note(Static):
    """A note from the app itself."""

    def __init__(self, text: str, kind: Kind = "info") -> None:
        super().__init__(Content(text), classes=f"-{kind}")

    def change(self, text: str, kind: Kind) -> None:
        """Replace the note's text and kind."""
        self.update(Content(text))
        self.set_classes(f"-{kind}")


class PhotoEntry(Vertical):
    """A photo that the user showed, with its file name. The current one stands beside the conversation, not here."""

    def __init__(self, path: Path, photo: Photo | None = None) -> None:
        super().__init__()
        self.path = path
        self._title, self._view = Static(Content(f"▣ {path.name}"), classes="name"), PhotoView(classes="thumb")
        if photo:
            self.show(photo)

    def compose(self) -> ComposeResult:
        """The file name above the photo."""
        yield self._title
        yield self._view

    def show(self, photo: Photo) -> None:
        """Show the photo, once its file has been read."""
        taken = f"  ·  {photo.taken_at.day} {photo.taken_at:%B %Y}" if photo.taken_at else ""
        self._title.update(Content(f"▣ {self.path.name}  ·  {photo.width} × {photo.height}{taken}"))
        self._view.photo = photo


class Composer(TextField, inherit_bindings=False):
    """The input. Enter sends, Shift+Enter or ctrl+j begins a line, @ completes paths, ↑ brings back what was sent.

    The path of a photo, typed, pasted or dropped, is sent as a photo.
    """

    BINDINGS: ClassVar = [
        *(
            binding
            for binding in TextArea.BINDINGS
            if isinstance(binding, Binding) and binding.key not in ("f6", "f7", "pageup", "pagedown")
        ),
        Binding("shift+enter,ctrl+j", "new_line", "New line", show=False),
        Binding("pageup", "app.page(-1)", "Scroll up", show=False),
        Binding("pagedown", "app.page(1)", "Scroll down", show=False),
    ]

    class Photos(Message):
        """Photos were named, pasted or dropped on the terminal."""

        def __init__(self, paths: list[Path]) -> None:
            super().__init__()
            self.paths = paths

    class Command(Message):
        """ "/NAME" or "/NAME REST"."""

        def __init__(self, name: str, rest: str) -> None:
            super().__init__()
            self.name, self.rest = name, rest

    class Question(Message):
        """A line that is neither a photo nor a command: a question, or words about the photo."""

        def __init__(self, question: str) -> None:
            super().__init__()
            self.question = question

    class TooLong(Message):
        """A text was pasted, or was to be sent, that is too long to be read."""

        def __init__(self, characters: int) -> None:
            super().__init__()
            self.characters = characters

    class Replied(Message):
        """The question that stands in the empty input was answered, yes or no."""

        def __init__(self, yes: bool) -> None:
            super().__init__()
            self.yes = yes

    def __init__(self, folders: Callable[[], Sequence[Path]]) -> None:
        """`folders` returns the folders in which a name after an @ is searched."""
        super().__init__(
            id="composer",
            compact=True,
            soft_wrap=True,
            highlight_cursor_line=False,
            placeholder=COMPOSER,
        )
        self.completion = Completion(folders)
        """The list that completes a path after an @; it stands above the input."""
        self.sent: list[str] = []
        """Texts that were sent, oldest first, for ↑; in memory only."""
        self._at = 0
        """Index in `sent` of the text in the input; `len(sent)`: none of them."""
        self.replies: dict[str, bool] = {}
        """What answers the question that stands in the empty input, alone in the line; empty: there is none."""
        self._question = ""

    def ask(self, question: str, replies: dict[str, bool] = REPLIES) -> None:
        """Show a question in the empty input, and take these replies to it; "": there is none any more."""
        self.replies = replies if question else {}
        if question or str(self.placeholder) == self._question:
            self.placeholder = question or COMPOSER
        self._question = question

    def _reply(self, key: str = "", question: str | None = None) -> bool:
        """Post the answer if the input holds nothing else. Returns whether it did.

        `key`: only if it is nothing but that key; `question`: only if that is still the question.
        """
        text = self.text.strip().lower()
        if question in (None, self._question) and text in self.replies and key in ("", text):
            reply = self.replies[text]
            self.clear()
            self.post_message(self.Replied(reply))
            return True
        return False

    def action_send(self) -> None:
        """Post the text as photos, a command or a question, and empty the input."""
        if self._reply():
            return
        source = import_source(self.text)
        typed = Typed([source]) if source else read(self.text)
        if typed.too_long:  # it stays in the input, to be shortened
            self.post_message(self.TooLong(typed.too_long))
            return
        self.offer_again(self.text.strip())
        self.clear()
        if typed.command:
            self.post_message(self.Command(typed.command, typed.rest))
        if typed.photos:
            self.post_message(self.Photos(typed.photos))
        if typed.question:
            self.post_message(self.Question(typed.question))

    def action_new_line(self) -> None:
        """Insert a line break at the cursor."""
        self.insert("\n")

    def take(self) -> None:
        """Take the highlighted completion: show a photo, or insert the path of a folder."""
        if (chosen := self.completion.chosen) is None:
            return
        (at, typed), entry = chosen
        text, end = written(typed, entry) if entry.folder else "", self.cursor_location
        if not text and at[1] and self.document.get_line(end[0])[end[1] : end[1] + 1] == " ":
            end = (end[0], end[1] + 1)  # do not leave two spaces
        self.move_cursor(self.replace(text, at, end).end_location)
        if not entry.folder:
            self.post_message(self.Photos([entry.path]))

    def offer_again(self, text: str) -> None:
        """Add a text to those that ↑ brings back."""
        if text and self.sent[-1:] != [text]:
            self.sent.append(text)
        self._at = len(self.sent)

    def _again(self, step: int) -> bool:
        """Show the text that was sent before (-1) or after (1), unless the input was edited. Returns whether it did."""
        before, at = [*self.sent, ""], self._at + step
        end = 0 if step < 0 else self.document.line_count - 1
        if not 0 <= at < len(before) or self.text != before[self._at] or self.cursor_location[0] != end:
            return False
        self._at, self.text = at, before[at]
        self.move_cursor(self.document.end)
        return True

    def forget_sent(self) -> None:
        """Drop all texts that were sent."""
        self.sent.clear()
        self._at = 0

    def on_text_area_selection_changed(self) -> None:
        """Text or cursor changed: update the completions."""
        self.completion.offer(self._mention)

    def on_blur(self) -> None:
        """Focus left the input: close the completions."""
        self.completion.offer(None)

    @property
    def _mention(self) -> Mention | None:
        """The path after an @ that ends at the cursor; None when there is none."""
        (row, column), line = self.cursor_location, self.document.get_line(self.cursor_location[0])
        return mention(line[:column], row) if not line[column : column + 1].strip() else None

    async def _on_key(self, event: events.Key) -> None:
        # Not by priority bindings: those would overtake letters typed just before.
        key, listed = event.key, self.completion
        if not self.text and (letter := (event.character or "").lower()) in self.replies:
            self.set_timer(PAUSE if len(self.replies) > 2 else 2 * PAUSE, partial(self._reply, letter, self._question))
        if key in ("up", "down", "escape", "tab", "enter") and listed.offer(self._mention):
            event.prevent_default()
            event.stop()
            if key in ("tab", "enter"):
                self.take()
            else:
                {"up": listed.action_cursor_up, "down": listed.action_cursor_down, "escape": listed.leave}[key]()
        elif key == "enter":
            event.prevent_default()
            event.stop()
            self.action_send()
        elif key in ("up", "down") and self._again(-1 if key == "up" else 1):
            event.prevent_default()
            event.stop()

    async def _on_paste(self, event: events.Paste) -> None:
        source = import_source(event.text)
        if paths := [source] if source else photo_paths(event.text):
            event.prevent_default()
            event.stop()
            self.post_message(self.Photos(paths))
        elif len(event.text) > LONGEST_TEXT:
            event.prevent_default()
            event.stop()
            self.post_message(self.TooLong(len(event.text)))
