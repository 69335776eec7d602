"""What the app does with each message of the thread behind it: answers, receipts, states, troubles.

`KeepsakeApp` (`tui.py`) inherits these handlers; Textual calls them by the name of the message.
"""

from __future__ import annotations

import gc
from inspect import isawaitable
from typing import TYPE_CHECKING

from textual.widgets import Static

from assistant import offline
from assistant.events import Answered, Captioned
from memory.corrections import readable
from memory.episode import Photo
from memory.errors import KeepsakeError
from ui import strings
from ui.controllers.main_view import MainView
from ui.controllers.memories import BrowsingMemories
from ui.controllers.models import Models
from ui.controllers.photos import ShowingPhotos
from ui.controllers.remember import Remembering
from ui.dialogs.episode_dialogs import PassphraseDialog
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.strings import day
from ui.widgets.chat_log import Composer, Note
from ui.widgets.panels import StatusLine
from ui.widgets.tour import Tour

if TYPE_CHECKING:
    from textual.app import App

    Base = App[None]
else:
    Base = object


class ThreadMessages(Base):
    """Handlers for the messages of `AppThread`, on the parts that the app puts together."""

    session: AppThread
    photo: Photo | None
    demo: bool
    desk: MainView
    status: StatusLine
    tour: Tour
    composer: Composer
    models: Models
    showing: ShowingPhotos
    browsing: BrowsingMemories
    keeping: Remembering

    async def open_demo(self, off: bool = False) -> None:
        """Load the demo album, or take it out again with `off`."""
        entry = await self.desk.note(strings.DEMO_OFF if off else strings.DEMO_ON)
        (self.session.no_demo if off else self.session.demo)(entry)

    async def on_told(self, message: messages.Told) -> None:
        """An event of the conversation."""
        await self.desk.told(message, self.status.model)
        await self.keeping.heard(message, self.composer)
        if isinstance(message.event, Captioned | Answered):
            self.status.chunk = message.event.chunk

    async def on_stopped(self, message: messages.Stopped) -> None:
        """A job was cancelled before anything was written."""
        await self.desk.stopped(message)

    async def on_begun(self, message: messages.Begun) -> None:
        """A new conversation; what was said before it, and after it was asked for, stands already."""
        await self.desk.begun(message.entry, message.private)
        self.keeping.ask(False, self.composer)
        self.status.chunk, self.status.private = None, message.private

    async def on_remarked(self, message: messages.Remarked) -> None:
        """Something else that one should know."""
        await self.desk.note(message.text, message.kind)

    async def on_fetched(self, message: messages.Fetched) -> None:
        """A download goes on, or has ended."""
        self.status.fetching = await self.models.fetched(message)

    async def on_remembered(self, message: messages.Remembered) -> None:
        """Kept: say what, and under which id."""
        episode = message.episode
        said = f"Remembered, {day(episode)}: “{readable(episode.words)}”  (id {episode.id})"
        await self.desk.settle(message.entry, said)
        self.tour.did("remember")

    async def on_found(self, message: messages.Found) -> None:
        """What was asked of the memory: show it."""
        if isawaitable(showing := message.then()):
            await showing

    async def on_forgotten(self, message: messages.Forgotten) -> None:
        """The receipt; and nothing on screen shows it any more."""
        await self.desk.settle(message.entry, "\n".join(message.receipt))
        await self.desk.drop(message.ids)
        self.browsing.changed(message.receipt)
        if message.in_use and self.photo is None:
            await self.desk.memories.show((), strings.NOTHING_YET)

    async def on_demo_ready(self, message: messages.DemoReady) -> None:
        """The album is there: try a new photo, with a question ready to send."""
        await self.desk.settle(message.entry, strings.DEMO)
        await self.showing.attach(message.photo)
        self.composer.text = message.question
        self.composer.move_cursor(self.composer.document.end)

    async def on_model_ready(self, message: messages.ModelReady) -> None:
        """The model is loaded."""
        self.status.model = message.model
        if message.model == "nano":
            await self.desk.greet(Note(strings.NANO))

    async def on_counted(self, message: messages.Counted) -> None:
        """The first count decides how to greet."""
        first, self.status.episodes = self.status.episodes is None, message.episodes
        self.status.encrypted = message.encrypted
        if first:
            gc.freeze()  # what stands now stays: looking through all of it again and again would hold up keys
            text = strings.HELLO if message.episodes else strings.WELCOME
            await self.desk.greet(Static(text, markup=False, id="welcome"))
        if first and self.demo:
            await self.open_demo()

    def on_locked(self, message: messages.Locked) -> None:
        """An encrypted memory, and no key in the keychain."""
        self.push_screen(PassphraseDialog(message.question), self.session.answer)

    def on_state(self, message: messages.State) -> None:
        """What the session is doing."""
        self.status.state, self.status.uses = message.text, offline.uses()
        if message.text == "idle":
            self.session.recount()

    def on_app_focus(self) -> None:
        """Back from another window."""
        self.session.recount()

    def on_crashed(self, message: messages.Crashed) -> None:
        """A memory that cannot be used ends the app with one line; anything else is a bug and looks like one."""
        if not isinstance(message.error, KeepsakeError):
            raise message.error
        self.exit(return_code=1, message=str(message.error))
