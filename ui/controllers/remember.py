"""What the user says about the photo in view: words to remember, a corrected caption, who is in it.

Where no memory was recalled, the app asks who this is. What is typed then, and at any time, is read in `tellings.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from assistant.conversation.events import Answered, Recalled
from memory.episode import Photo
from ui.controllers.main_view import MainView
from ui.dialogs.episode_dialogs import CaptionDialog, RememberDialog
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ConversationEvent
from ui.runtime.session import Telling
from ui.strings import CAPTION_YOURS, COMPOSER, NO_CAPTION_YET, NO_PHOTO, PRIVATE_NO, REMEMBERING, TELL_ME, TELL_ME_HERE
from ui.widgets.chat_log import Composer, Note, PhotoEntry
from ui.widgets.model_text import ModelText


class RememberController:
    """Remembers and corrects for one app. Call it from the app's thread."""

    def __init__(
        self,
        app: App[None],
        thread: AppThread,
        main_view: MainView,
        offer_again: Callable[[str], object],
        did: Callable[[str], object],
    ) -> None:
        self._app, self._thread, self._view, self._offer_again, self._did = app, thread, main_view, offer_again, did
        self._asked: Note | None = None
        """The note that asks; of several unknown photos, the app asks about the last only."""
        self._told: PhotoEntry | None = None
        """The last photo about which something was told."""

    async def remember(self, photo: Photo | None, private: bool, words: str = "") -> None:
        """/remember and F3: remember the photo with these words; without words, open the dialog."""
        if photo is None or private:
            await self._view.note(PRIVATE_NO if private else NO_PHOTO, "warning")
        elif words:
            await self._keep(Telling(words))
        else:
            self._app.push_screen(RememberDialog(photo), self._entered)

    async def handle_event(self, message: ConversationEvent, composer: Composer) -> None:
        """After a new photo that recalled nothing, ask who or what is in it."""
        if isinstance(message.event, Answered):
            self._did("ask")
        if isinstance(message.event, Recalled) and not isinstance(message.entry, ModelText):
            self.ask(False, composer)
            # a note as entry: the same photo, recalled again after the user said something about it
            new = isinstance(message.entry, PhotoEntry)
            if new and not message.event.recalls and message.entry is not self._told:
                await self.ask_who(composer)

    async def ask_who(self, composer: Composer) -> None:
        """Ask who or what is in the photo, unless the conversation is private."""
        self.ask(not self._view.private, composer)
        if self._view.in_view.asking:
            if self._asked and self._asked.is_attached:
                await self._asked.remove()
            self._asked = await self._view.note(TELL_ME)

    def ask(self, asking: bool, composer: Composer) -> None:
        """Say in the empty input that a name is expected, or no longer."""
        self._view.in_view.asking = asking
        composer.placeholder = TELL_ME_HERE if asking else COMPOSER

    def told(self) -> None:
        """Something was told about the photo in view: who it is needs no asking any more."""
        self._view.in_view.asking = False
        self._told = next(reversed(self._view.page.query(PhotoEntry)), None)

    async def correct(self) -> None:
        """F4: let the user correct the model's caption."""
        if self._view.caption.busy or not self._view.caption.model_text.text:
            await self._view.note(NO_CAPTION_YET, "warning")
        else:
            self._app.push_screen(CaptionDialog(self._view.caption.model_text.text), self._revised)

    async def _entered(self, telling: Telling | None) -> None:
        if telling:
            self._offer_again(f"/remember {telling.words}")  # if remembering fails, ↑ brings the words back
            await self._keep(telling)

    async def _keep(self, telling: Telling) -> None:
        self.told()
        self._thread.remember(await self._view.note(REMEMBERING), telling)

    async def _revised(self, caption: str | None) -> None:
        if caption:
            await self._view.caption.model_text.finish(caption)
            self._view.caption.say(CAPTION_YOURS)
            self._thread.revise(None, caption)
            self._did("caption")
