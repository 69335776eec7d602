"""What the app does with each message of the background thread: answers, receipts, states, errors.

`KeepsakeApp` (`tui.py`) inherits these handlers; Textual calls a handler by the name of its message.
"""

from __future__ import annotations

import gc
from inspect import isawaitable
from typing import TYPE_CHECKING

from textual.widgets import Static

from assistant import offline
from assistant.conversation.events import Answered, Captioned
from memory.episode import Photo
from memory.errors import KeepsakeError
from ui import strings, telling_strings
from ui.controllers.imports import ImportsController
from ui.controllers.main_view import MainView
from ui.controllers.memories.memories import MemoriesController
from ui.controllers.memories.trays import TraysController
from ui.controllers.models import ModelsController
from ui.controllers.photos import PhotosController
from ui.controllers.questions import QuestionsController
from ui.controllers.remember import RememberController
from ui.controllers.start_page import StartPage
from ui.controllers.tellings import TellingsController
from ui.demo_album import DemoAlbum
from ui.dialogs.episode_dialogs import PassphraseDialog
from ui.imports.folder_watch import WatchNews
from ui.imports.import_thread import ImportReport
from ui.pictures.system_viewer import SystemViewer
from ui.recall_strings import day, denied
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import Composer, Note
from ui.widgets.keys_footer import KeysFooter
from ui.widgets.panels import StatusLine
from ui.widgets.tour import Tour

if TYPE_CHECKING:
    from textual.app import App

    Base = App[None]
else:
    Base = object


