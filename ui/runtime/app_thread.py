"""The one thread that owns the memory and the model. Jobs go in by method, messages come out; the screen never
waits.

The conversation is touched here only. Jobs run in the order they were given (`job_queue.py`), so a question typed
while a caption is being written is answered after it. Looking through the memory waits for none of them: a second
thread reads (`browse`), and writes nothing. It knows no widget: `entry` is a token handed back as it came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from textual.message import Message

from assistant.backend import Backend
from assistant.conversation import Conversation
from assistant.events import AnswerText, CaptionText, Event, Failed, Recalled
from demo import album
from memory import conversations
from memory.browse import Twin
from memory.corrections import readable
from memory.db.conversation_rows import StoredConversation
from memory.episode import Episode, Photo, Recall
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
    Locked,
    ModelReady,
    Remarked,
    Remembered,
    State,
    Stopped,
    Told,
)
from ui.runtime.recorder import Recorder
from ui.runtime.undo import Change, UndoStack
from ui.strings import DEMO_NONE, PRIVATE_NO, RECALLED_THEN, SWITCHED

Result = TypeVar("Result")

FRAME = 0.05
"""Seconds between two updates of a text that is being written."""


class AppThread:
    """Start it once; call its methods from the app's thread."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
    ) -> None:
        self._tell, self._open_memory, self._open_backend = tell, open_memory, open_backend
        self._jobs = JobQueue(tell, self._open, self._free, self._stop)
        self._put = self._jobs.put
        self._reader = ThreadPoolExecutor(1, "browser")
        self._private = False
        self._passphrases: SimpleQueue[str] = SimpleQueue()
        self._memory: Memory | None = None
        self._backend: Backend | None = None
        self._talk: Conversation | None = None
        self.recorder = Recorder(lambda: self._store, lambda line: tell(Remarked(line, "warning")))
        self._changes = UndoStack(lambda: self._store)

    def passphrase(self, question: str) -> str:
        """For `Memory`, in the thread: ask the app, and wait for what it will `answer`; "" when it closes instead."""
        self._tell(Locked(question))
        return self._passphrases.get()

    def answer(self, passphrase: str | None) -> None:
        """What the user typed."""
        self._passphrases.put(passphrase or "")

    def start(self) -> None:
        """Open the memory, then load the model; both in the thread."""
        self._put(None, "loading model", self._conversation)
        self._jobs.thread.start()

    def expect(self, photo: Photo | None) -> None:
        """A photo may be sent soon: let the model read what it can of it until anything else is to be done. None: not
        any more. Nothing of it is seen, not even that it fails."""
        self._jobs.make_way()
        if photo:
            self._jobs.ahead(partial(self._prefill, photo))

    def look(self, entry: Entry, photo: Future[Photo]) -> None:
        """Recall and caption a photo that is being read."""
        self._put(entry, "reading photo", lambda: self._look(entry, photo), always=True)

    def ask(self, entry: Entry, question: str) -> None:
        """Answer a question."""
        self._put(entry, "answering", lambda: self._ask(entry, question))

    def revise(self, entry: Entry, caption: str) -> None:
        """The user's caption stands from now on."""
        self._put(entry, "saving the caption", lambda: self._revise(caption))

    def remember(self, entry: Entry, words: str, when: datetime | None, place: str | None) -> None:
        """Keep the photo with these words."""
        self._put(entry, "remembering", lambda: self._remember(entry, words, when, place), keep=True)

    def query(
        self,
        entry: Entry,
        job: Callable[[Memory], Result],
        then: Callable[[Result], object],
        *,
        keep: bool = False,
    ) -> None:
        """Ask the memory in the thread; `then`, a coroutine's or a function, is for the app to call with the result."""
        self._put(entry, "looking it up", lambda: self._tell(Found(partial(then, job(self._store)))), keep=keep)

    def browse(self, job: Callable[[Memory], Result], then: Callable[[Result], object]) -> None:
        """Read the memory at once, beside whatever is going on; `then` as for `query`. What fails is told."""

        def read() -> None:
            if self._memory is None:
                return
            try:
                self._tell(Found(partial(then, job(self._memory))))
            except KeepsakeError as error:
                self._tell(Remarked(str(error), "warning"))

        with suppress(RuntimeError):  # the app is closing
            self._reader.submit(read)

    def recount(self) -> None:
        """Count the memories again if somebody else, another window perhaps, has changed them."""

        def count(memory: Memory) -> None:
            with suppress(KeepsakeError):  # what is wrong is told when the memory is wanted, and not before
                if memory.changed():
                    self._count()

        self.browse(count, lambda _: None)

    def alike(self, entry: Entry, photo: Photo, k: int, then: Callable[[list[Recall]], object]) -> None:
        """Find the memories that a photo recalls; the conversation stays as it is."""

        def find() -> None:
            talk = Conversation(self._conversation().backend, self._store, k=k)
            self._tell(Found(partial(then, talk.recall(photo))))

        self._put(entry, "recalling", find)

    def forget(self, entry: Entry, *ids: str) -> None:
        """Forget episodes: their bytes go at once, and until the app closes `undo` brings them back."""
        self._put(entry, "forgetting", lambda: self._change(entry, lambda: self._changes.forget(ids)), keep=True)

    def edit(self, entry: Entry, episode_id: str, new: Episode) -> None:
        """Put an episode in the place of another."""
        self._put(entry, "saving", lambda: self._change(entry, lambda: self._changes.edit(episode_id, new)), keep=True)

    def merge(self, entry: Entry, twins: Sequence[Twin]) -> None:
        """Leave one of each that is there more than once."""
        self._put(entry, "merging", lambda: self._change(entry, lambda: self._changes.merge(twins)), keep=True)

    def undo(self, entry: Entry) -> None:
        """Take back the last of remembering, forgetting, edit or merge."""
        self._put(entry, "undoing", lambda: self._change(entry, self._changes.undo), keep=True)

    def demo(self, entry: Entry) -> None:
        """Put the demo album into the memory."""
        self._put(entry, "opening the demo album", lambda: self._demo(entry))

    def no_demo(self, entry: Entry) -> None:
        """Forget the demo album."""

        def forget() -> Change:
            ids = set(self._store.ids()) & {episode.id for episode in album.episodes()}
            if not ids:
                raise KeepsakeError(DEMO_NONE)
            return self._changes.forget(sorted(ids))

        self._put(entry, "forgetting", lambda: self._change(entry, forget), keep=True)

    def begin(self, entry: Entry, private: bool) -> None:
        """Begin a new conversation, at once; what still waits in the old one is not answered, but kept if it is to be.

        While it is `private`, nothing is kept anywhere, and nothing can be remembered.
        """
        self._jobs.leave()
        self._put(entry, "beginning anew", lambda: self._begin(entry, private), always=True)

    def resume(self, entry: Entry, talk_id: str, then: Callable[[StoredConversation, list[Recall]], object]) -> None:
        """Go on with an earlier conversation, at once as `begin` does; `then` shows it."""
        self._jobs.leave()
        self._put(entry, "opening the conversation", lambda: self._resume(entry, talk_id, then), always=True)

    def switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        """Let another model answer, in a new conversation. When it cannot be opened, the one before stays chosen."""
        self._jobs.leave()
        self._put(entry, "changing the model", lambda: self._switch(entry, open_backend), always=True)

    def cancel(self) -> None:
        """Stop what is being written. From any thread."""
        self._jobs.cancel()

    def close(self) -> None:
        """Stop writing, finish what is to be remembered or forgotten, free everything."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        self.answer(None)
        self._jobs.end()

    # -- in the thread ------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._memory = self._open_memory()
        self._count()
        if self._memory.trouble:
            self._tell(Remarked(self._memory.trouble, "warning"))

    def _free(self) -> None:
        self._reader.shutdown(wait=True, cancel_futures=True)
        if self._backend:
            self._backend.close()
        if self._memory:
            self._memory.close()

    def _stop(self) -> None:
        if self._talk:
            self._talk.cancel()

    @property
    def _store(self) -> Memory:
        assert self._memory is not None  # opened before the first job
        return self._memory

    @property
    def _keep_nothing(self) -> bool:
        """Whether the model may write nothing to disk: its caches would tell of an encrypted memory too."""
        return self._private or self._store.encrypted

    def _conversation(self) -> Conversation:
        """The conversation; loads the model if that has not succeeded yet, so that a mended one simply works."""
        if self._talk is None:
            if self._backend is None:
                self._tell(State("loading model"))
                backend = self._open_backend()
                backend.set_ephemeral(self._keep_nothing)
                self._backend = backend
                self._tell(ModelReady(self._backend.name))
            self._talk = Conversation(self._backend, self._store)
        return self._talk

    def _prefill(self, photo: Photo, gone: threading.Event) -> None:
        if self._backend and not self._jobs.unwanted:
            self._conversation().prefill(photo, lambda: not (gone.is_set() or self._jobs.cancelled.is_set()))

    def _count(self) -> None:
        self._tell(Counted(self._store.stats()["episodes"], self._store.encrypted))

    def _look(self, entry: Entry, reading: Future[Photo]) -> None:
        wait([reading])
        if reading.cancelled() or reading.exception():
            return  # the app has shown why, and nothing changes
        talk = self._conversation()
        if self._jobs.unwanted:
            talk.photo = reading.result()  # words that follow, and are kept, are about this one
        else:
            self._tell(State("recalling"))
            self.recorder.show(photo := reading.result())
            self._relay(entry, talk.look(photo))
            if talk.photo is not photo:  # it failed: on screen is the new photo, so nothing goes on about the old one
                self._talk = None

    def _ask(self, entry: Entry, question: str) -> None:
        talk = self._conversation()
        self._tell(State("answering"))
        self.recorder.say("question", question)
        self._relay(entry, talk.ask(question), then="answering")

    def _revise(self, caption: str) -> None:
        self._conversation().revise(caption)
        self.recorder.say("correction", caption)

    def _relay(self, entry: Entry, events: Iterator[Event], then: str = "writing caption") -> None:
        """Pass events on; words that come faster than the screen can show are joined. `then` follows a recall."""
        held: CaptionText | AnswerText | None = None
        shown = 0.0
        for event in events:
            stop = self._jobs.cancelled.is_set()
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
                self.recorder.hear(event)
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
        before = self._store.stats()["episodes"]
        episode = talk.remember(words, when, place)
        self._tell(Remembered(entry, episode))
        if self._store.stats()["episodes"] > before:  # said again, it is what was there
            self._changes.remembered(episode.id)
        self.recorder.told(episode.id)
        self.recorder.say("remembered", readable(episode.words))
        self._count()
        self._jobs.keep_promise()
        if talk.photo and not self._jobs.unwanted:  # what was just said counts from the next question on
            self._tell(State("recalling"))
            self._relay(entry, talk.look(talk.photo))

    def _change(self, entry: Entry, change: Callable[[], Change]) -> None:
        done = change()
        talk = self._talk
        in_use = talk is not None and any(r.episode.id in done.gone for r in talk.recalls)
        self._tell(Forgotten(entry, done.gone, list(done.lines), in_use))
        self._count()
        self._jobs.keep_promise()
        if talk and in_use:  # the prompt so far holds what is forgotten: begin again without it
            self._talk = None
            if talk.photo and not self._jobs.unwanted:
                self._tell(State("recalling"))
                if talk.photo.sha256 not in done.photos:
                    self.recorder.show(talk.photo)  # what was kept of it told of what is forgotten, and went too
                again = self._conversation()
                again.reminded = talk.reminded
                self._relay(entry, again.look(talk.photo))

    def _begin(self, entry: Entry, private: bool) -> None:
        self._private, self._talk = private, None
        self.recorder.begin(private)
        with suppress(ModelStopped):  # it is gone, and keeps nothing; the next one hears of it when it starts
            if self._backend:
                self._backend.set_ephemeral(self._keep_nothing)
        self._tell(Begun(entry, private))

    def _resume(self, entry: Entry, talk_id: str, then: Callable[[StoredConversation, list[Recall]], object]) -> None:
        self._begin(entry, self._private)
        talk = conversations.get(self._store, talk_id)
        last, recalls = talk.parts[-1], []
        for id in last.episodes:
            with suppress(UnknownEpisode):  # forgotten by another process, just now
                recalls.append(Recall(self._store.get(id), 1.0, RECALLED_THEN))
        self.recorder.resume(talk, self._private)
        self._tell(Found(partial(then, talk, recalls)))
        caption, said = last.state()
        self._conversation().resume(last.photo, recalls, caption, said)

    def _switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        before, self._talk = self._open_backend, None
        self.recorder.begin(self._private)
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
