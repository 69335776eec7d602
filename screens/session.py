"""The one thread that owns the memory and the model. Jobs go in by method, messages come out; the screen never waits.

SQLite objects and the conversation are touched here only. Jobs run in the order they were given, so a question typed
while a caption is being written is answered after it. It knows no widget: `entry` is a token handed back as it came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue

from textual.message import Message

from assistant import diskcache
from assistant.backend import Backend
from assistant.engine import Conversation
from assistant.events import AnswerText, CaptionText, Event, Failed, Recalled
from demo import album
from memory.episode import Photo
from memory.errors import KeepsakeError, ModelStopped
from memory.store import Memory
from screens.messages import (
    Begun,
    Counted,
    Crashed,
    DemoReady,
    Entry,
    Forgotten,
    Found,
    Listed,
    ModelReady,
    Remarked,
    Remembered,
    State,
    Stopped,
    Told,
)
from screens.words import PRIVATE_NO, SWITCHED

FRAME = 0.05
"""Seconds between two updates of a text that is being written."""


@dataclass(frozen=True, slots=True)
class _Job:
    entry: Entry
    state: str
    run: Callable[[], object]
    done: threading.Event | None
    """There for what is done even when the app is closing: what the user told us to remember or forget."""
    always: bool
    """Runs when it is no longer wanted as well, and sees to it itself (`Session._unwanted`)."""
    talk: int
    """The number of the conversation it belongs to."""


class Session:
    """Start it once; call its methods from the app's thread."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
    ) -> None:
        self._tell, self._open_memory, self._open_backend = tell, open_memory, open_backend
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._cancelled = threading.Event()
        self._closing = threading.Event()
        self._promise: threading.Event | None = None
        """Set when the last thing we were told to remember or forget is done."""
        self._number = 0
        self._running: _Job | None = None
        self._private = False
        self._memory: Memory | None = None
        self._backend: Backend | None = None
        self._talk: Conversation | None = None
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)

    def start(self) -> None:
        """Open the memory, then load the model; both in the thread."""
        self._put(None, "loading model", self._conversation)
        self._thread.start()

    def look(self, entry: Entry, photo: Future[Photo]) -> None:
        """Recall and caption a photo that is being read."""
        self._put(entry, "reading photo", lambda: self._look(entry, photo), always=True)

    def ask(self, entry: Entry, question: str) -> None:
        """Answer a question."""
        self._put(entry, "answering", lambda: self._ask(entry, question))

    def revise(self, entry: Entry, caption: str) -> None:
        """The user's caption stands from now on."""
        self._put(entry, "saving the caption", lambda: self._conversation().revise(caption))

    def remember(self, entry: Entry, words: str, when: datetime | None, place: str | None) -> None:
        """Keep the photo with these words."""
        self._put(entry, "remembering", lambda: self._remember(entry, words, when, place), keep=True)

    def find(self, entry: Entry, episode_id: str) -> None:
        """Look an episode up."""
        self._put(entry, "looking it up", lambda: self._tell(Found(entry, self._store.get(episode_id))))

    def forget(self, entry: Entry, episode_id: str) -> None:
        """Forget an episode for good."""
        self._put(entry, "forgetting", lambda: self._forget(entry, episode_id), keep=True)

    def browse(self, entry: Entry, words: str, limit: int = 100) -> None:
        """List memories: those the words find, or the newest."""
        self._put(entry, "looking it up", lambda: self._browse(words, limit))

    def demo(self, entry: Entry) -> None:
        """Put the demo album into the memory."""
        self._put(entry, "opening the demo album", lambda: self._demo(entry))

    def begin(self, entry: Entry, private: bool) -> None:
        """Begin a new conversation, at once; what still waits in the old one is not answered, but kept if it is to be.

        While it is `private`, nothing is kept anywhere, and nothing can be remembered.
        """
        self._leave()
        self._put(entry, "beginning anew", lambda: self._begin(entry, private), always=True)

    def switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        """Let another model answer, in a new conversation. When it cannot be opened, the one before stays chosen."""
        self._leave()
        self._put(entry, "changing the model", lambda: self._switch(entry, open_backend), always=True)

    def cancel(self) -> None:
        """Stop what is being written. From any thread."""
        self._cancelled.set()
        if self._talk:
            self._talk.cancel()

    def close(self) -> None:
        """Stop writing, finish what is to be remembered or forgotten, free everything.

        A model that does not come to an end is waited for only while something is still to be remembered.
        """
        self._closing.set()
        self._stop_writing()
        self._jobs.put(None)
        self._thread.join(60.0 if self._promise and not self._promise.is_set() else 3.0)

    def _leave(self) -> None:
        self._number += 1
        self._stop_writing()

    def _stop_writing(self) -> None:
        """Cancel, unless what runs was promised to be done."""
        promised = self._running and self._running.done
        if not promised or promised.is_set():
            self.cancel()

    # -- in the thread ------------------------------------------------------------------------------------------

    def _put(
        self, entry: Entry, state: str, job: Callable[[], object], *, keep: bool = False, always: bool = False
    ) -> None:
        done = threading.Event() if keep else None
        self._promise = done or self._promise
        self._jobs.put(_Job(entry, state, job, done, always, self._number))

    def _run(self) -> None:
        try:
            self._memory = self._open_memory()
            self._count()
            if self._memory.trouble:
                self._tell(Remarked(self._memory.trouble, "warning"))
            while (job := self._jobs.get()) is not None:
                self._running = job
                self._cancelled.clear()
                if self._unwanted and not (job.done or job.always):
                    continue
                self._tell(State(job.state))
                try:
                    job.run()
                except KeepsakeError as error:
                    self._tell(Told(job.entry, Failed(str(error))))
                self._keep_promise()
                if self._jobs.empty():
                    self._tell(State("idle"))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self._tell(Crashed(error))
        finally:
            if self._backend:
                self._backend.close()
            if self._memory:
                self._memory.close()

    def _keep_promise(self) -> None:
        """It is done: what is said about it from here on may be cancelled."""
        if self._running and self._running.done:
            self._running.done.set()

    @property
    def _unwanted(self) -> bool:
        """Whether what runs was left behind by a new conversation, or the app is closing."""
        job = self._running
        return self._closing.is_set() or (job is not None and job.entry is not None and job.talk < self._number)

    @property
    def _store(self) -> Memory:
        assert self._memory is not None  # opened before the first job
        return self._memory

    def _conversation(self) -> Conversation:
        """The conversation; loads the model if that has not succeeded yet, so that a mended one simply works."""
        if self._talk is None:
            if self._backend is None:
                self._tell(State("loading model"))
                backend = self._open_backend()
                backend.keep_nothing(self._private)
                self._backend = backend
                self._tell(ModelReady(self._backend.name))
            self._talk = Conversation(self._backend, self._store)
        return self._talk

    def _count(self) -> None:
        self._tell(Counted(self._store.stats()["episodes"]))

    def _look(self, entry: Entry, reading: Future[Photo]) -> None:
        wait([reading])
        if reading.cancelled() or reading.exception():
            return  # the app has shown why, and nothing changes
        talk = self._conversation()
        if self._unwanted:
            talk.photo = reading.result()  # words that follow, and are kept, are about this one
        else:
            self._tell(State("recalling"))
            self._relay(entry, talk.look(photo := reading.result()))
            if talk.photo is not photo:  # it failed: on screen is the new photo, so nothing goes on about the old one
                self._talk = None

    def _ask(self, entry: Entry, question: str) -> None:
        talk = self._conversation()
        self._tell(State("answering"))
        self._relay(entry, talk.ask(question), then="answering")

    def _relay(self, entry: Entry, events: Iterator[Event], then: str = "writing caption") -> None:
        """Pass events on; words that come faster than the screen can show are joined. `then` follows a recall."""
        held: CaptionText | AnswerText | None = None
        shown = 0.0
        for event in events:
            stop = self._cancelled.is_set()
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
            if isinstance(event, Recalled):
                if stop:
                    break
                self._tell(State(then))
            elif stop and self._talk:
                self._talk.cancel()  # Esc came when there was nothing to stop yet
        else:
            return
        self._tell(Stopped(entry))

    def _remember(self, entry: Entry, words: str, when: datetime | None, place: str | None) -> None:
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        talk = self._conversation()
        episode = talk.remember(words, when, place)
        self._tell(Remembered(entry, episode))
        self._count()
        self._keep_promise()
        if talk.photo and not self._unwanted:  # what was just said counts from the next question on
            self._tell(State("recalling"))
            self._relay(entry, talk.look(talk.photo))

    def _forget(self, entry: Entry, episode_id: str) -> None:
        photo = self._store.get(episode_id).photo
        receipt = self._store.forget(episode_id)
        diskcache.forget(photo.sha256)  # and what the model's engine still holds is kept nowhere
        talk = self._talk
        in_use = talk is not None and any(r.episode.id == episode_id for r in talk.recalls)
        self._tell(Forgotten(entry, episode_id, receipt, in_use))
        self._count()
        self._keep_promise()
        if talk and in_use:  # the prompt so far holds what is forgotten: begin again without it
            self._talk = None
            if talk.photo and not self._unwanted:
                self._tell(State("recalling"))
                self._relay(entry, self._conversation().look(talk.photo))

    def _browse(self, words: str, limit: int) -> None:
        if words:
            found = [recall.episode for recall in self._store.search(words, k=limit)]
            self._tell(Listed(tuple(found), len(found), words))
        else:
            self._tell(Listed(tuple(self._store.episodes(limit)), self._store.stats()["episodes"], ""))

    def _begin(self, entry: Entry, private: bool) -> None:
        self._private, self._talk = private, None
        with suppress(ModelStopped):  # it is gone, and keeps nothing; the next one hears of it when it starts
            if self._backend:
                self._backend.keep_nothing(private)
        self._tell(Begun(entry, private))

    def _switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        before, self._talk = self._open_backend, None
        if self._backend:  # two at once may be more than the machine has room for
            self._backend.close()
            self._backend = None
        self._tell(Begun(entry, self._private))
        self._open_backend = open_backend
        try:
            name = self._conversation().backend.name
        except KeepsakeError:
            self._open_backend = before
            raise
        self._tell(Remarked(SWITCHED.format(model=name), "done"))

    def _demo(self, entry: Entry) -> None:
        if self._private:
            raise KeepsakeError(PRIVATE_NO)
        album.load(self._store, self._conversation().backend)
        self._count()
        self._tell(DemoReady(entry, album.demo_photo(), album.QUESTION))
