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
from assistant.events import AnswerText, CaptionText, Event, Failed, Recalled
from demo import album
from memory import conversations
from memory.corrections import readable
from memory.db.conversation_rows import StoredConversation
from memory.episode import Photo, Recall
from memory.errors import KeepsakeError, ModelStopped, UnknownEpisode
from memory.store import Memory
from ui.runtime.job_queue import JobQueue
from ui.runtime.messages import (
    Begun,
    Counted,
    DemoReady,
    Entry,
    Forgotten,
    Found,
    ModelReady,
    Remarked,
    Remembered,
    State,
    Stopped,
    Told,
)
from ui.runtime.recorder import Recorder
from ui.runtime.undo import Change, UndoStack
from ui.strings import PRIVATE_NO, RECALLED_THEN, SWITCHED

FRAME = 0.05
"""Seconds between two updates of a text that is being written."""


class Session:
    """The memory, one model and one conversation at a time."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        before_closing: Callable[[], object],
    ) -> None:
        """`before_closing` runs in the thread before the memory closes."""
        self._tell, self._open_memory, self._open_backend = tell, open_memory, open_backend
        self._before_closing = before_closing
        self.jobs = JobQueue(tell, self._open, self._free, self._stop)
        self.memory: Memory | None = None
        """None until the memory is open."""
        self._backend: Backend | None = None
        self._conversation: Conversation | None = None
        self._private = False
        self.recorder = Recorder(lambda: self.store, lambda line: tell(Remarked(line, "warning")))
        self.changes = UndoStack(lambda: self.store)

    def _open(self) -> None:
        self.memory = self._open_memory()
        self.count()
        if self.memory.trouble:
            self._tell(Remarked(self.memory.trouble, "warning"))

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
        """Whether the model may write nothing to disk: its caches would tell of an encrypted memory too."""
        return self._private or self.store.encrypted

    def open_conversation(self) -> Conversation:
        """The conversation; loads the model if that has not succeeded yet, so that a mended one simply works."""
        if self._conversation is None:
            if self._backend is None:
                self._tell(State("loading model"))
                backend = self._open_backend()
                backend.set_ephemeral(self._keep_nothing)
                self._backend = backend
                self._tell(ModelReady(self._backend.name))
            self._conversation = Conversation(self._backend, self.store)
        return self._conversation

    def prefill(self, photo: Photo, gone: threading.Event) -> None:
        """Let the model read a photo that may be sent soon, until `gone` is set or the job is cancelled."""
        if self._backend and not self.jobs.unwanted:
            self.open_conversation().prefill(photo, lambda: not (gone.is_set() or self.jobs.cancelled.is_set()))

    def count(self) -> None:
        """Tell how many memories there are, and whether their file is encrypted."""
        self._tell(Counted(self.store.stats()["episodes"], self.store.encrypted))

    def look(self, entry: Entry, reading: Future[Photo]) -> None:
        """Recall and caption a photo, once it has been read."""
        wait([reading])
        if reading.cancelled() or reading.exception():
            return  # the app has shown why, and nothing changes
        talk = self.open_conversation()
        if self.jobs.unwanted:
            talk.photo = reading.result()  # words that follow, and are kept, are about this one
        else:
            self._tell(State("recalling"))
            self.recorder.show(photo := reading.result())
            self._relay(entry, talk.look(photo))
            if talk.photo is not photo:  # it failed: on screen is the new photo, so nothing goes on about the old one
                self._conversation = None

    def ask(self, entry: Entry, question: str) -> None:
        """Answer a question in the thread, and keep question and answer."""
        talk = self.open_conversation()
        self._tell(State("answering"))
        self.recorder.say("question", question)
        self._relay(entry, talk.ask(question), then="answering")

    def revise(self, caption: str) -> None:
        """Put the user's caption in the place of the model's."""
        self.open_conversation().revise(caption)
        self.recorder.say("correction", caption)

    def _relay(self, entry: Entry, events: Iterator[Event], then: str = "writing caption") -> None:
        """Pass events on; words that come faster than the screen can show are joined. `then` follows a recall."""
        held: CaptionText | AnswerText | None = None
        shown = 0.0
        for event in events:
            stop = self.jobs.cancelled.is_set()
            if isinstance(event, CaptionText | AnswerText):
                held = type(event)(held.text + event.text) if held else event
                if time.monotonic() - shown >= FRAME:
                    self._tell(Told(entry, held))
                    held, shown = None, time.monotonic()
            else:
                if held:
                    self._tell(Told(entry, held))
                if stop and isinstance(event, Failed):
                    break
                self._tell(Told(entry, event))
                self.recorder.dispatch(event)
            if isinstance(event, Recalled):
                if stop:
                    break
                self._tell(State(then))
            elif stop and self._conversation:
                self._conversation.cancel()  # Esc came when there was nothing to stop yet
        else:
            return
        self._tell(Stopped(entry))

    def remember(self, entry: Entry, words: str, when: datetime | None, place: str | None) -> None:
        """Store the current photo with these words, and recall again: the next question finds the new memory."""
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        talk = self.open_conversation()
        before = self.store.stats()["episodes"]
        episode = talk.remember(words, when, place)
        self._tell(Remembered(entry, episode))
        if self.store.stats()["episodes"] > before:  # said again, it is what was there
            self.changes.remembered(episode.id)
        self.recorder.told(episode.id)
        self.recorder.say("remembered", readable(episode.words))
        self.count()
        self.jobs.keep_promise()
        if talk.photo and not self.jobs.unwanted:  # what was just said counts from the next question on
            self._tell(State("recalling"))
            self._relay(entry, talk.look(talk.photo))

    def change(self, entry: Entry, change: Callable[[], Change]) -> None:
        """Change the memory; a conversation that has read what is gone begins again without it."""
        done = change()
        talk = self._conversation
        in_use = talk is not None and any(r.episode.id in done.gone for r in talk.recalls)
        self._tell(Forgotten(entry, done.gone, list(done.lines), in_use))
        self.count()
        self.jobs.keep_promise()
        if talk and in_use:  # the prompt so far holds what is forgotten: begin again without it
            self._conversation = None
            if talk.photo and not self.jobs.unwanted:
                self._tell(State("recalling"))
                if talk.photo.sha256 not in done.photos:
                    self.recorder.show(talk.photo)  # what was kept of it told of what is forgotten, and went too
                again = self.open_conversation()
                again.reminded = talk.reminded
                self._relay(entry, again.look(talk.photo))

    def begin(self, entry: Entry, private: bool) -> None:
        """Begin a new conversation."""
        self._private, self._conversation = private, None
        self.recorder.begin(private)
        with suppress(ModelStopped):  # it is gone, and keeps nothing; the next one hears of it when it starts
            if self._backend:
                self._backend.set_ephemeral(self._keep_nothing)
        self._tell(Begun(entry, private))

    def resume(self, entry: Entry, talk_id: str, then: Callable[[StoredConversation, list[Recall]], object]) -> None:
        """Go on with a stored conversation; `then` shows it."""
        self.begin(entry, self._private)
        talk = conversations.get(self.store, talk_id)
        last, recalls = talk.parts[-1], []
        for id in last.episodes:
            with suppress(UnknownEpisode):  # forgotten by another process, just now
                recalls.append(Recall(self.store.get(id), 1.0, RECALLED_THEN))
        self.recorder.resume(talk, self._private)
        self._tell(Found(partial(then, talk, recalls)))
        caption, said = last.state()
        self.open_conversation().resume(last.photo, recalls, caption, said)

    def switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        """Open another model; where that fails, the model before stays the chosen one."""
        before, self._conversation = self._open_backend, None
        self.recorder.begin(self._private)
        if self._backend:  # two at once may be more than the machine has room for
            self._backend.close()
            self._backend = None
        self._tell(Begun(entry, self._private))
        self._open_backend = open_backend
        try:
            name = self.open_conversation().backend.name
        except KeepsakeError:
            self._open_backend = before
            raise
        self._tell(Remarked(SWITCHED.format(model=name), "done"))

    def open_demo(self, entry: Entry) -> None:
        """Put the demo album into the memory, and offer its new photo."""
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        album.load(self.store, self.open_conversation().backend)
        self.count()
        self._tell(DemoReady(entry, album.demo_photo(), album.QUESTION))
