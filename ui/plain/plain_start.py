"""The start page in plain mode: a few lines about this day in other years and the tray, off by one command."""

from __future__ import annotations

from collections.abc import Callable

from memory.errors import KeepsakeError
from ui import start_lines
from ui.people_strings import THIS_DAY_NONE
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.runtime.app_thread import AppThread
from ui.start_lines import Start


class PlainStart:
    """Prints the lines; `follow` waits for a job of the thread."""

    def __init__(self, thread: AppThread, printer: Printer, follow: Callable[[], object]) -> None:
        self._thread, self._printer, self._follow = thread, printer, follow

    def greet(self) -> None:
        """At the start: print them, unless they are turned off."""
        if self._printer.code is None and start_lines.wanted():
            self._show(self._print)

    def run(self, rest: str) -> None:
        """/today prints them; /today off and /today on are kept for later starts."""
        if rest.lower() not in ("on", "off"):
            return self._show(lambda start: self._print(start, THIS_DAY_NONE))
        try:
            self._printer.say(plain_strings.DONE, plain_strings.without_keys(start_lines.turn(rest.lower() == "on")))
        except KeepsakeError as error:
            self._printer.say(plain_strings.NOTE, str(error))

    def _show(self, then: Callable[[Start], object]) -> None:
        self._thread.query("note", start_lines.start, then)
        self._follow()

    def _print(self, start: Start, nothing: str = "") -> None:
        for line in start.lines() or [nothing] * bool(nothing):
            self._printer.say(plain_strings.NOTE, plain_strings.without_keys(line))
