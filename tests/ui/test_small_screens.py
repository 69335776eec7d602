"""On small screens nothing is cut: keys below a long memory, the state beside a long status, panels above paths."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from tests.support.apppilot import drawn, idle, opened, picture, running, sees, until
from ui import dialog_strings, people_strings
from ui.dialogs.episode_dialogs import LONGEST_KEY, EpisodeScreen, HelpScreen
from ui.imports import tray_strings
from ui.widgets.keys_line import KeysLine, broken

SIZES = [(50, 16), (80, 24)]
LINES = (
    dialog_strings.BROWSER_KEYS,
    people_strings.PEOPLE_KEYS,
    people_strings.SPLIT_KEYS,
    tray_strings.TRAY_KEYS,
    tray_strings.TRAY_GROUP_KEYS,
    dialog_strings.CONVERSATION_KEYS,
)


@pytest.mark.parametrize("text", LINES)
@pytest.mark.parametrize("width", [46, 60, 76])
def test_no_line_parts_a_key_from_what_it_does(text: str, width: int) -> None:
    lines = broken(text, width)
    assert all(len(line) <= width for line in lines)
    dot = "  ·  " if "  ·  " in text else " · "
    assert dot.join(lines) == text
    assert len(lines) == 1 or min(map(len, lines)) > width / 4, "previously Esc stood alone on the last line"


def test_what_is_longer_than_a_line_breaks_between_its_words() -> None:
    assert broken("s stops what is going on  ·  Esc", 12) == ["s stops what", "is going on", "Esc"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_keys_stand_below_a_long_memory(tmp_path: Path, size: tuple[int, int]) -> None:
    words = "We walked on to the next island, and it rained. " * 40
    photo = load_photo(picture(tmp_path / "long.png", "teal"))
    episode = Episode(photo, (Turn("user", words),), datetime(2025, 8, 16, 12, tzinfo=UTC))

    async def take_back(_: object) -> None: ...

    async with running(tmp_path / "memory.db", FakeBackend(), size) as (app, pilot):
        screen = EpisodeScreen(episode, False, take_back)
        app.push_screen(screen)
        await opened(app, EpisodeScreen)
        await sees(screen.query_one(KeysLine), "e: edit", "f: forget it", "Esc closes")
        await drawn(app)
        await pilot.press("f")
        await until(lambda: screen.sure, "the question")
        await sees(screen.query_one(".dialog"), "y: forget it", "n or Esc: keep it")
        await pilot.press("n")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_state_is_said_in_the_demo_and_in_private(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(tmp_path / "memory.db", FakeBackend(), size) as (app, _pilot):
        await until(lambda: idle(app), "the model")
        app.status.demo = app.status.private = True
        await sees(app.status, "private", "○ idle")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_conversation_stays_in_view_while_a_path_is_completed(tmp_path: Path, size: tuple[int, int]) -> None:
    for n in range(15):
        picture(tmp_path / f"IMG_{n:02}.png", "teal")
    async with running(tmp_path / "memory.db", FakeBackend(), size) as (app, _pilot):
        await until(lambda: idle(app), "the model")
        app.composer.focus()
        app.composer.insert(f"@{tmp_path}/")
        completion, side = app.query_one("#completion"), app.query_one("#side")
        app.main_view.remove_class("-fresh")
        await until(lambda: completion.display and completion.region.height >= 3, "the paths")
        conversation, main = app.main_view.conversation, app.query_one("#main-view")
        await until(lambda: conversation.content_size.height >= 1, "a line of the conversation")
        await until(lambda: main.region.contains_region(conversation.region), "its whole frame")
        app.composer.clear()
        await until(lambda: not completion.display and side.region.height > 3, "the panels again")


async def test_the_keys_of_the_help_leave_room_for_what_they_do(tmp_path: Path) -> None:
    """On 50 columns they took 23."""
    async with running(tmp_path / "memory.db", FakeBackend(), (50, 16)) as (app, pilot):
        await pilot.press("f1")
        await opened(app, HelpScreen)

        def firsts() -> list[str]:
            page = [strip.text for strip in app.screen._compositor.render_strips()]
            return [line for line in page if "send (Shift+Enter" in line]

        await until(firsts, "the page")
        (first,) = firsts()
        assert first.index("send") - first.index("Enter") <= LONGEST_KEY + 1


async def test_what_waits_in_the_tray_stands_in_a_narrow_status_line(tmp_path: Path) -> None:
    """It went with the number of memories: the line of a small screen had the model's name alone."""
    async with running(tmp_path / "memory.db", FakeBackend(), (50, 16)) as (app, _):
        await until(lambda: idle(app), "the memory")
        app.status.episodes, app.status.waiting = 5, 2
        await sees(app.status, "2 in the tray")
        app.status.waiting = 0
        await sees(app.status, "5 memories")
