"""Questions about recalled memories, one after the other: “Maybe the same ... Is this Zuri?”, and y or n answers.

The question is about the photo in view, and stands in the conversation, in the memory's card and in the empty input. A
"no" takes the memory from the screen at once, and from the prompt; a "yes" makes it sure. Recall learns from both.
Of a memory that was recalled surely nothing is asked; the empty input says that n denies it.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation.events import Recalled
from assistant.dialogue.acts import Act
from assistant.dialogue.denials import OnRecall, as_answer
from memory.episode import Episode, Photo, Recall
from ui.controllers.main_view import MainView
from ui.recall_strings import YES_NO, asked, asked_about, asked_below, asked_here, meant, not_this, offered, recalled_as
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import ConversationEvent, RecallAnswered
from ui.strings import ANSWERED_NO, ANSWERED_YES, ANSWERING, SAME_PHOTO
from ui.telling_strings import TOLD_UNDO, WHO_THEN
from ui.widgets.chat_log import Composer, Note, PhotoEntry
from ui.widgets.model_text import ModelText

NO = {"n": False, "no": False}
"""What answers where nothing is asked, and a sure recall may be denied."""


class QuestionsController:
    """The question of one app. Call it from the app's thread."""

    def __init__(self, thread: AppThread, main_view: MainView, composer: Composer) -> None:
        self._thread, self._view, self._composer = thread, main_view, composer
        self.about: Recall | None = None
        """The recall that is asked about now."""
        self._note: Note | None = None
        """Where the question stands in the conversation."""
        self._answered: Note | None = None
        """Where the last answer stands."""
        self.denied = False
        """Whether the last recall of the photo in view was denied: what is typed next may say who it is."""
        self.recalls: Sequence[Recall] = ()
        """What the photo in view recalled."""
        self._offered: Recall | None = None
        """The sure recall that n denies."""
        self._confirmed: set[str] = set()
        """Hashes of recalled photos that are the same by the user's word."""

    async def handle_event(self, message: ConversationEvent) -> bool:
        """After a recall of the photo in view, ask about the first memory that may be the same.

        Returns whether nobody is left after the user's answers.
        """
        if not isinstance(message.event, Recalled):
            return False
        if isinstance(message.entry, ModelText):  # memories that the words of a question brought: the question stands
            await self._view.memories.ask(self.about)
            return False
        if isinstance(message.entry, PhotoEntry):
            self.denied, self._confirmed = False, set()
        if self._note and self._note.is_attached and self.about:
            await self._note.remove()  # the question about the photo before was not answered, and is over
        await self._ask(message.event.recalls)
        return message.entry is not None and message.entry is self._answered and not message.event.recalls

    async def choose(self, episode: Episode, same: bool, photo: Photo | None, denied: str = "") -> None:
        """y or n on the card of a recalled memory; or "that's not Leo" (`denied`: "leo")."""
        if photo is None or photo.sha256 == episode.photo.sha256:
            await self._view.note(SAME_PHOTO, "warning")
        else:
            await self._answer(OnRecall(episode, same, denied))

    async def reply(self, same: bool) -> bool:
        """y or n in the empty input. Returns whether there was a recall to answer about."""
        if recall := self.about or self._offered:
            await self._answer(OnRecall(recall.episode, same))
        return recall is not None

    def as_answer(self, act: Act, text: str) -> Act:
        """What a line is for, where it may answer whether the photo shows what was recalled."""
        return as_answer(act, text, self.about or self._offered)

    def meant(self, act: Act) -> Recall | None:
        """The recall that a line speaks of, when it says that it is the same or not; None: of none."""
        if act.verdict is None or (act.verdict and not (self.about or self._offered)):
            return None
        return meant(self.recalls, act.denied)

    def in_view(self, photo: Photo) -> list[str]:
        """Hashes of the photo in view and of those that it recalled."""
        return [photo.sha256, *(recall.episode.photo.sha256 for recall in self.recalls)]

    async def answered(self, message: RecallAnswered) -> None:
        """The answer counts: say so, and ask about the next memory that may be the same."""
        text = (ANSWERED_YES if message.same else ANSWERED_NO).format(question=asked(message.episode)) + TOLD_UNDO
        self.denied = not message.same
        (self._confirmed.add if message.same else self._confirmed.discard)(message.episode.photo.sha256)
        if self.denied and message.recalls:
            text = f"{text} {WHO_THEN}"
        await self._view.settle(message.entry, text)
        if not message.again:
            await self._view.show_answered(message.recalls)
            await self._ask(message.recalls)

    async def end(self) -> None:
        """Nothing is asked any more: another conversation begins."""
        self.denied = False
        await self._ask(())

    def offer(self) -> None:
        """Say in the empty input what y or n answers now."""
        if self.about:
            self._composer.ask(asked_here(self.about.episode))
        elif self._offered:
            self._composer.ask(not_this(self._offered.episode), NO)
        else:
            self._composer.ask("")

    async def _ask(self, recalls: Sequence[Recall]) -> None:
        self.recalls, self.about, self._offered = recalls, asked_about(recalls), offered(recalls)
        if self._offered and self._offered.episode.photo.sha256 in self._confirmed:
            self._offered = None
        self.offer()
        await self._view.memories.ask(self.about)
        self._note = None
        if self.about:
            text = f"{recalled_as(self.about)} {asked_below(self.about.episode)}  {YES_NO}"
            self._note = await self._view.note(text, "question")

    async def _answer(self, said: OnRecall) -> None:
        episode, same, _ = said
        about_this = self.about is not None and self.about.episode.photo == episode.photo
        asked_last = about_this and self._note is not None and self._view.page.children[-1:] == [self._note]
        if about_this and self._note and self._note.is_attached and not asked_last:
            await self._note.remove()  # out of view, maybe: the answer stands where one looks
        note = self._note if asked_last and self._note else await self._view.note(ANSWERING)
        self._answered = note
        if about_this or (self._offered and self._offered.episode.photo == episode.photo):
            self.about = self._offered = None
            self._composer.ask("")
        if not same:
            await self._view.deny(episode.photo)
        self._thread.confirm(note, said)
