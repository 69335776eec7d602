"""The memory browser, filled and opened by a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import (
    opened,
    picture,
    send,
)
from tui import KeepsakeApp
from ui.dialogs.memory_browser import BrowserScreen
from ui.widgets.episode_grid import EpisodeGrid

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def fill(memory_file: Path, photos: Path, *words: str, days: float = 40) -> list[Episode]:
    """Memories of one photo each, newest first."""
    episodes = []
    for n, said in enumerate(words):
        photo = load_photo(picture(photos / f"of {n}.png", f"#{n * 40 % 256:02x}8040"))
        place = "Porto" if n == 1 else None
        episodes.append(Episode(photo, (Turn("user", said),), NOW - timedelta(days=days * n), place))
    with Memory(memory_file) as memory:
        memory.add_all(episodes)
    return episodes


def words_of(memory_file: Path) -> list[str]:
    with Memory(memory_file) as memory:
        assert memory.verify() == []
        return [episode.words for episode in memory.episodes()]


async def browser(app: KeepsakeApp, pilot: Pilot[None], words: str = "") -> EpisodeGrid:
    await send(app, pilot, f"/memories {words}".strip())
    await opened(app, BrowserScreen, "the browser")
    assert isinstance(app.screen, BrowserScreen)
    return app.screen.grid
