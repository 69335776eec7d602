"""Questions about recalled memories, one after the other: “Maybe the same ... Is this Zuri?”, and y or n answers.

The question is about the photo in view, and stands in the conversation, in the memory's card and in the empty input. A
"no" takes the memory from the screen at once, and from the prompt; a "yes" makes it sure. Recall learns from both.
Of a memory that was recalled surely nothing is asked; the empty input says that n denies it.
"""

from __future__ import annotations

from assistant.conversation.events import Recalled
from assistant.dialogue.denials import OnRecall
from memory.episode import Episode, Photo
from ui.controllers.main_view import MainView
from ui.recall_strings import YES_NO, asked, asked_below, asked_here, not_this, recalled_as
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
        self._in_view = main_view.in_view
        self._note: Note | None = None
        """Where the question stands in the conversation."""
        self._answered: Note | None = None
        """Where the last answer stands."""

    async def handle_event(self, message: ConversationEvent) -> bool:
        """After a recall of the photo in view, ask about the first memory that may be the same.

        Returns whether nobody is left after the user's answers.
        """
        if not isinstance(message.event, Recalled):
            return False
        if isinstance(message.entry, ModelText):  # memories that the words of a question brought: the question stands
            await self._view.memories.ask(self._in_view.about)
            return False
        if self._note and self._note.is_attached and self._in_view.about:
            await self._note.remove()  # the question about the photo before was not answered, and is over
        after_answer = message.entry is not None and message.entry is self._answered
        recalls = message.event.recalls
        self._in_view.seen(recalls, new=isinstance(message.entry, PhotoEntry), after_answer=after_answer)
        await self._show_asked()
        return after_answer and not recalls

    async def choose(self, episode: Episode, same: bool, photo: Photo | None) -> None:
        """y or n on the card of a recalled memory."""
        if photo is None or photo.sha256 == episode.photo.sha256:
            await self._view.note(SAME_PHOTO, "warning")
        else:
            await self.answer(OnRecall(episode, same))

    async def reply(self, same: bool) -> None:
        """y or n in the empty input."""
        if recall := self._in_view.answerable(same):
            await self.answer(OnRecall(recall.episode, same))

    async def answered(self, message: RecallAnswered) -> None:
        """The answer counts: say so, and ask about the next memory that may be the same."""
        text = (ANSWERED_YES if message.same else ANSWERED_NO).format(question=asked(message.episode)) + TOLD_UNDO
        self._in_view.answered(message.episode.photo.sha256, message.same)
        if not message.same and message.recalls:
            text = f"{text} {WHO_THEN}"
        await self._view.settle(message.entry, text)
        if not message.again:
            await self._view.show_answered(message.recalls)
            self._in_view.ask(message.recalls)
            await self._show_asked()

    async def end(self) -> None:
        """Nothing is asked any more: another conversation begins."""
        self._in_view.begin()
        await self._show_asked()

    def offer(self) -> None:
        """Say in the empty input what y or n answers now."""
        recall = self._in_view.answerable(True)
        if recall is None:
            self._composer.ask("")
        elif self._in_view.about:
            self._composer.ask(asked_here(recall.episode))
        else:
            self._composer.ask(not_this(recall.episode), NO)

    async def _show_asked(self) -> None:
        """Show the question about a recall, if there is one, wherever it stands."""
        self.offer()
        about = self._in_view.about
        await self._view.memories.ask(about)
        self._note = None
        if about:
            text = f"{recalled_as(about)} {asked_below(about.episode)}  {YES_NO}"
            self._note = await self._view.note(text, "question")

    async def answer(self, said: OnRecall) -> None:
        """Keep what the user says of a recalled memory."""
        episode, same, _ = said
        about, offered = self._in_view.about, self._in_view.offered
        about_this = about is not None and about.episode.photo == episode.photo
        asked_last = about_this and self._note is not None and self._view.page.children[-1:] == [self._note]
        if about_this and self._note and self._note.is_attached and not asked_last:
            await self._note.remove()  # out of view, maybe: the answer stands where one looks
        note = self._note if asked_last and self._note else await self._view.note(ANSWERING)
        self._answered = note
        if about_this or (offered and offered.episode.photo == episode.photo):
            self._in_view.answer_waits()
            self._composer.ask("")
        if not same:
            await self._view.deny(episode.photo)
        self._thread.confirm(note, said)
