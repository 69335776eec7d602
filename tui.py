"""Keepsake in the terminal: `python tui.py [--model NAME] [--memory FILE] [--encoder NAME] [--demo]`.

The app passes keys and commands to the controllers (`ui/controllers`). The memory and the model live in a background
thread (`ui/runtime/app_thread.py`), whose messages `ThreadMessages` handles.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Vertical

from assistant import offline
from assistant.backend import Backend
from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.worker.open_backend import open_backend
from demo import album
from memory.db.keys import ask_here
from memory.db.stored_conversation import StoredConversation
from memory.episode import Photo, Recall
from memory.errors import KeepsakeError, exit_with
from memory.store import Memory
from ui import arguments, help_strings, strings
from ui.controllers.answers import AnswersController
from ui.controllers.app_commands import AppCommands
from ui.controllers.history import HistoryController
from ui.controllers.imports import ImportsController
from ui.controllers.large_photos import LargePhotos
from ui.controllers.main_view import MainView
from ui.controllers.memories.memories import MemoriesController
from ui.controllers.memories.memory_actions import MemoryActions
from ui.controllers.memories.trays import TraysController
from ui.controllers.models import ModelsController
from ui.controllers.photos import PhotosController
from ui.controllers.questions import QuestionsController
from ui.controllers.remember import RememberController
from ui.controllers.tellings import TellingsController
from ui.controllers.thread_messages import ThreadMessages
from ui.demo_album import DemoAlbum
from ui.dialogs.confirming import IgnoresBursts
from ui.dialogs.episode_dialogs import HelpScreen
from ui.pictures.system_viewer import SystemViewer
from ui.plain import plain_app
from ui.runtime import settings
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import open_memory
from ui.runtime.messages import WRITING_STATES
from ui.runtime.prefetch import Prefetch
from ui.themes import DARK, LIGHT
from ui.widgets import control_char_filter
from ui.widgets.chat_log import Composer
from ui.widgets.keys_footer import KeysFooter
from ui.widgets.panels import MemoryCard, StatusLine
from ui.widgets.tour import Tour


class KeepsakeApp(IgnoresBursts, ThreadMessages, AppCommands, LargePhotos, App[None]):
    """The app: conversation, caption and recalled memories always in view, input and status below."""

    TITLE = "Keepsake"
    CSS_PATH = "tui.tcss"
    get_line_filters = control_char_filter.get_line_filters
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012 - Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar = [
        Binding("f1", "help", "Help"),
        Binding("f2,ctrl+o", "pick", "Photo"),
        Binding("f3", "remember", "Remember"),
        Binding("f4", "caption", "Caption"),
        Binding("f5", "private", "Private", show=False),
        Binding("f6", "models", "Models"),
        Binding("f7", "history", "History", show=False),
        Binding("f8", "import", "Import"),
        Binding("f9", "large", "Large", show=False),
        Binding("ctrl+t", "tray", "Tray", show=False),
        Binding("f12", "this_day", "On this day", show=False),
        Binding("ctrl+g", "details", "Figures", show=False),
        Binding("ctrl+n", "new", "New", show=False),
        Binding("ctrl+r", "again", "Again", show=False),
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(
        self,
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None = open_encoder,
        *,
        demo: bool = False,
    ) -> None:
        """`open_encoder`: None for the language model's own vision tower."""
        super().__init__()
        self.thread = AppThread(self.post_message, open_memory, open_backend, open_encoder)
        self.demo_album = DemoAlbum(self.post_message, self.thread)
        self.reader, self.demo = ThreadPoolExecutor(1, "photos"), demo
        self.photo: Photo | None = None
        """The last photo that could be read: /remember remembers it."""
        self.private = False
        """Whether the conversation is, or is about to be, private: nothing of a private conversation is stored."""
        self.viewer = SystemViewer()
        self.main_view, self.status, self.tour = MainView(), StatusLine(id="status"), Tour()
        self.footer = KeysFooter(self.useful)
        self.composer = Composer(lambda: self.photos.folders())
        view, thread, did = self.main_view, self.thread, self.tour.did
        self.models = ModelsController(self, view.note, self.switch)
        self.prefetch = Prefetch(self, thread, self.reader)
        self.photos = PhotosController(self, thread, view, self.reader, self._photo_read)
        self.memory_actions = MemoryActions(self, thread, view, did)
        self.memories = MemoriesController(self, thread, view, self.reader, self.memory_actions)
        self.remembering = RememberController(self, thread, view, self.composer.offer_again, did)
        self.questions = QuestionsController(thread, view, self.composer)
        self.imports = ImportsController(self, thread, view, self.status)
        self.telling = TellingsController(thread, view, self.composer, self.remembering, self.questions)
        self.trays = TraysController(self, thread, view, self.status)
        self.answers = AnswersController(self, thread, view, self.composer)
        self.history = HistoryController(self, thread, view, self._begin, self._resumed, self.clear_terminal)

    def compose(self) -> ComposeResult:
        """The main view, the tour's line, the input, the status line, the footer."""
        yield self.main_view
        yield self.tour
        with Vertical(id="input"):
            yield self.composer.completion
            yield self.composer
        yield self.status
        yield self.footer

    def on_mount(self) -> None:
        """Start the background thread, which opens memory and model."""
        self.register_theme(LIGHT)
        self.register_theme(DARK)
        self.theme = LIGHT.name if settings.get("theme") == "light" else DARK.name
        self.composer.focus()
        self.thread.start()

    async def on_unmount(self) -> None:
        """Stop everything in the background, however the app ends."""
        self.models.stop()
        self.reader.shutdown(wait=False, cancel_futures=True)
        self.viewer.clear()
        await asyncio.to_thread(self.thread.close)

    def on_text_area_changed(self) -> None:
        """Text changed in the input or in a dialog."""
        self.prefetch.typed(self.composer.text)

    def _photo_read(self, path: Path, photo: Photo) -> None:
        self.photo = photo
        self.tour.did("photo", path)

    def useful(self, action: str) -> bool:
        """Whether a key for this action would do something now: then the footer lists the key."""
        match action:
            case "stop":
                return self.status.state in WRITING_STATES
            case "remember":
                return self.photo is not None and not self.private
            case "caption":
                return bool(self.main_view.caption.model_text.text) and not self.main_view.caption.busy
            case "import":
                return not self.private
            case "choose('same')" | "choose('not the same')":
                card = self.focused
                new = self.photo and isinstance(card, MemoryCard) and self.photo.sha256 != card.episode.photo.sha256
                return bool(new)
        return True

    def action_help(self) -> None:
        """F1: show the keys and commands."""
        self.push_screen(HelpScreen(help_strings.HELP))

    def action_pick(self) -> None:
        """F2: choose a photo from the disk."""
        self.photos.pick()

    async def action_remember(self) -> None:
        """F3: open the dialog that remembers the photo in view."""
        await self.remembering.remember(self.photo, self.private)

    async def action_caption(self) -> None:
        """F4: let the user write the caption."""
        await self.remembering.correct()

    async def action_private(self) -> None:
        """F5: begin a private conversation, or end it."""
        self.private = not self.private
        if not self.private:
            self.composer.forget_sent()
            self.viewer.clear()
        await self._begin()

    async def action_new(self) -> None:
        """ctrl+n: begin a new conversation."""
        await self._begin()
        await self.main_view.note(strings.PRIVATE if self.private else strings.NEW, "done")

    async def _begin(self) -> None:
        self.photo = None
        self.composer.focus()  # the focus may be on a memory that is removed now
        self.thread.begin(await self.main_view.new_page(), self.private)

    async def _resumed(self, conversation: StoredConversation, recalls: list[Recall]) -> None:
        self.photo = conversation.parts[-1].photo
        self.composer.focus()
        await self.main_view.resume(conversation, recalls)

    async def action_again(self) -> None:
        """ctrl+r: write the last answer or the caption again, in other words."""
        await self.answers.run("/again", self.status.state == "idle", self.photo)

    def action_models(self) -> None:
        """F6: list the models."""
        self.models.choose(self.status.model)

    def action_history(self) -> None:
        """F7: list the kept conversations."""
        self.history.conversations()

    async def switch(self, model: str) -> None:
        """Let another model answer, in a new conversation."""
        self.photo = None
        self.composer.focus()
        self.thread.switch(await self.main_view.new_page(), partial(open_backend, model))

    async def action_quit(self) -> None:
        """Cancel writing, finish what is to be remembered, and exit; the screen stays until then."""
        self.models.stop()
        await asyncio.to_thread(self.thread.close)
        self.exit()

    def action_page(self, direction: int) -> None:
        """PgUp and PgDn: scroll the conversation by a page."""
        page = self.main_view.conversation
        (page.scroll_page_up if direction < 0 else page.scroll_page_down)()

    def action_stop(self) -> None:
        """Esc: cancel what is being written."""
        self.thread.cancel()

    async def on_memory_card_chosen(self, message: MemoryCard.Chosen) -> None:
        """A key or a click on a recalled memory."""
        if message.what in ("same", "not the same"):
            self.composer.focus()
            await self.questions.choose(message.episode, message.what == "same", self.photo)
        else:
            self.memory_actions.choose(message.episode, message.what)

    def action_cite(self, number: int) -> None:
        """/1: open the memory with that number."""
        if episode := self.main_view.numbers.memory(number):
            self.memory_actions.choose(episode, "open")

    def pop_screen(self) -> AwaitComplete:
        """Ignore a second close of the same dialog (two fast Enters): Textual would end the app over it."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete.nothing()  # type: ignore[no-untyped-call]


def main(argv: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    wanted = arguments.parse(argv)
    opened, sees = wanted.open_backend, wanted.open_encoder
    try:
        wanted.check()
        if wanted.plain:
            return plain_app.run(lambda: open_memory(wanted.memory, ask_here), opened, sees, demo=wanted.demo)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return album.play_plain(wanted.model, wanted.encoder)
    except KeepsakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    offline.watch()
    app = KeepsakeApp(lambda: open_memory(wanted.memory, app.thread.passphrase), opened, sees, demo=wanted.demo)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    exit_with(main)
