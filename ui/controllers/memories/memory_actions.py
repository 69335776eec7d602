"""One memory, chosen anywhere in the app: opened, shown large, edited, forgotten after a question; and undo.

Call the controller from the app's thread. What it changes is a job of the background thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.app import App

from memory.episode import Episode
from memory.maintenance import marks
from memory.maintenance.marks import Mark
from ui.controllers.main_view import MainView
from ui.dialogs.edit_screen import EditScreen
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.large_photo import LargePhoto
from ui.recall_strings import day
from ui.runtime.app_thread import AppThread
from ui.runtime.undo import By
from ui.strings import FORGETTING, LOOKING, SAVING, UNDOING


class MemoryActions:
    """The dialogs about one memory of one app."""

    def __init__(self, app: App[None], thread: AppThread, main_view: MainView, did: Callable[[str], object]) -> None:
        """`did` is told what was done, for the tour."""
        self._app, self._thread, self._view, self._did = app, thread, main_view, did

    def choose(self, episode: Episode, what: str) -> None:
        """Open one memory: to read it ("open"), to "forget" it after a question, to "edit" it, or its photo "large"."""

        async def decided(wanted: str | None) -> None:
            if wanted == "forget":
                self._thread.forget(await self._view.note(FORGETTING), episode.id)
            elif wanted == "edit":
                self.choose(episode, "edit")

        async def edited(new: Episode | None) -> None:
            if new:
                self._thread.edit(await self._view.note(SAVING), episode.id, new)

        if what == "large":
            words = ": ".join(filter(None, [day(episode), episode.words]))
            self._app.push_screen(LargePhoto(episode.photo, words))
        elif what == "edit":
            self._app.push_screen(EditScreen(episode), edited)
        else:
            self._did(what)
            screen = EpisodeScreen(episode, what == "forget", self._take_back)
            self._app.push_screen(screen, decided)
            self._thread.browse(partial(marks.listed, photo=episode.photo.sha256), screen.show_marks)

    async def forget(self, id: str) -> None:
        """/forget ID: show the memory, and ask before forgetting it."""
        entry = await self._view.note(LOOKING)

        async def found(episode: Episode) -> None:
            await entry.remove()
            self.choose(episode, "forget")

        self._thread.query(entry, lambda memory: memory.get(id), found)

    async def undo(self, by: By = "command") -> None:
        """Take back the last change of the memory, if `by` may."""
        self._thread.undo(await self._view.note(UNDOING), by)

    async def _take_back(self, mark: Mark) -> None:
        self._thread.unmark(await self._view.note(UNDOING), mark.id)
