"""The jobs of the background thread, a public method each: photos, questions, changes of the memory, conversations.

Only that thread calls the methods; `app_thread.py` gives them to the job queue. Messages go out by `post`. What needs
the model is returned as `AfterModel`; all else works before it is loaded, and without one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from datetime import datetime
from functools import partial
from typing import NamedTuple

from assistant import sight
from assistant.backend import Backend
from assistant.conversation.conversation import Conversation
from assistant.conversation.conversation_state import Answer
from assistant.dialogue.denials import OnRecall
from memory import conversations
from memory.days import Unknown
from memory.db.stored_conversation import StoredConversation
from memory.episode import Photo, Recall
from memory.errors import KeepsakeError
from ui.runtime import messages
from ui.runtime.job_queue import AfterModel
from ui.runtime.messages import EntryToken
from ui.runtime.rewriting import Rewriting
from ui.runtime.undo import Change
from ui.strings import ANSWER_LATE, PRIVATE_NO, RECALLED_THEN, SWITCHED


class Telling(NamedTuple):
    """What the user tells of the photo in view, to be remembered."""

    words: str
    when: datetime | Unknown | None = None
    """None: the photo's own date."""
    place: str | None = None


class Session(Rewriting):
    """The jobs of the background thread, on the memory, the model and the conversation of a `SessionState`."""

    # -- photos and questions ------------------------------------------------------------------------------------

    def prefill(self, photo: Photo, superseded: threading.Event) -> None:
        """Let the model read a photo that may be sent soon, until `superseded` is set or the job is cancelled."""
        if (self.engines.encoder_thread or self.engines.has_model) and not self.jobs.unwanted:
            conversation = self._with_model() if self.engines.has_model else self.conversation()
            conversation.prefill(photo, lambda: not (superseded.is_set() or self.jobs.cancelled.is_set()))

    def similar(self, photo: Photo, k: int) -> list[Recall]:
        """The `k` memories most like a photo; the conversation stays as it is."""
        return sight.recall(self.store, self.engines.encoder(), photo, k)

    def show_photo(self, entry: EntryToken, reading: Future[Photo]) -> object:
        """Recall a photo, once it has been read; then let the model caption it."""
        wait([reading])
        if reading.cancelled() or reading.exception():
            return None  # the app has shown why, and nothing changes
        return self.engines.with_encoder(partial(self._show_photo, entry, reading.result()))

    def _show_photo(self, entry: EntryToken, photo: Photo) -> object:
        if self.jobs.unwanted:
            self.conversation().photo = photo  # words to remember that follow are about this photo
            return None
        self._post(messages.ThreadState("recalling"))
        self.recorder.begin_part(photo)
        return self._recall(entry, photo)

    def _recall(self, entry: EntryToken, photo: Photo) -> object:
        """Recall memories of a photo; what is returned writes its caption."""
        conversation = self.conversation()
        self.engines.encode_missing(self.store, conversation.encoder, self.jobs.cancelled.is_set)
        if self._relay.pass_on(entry, conversation, conversation.attach(photo)):
            return AfterModel(partial(self._describe, entry, conversation, photo))
        if conversation.photo is not photo:  # the recall failed: nothing goes on about the photo before
            self._conversation = None
        return None

    def _describe(self, entry: EntryToken, conversation: Conversation, photo: Photo) -> None:
        """Caption the photo, unless another one is in view by now, or the caption is there."""
        if conversation is self._conversation and conversation.photo is photo and conversation.caption is None:
            self._with_model()
            self._post(messages.ThreadState("writing caption"))
            self._relay.pass_on(entry, conversation, conversation.describe())

    def ask(self, entry: EntryToken, question: str) -> object:
        """Answer a question, and store question and answer."""

        def answer() -> None:
            conversation = self._with_model()
            self._post(messages.ThreadState("answering"))
            self.recorder.add_line("question", question)
            self._relay.pass_on(entry, conversation, conversation.ask(question), "answering")

        return AfterModel(answer)

    def revise(self, caption: str) -> object:
        """Put the user's caption in the place of the model's."""

        def revise() -> None:
            self.conversation().revise(caption)
            self.recorder.add_line("correction", caption)

        return self.engines.with_encoder(revise)

    # -- changes of the memory -----------------------------------------------------------------------------------

    def remember(self, entry: EntryToken, telling: Telling, said: OnRecall | None) -> object:
        """Store what was told, and what it `said` of a recalled memory, and recall again."""
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        return self.engines.with_encoder(partial(self._remember, entry, telling, said))

    def _remember(self, entry: EntryToken, telling: Telling, said: OnRecall | None) -> object:
        conversation = self.conversation()
        before, photo = self.store.stats()["episodes"], conversation.photo
        recalled, answers = [recall.episode.photo for recall in conversation.recalls], list[Answer]()
        episode = conversation.remember(*telling)
        if photo and said and (other := said.episode.photo) in recalled:
            answers += conversation.confirm(other, said.same, keep=True, denied=said.denied).answers
        denied = said.episode if said and answers and not said.same else None
        self._post(messages.EpisodeRemembered(entry, episode, denied))
        new = self.store.stats()["episodes"] > before  # the same words again are the memory that was there
        self.changes.note_remembered(episode.id if new else "", answers)
        self.recorder.add_episodes(episode.id)
        self.recorder.add_line("remembered", episode.words)
        self.count()
        self.jobs.promise_kept()
        if conversation.photo and not self.jobs.unwanted:  # the new memory counts from the next question on
            self._post(messages.ThreadState("recalling"))
            return self._recall(entry, conversation.photo)
        return None

    def confirm(self, entry: EntryToken, said: OnRecall) -> object:
        """Keep whether the photo in view shows what a recalled memory shows; where the prompt changes, caption anew."""
        return self.engines.with_encoder(partial(self._confirm, entry, said))

    def _confirm(self, entry: EntryToken, said: OnRecall) -> object:
        conversation, (episode, same, denied) = self.conversation(), said
        photo = conversation.photo
        if photo is None or episode.photo not in [r.episode.photo for r in conversation.recalls]:
            raise KeepsakeError(ANSWER_LATE)
        now = conversation.confirm(episode.photo, same, keep=not self._private, denied=denied)
        self.changes.note_remembered("", now.answers)
        self._post(messages.RecallAnswered(entry, episode, same, conversation.recalls, now.caption_outdated))
        self.jobs.promise_kept()
        if now.caption_outdated and not self.jobs.unwanted:
            return self._recall(entry, photo)
        self._relay.pass_on(entry, conversation, conversation.remind())
        return None

    def change(self, entry: EntryToken, change: Callable[[], Change]) -> object:
        """Change the memory; a conversation that has read what is gone begins again without it."""
        done = change()
        conversation = self._conversation
        recalls = conversation.recalls if conversation else ()
        in_use = any(one.id in done.gone for r in recalls for one in (r.episode, *r.others))
        self._post(messages.EpisodesChanged(entry, done.gone, list(done.lines), in_use, done.details, done.there))
        self.count()
        self.jobs.promise_kept()
        if done.answer and not in_use and conversation and conversation.photo and not self.jobs.unwanted:
            return self._recall(entry, conversation.photo)
        if conversation and in_use:  # its prompt holds what is forgotten: begin again without it
            self._conversation = None
            if conversation.photo and not self.jobs.unwanted:
                self._post(messages.ThreadState("recalling"))
                if conversation.photo.sha256 not in done.photos:
                    # the stored part held words of what is forgotten, and was deleted with it
                    self.recorder.begin_part(conversation.photo)
                self.conversation().reminded = conversation.reminded
                return self._recall(entry, conversation.photo)
        return None

    # -- another conversation, another model ---------------------------------------------------------------------

    def begin(self, entry: EntryToken, private: bool) -> None:
        """Begin a new conversation."""
        self._private, self._conversation = private, None
        self.recorder.begin(private)
        self.engines.set_ephemeral()
        self._post(messages.ConversationStarted(entry, private))

    def resume(
        self, entry: EntryToken, conversation_id: str, then: Callable[[StoredConversation, list[Recall]], object]
    ) -> object:
        """Go on with a stored conversation; `then` shows it."""
        self.begin(entry, self._private)
        conversation = conversations.get(self.store, conversation_id)
        last = conversation.parts[-1]
        recalls = [Recall(one, 1.0, RECALLED_THEN, by_sight=True) for one in conversations.recalled(self.store, last)]
        self.recorder.resume(conversation, self._private)
        self._post(messages.QueryResult(partial(then, conversation, recalls)))
        state = (last.photo, recalls, *last.state())
        return self.engines.with_encoder(lambda: self.conversation().resume(*state, by_user=last.caption_by_user))

    def switch(self, entry: EntryToken, open_backend: Callable[[], Backend]) -> object:
        """Open another model; where that fails, the model before stays the chosen one."""
        self._conversation = None
        self.recorder.begin(self._private)
        back = self.engines.switch(open_backend)
        self._post(messages.ConversationStarted(entry, self._private))

        def switched() -> None:
            try:
                name = self.engines.model().name
            except KeepsakeError:
                back()
                raise
            self._post(messages.Notice(SWITCHED.format(model=name), "done"))

        return AfterModel(switched)
