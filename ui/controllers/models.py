"""Which model answers: shows the list of models, does what the user chose, and starts and stops the one download.

A download begins only after `FetchDialog` has named its size and the user has said yes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.app import App

from assistant.models.registry import ModelRow
from ui.dialogs.model_dialogs import FetchDialog, ModelsScreen
from ui.runtime.engines.download_thread import Download
from ui.runtime.messages import DownloadProgress
from ui.strings import BUSY, CONVERT_HOW, FETCHED, FETCHING, RUNNING, STOPPING
from ui.widgets.chat_log import Kind


class ModelsController:
    """Which model answers: shows the list, does what was chosen, holds the one download. Call it from the app."""

    def __init__(
        self,
        app: App[None],
        note: Callable[[str, Kind], Awaitable[object]],
        switch: Callable[[str], Awaitable[object]],
    ) -> None:
        self._app, self._note, self._switch = app, note, switch
        self._running = ""
        self._fetching: Download | None = None

    def choose(self, running: str) -> None:
        """Show the list of models and do what is chosen there."""
        self._running, now = running, self._fetching
        self._app.push_screen(ModelsScreen(running, *((now.model, now.percent) if now else ())), self._chosen)

    def stop(self) -> None:
        """Stop the download, if there is one, without another message: the app is closing."""
        fetching, self._fetching = self._fetching, None
        if fetching:
            fetching.stop()

    async def fetched(self, message: DownloadProgress) -> str:
        """Show how far a download is, or that it has ended. Returns the text for the status line."""
        name, percent = message.model, message.percent
        if self._fetching is None:
            return ""
        for screen in self._app.screen_stack:
            if isinstance(screen, ModelsScreen):
                screen.show_fetching(name, percent)
        if percent is not None:
            return f"fetching {name} {percent} %"
        self._fetching = None
        if message.problem:
            await self._note(message.problem, "warning")
        else:
            await self._note(FETCHED.format(model=name), "done")
        return ""

    async def _chosen(self, row: ModelRow | None) -> None:
        """Use the model if it is on this computer, otherwise ask and fetch it; or stop fetching it."""
        if row is None:
            return
        if row.name == self._running:
            await self._note(RUNNING.format(model=row.name), "info")
        elif row.ready:
            await self._switch(row.name)
        elif row.problem:
            await self._note(f"{row.name}: {row.problem}", "warning")
        elif row.where == "convert":
            await self._note(CONVERT_HOW.format(model=row.name), "info")
        elif self._fetching is None:
            self._app.push_screen(FetchDialog(row), partial(self._fetch, row.name))
        elif self._fetching.model == row.name:
            self._fetching.stop()
            await self._note(STOPPING.format(model=row.name), "info")
        else:
            await self._note(BUSY.format(model=self._fetching.model), "warning")

    async def _fetch(self, model: str, agreed: bool | None) -> None:
        if agreed:
            await self._note(FETCHING.format(model=model), "info")
            self._fetching = Download(model, self._app.post_message)
