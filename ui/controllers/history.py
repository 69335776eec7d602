"""What was: kept conversations, standing instructions. Finds them, shows them, does what was chosen.

Call it from the app. The memory is asked in the session's thread; what is passed there touches no widget.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from textual.app import App

from memory import conversations, reminders
from memory.db.conversation_rows import StoredConversation, Title
from memory.episode import Recall
from memory.instructions import Reminder
from ui.controllers.main_view import MainView
from ui.dialogs.kept_conversations import HistoryScreen, RemindersScreen, TalkScreen
from ui.input_parser import to_path
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import LISTED, export, export_open, forget_conversation
from ui.strings import DELETING, ENDED, EXPORT_HOW, EXPORTING


class History:
    """One for the app."""

    def __init__(
        self,
        app: App[None],
        session: AppThread,
        desk: MainView,
        begin: Callable[[], Awaitable[object]],
        resumed: Callable[[StoredConversation, list[Recall]], Awaitable[object]],
    ) -> None:
        self._app, self._session, self._desk, self._begin, self._resumed = app, session, desk, begin, resumed

    async def command(self, name: str, rest: str, private: bool) -> None:
        """/history, /reminders or /export, and what stands after it."""
        match name:
            case "/history":
                self.talks(rest)
            case "/reminders":
                self.reminders()
            case "/export" if rest:
                await self.export(rest, private)
            case "/export":
                await self._desk.note(EXPORT_HOW, "warning")

    # -- standing instructions ----------------------------------------------------------------------------------

    def reminders(self) -> None:
        """Show the list of standing reminders."""

        async def found(standing: list[Reminder]) -> None:
            await self._push(RemindersScreen(standing, self._end))

        self._session.browse(reminders.standing, found)

    def _end(self, reminder: Reminder) -> None:
        async def ended(one: Reminder) -> None:
            await self._desk.note(ENDED.format(task=one.task), "done")

        self._session.query(None, lambda memory: reminders.end(memory, reminder.id), ended, keep=True)

    # -- conversations ------------------------------------------------------------------------------------------

    def talks(self, words: str = "") -> None:
        """List them, in the list that is open if there is one."""

        async def found(titles: list[Title]) -> None:
            if not isinstance(self._app.screen, HistoryScreen):
                await self._push(HistoryScreen(self.talks, self._read))
            if isinstance(self._app.screen, HistoryScreen):
                self._app.screen.show(titles, words)

        self._session.browse(lambda memory: conversations.titles(memory, words, LISTED), found)

    async def export(self, file: str, private: bool) -> None:
        """/export FILE: the open conversation."""
        entry = await self._desk.note(EXPORTING)
        job = partial(export_open, self._session, private, to_path(file))
        self._session.query(entry, job, partial(self._desk.settle, entry))

    def _read(self, id: str) -> None:
        async def found(talk: StoredConversation) -> None:
            await self._app.push_screen(TalkScreen(talk), partial(self._chosen, talk))

        self._session.browse(lambda memory: conversations.get(memory, id), found)

    async def _chosen(self, talk: StoredConversation, what: str | None) -> None:
        if what in ("continue", "export") and isinstance(self._app.screen, HistoryScreen):
            self._app.screen.dismiss()  # what comes of it is told in the conversation
        if what == "continue":
            self._session.resume(await self._desk.turn(), talk.id, self._resumed)
        elif what == "export":
            entry = await self._desk.note(EXPORTING)
            file = Path.home() / f"keepsake-{talk.parts[0].when:%Y-%m-%d}-{talk.id}.html"
            self._session.query(entry, partial(export, talk.id, file), partial(self._desk.settle, entry))
        elif what == "delete":
            await self._delete(talk.id)

    async def _delete(self, id: str) -> None:
        if id == self._session.recorder.id:
            await self._begin()
        entry = await self._desk.note(DELETING)

        async def deleted(receipt: list[str]) -> None:
            await self._desk.settle(entry, "\n".join(receipt))
            for screen in self._app.screen_stack:
                if isinstance(screen, HistoryScreen):
                    screen.drop(id)

        self._session.query(entry, partial(forget_conversation, id), deleted, keep=True)

    async def _push(self, screen: RemindersScreen | HistoryScreen) -> None:
        await self._app.push_screen(screen)
