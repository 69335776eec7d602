"""The one thread that owns the memory and the model. Jobs go in by method, messages come out; the screen never
waits.

The conversation is touched here only. Jobs run in the order they were given (`job_queue.py`), so a question typed
while a caption is being written is answered after it. Looking through the memory waits for none of them: a second
thread reads (`browse`), and writes nothing. It knows no widget: `entry` is a token handed back as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from textual.message import Message

from assistant.backend import Backend
from assistant.conversation import Conversation
from demo import album
from memory.browse import Twin
from memory.db.conversation_rows import StoredConversation
from memory.episode import Episode, Photo, Recall
from memory.errors import KeepsakeError
from memory.store import Memory
from ui.runtime.messages import Entry, Found, Locked, Remarked
from ui.runtime.session import Session
from ui.runtime.undo import Change
from ui.strings import DEMO_NONE

Result = TypeVar("Result")


class AppThread:
    """Start it once; call its methods from the app's thread."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
    ) -> None:
        self._tell = tell
        self._reader = ThreadPoolExecutor(1, "browser")
        self._session = Session(
            tell, open_memory, open_backend, lambda: self._reader.shutdown(wait=True, cancel_futures=True)
        )
        self._jobs = self._session.jobs
        self._put = self._jobs.put
        self.recorder = self._session.recorder
        self._passphrases: SimpleQueue[str] = SimpleQueue()

    def passphrase(self, question: str) -> str:
        """For `Memory`, in the thread: ask the app, and wait for what it will `answer`; "" when it closes instead."""
        self._tell(Locked(question))
        return self._passphrases.get()

    def answer(self, passphrase: str | None) -> None:
        """What the user typed."""
        self._passphrases.put(passphrase or "")

    def start(self) -> None:
        """Open the memory, then load the model; both in the thread."""
        self._put(None, "loading model", self._session.open_conversation)
        self._jobs.thread.start()

    def expect(self, photo: Photo | None) -> None:
        """A photo may be sent soon: let the model read what it can of it until anything else is to be done. None: not
        any more. Nothing of it is seen, not even that it fails."""
        self._jobs.make_way()
        if photo:
            self._jobs.ahead(partial(self._session.prefill, photo))

    def look(self, entry: Entry, photo: Future[Photo]) -> None:
        """Recall and caption a photo that is being read."""
        self._put(entry, "reading photo", lambda: self._session.look(entry, photo), always=True)

    def ask(self, entry: Entry, question: str) -> None:
        """Have a question answered, about the photo in view if there is one."""
        self._put(entry, "answering", lambda: self._session.ask(entry, question))

    def revise(self, entry: Entry, caption: str) -> None:
        """The user's caption stands from now on."""
        self._put(entry, "saving the caption", lambda: self._session.revise(caption))

    def remember(self, entry: Entry, words: str, when: datetime | None, place: str | None) -> None:
        """Keep the photo with these words."""
        self._put(entry, "remembering", lambda: self._session.remember(entry, words, when, place), keep=True)

    def query(
        self,
        entry: Entry,
        job: Callable[[Memory], Result],
        then: Callable[[Result], object],
        *,
        keep: bool = False,
    ) -> None:
        """Ask the memory in the thread; `then`, a coroutine's or a function, is for the app to call with the result."""
        self._put(entry, "looking it up", lambda: self._tell(Found(partial(then, job(self._session.store)))), keep=keep)

    def browse(self, job: Callable[[Memory], Result], then: Callable[[Result], object]) -> None:
        """Read the memory at once, beside whatever is going on; `then` as for `query`. What fails is told."""

        def read() -> None:
            if self._session.memory is None:
                return
            try:
                self._tell(Found(partial(then, job(self._session.memory))))
            except KeepsakeError as error:
                self._tell(Remarked(str(error), "warning"))

        with suppress(RuntimeError):  # the app is closing
            self._reader.submit(read)

    def recount(self) -> None:
        """Count the memories again if somebody else, another window perhaps, has changed them."""

        def count(memory: Memory) -> None:
            with suppress(KeepsakeError):  # what is wrong is told when the memory is wanted, and not before
                if memory.changed():
                    self._session.count()

        self.browse(count, lambda _: None)

    def alike(self, entry: Entry, photo: Photo, k: int, then: Callable[[list[Recall]], object]) -> None:
        """Find the memories that a photo recalls; the conversation stays as it is."""

        def find() -> None:
            talk = Conversation(self._session.open_conversation().backend, self._session.store, k=k)
            self._tell(Found(partial(then, talk.recall(photo))))

        self._put(entry, "recalling", find)

    def forget(self, entry: Entry, *ids: str) -> None:
        """Forget episodes: their bytes go at once, and until the app closes `undo` brings them back."""
        self._change(entry, "forgetting", lambda: self._session.changes.forget(ids))

    def edit(self, entry: Entry, episode_id: str, new: Episode) -> None:
        """Put an episode in the place of another."""
        self._change(entry, "saving", lambda: self._session.changes.edit(episode_id, new))

    def merge(self, entry: Entry, twins: Sequence[Twin]) -> None:
        """Leave one of each that is there more than once."""
        self._change(entry, "merging", lambda: self._session.changes.merge(twins))

    def undo(self, entry: Entry) -> None:
        """Take back the last of remembering, forgetting, edit or merge."""
        self._change(entry, "undoing", self._session.changes.undo)

    def demo(self, entry: Entry) -> None:
        """Put the demo album into the memory."""
        self._put(entry, "opening the demo album", lambda: self._session.open_demo(entry))

    def no_demo(self, entry: Entry) -> None:
        """Forget the demo album."""

        def forget() -> Change:
            ids = set(self._session.store.ids()) & {episode.id for episode in album.episodes()}
            if not ids:
                raise KeepsakeError(DEMO_NONE)
            return self._session.changes.forget(sorted(ids))

        self._change(entry, "forgetting", forget)

    def _change(self, entry: Entry, activity: str, change: Callable[[], Change]) -> None:
        self._put(entry, activity, lambda: self._session.change(entry, change), keep=True)

    def begin(self, entry: Entry, private: bool) -> None:
        """Begin a new conversation, at once; what still waits in the old one is not answered, but kept if it is to be.

        While it is `private`, nothing is kept anywhere, and nothing can be remembered.
        """
        self._jobs.leave()
        self._put(entry, "beginning anew", lambda: self._session.begin(entry, private), always=True)

    def resume(self, entry: Entry, talk_id: str, then: Callable[[StoredConversation, list[Recall]], object]) -> None:
        """Go on with an earlier conversation, at once as `begin` does; `then` shows it."""
        self._jobs.leave()
        self._put(entry, "opening the conversation", lambda: self._session.resume(entry, talk_id, then), always=True)

    def switch(self, entry: Entry, open_backend: Callable[[], Backend]) -> None:
        """Let another model answer, in a new conversation. When it cannot be opened, the one before stays chosen."""
        self._jobs.leave()
        self._put(entry, "changing the model", lambda: self._session.switch(entry, open_backend), always=True)

    def cancel(self) -> None:
        """Stop what is being written. From any thread."""
        self._jobs.cancel()

    def close(self) -> None:
        """Stop writing, finish what is to be remembered or forgotten, free everything."""
        self._reader.shutdown(wait=False, cancel_futures=True)
        self.answer(None)
        self._jobs.end()