class ThreadMessages(Base):
    """Handlers for the messages of `AppThread`, on the parts that the app puts together."""

    thread: AppThread
    photo: Photo | None
    private: bool
    demo_album: DemoAlbum
    demo: bool
    main_view: MainView
    status: StatusLine
    tour: Tour
    composer: Composer
    models: ModelsController
    photos: PhotosController
    memories: MemoriesController
    remembering: RememberController
    questions: QuestionsController
    imports: ImportsController
    viewer: SystemViewer
    footer: KeysFooter
    telling: TellingsController
    trays: TraysController

    if TYPE_CHECKING:

        def clear_terminal(self) -> None:
            """`LargePhotos` defines this."""

    async def open_demo(self, off: bool = False) -> None:
        """Open the demo album in a memory of its own, or with `off` go back to the user's own memory."""
        if off and not self.status.demo:
            self.demo_album.forget_old(await self.main_view.note(strings.DEMO_OFF))
        elif self.private:
            await self.main_view.note(strings.PRIVATE_NO, "warning")
        else:
            self.photo = None
            self.composer.focus()
            before = await self.main_view.new_page()
            (self.demo_album.leave if off else self.demo_album.open)(before)
            if off:
                self.photos.leave_demo()
                self.tour.did("leave")

    async def on_conversation_event(self, message: messages.ConversationEvent) -> None:
        """Show an event of the conversation; the last ones come while the app closes, when nothing can be shown."""
        if not self.main_view.is_attached:
            return
        await self.main_view.handle_event(message, self.status.model)
        await self.remembering.handle_event(message, self.composer)
        if await self.questions.handle_event(message):
            await self.remembering.ask_who(self.composer)
        if isinstance(message.event, Captioned | Answered):
            self.status.chunk = message.event.chunk

    async def on_cancelled(self, message: messages.Cancelled) -> None:
        """Mark the text of a cancelled job as stopped."""
        await self.main_view.cancelled(message)

    async def on_conversation_started(self, message: messages.ConversationStarted) -> None:
        """Clear what belongs to the conversation before; entries since then stay."""
        await self.main_view.conversation_started(message.entry, message.private)
        self.remembering.ask(False, self.composer)
        await self.telling.drop()
        await self.questions.end()
        self.clear_terminal()
        self.status.chunk, self.status.private = None, message.private

    async def on_notice(self, message: messages.Notice) -> None:
        """Show a notice that belongs to no entry."""
        await self.main_view.note(message.text, message.kind)

    async def on_download_progress(self, message: messages.DownloadProgress) -> None:
        """Show how far a download is, or that it has ended."""
        self.status.fetching = await self.models.fetched(message)

    async def on_episode_remembered(self, message: messages.EpisodeRemembered) -> None:
        """Say what was remembered, and under which id."""
        episode = message.episode
        text = telling_strings.TOLD.format(day=day(episode), words=episode.words, id=episode.id)
        if message.denied:
            text = telling_strings.TOLD_NOT.format(told=text, denied=denied(message.denied))
        await self.main_view.settle(message.entry, text + telling_strings.TOLD_UNDO)
        self.tour.did("remember")

    async def on_recall_answered(self, message: messages.RecallAnswered) -> None:
        """Show what an answer of the user changed."""
        await self.questions.answered(message)

    def on_photos_encoded(self, message: messages.PhotosEncoded) -> None:
        """Show how many of the photos that this encoder had not seen are seen by now."""
        left = message.done < message.total
        self.status.encoding = strings.ENCODING_AGAIN.format(done=message.done, total=message.total) if left else ""

    async def on_import_report(self, message: ImportReport) -> None:
        """Show how far an import is."""
        await self.imports.show(message.report)

    async def on_watch_news(self, message: WatchNews) -> None:
        """Say what the watched folder brought."""
        await self.imports.show_news(message)

    async def on_query_result(self, message: messages.QueryResult) -> None:
        """Show the result of a query of the memory."""
        if isawaitable(showing := message.then()):
            await showing

    async def on_episodes_changed(self, message: messages.EpisodesChanged) -> None:
        """Show the receipt, and remove the changed memories from the screen, and what a viewer was given."""
        self.viewer.clear()
        await self.main_view.settle(message.entry, "\n".join(message.receipt))
        await self.main_view.drop(message.ids)
        self.memories.changed(message.receipt, message.there)
        self.memories.details = message.details or self.memories.details
        if message.in_use and self.photo is None:
            await self.main_view.memories.show((), strings.NOTHING_YET)
        self.clear_terminal()

    async def on_demo_ready(self, message: messages.DemoReady) -> None:
        """Show a new photo of the demo, with a question ready to send."""
        await self.main_view.settle(message.entry, strings.DEMO)
        await self.photos.attach(message.photo)
        self.composer.text = message.question
        self.composer.move_cursor(self.composer.document.end)

    async def on_model_ready(self, message: messages.ModelReady) -> None:
        """Show the name of the loaded model."""
        self.status.model = message.model
        if message.may_say == "told":
            await self.main_view.greet(Note(strings.SEES_LITTLE))

    async def on_memory_counted(self, message: messages.MemoryCounted) -> None:
        """Show the number of memories; the first count decides how to greet."""
        first, self.status.episodes = self.status.episodes is None, message.episodes
        self.status.encrypted = message.encrypted
        left, self.status.demo = self.status.demo and not message.demo, message.demo
        if left:
            await self.main_view.note(strings.DEMO_OVER, "done")
        self.trays.count()
        self.memories.relist_keys()
        if first:
            gc.freeze()  # the widgets made so far stay: no collection of garbage need look at them while keys wait
            text = strings.HELLO if message.episodes else strings.WELCOME
            await self.main_view.greet(Static(text, markup=False, id="welcome"))
            StartPage(self.thread, self.main_view).show()
            await self.imports.greet()
        if first and self.demo:
            self.demo_album.open(None)

    def on_passphrase_needed(self, message: messages.PassphraseNeeded) -> None:
        """Ask for the passphrase of an encrypted memory whose key is not in the keychain."""
        self.push_screen(PassphraseDialog(message.question), self.thread.answer)

    def on_thread_state(self, message: messages.ThreadState) -> None:
        """Show what the thread is doing."""
        self.status.state, self.status.uses = message.text, offline.uses()
        self.footer.relist()
        self.main_view.caption.waits(message.text == "loading model")
        if message.text == "idle":
            self.thread.recount()

    def on_app_focus(self) -> None:
        """Count the memories again: another window may have changed them."""
        self.thread.recount()

    def on_crashed(self, message: messages.Crashed) -> None:
        """End the app: with one line where the memory cannot be used, with a traceback for a bug."""
        if not isinstance(message.error, KeepsakeError):
            raise message.error
        self.exit(return_code=1, message=str(message.error))
