"""What the start page says of this day in other years: at most three lines, and one key turns them off."""

from __future__ import annotations

from datetime import datetime

from memory import browse
from memory.episode import Episode, printable
from memory.errors import KeepsakeError, UnknownEpisode
from memory.store import Memory
from ui.controllers.main_view import MainView
from ui.people_strings import THIS_DAY, THIS_DAY_HOW, THIS_DAY_OFF, THIS_DAY_ON, years_ago
from ui.runtime import settings
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import Note

SETTING = "on this day"
SHOWN = 3
"""Number of memories at most, one of each year."""


class StartPage:
    """The lines about this day. Call it from the app's thread."""

    def __init__(self, thread: AppThread, main_view: MainView) -> None:
        self._thread, self._view = thread, main_view

    def show(self) -> None:
        """Show what happened on this day in earlier years, unless that is turned off or there was nothing."""
        if settings.get(SETTING, True):
            self._thread.browse(_of_today, self._say)

    async def turn(self) -> None:
        """Turn the lines on or off, also for later starts."""
        on = not settings.get(SETTING, True)
        try:
            settings.put(SETTING, on)
        except KeepsakeError as error:
            await self._view.note(str(error), "warning")
            return
        await self._view.note(THIS_DAY_ON if on else THIS_DAY_OFF, "done")

    async def _say(self, found: list[Episode]) -> None:
        if found:
            lines = [THIS_DAY.format(ago=years_ago(one.day), words=_short(one)) for one in found if one.day]
            await self._view.greet(Note("\n".join([*lines, THIS_DAY_HOW])))


def _of_today(memory: Memory) -> list[Episode]:
    found = []
    for entry in browse.on_this_day(memory, datetime.now().astimezone().date())[:SHOWN]:
        try:
            found.append(memory.get(entry.id))
        except UnknownEpisode:  # forgotten meanwhile by another process
            continue
    return found


def _short(episode: Episode) -> str:
    words = printable(" ".join(episode.words.split()))
    return words if len(words) <= 100 else f"{words[:99]}…"
