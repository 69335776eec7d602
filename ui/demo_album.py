"""The demo album in the app: a memory of its own takes the place of the user's until it is left again.

The user's memory stays open and untouched. `open` and `leave` are called from the app's thread, and return at once; the
app hears of it by `MemoryCounted.demo`.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from demo import album
from demo.demo_memory import DemoMemory
from memory.errors import KeepsakeError
from memory.store import Memory
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import EntryToken
from ui.runtime.undo import Change, UndoStack
from ui.strings import DEMO_NONE, PRIVATE_NO


class DemoAlbum:
    """The demo of one app."""

    def __init__(self, post: Callable[[Message], object], thread: AppThread) -> None:
        self._post, self._thread, self._session = post, thread, thread.session
        self._demo: DemoMemory | None = None
        self._changes: UndoStack | None = None
        """What can be undone in the user's own memory."""
        self._session.after_closing.append(self._end)

    def open(self, entry: EntryToken) -> None:
        """Begin a conversation with the demo album, and offer its new photo. `entry`: the page before."""
        self._session.jobs.leave_conversation()
        self._thread.put(entry, "opening the demo album", lambda: self._open(entry), always=True)

    def leave(self, entry: EntryToken) -> None:
        """Go back to the user's own memory, in a new conversation. `entry`: the page before."""
        self._session.jobs.leave_conversation()
        self._thread.put(entry, "leaving the demo album", lambda: self._leave(entry), always=True)

    def off(self, is_open: bool) -> Callable[[EntryToken], None]:
        """What `/demo off` does: leave the open demo, or forget what an earlier Keepsake left."""
        return self.leave if is_open else self.forget_old

    def forget_old(self, entry: EntryToken) -> None:
        """Forget the demo album that an earlier Keepsake put into the user's own memory."""

        def forget() -> Change:
            ids = set(self._session.store.ids()) & {episode.id for episode in album.episodes()}
            if not ids:
                raise KeepsakeError(DEMO_NONE)
            return self._session.changes.forget(sorted(ids))

        self._thread.change(entry, "forgetting", forget)

    # -- in the background thread ---------------------------------------------------------------------------------

    def _open(self, entry: EntryToken) -> object:
        session = self._session
        private = session.private
        session.begin(entry, private)
        if private:
            raise KeepsakeError(PRIVATE_NO)

        def load() -> None:
            if session.own is None:
                self._demo = DemoMemory(session.engines.encoder())
                self._changes, session.changes = session.changes, UndoStack(lambda: session.store)
                session.own, session.memory = session.store, self._demo.memory
                session.begin(None, False)
            session.count()
            self._post(messages.DemoReady(None, album.demo_photo(), album.QUESTION))

        return session.engines.with_encoder(load)

    def _leave(self, entry: EntryToken) -> None:
        session = self._session
        if session.own and self._demo and self._changes:
            session.memory, session.own = session.own, None
            session.changes, self._changes = self._changes, None
            session.begin(entry, False)
            self._demo.close()
            self._demo = None
        else:
            session.begin(entry, session.private)
        session.count()

    def _end(self) -> None:
        """The app has closed: the demo goes, and the user's own memory is closed as well."""
        own: Memory | None = self._session.own
        if self._demo:
            self._demo.close()
        if own:
            own.close()
