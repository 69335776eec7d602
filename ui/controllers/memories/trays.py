"""The tray "tell me about these": photos without words, ten at a time; words, skipping, never asking again, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from textual.app import App

from memory.episode import Episode
from memory.store import Memory
from memory.text import count
from memory.tray import waiting_photos as tray
from ui.controllers.main_view import MainView
from ui.imports import tray_strings as strings
from ui.imports.tray_screen import TrayScreen
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import Composer
from ui.widgets.panels import StatusLine

Next = tuple[list[list[Episode]], int]


class TraysController:
    """The tray of one app. Call it from the app's thread."""

    def __init__(self, app: App[None], thread: AppThread, main_view: MainView, status: StatusLine) -> None:
        self._app, self._thread, self._view, self._status = app, thread, main_view, status
        self._skipped: set[str] = set()
        """Photos (hashes) that were skipped since the tray was opened."""

    @property
    def screen(self) -> TrayScreen | None:
        """The open tray; None if there is none."""
        return next((screen for screen in self._app.screen_stack if isinstance(screen, TrayScreen)), None)

    def count(self) -> None:
        """Count how many photos wait, and show that in the status line."""

        def counted(waiting: int) -> None:
            self._status.waiting = waiting
            if self.screen:
                self.screen.count(waiting)

        self._thread.browse(tray.waiting, counted)

    async def open(self, private: bool) -> None:
        """ctrl+t, /tray: show the photos that wait."""
        if private:
            await self._view.note(strings.PRIVATE_NO_TRAY, "warning")
            return
        self._skipped.clear()
        self._thread.browse(self._next, self._begin)

    def _next(self, memory: Memory) -> Next:
        return tray.groups(memory, self._skipped), tray.waiting(memory)

    async def _begin(self, found: Next) -> None:
        if not found[0]:
            await self._view.note(strings.TRAY_EMPTY)
        elif self.screen is None:
            undoable = partial(self._thread.session.changes.can_undo, "tray")
            screen = TrayScreen(self._tell, self._leave, self._skip, self._undo, self._elsewhere, undoable)
            await self._app.push_screen(screen)
            await self._show("", found)

    async def _show(self, said: str, found: Next) -> None:
        groups, waiting = found
        self._status.waiting = waiting
        if (screen := self.screen) is None:
            return
        if groups:
            screen.show(groups, waiting, said)
        else:
            screen.dismiss(None)
            await self._view.note(strings.TRAY_SKIPPED if waiting else strings.TRAY_DONE, "done")

    def _tell(self, episodes: Sequence[Episode], words: str) -> None:
        ids = [episode.id for episode in episodes]
        said = strings.TRAY_KEPT.format(photos=count(len(ids), "photo"), words=words)
        self._change(lambda: self._thread.session.changes.tell_in_tray(ids, words), said)

    def _leave(self, episode: Episode) -> None:
        said = strings.TRAY_NOT_ASKED.format(photos=count(1, "photo"))
        self._change(lambda: self._thread.session.changes.leave_in_tray([episode.photo.sha256]), said)

    def _skip(self, episode: Episode) -> None:
        self._skipped.add(episode.photo.sha256)
        self._after("")

    def _elsewhere(self, paths: list[Path]) -> None:
        """A path was pasted into the tray: the app shows or imports it, as if it had been pasted there."""
        self._app.post_message(Composer.Photos(paths))

    def _undo(self) -> None:
        def undo(memory: Memory) -> str:
            changes = self._thread.session.changes
            return changes.undo("tray").lines[0] if changes.can_undo("tray") else strings.TRAY_NO_UNDO

        def undone(line: str) -> None:
            self._thread.browse(self._next, partial(self._show, line))

        self._thread.query(None, undo, undone, keep=True)

    def _change(self, change: Callable[[], object], said: str) -> None:
        self._thread.query(None, lambda memory: change(), lambda _: self._after(said), keep=True)

    def _after(self, said: str) -> None:
        """Say what was done; when all ten are through, bring the next ones."""
        if screen := self.screen:
            screen.say(said)
            if not screen.photos:
                self._thread.browse(self._next, partial(self._show, said))
                return
        self.count()
