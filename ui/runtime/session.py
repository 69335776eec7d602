"""What lives in the background thread: the memory, the model, the open conversation. Each public method is a job.

Only that thread calls the methods; `app_thread.py` gives them to the job queue. Messages go out by `tell`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import datetime
from functools import partial

from textual.message import Message

from assistant.backend import Backend
from assistant.conversation import Conversation
from assistant.encoder.encoder import BackendEncoder, PhotoEncoder
from assistant.events import AnswerText, CaptionText, Event, Failed, Recalled
from assistant.sight import encode_missing
from demo import album
from memory import conversations
from memory.corrections import readable
from memory.db.conversation_rows import StoredConversation
from memory.episode import Photo, Recall
from memory.errors import KeepsakeError, ModelStopped, UnknownEpisode
from memory.store import Memory
from ui.runtime.job_queue import JobQueue
from ui.runtime.messages import (
    Cancelled,
    ConversationEvent,
    ConversationStarted,
    DemoReady,
    EntryToken,
    EpisodeRemembered,
    EpisodesChanged,
    MemoryCounted,
    ModelReady,
    Notice,
    QueryResult,
    ThreadState,
)
from ui.runtime.recorder import Recorder
from ui.runtime.undo import Change, UndoStack
from ui.strings import PRIVATE_NO, RECALLED_THEN, SWITCHED

FRAME = 0.05
"""Seconds between two updates of a text while it is written."""


class Session:
    """The memory, one model and one conversation at a time."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None,
        before_closing: Callable[[], object],
    ) -> None:
        """`open_encoder`: None for the model's own tower. `before_closing` runs before the memory closes."""
        self._tell, self._open_memory, self._open_backend = tell, open_memory, open_backend
        self._open_encoder = open_encoder
        self._encoder: PhotoEncoder | None = None
        self._before_closing = before_closing
        self.jobs = JobQueue(tell, self._open, self._free, self._stop)
        self.memory: Memory | None = None
        """None until the memory is open."""
        self._backend: Backend | None = None
        self._conversation: Conversation | None = None
        self._private = False
        self.recorder = Recorder(lambda: self.store, lambda line: tell(Notice(line, "warning")))
        self.changes = UndoStack(lambda: self.store)

    def _open(self) -> None:
        self.memory = self._open_memory()
        self.count()
        if self.memory.trouble:
            self._tell(Notice(self.memory.trouble, "warning"))

    def _free(self) -> None:
        self._before_closing()
        if self._backend:
            self._backend.close()
        if self.memory:
            self.memory.close()

    def _stop(self) -> None:
        if self._conversation:
            self._conversation.cancel()

    @property
    def store(self) -> Memory:
        """The memory, which is open before the first job runs."""
        assert self.memory is not None
        return self.memory

    @property
    def _keep_nothing(self) -> bool:
        """Whether the model may write nothing to disk: its caches would give away an encrypted memory, too."""
        return self._private or self.store.encrypted

    def open_conversation(self) -> Conversation:
        """The open conversation. Loads the model if it is not loaded yet, so that a repaired model just works."""
        if self._conversation is None:
            if self._backend is None:
                self._tell(ThreadState("loading model"))
                backend = self._open_backend()
                backend.set_ephemeral(self._keep_nothing)
                self._backend = backend
                self._tell(ModelReady(self._backend.name))
            if self._encoder is None or self._open_encoder is None:
                self._encoder = self._open_encoder() if self._open_encoder else BackendEncoder(self._backend)
            self._conversation = Conversation(self._backend, self.store, self._encoder)
        return self._conversation

    def prefill(self, photo: Photo, gone: threading.Event) -> None:
        """Let the model read a photo that may be sent soon, until `gone` is set or the job is cancelled."""
        if self._backend and not self.jobs.unwanted:
            self.open_conversation().prefill(photo, lambda: not (gone.is_set() or self.jobs.cancelled.is_set()))

    def count(self) -> None:
        """Tell how many memories there are, and whether their file is encrypted."""
        self._tell(MemoryCounted(self.store.stats()["episodes"], self.store.encrypted))

    def look(self, entry: EntryToken, reading: Future[Photo]) -> None:
        """Recall and caption a photo, once it has been read."""
        wait([reading])
        if reading.cancelled() or reading.exception():
            return  # the app has shown why, and nothing changes
        conversation = self.open_conversation()
        if self.jobs.unwanted:
            conversation.photo = reading.result()  # words to remember that follow are about this photo
        else:
            self._tell(ThreadState("recalling"))
            encode_missing(self.store, conversation.encoder)
            self.recorder.begin_part(photo := reading.result())
            self._relay(entry, conversation.look(photo))
            if conversation.photo is not photo:  # the caption failed: nothing goes on about the photo before
                self._conversation = None

    def ask(self, entry: EntryToken, question: str) -> None:
        """Answer a question, and store question and answer."""
        conversation = self.open_conversation()
        self._tell(ThreadState("answering"))
        self.recorder.add_line("question", question)
        self._relay(entry, conversation.ask(question), then="answering")

    def revise(self, caption: str) -> None:
        """Put the user's caption in the place of the model's."""
        self.open_conversation().revise(caption)
        self.recorder.add_line("correction", caption)

    def _relay(self, entry: EntryToken, events: Iterator[Event], then: str = "writing caption") -> None:
        """Pass events on. Pieces of text that come faster than FRAME are joined; `then` is the state after a recall."""
        held: CaptionText | AnswerText | None = None
        shown = 0.0
        for event in events:
            stop = self.jobs.cancelled.is_set()
            if isinstance(event, CaptionText | AnswerText):
                held = type(event)(held.text + event.text) if held else event
                if time.monotonic() - shown >= FRAME:
                    self._tell(ConversationEvent(entry, held))
                    held, shown = None, time.monotonic()
            else:
                if held:
                    self._tell(ConversationEvent(entry, held))
                if stop and isinstance(event, Failed):
                    break
                self._tell(ConversationEvent(entry, event))
                self.recorder.dispatch(event)
            if isinstance(event, Recalled):
                if stop:
                    break
                self._tell(ThreadState(then))
            elif stop and self._conversation:
                self._conversation.cancel()  # Esc came when there was nothing to stop yet
        else:
            return
        self._tell(Cancelled(entry))

    def remember(self, entry: EntryToken, words: str, when: datetime | None, place: str | None) -> None:
        """Store the current photo with these words, and recall again: the next question finds the new memory."""
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        conversation = self.open_conversation()
        before = self.store.stats()["episodes"]
        episode = conversation.remember(words, when, place)
        self._tell(EpisodeRemembered(entry, episode))
        if self.store.stats()["episodes"] > before:  # the same words again are the memory that was there
            self.changes.remembered(episode.id)
        self.recorder.add_episodes(episode.id)
        self.recorder.add_line("remembered", readable(episode.words))
        self.count()
        self.jobs.keep_promise()
        if conversation.photo and not self.jobs.unwanted:  # the new memory counts from the next question on
            self._tell(ThreadState("recalling"))
            self._relay(entry, conversation.look(conversation.photo))

    def change(self, entry: EntryToken, change: Callable[[], Change]) -> None:
        """Change the memory; a conversation that has read what is gone begins again without it."""
        done = change()
        conversation = self._conversation
        in_use = conversation is not None and any(r.episode.id in done.gone for r in conversation.recalls)
        self._tell(EpisodesChanged(entry, done.gone, list(done.lines), in_use))
        self.count()
        self.jobs.keep_promise()
        if conversation and in_use:  # its prompt holds what is forgotten: begin again without it
            self._conversation = None
            if conversation.photo and not self.jobs.unwanted:
                self._tell(ThreadState("recalling"))
                if conversation.photo.sha256 not in done.photos:
                    # the stored part held words of what is forgotten, and was deleted with it
                    self.recorder.begin_part(conversation.photo)
                again = self.open_conversation()
                again.reminded = conversation.reminded
                self._relay(entry, again.look(conversation.photo))

    def begin(self, entry: EntryToken, private: bool) -> None:
        """Begin a new conversation."""
        self._private, self._conversation = private, None
        self.recorder.begin(private)
        with suppress(ModelStopped):  # a stopped model keeps nothing; the next one is told when it starts
            if self._backend:
                self._backend.set_ephemeral(self._keep_nothing)
        self._tell(ConversationStarted(entry, private))

    def resume(
        self, entry: EntryToken, conversation_id: str, then: Callable[[StoredConversation, list[Recall]], object]
    ) -> None:
        """Go on with a stored conversation; `then` shows it."""
        self.begin(entry, self._private)
        conversation = conversations.get(self.store, conversation_id)
        last, recalls = conversation.parts[-1], []
        for id in last.episodes:
            with suppress(UnknownEpisode):  # forgotten by another process, just now
                recalls.append(Recall(self.store.get(id), 1.0, RECALLED_THEN))
        self.recorder.resume(conversation, self._private)
        self._tell(QueryResult(partial(then, conversation, recalls)))
        caption, messages = last.state()
        self.open_conversation().resume(last.photo, recalls, caption, messages)

    def switch(self, entry: EntryToken, open_backend: Callable[[], Backend]) -> None:
        """Open another model; where that fails, the model before stays the chosen one."""
        before, self._conversation = self._open_backend, None
        self.recorder.begin(self._private)
        if self._backend:  # two models at once may not fit into memory
            self._backend.close()
            self._backend = None
        self._tell(ConversationStarted(entry, self._private))
        self._open_backend = open_backend
        try:
            self.open_conversation()
        except KeepsakeError:
            self._open_backend = before
            raise
        assert self._backend
        self._tell(Notice(SWITCHED.format(model=self._backend.name), "done"))

    def open_demo(self, entry: EntryToken) -> None:
        """Put the demo album into the memory, and offer its new photo."""
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        album.load(self.store, self.open_conversation().encoder)
        self.count()
        self._tell(DemoReady(entry, album.demo_photo(), album.QUESTION))
