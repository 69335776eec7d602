"""Stored conversations, reminders, and marks on photos: list them, open them, do what the user chose.

Call the controller from the app's thread. Functions that it passes to `AppThread` touch no widget.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from textual.app import App

from memory import conversations, reminders
from memory.db.stored_conversation import StoredConversation, Title
from memory.episode import Recall
from memory.instructions import Reminder
from memory.maintenance import marks
from memory.maintenance.marks import Mark
from ui.controllers.main_view import MainView
from ui.dialogs.ending_lists import EndingList, MarksScreen, RemindersScreen
from ui.dialogs.kept_conversations import ConversationScreen, HistoryScreen
from ui.input_parser import to_path
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import LISTED, export, export_open, forget_conversation, reminders_about
from ui.strings import DELETING, ENDED, EXPORT_HOW, EXPORTING, UNDOING


class HistoryController:
    """The stored conversations, the reminders and the marks of one app."""

    def __init__(
        self,
        app: App[None],
        thread: AppThread,
        main_view: MainView,
        begin: Callable[[], Awaitable[object]],
        resumed: Callable[[StoredConversation, list[Recall]], Awaitable[object]],
        deleted: Callable[[], object],
    ) -> None:
        """`begin` begins a new conversation, `resumed` shows one that goes on, `deleted` is called when one is gone."""
        self._app, self._thread, self._view, self._begin, self._resumed = app, thread, main_view, begin, resumed
        self._deleted = deleted

    async def run(self, name: str, rest: str, private: bool) -> None:
        """Run /history, /reminders, /marks or /export with the text after the command."""
        match name:
            case "/history":
                self.conversations(rest)
            case "/reminders":
                self.reminders()
            case "/marks":
                self.marks()
            case "/export" if rest:
                await self.export(rest, private)
            case "/export":
                await self._view.note(EXPORT_HOW, "warning")

    # -- reminders ----------------------------------------------------------------------------------

    def reminders(self) -> None:
        """Show the list of standing reminders."""

        async def found(standing: list[tuple[Reminder, str]]) -> None:
            await self._push(RemindersScreen(standing, self._end))

        self._thread.browse(reminders_about, found)

    def _end(self, reminder: Reminder) -> None:
        async def ended(one: Reminder) -> None:
            await self._view.note(ENDED.format(task=one.task), "done")

        self._thread.query(None, lambda memory: reminders.end(memory, reminder.id), ended, keep=True)

    # -- marks: "the same", "not the same" --------------------------------------------------------------------

    def marks(self) -> None:
        """Show the list of pairs of photos that are, or are not, the same by the user's word."""

        async def found(said: list[Mark]) -> None:
            await self._push(MarksScreen(said, self._take_back))

        self._thread.browse(marks.listed, found)

    def _take_back(self, id: str) -> None:
        self._app.call_later(self._unmark, id)

    async def _unmark(self, id: str) -> None:
        self._thread.unmark(await self._view.note(UNDOING), id)

    # -- conversations ------------------------------------------------------------------------------------------

    def conversations(self, words: str = "") -> None:
        """List the stored conversations, all or those with these words; an open list is used again."""

        async def found(titles: list[Title]) -> None:
            if not isinstance(self._app.screen, HistoryScreen):
                await self._push(HistoryScreen(self.conversations, self._read))
            if isinstance(self._app.screen, HistoryScreen):
                self._app.screen.show(titles, words)

        self._thread.browse(lambda memory: conversations.titles(memory, words, LISTED), found)

    async def export(self, file: str, private: bool) -> None:
        """/export FILE: the open conversation."""
        entry = await self._view.note(EXPORTING)
        job = partial(export_open, self._thread, private, to_path(file))
        self._thread.query(entry, job, partial(self._view.settle, entry))

    def _read(self, id: str) -> None:
        async def found(conversation: StoredConversation) -> None:
            await self._app.push_screen(ConversationScreen(conversation), partial(self._chosen, conversation))

        self._thread.browse(lambda memory: conversations.get(memory, id), found)

    async def _chosen(self, conversation: StoredConversation, what: str | None) -> None:
        if what in ("continue", "export") and isinstance(self._app.screen, HistoryScreen):
            self._app.screen.dismiss()  # the result is shown in the conversation
        if what == "continue":
            self._thread.resume(await self._view.new_page(), conversation.id, self._resumed)
        elif what == "export":
            entry = await self._view.note(EXPORTING)
            file = Path.home() / f"keepsake-{conversation.parts[0].when:%Y-%m-%d}-{conversation.id}.html"
            self._thread.query(entry, partial(export, conversation.id, file), partial(self._view.settle, entry))
        elif what == "delete":
            await self._delete(conversation.id)

    async def _delete(self, id: str) -> None:
        if id == self._thread.recorder.id:
            await self._begin()
        entry = await self._view.note(DELETING)

        async def deleted(receipt: list[str]) -> None:
            await self._view.settle(entry, "\n".join(receipt))
            for screen in self._app.screen_stack:
                if isinstance(screen, HistoryScreen):
                    screen.drop(id)
            self._deleted()

        self._thread.query(entry, partial(forget_conversation, id), deleted, keep=True)

    async def _push(self, screen: EndingList | HistoryScreen) -> None:
        await self._app.push_screen(screen)
