"""On screen: words, names and answers of any kind show as text. They steer neither the terminal nor the app."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from rich.segment import Segment
from textual.color import Color
from textual.widget import Widget

from assistant.backends.fake import FakeBackend
from assistant.photo import from_image
from benchmark.security.payloads import attempts
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import cards, idle, notes, replies, running, send, until
from tui import KeepsakeApp
from ui.dialogs.memory_browser import BrowserScreen
from ui.widgets import control_char_filter
from ui.widgets.chat_log import PhotoEntry

DAY = datetime(2025, 5, 12, 10, tzinfo=UTC)
TEXTS = [a.text for a in attempts()]
HUGE = (110, 450)
"""A screen on which all fifty fit."""


def segments(widget: Widget) -> Iterator[Segment]:
    """Everything that is drawn of the screen a widget is on."""
    for line in widget.screen._compositor.render_strips():
        yield from line


def steering(widget: Widget) -> list[str]:
    """What is drawn that a terminal or the app would obey."""
    found = [segment.text for segment in segments(widget) if control_char_filter.STEERS.search(segment.text)]
    for segment in segments(widget):
        if segment.style and (segment.style.link or "quit" in str(segment.style.meta)):
            found.append(f"{segment.text} {segment.style.link} {segment.style.meta}")
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that the app was to open in a browser."""
    asked: list[str] = []
    monkeypatch.setattr(KeepsakeApp, "open_url", lambda self, url, **_: asked.append(url))
    return asked


@pytest.fixture
def told(own_home: Path) -> Path:
    """A memory of nothing but attempts: as words, as places, as replies."""
    file = own_home / "memory.db"
    with Memory(file) as memory:
        for n, text in enumerate(TEXTS):
            photo = from_image(Image.new("RGB", (8, 8), (n, 0, 0)))
            turns = (Turn("user", text), Turn("assistant", text))
            memory.add(Episode(photo, turns, DAY + timedelta(days=n), text))
    return file


async def test_memories_show_as_they_were_said(told: Path, opened: list[str]) -> None:
    async with running(told, FakeBackend(), HUGE) as (app, pilot):
        await send(app, pilot, "/memories")
        await until(lambda: isinstance(app.screen, BrowserScreen) and app.screen.is_mounted, "the browser")

        def shown() -> str:
            return "".join(s.text for s in segments(app.screen))

        await until(lambda: all(text in shown() for text in ("]52;c;", "[@click=app.quit]")), "as text, all the same")
        assert steering(app.screen) == [] and opened == []


async def test_an_answer_that_obeys_is_text(own_home: Path, opened: list[str]) -> None:
    """The model says what the attempts want, word for word: nothing is opened, started or steered."""
    answers = ["\n\n".join(TEXTS[i : i + 10]).strip() for i in range(0, len(TEXTS), 10)]
    async with running(own_home / "memory.db", FakeBackend(answers), HUGE) as (app, pilot):
        for _ in answers:
            await send(app, pilot, "who is this?")
        await until(lambda: idle(app) and [reply.text for reply in replies(app)] == answers, "the answers")
        await until(lambda: any("touch Pinefrog" in s.text for s in segments(app.screen)), "them on screen")
        assert steering(app.screen) == [] and opened == []
        with Memory(own_home / "memory.db") as memory:
            assert memory.ids() == []


async def test_names_of_files_are_text(own_home: Path, tmp_path: Path) -> None:
    names = [a.text for a in attempts() if a.through == "file"]
    async with running(own_home / "memory.db", FakeBackend(), HUGE) as (app, _):
        for name in names:
            Image.new("RGB", (64, 48), "orange").save(tmp_path / name)
            await app.photos.attach(tmp_path / name, tmp_path / f"no {name}")
        await until(lambda: len(notes(app, "warning")) == len(names) and idle(app), "what is not there")
        assert len(app.query(PhotoEntry)) == len(names)
        assert steering(app.screen) == []
        assert cards(app) == []


async def test_a_day_that_is_markup_is_only_no_day(own_home: Path, tmp_path: Path) -> None:
    """Previously the dialog took what was typed for markup, and the app ended."""
    Image.new("RGB", (64, 48), "orange").save(tmp_path / "a.png")
    async with running(own_home / "memory.db", FakeBackend()) as (app, pilot):
        await app.photos.attach(tmp_path / "a.png")
        await until(lambda: app.photo and idle(app), "the photo")
        await pilot.press("f3")
        await until(lambda: app.screen.query("#words"), "the dialog")
        app.screen.query_one("#words").value = "Milo"
        app.screen.query_one("#date").value = "[/b] [@x="
        app.screen.query_one("#words").focus()
        await pilot.press("enter")
        await until(lambda: "[/b]" in str(app.screen.query_one("#problem").render()), "the complaint")


def test_what_a_widget_itself_sends_stays() -> None:
    """Pictures go to the terminal as control segments."""
    sent = Segment("\x1b_Gpicture\x1b\\", None, [(1, 0)])  # type: ignore[list-item]
    said = Segment("a\x1b[31m\tb\u202ec\n\x9b")
    assert control_char_filter.ControlCharFilter().apply([sent, said], Color(0, 0, 0)) == [sent, Segment("a[31m\tbc")]
