"""Models: which there are, which one runs, which can be fetched; the question before a download, and its thread.

The list comes from `assistant/models/registry.py`, the download is `assistant/models/download.py`: here they are shown
and started. The network is used in `Fetching` only, and that begins only after `FetchDialog` has named the size and got
a yes.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant import offline
from assistant.models import download, registry
from assistant.models.hardware import gigabytes
from assistant.models.registry import ModelRow
from memory.errors import KeepsakeError
from ui.runtime.messages import Crashed, Fetched
from ui.strings import (
    BUSY,
    CONVERT,
    CONVERT_HOW,
    FETCH,
    FETCHED,
    FETCHING,
    FITS,
    FITS_UNKNOWN,
    MODELS_HERE,
    MODELS_KEYS,
    MODELS_TO_BE_HAD,
    RUNNING,
    STOPPING,
)
from ui.widgets.chat_log import Kind

EVERY = 0.2
"""Seconds between two words about a download."""


class ModelsScreen(ModalScreen[ModelRow | None]):
    """Enter chooses a model; what that means is the app's affair."""

    BINDINGS: ClassVar = [Binding("escape,f6", "dismiss(None)", "Close")]

    def __init__(self, running: str, fetching: str = "", percent: int = 0) -> None:
        super().__init__()
        self.running, self.fetching, self.percent = running, fetching, percent
        self.rows: dict[str, ModelRow] = {}

    def compose(self) -> ComposeResult:
        """The list is read in a thread: it may have to hash files that are new."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = "Models"
            yield OptionList()
            yield Static(MODELS_KEYS, classes="keys")

    async def on_mount(self) -> None:
        """Fill the list, without keeping a key waiting."""
        self.query_one(OptionList).loading = True
        self.run_worker(self._fill())

    async def _fill(self) -> None:
        self.rows = {row.name: row for row in await asyncio.to_thread(registry.rows)}
        options = self.query_one(OptionList)
        options.loading = False
        options.clear_options()
        for title, here in ((MODELS_HERE, True), (MODELS_TO_BE_HAD, False)):
            rows = [row for row in self.rows.values() if (row.folder is not None) is here]
            if rows:
                options.add_option(Option(Content.assemble((title, "bold $primary")), disabled=True))
                options.add_options([Option(self._line(row), row.name) for row in rows])
        options.highlighted = next((i for i, o in enumerate(options.options) if o.id == self.running), 1)
        options.focus()

    def show_fetching(self, model: str, percent: int | None) -> None:
        """How far a download is; None: it has ended, and the list is read anew."""
        self.fetching, self.percent = (model, percent) if percent is not None else ("", 0)
        if percent is None:
            self.run_worker(self._fill())
            return
        for options in self.query(OptionList) if model in self.rows else ():  # none while the screen comes or goes
            options.replace_option_prompt(model, self._line(self.rows[model]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a model chooses that model."""
        self.dismiss(self.rows[str(event.option_id)])

    def _line(self, row: ModelRow) -> Content:
        """Two lines: name and state; memory, licence, what it is."""
        size = gigabytes(row.size) if row.size else "size unknown"
        if row.name == self.running:
            state = "● running"
        elif row.name == self.fetching:
            state = f"fetching, {self.percent} %  (Enter stops it)"
        elif row.problem:
            state = "damaged"
        else:
            state = size if row.folder else f"{size} to fetch"
        facts = [row.problem] if row.problem else [fits(row), row.licence, row.about]
        tone = "$warning" if row.problem or row.fits == "no" else "$foreground-muted"
        return Content.assemble(
            (row.name, "bold"), "  ", (state, "$primary"), "\n", (" · ".join(f for f in facts if f), tone)
        )


def fits(row: ModelRow) -> str:
    """ "needs 4.9 GB of memory: fits" """
    if not row.needs or not row.fits:
        return CONVERT if row.where == "convert" else FITS_UNKNOWN
    return f"needs {gigabytes(row.needs)} of memory: {FITS[row.fits]}"


class FetchDialog(ModalScreen[bool]):
    """Before anything is fetched: what, how much, from where. Only y is a yes."""

    BINDINGS: ClassVar = [
        Binding("y", "dismiss(True)", "Fetch"),
        Binding("n,escape", "dismiss(False)", "Close"),
    ]

    def __init__(self, row: ModelRow) -> None:
        super().__init__()
        self.row = row

    def compose(self) -> ComposeResult:
        """The question, and what a yes means."""
        row, known = self.row, registry.listed_models()[self.row.name]
        with Vertical(classes="dialog") as box:
            box.border_title = f"Fetch {row.name}, {gigabytes(known.size)}?"
            with VerticalScroll(can_focus=False):
                yield Static(Content(f"{row.name}: {row.about}"))
                yield Static(Content(f"{fits(row)}; licence: {row.licence}"))
                yield Static(Content(FETCH.format(size=gigabytes(known.size), repository=known.repository)))
            yield Static(f"y: fetch {gigabytes(known.size)}  ·  n or Esc: not now", classes="keys")


class Fetching:
    """A download in a thread of its own, begun at once; `tell` is called from there, with Fetched."""

    def __init__(self, model: str, tell: Callable[[Message], object]) -> None:
        self.model, self.percent, self._tell = model, 0, tell
        self._stop, self._told = threading.Event(), 0.0
        threading.Thread(target=self._run, name=f"fetch {model}", daemon=True).start()

    def stop(self) -> None:
        """End it soon; what came is kept for the next time."""
        self._stop.set()

    def _run(self) -> None:
        try:
            with offline.requested_by_user():
                download.pull(self.model, on_progress=self._progress, stop=self._stop)
            self._tell(Fetched(self.model, None))
        except KeepsakeError as error:
            self._tell(Fetched(self.model, None, str(error)))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self._tell(Crashed(error))

    def _progress(self, progress: download.Progress) -> None:
        if time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self.percent = 100 * progress.done // max(1, progress.total)
            self._tell(Fetched(self.model, self.percent))


class Models:
    """Which model answers: shows the list, does what was chosen, holds the one download. Call it from the app."""

    def __init__(
        self,
        app: App[None],
        note: Callable[[str, Kind], Awaitable[object]],
        switch: Callable[[str], Awaitable[object]],
    ) -> None:
        self._app, self._note, self._switch = app, note, switch
        self._running = ""
        self._fetching: Fetching | None = None

    def choose(self, running: str) -> None:
        """Show the list of models and do what is chosen there."""
        self._running, now = running, self._fetching
        self._app.push_screen(ModelsScreen(running, *((now.model, now.percent) if now else ())), self._chosen)

    def stop(self) -> None:
        """Stop the download, if there is one: the app closes, and nothing more is told of it."""
        fetching, self._fetching = self._fetching, None
        if fetching:
            fetching.stop()

    async def fetched(self, message: Fetched) -> str:
        """A download goes on, or has ended. Returns what the status line says of it."""
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
        """Use it if it is here; fetch it, after a question, if it is not; stop fetching it."""
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
            self._fetching = Fetching(model, self._app.post_message)
