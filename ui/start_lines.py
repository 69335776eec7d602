"""What Keepsake says when it opens: how many photos wait for words, and what there was on this day in other years.

At most a few lines, none where there is nothing to say, and none at all when the user has turned them off.
"""

from __future__ import annotations

import textwrap
from datetime import datetime
from typing import NamedTuple

from memory import browse
from memory.episode import Episode, printable
from memory.errors import UnknownEpisode
from memory.relative_days import dated_words
from memory.store import Memory
from memory.tray import waiting_photos as tray
from ui.people_strings import THIS_DAY, THIS_DAY_OFF, THIS_DAY_ON, TRAY_TODAY, years_ago
from ui.runtime import settings

SETTING = "on this day"
SHOWN = 3
"""Number of memories at most, one of each year."""
LONGEST = 150
"""Letters of a memory's words."""


class Start(NamedTuple):
    """What there is to say."""

    of_today: tuple[Episode, ...]
    """Memories of this day in earlier years, the newest first."""
    waiting: int
    """How many photos wait in the tray."""

    def lines(self) -> list[str]:
        """The lines for the user."""
        days = [THIS_DAY.format(ago=years_ago(one.day), words=_short(one)) for one in self.of_today if one.day]
        waiting = TRAY_TODAY.format(photos=tray_count(self.waiting)) if self.waiting else ""
        return [*days, *([waiting] if waiting else [])]


def wanted() -> bool:
    """Whether anything is to be said when Keepsake opens."""
    return bool(settings.get(SETTING, True))


def turn(on: bool | None = None) -> str:
    """Turn the lines on or off (None: the other way), also for later starts: the line for the user.

    Raises KeepsakeError.
    """
    on = not wanted() if on is None else on
    settings.put(SETTING, on)
    return THIS_DAY_ON if on else THIS_DAY_OFF


def start(memory: Memory) -> Start:
    """What there is to say now."""
    found = []
    for entry in browse.on_this_day(memory, datetime.now().astimezone().date())[:SHOWN]:
        try:
            found.append(memory.get(entry.id))
        except UnknownEpisode:  # forgotten meanwhile by another process
            continue
    return Start(tuple(found), tray.waiting(memory))


def tray_count(n: int) -> str:
    """ "1 photo waits", "12 photos wait" """
    return "1 photo waits" if n == 1 else f"{n} photos wait"


def _short(episode: Episode) -> str:
    return textwrap.shorten(printable(dated_words(episode)), LONGEST, placeholder=" …")
