"""The start page: the photo of this day in another year, what was said of it, and how many photos wait for words.

One key turns it off; where there is nothing to say, there is no page.
"""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from memory.errors import KeepsakeError
from ui import start_lines
from ui.controllers.main_view import MainView
from ui.people_strings import THIS_DAY_HOW, THIS_DAY_NONE
from ui.runtime.app_thread import AppThread
from ui.start_lines import Start
from ui.widgets.chat_log import Note
from ui.widgets.photo_view import PhotoView


class StartEntry(Horizontal):
    """The picture of the day, small, with the lines beside it; on small screens the lines alone (tui.tcss)."""

    def __init__(self, start: Start) -> None:
        super().__init__(classes="start")
        self._start = start

    def compose(self) -> ComposeResult:
        """The picture, if there is one, and the lines."""
        if self._start.of_today:
            yield PhotoView(self._start.of_today[0].photo, classes="thumb")
        yield Note("\n".join([*self._start.lines(), THIS_DAY_HOW if self._start.of_today else ""]).strip())


class StartPage:
    """Shows the start page. Call it from the app's thread."""

    def __init__(self, thread: AppThread, main_view: MainView) -> None:
        self._thread, self._view = thread, main_view

    def show(self) -> None:
        """When the app opens: show the page, unless it is turned off or there is nothing to say."""
        if start_lines.wanted():
            self._thread.browse(start_lines.start, self._say)

    async def run(self, rest: str) -> None:
        """/today shows the page; /today off and /today on, as F12, turn it off and on for later starts."""
        if rest.lower() in ("on", "off"):
            await self.turn(rest.lower() == "on")
        else:
            self._thread.browse(start_lines.start, self._say_or_none)

    async def turn(self, on: bool | None = None) -> None:
        """Turn the page on or off, also for later starts."""
        try:
            await self._view.note(start_lines.turn(on), "done")
        except KeepsakeError as error:
            await self._view.note(str(error), "warning")

    async def _say(self, start: Start) -> None:
        if start.lines():
            await self._view.greet(StartEntry(start))

    async def _say_or_none(self, start: Start) -> None:
        if start.lines():
            await self._view.add(StartEntry(start))
        else:
            await self._view.note(THIS_DAY_NONE)
