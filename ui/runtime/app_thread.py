"""The app's side of the background thread that owns the memory and the model (`session.py`).

Methods put jobs into the queue and return at once; results come back as messages, so the screen never waits. Jobs run
in the order they were given (`job_queue.py`): a question typed while a caption is being written is answered after it.
Browsing the memory waits for no job: a second thread reads (`browse`), and writes nothing. No widget is known here:
`entry` is a token that comes back with the messages of its job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from textual.message import Message

from assistant.backend import Backend
from assistant.dialogue.denials import OnRecall
from assistant.encoder.encoder import PhotoEncoder
from memory.browse import Duplicate
from memory.db.stored_conversation import StoredConversation
from memory.episode import Episode, Photo, Recall
from memory.errors import KeepsakeError
from memory.naming.decisions import Before
from memory.store import Memory
from ui.runtime.messages import EntryToken, Notice, PassphraseNeeded, QueryResult
from ui.runtime.session import Session, Telling
from ui.runtime.undo import By, Change

Result = TypeVar("Result")


class AppThread:
    """Start it once, call its methods from the app's thread, and close it."""

    def __init__(
        self,
        post: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None,
    ) -> None:
        """`open_encoder`: None for the language model's own vision tower."""
        self._post = post
        self._reader = ThreadPoolExecutor(1, "browser")
        self._session = Session(
            post, open_memory, open_backend, open_encoder, lambda: self._reader.shutdown(wait=True, cancel_futures=True)
        )
        self._jobs = self._session.jobs
        self.put = self._jobs.put
        """Puts a job into the queue (`JobQueue.put`)."""
        self.recorder = self._session.recorder
        self._passphrases: SimpleQueue[str] = SimpleQueue()
        self.before_closing: list[Callable[[], object]] = []
        """Called first when the app closes: what ends the threads that work beside this one."""

    @property
    def session(self) -> Session:
        """What lives in the thread, for those that work beside it (`ui/imports`)."""
        return self._session

    def passphrase(self, question: str) -> str:
        """Ask the app for the passphrase and wait for `answer`; "" when the app closes. `Memory` calls this."""
        self._post(PassphraseNeeded(question))
        return self._passphrases.get()

    def answer(self, passphrase: str | None) -> None:
        """Hand over the passphrase that the user typed; None: none was given."""
        self._passphrases.put(passphrase or "")

    def start(self) -> None:
        """Open the memory, in the thread, and begin to load the model and to open the encoder."""
        self._jobs.thread.start()

    def prefetch(self, photo: Photo | None) -> None:
        """Let the model read a photo that may be sent soon, until another job comes; None: end that.

        Neither progress nor failure is shown.
        """
        self._jobs.cancel_prefetch()
        if photo:
            self._jobs.prefetch(partial(self._session.prefill, photo))

    def show_photo(self, entry: EntryToken, photo: Future[Photo]) -> None:
        """Recall a photo that is being read, then caption it."""
        self.put(entry, "reading photo", lambda: self._session.show_photo(entry, photo), always=True)

    def ask(self, entry: EntryToken, question: str) -> None:
        """Have a question answered, about the photo in view if there is one."""
        self.put(entry, "answering", lambda: self._session.ask(entry, question))

    def rewrite(self, entry: EntryToken, question: str | None) -> None:
        """Answer the last question anew, in other words; None: write the caption anew."""
        self.put(entry, "writing again", lambda: self._session.rewrite(entry, question))

    def take_back(self) -> None:
        """Leave the last question and its answer out of the conversation, also out of what is stored of it."""
        self.put(None, "taking the question back", lambda: self._session.take_back())

    def revise(self, entry: EntryToken, caption: str) -> None:
        """Put the user's caption in the place of the model's."""
        self.put(entry, "saving the caption", lambda: self._session.revise(caption))

    def remember(self, entry: EntryToken, telling: Telling, said: OnRecall | None = None) -> None:
        """Remember the photo in view with what is told of it.

        `said`: what the words say of a recalled memory, too; undone together.
        """
        if said and not said.same:
            self._jobs.stop_writing()
        self.put(entry, "remembering", lambda: self._session.remember(entry, telling, said), keep=True)

    def query(
        self,
        entry: EntryToken,
        job: Callable[[Memory], Result],
        then: Callable[[Result], object],
        *,
        keep: bool = False,
    ) -> None:
        """Run `job` on the memory in its turn; the app calls `then`, or awaits it, with the result."""
        self.put(
            entry, "looking it up", lambda: self._post(QueryResult(partial(then, job(self._session.store)))), keep=keep
        )

    def browse(self, job: Callable[[Memory], Result], then: Callable[[Result], object]) -> None:
        """Read the memory at once, beside the running job; `then` as in `query`. A failure becomes a Notice."""

        def read() -> None:
            if self._session.memory is None:
                return
            try:
                self._post(QueryResult(partial(then, job(self._session.memory))))
            except KeepsakeError as error:
                self._post(Notice(str(error), "warning"))

        with suppress(RuntimeError):  # the app is closing
            self._reader.submit(read)

    def read(self, job: Callable[[Memory], Result], default: Result) -> Future[Result]:
        """Read the memory at once, as `browse` does; `default` when it is not open or cannot be read."""

        def read() -> Result:
            with suppress(KeepsakeError):  # a broken memory is reported when the user needs it, not before
                if self._session.memory:
                    return job(self._session.memory)
            return default

        try:
            return self._reader.submit(read)
        except RuntimeError:  # the app is closing
            done: Future[Result] = Future()
            done.set_result(default)
            return done

    def recount(self) -> None:
        """Count the memories again if another process has changed the memory file."""

        def count(memory: Memory) -> None:
            with suppress(KeepsakeError):  # a broken memory is reported when the user needs it, not before
                if memory.changed():
                    self._session.count()

        self.browse(count, lambda _: None)

    def similar(self, entry: EntryToken, photo: Photo, k: int, then: Callable[[list[Recall]], object]) -> None:
        """Find the `k` memories most like a photo; the conversation stays as it is."""

        def find() -> None:
            self._post(QueryResult(partial(then, self._session.similar(photo, k))))

        self.put(entry, "recalling", lambda: self._session.engines.with_encoder(find))

    def confirm(self, entry: EntryToken, said: OnRecall) -> None:
        """Keep the user's answer whether the photo in view shows what a recalled memory shows.

        After a "no", what the model is writing is stopped: it has read that memory.
        """
        if not said.same:
            self._jobs.stop_writing()
        self.put(entry, "keeping your answer", lambda: self._session.confirm(entry, said), keep=True)

    def forget(self, entry: EntryToken, *ids: str) -> None:
        """Forget episodes: their bytes go at once, and until the app closes `undo` brings them back."""
        self.change(entry, "forgetting", lambda: self._session.changes.forget(ids))

    def edit(self, entry: EntryToken, episode_id: str, new: Episode, line: str = "") -> None:
        """Replace an episode by another. `line`: all that is said of it; "": the whole receipt."""
        self.change(entry, "saving", lambda: self._session.changes.edit(episode_id, new, line))

    def merge(self, entry: EntryToken, duplicates: Sequence[Duplicate]) -> None:
        """Merge episodes that are stored more than once."""
        self.change(entry, "merging", lambda: self._session.changes.merge(duplicates))

    def decide(self, entry: EntryToken, job: Callable[[Memory], Before], line: str, undone: str) -> None:
        """Keep a decision about a name; `line` and `undone` are said of it and of its undo."""
        self.change(entry, "saving", lambda: self._session.changes.decide(job, line, undone))

    def undo(self, entry: EntryToken, by: By = "command") -> None:
        """Take back the last change of the memory, if `by` may."""
        self.change(entry, "undoing", lambda: self._session.changes.undo(by))

    def change(self, entry: EntryToken, activity: str, change: Callable[[], Change]) -> None:
        """Change the memory, as `Session.change` does."""
        self.put(entry, activity, lambda: self._session.change(entry, change), keep=True)

    def unmark(self, entry: EntryToken, id: str) -> None:
        """Take back what the user said of two photos, by the id of that mark."""
        self.change(entry, "undoing", lambda: self._session.changes.unmark(id))

    def begin(self, entry: EntryToken, private: bool) -> None:
        """Begin a new conversation at once: waiting questions of the old one are dropped, promised jobs still run.

        In a `private` conversation nothing is stored anywhere, and nothing can be remembered.
        """
        self._jobs.leave_conversation()
        self.put(entry, "beginning a conversation", lambda: self._session.begin(entry, private), always=True)

    def resume(
        self, entry: EntryToken, conversation_id: str, then: Callable[[StoredConversation, list[Recall]], object]
    ) -> None:
        """Go on with a stored conversation, at once as `begin` does; `then` shows the conversation."""
        self._jobs.leave_conversation()
        self.put(
            entry, "opening the conversation", lambda: self._session.resume(entry, conversation_id, then), always=True
        )

    def switch(self, entry: EntryToken, open_backend: Callable[[], Backend]) -> None:
        """Let another model answer, in a new conversation. If the model cannot be opened, the one before stays."""
        self._jobs.leave_conversation()
        self.put(entry, "changing the model", lambda: self._session.switch(entry, open_backend), always=True)

    def cancel(self) -> None:
        """Cancel the running job. Callable from any thread."""
        self._jobs.cancel()

    def close(self) -> None:
        """Cancel the running job, finish what is to be remembered or forgotten, close memory and model."""
        for end in self.before_closing:
            end()
        self._reader.shutdown(wait=False, cancel_futures=True)
        self.answer(None)
        self._jobs.end()
