"""What the user says of the photo in view: words to be kept with it, another caption, who it is and is not.

After nothing was recalled, "This is Milo." is no question: it is remembered.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from assistant.events import Answered, Recalled
from memory.episode import Episode, Photo
from ui.controllers.main_view import MainView
from ui.dialogs.episode_dialogs import CaptionDialog, Keep, RememberDialog
from ui.input_parser import says_who
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import CORRECTIONS
from ui.runtime.messages import Told
from ui.strings import (
    CAPTION_YOURS,
    COMPOSER,
    NO_CAPTION_YET,
    NO_PHOTO,
    PRIVATE_NO,
    REMEMBERING,
    SAME_PHOTO,
    TELL_ME,
    TELL_ME_HERE,
)
from ui.widgets.chat_log import Composer, Note, PhotoEntry, Writing


class Remembering:
    """One for the app; call it from there."""

    def __init__(
        self,
        app: App[None],
        session: AppThread,
        desk: MainView,
        again: Callable[[str], object],
        did: Callable[[str], object],
    ) -> None:
        self._app, self._session, self._desk, self._again, self._did = app, session, desk, again, did
        self.asking = False
        """Whether the app has just asked who or what is in the photo."""
        self._asked: Note | None = None
        """Where it did: of twenty strangers, it asks about the last."""

    async def remember(self, photo: Photo | None, private: bool, words: str = "") -> None:
        """/remember and F3: keep the photo with these words; without any, with those of the dialog."""
        if photo is None or private:
            await self._desk.note(PRIVATE_NO if private else NO_PHOTO, "warning")
        elif words:
            await self._keep(Keep(words, None, None))
        else:
            self._app.push_screen(RememberDialog(photo), self._given)

    async def recall(self, episode: Episode, what: str, photo: Photo | None, private: bool) -> bool:
        """ "them" or "not them", of a memory that was recalled: remembered with the photo in view. False: neither."""
        if what not in CORRECTIONS:
            return False
        if photo and photo.sha256 == episode.photo.sha256:
            await self._desk.note(SAME_PHOTO, "warning")
        else:
            await self.remember(photo, private, CORRECTIONS[what](episode))
        return True

    async def heard(self, message: Told, composer: Composer) -> None:
        """Something was recalled, or not: then the app asks who it is, and listens."""
        if isinstance(message.event, Answered):
            self._did("ask")
        if isinstance(message.event, Recalled) and not isinstance(message.entry, Writing):
            new = isinstance(message.entry, PhotoEntry)  # not seen again after something was said of it
            self.ask(new and not message.event.recalls and not self._desk.private, composer)
            if self.asking:
                if self._asked and self._asked.is_attached:
                    await self._asked.remove()
                self._asked = await self._desk.note(TELL_ME)

    def ask(self, asking: bool, composer: Composer) -> None:
        """Ask who it is where the answer is typed, or no more."""
        self.asking = asking
        composer.placeholder = TELL_ME_HERE if asking else COMPOSER

    async def told(self, photo: Photo | None, text: str) -> bool:
        """Where the app has asked who this is, and `text` says it and asks nothing: remember it."""
        if tells := bool(photo) and self.asking and says_who(text):
            await self.remember(photo, self._desk.private, text)
        return tells

    async def correct(self) -> None:
        """F4: the user's caption instead of the model's."""
        if self._desk.caption.busy or not self._desk.caption.writing.text:
            await self._desk.note(NO_CAPTION_YET, "warning")
        else:
            self._app.push_screen(CaptionDialog(self._desk.caption.writing.text), self._revised)

    async def _given(self, keep: Keep | None) -> None:
        if keep:
            self._again(f"/remember {keep.words}")  # whatever prevents it, the words need not be typed twice
        await self._keep(keep)

    async def _keep(self, keep: Keep | None) -> None:
        if keep:
            self.asking = False
            self._session.remember(await self._desk.note(REMEMBERING), keep.words, keep.when, keep.place)

    async def _revised(self, caption: str | None) -> None:
        if caption:
            await self._desk.caption.writing.finish(caption)
            self._desk.caption.say(CAPTION_YOURS)
            self._session.revise(None, caption)
            self._did("caption")
