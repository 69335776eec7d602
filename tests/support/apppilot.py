"""What the tests of the app share: starting it, waiting for a condition, reading the screen. No tests in here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from assistant.backend import Backend
from assistant.backends.fake import FakeBackend
from assistant.encoder.encoder import BackendEncoder
from memory.search.gate import Gate
from memory.store import Memory
from tui import KeepsakeApp
from ui.runtime import settings
from ui.widgets.chat_log import Composer, Note, PhotoEntry
from ui.widgets.model_text import ModelText
from ui.widgets.panels import CaptionPanel, MemoriesPanel, MemoryCard, StatusLine

Open = Callable[[], Backend]


def picture(path: Path, colour: str, size: tuple[int, int] = (64, 48)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


class Alike(FakeBackend):
    """All photos look nearly the same."""

    def embed(self, photo):  # type: ignore[no-untyped-def]
        tokens = super().embed(photo)
        tokens[:, 0] += 8
        return tokens / (tokens**2).sum(1, keepdims=True) ** 0.5


class FakeEncoder(BackendEncoder):
    """The tower of a fake model as an encoder; the threshold of the model may change, and it may have a `gate`."""

    @property
    def gate(self) -> Gate:  # type: ignore[override]
        return getattr(self._backend, "gate", None) or Gate.constant(self._backend.threshold)

    @gate.setter
    def gate(self, gate: Gate) -> None:
        """Leave it with the backend."""


def stopwatch() -> Callable[[], float]:
    """Seconds since now, by the clock or of this process's own work, whichever is less: what else the machine has to do
    does not count."""
    clock, work = time.perf_counter(), time.process_time()
    return lambda: min(time.perf_counter() - clock, time.process_time() - work)


@asynccontextmanager
async def running(
    memory_file: Path, backend: Backend | Open, size: tuple[int, int] = (120, 36), *, demo: bool = False
) -> AsyncIterator[tuple[KeepsakeApp, Pilot[None]]]:
    """The app, ready for use. Photos are encoded by `backend`, which tests can make alike, slow or broken."""
    if settings.get("on this day") is None:  # what a test sees does not depend on the day on which it runs
        settings.put("on this day", False)
    opened: Open = backend if callable(backend) else lambda: backend
    tower = FakeBackend() if callable(backend) else backend
    app = KeepsakeApp(lambda: Memory(memory_file), opened, lambda: FakeEncoder(tower), demo=demo)
    async with app.run_test(size=size) as pilot:
        await until(lambda: app.query("#welcome"), "the greeting")
        yield app, pilot
        await asyncio.to_thread(app.thread.close)
        told = asyncio.Event()  # messages arrive in order: when this one has, all that was told before it has too
        app.call_later(told.set)
        await until(lambda: told.is_set() or not app.is_running, "the last word")


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; never for the clock."""
    for _ in range(12000):  # a minute, for the slowest machine
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"never came: {what}")


async def opened(app: KeepsakeApp, kind: type[Screen[Any]], what: str = "the screen") -> None:
    """Wait until a screen is on top, with all that is on it."""
    await until(lambda: isinstance(app.screen, kind) and app.screen.is_mounted, what)


async def drawn(app: KeepsakeApp, what: str = "the question on screen") -> None:
    """Wait until a dialog that asks is on screen: it takes no key that was pressed before."""
    await until(lambda: getattr(app.screen, "drawn", float("inf")) < float("inf"), what)


async def send(app: KeepsakeApp, pilot: Pilot[None], text: str) -> None:
    """Type a text (at once) and press Enter."""
    app.query_one(Composer).text = text
    await pilot.press("enter")


def idle(app: KeepsakeApp) -> bool:
    return app.query_one(StatusLine).state == "idle"


def state(app: KeepsakeApp) -> str:
    return app.query_one(StatusLine).state


def notes(app: KeepsakeApp, kind: str) -> list[str]:
    return [str(note.render()) for note in app.query(Note) if note.has_class(f"-{kind}")]


def caption(app: KeepsakeApp) -> str:
    return app.query_one(CaptionPanel).model_text.text


def replies(app: KeepsakeApp) -> list[ModelText]:
    return [w for w in app.query(ModelText) if w.id is None]


def cards(app: KeepsakeApp) -> list[MemoryCard]:
    return list(app.query_one(MemoriesPanel).query(MemoryCard))


def shown(widget: Widget) -> str:
    """What is on screen within a widget's region, as text."""
    region = widget.region
    lines = widget.screen._compositor.render_strips()[region.y : region.bottom]
    return "\n".join(line.crop(region.x, region.right).text for line in lines)


async def sees(widget: Widget, *texts: str) -> None:
    """Wait until all of `texts` are on screen where `widget` is."""
    await until(lambda: all(text in shown(widget) for text in texts), f"{texts} in {widget}")


async def all_seen(app: KeepsakeApp) -> None:
    """Wait until the encoder has seen every remembered photo: before, recall does not find it."""
    session = app.thread._session
    await until(lambda: idle(app) and not app.status.encoding and session.engines.encoder_thread, "all seen")
    await until(lambda: not session.store.photos_without_vectors("fake"), "all that is remembered")


async def look(app: KeepsakeApp, pilot: Pilot[None], path: Path) -> None:
    """Attach a photo and wait until its caption is there."""
    before = len(app.query(PhotoEntry))
    await send(app, pilot, str(path))
    await until(lambda: len(app.query(PhotoEntry)) > before, "the photo's place")
    await until(lambda: idle(app) and not app.query_one(CaptionPanel).busy and caption(app), "the caption")


def make_album(folder: Path) -> Path:
    """A folder with two photos, one of them with a capital suffix, and two files that are none."""
    folder.mkdir()
    picture(folder / "MILO 1.JPG", "orange")
    picture(folder / "rex.png", "navy")
    (folder / "broken.jpg").write_bytes(b"no photo at all")
    (folder / "notes.txt").write_text("not a photo")
    return folder
