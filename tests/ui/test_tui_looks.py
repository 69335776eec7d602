"""How the screens look: what stands where, and in which colours, in two themes and two sizes.

`snapshots/NAME.txt` holds each screen as text, and beside each line a checksum of its colours (photos left out: Pillow
may draw them otherwise one day). SNAPSHOTS=new writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from textual.widgets import Input, Static, TextArea

from assistant.backends.fake import FakeBackend
from assistant.models import registry
from assistant.models.registry import ModelRow
from assistant.photo import load_photo
from memory import conversations
from memory.db.stored_conversation import Line, Part
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import all_seen, caption, idle, look, opened, picture, replies, running, send, until
from tui import KeepsakeApp
from ui.dialogs.episode_dialogs import PassphraseDialog
from ui.dialogs.kept_conversations import HistoryScreen
from ui.dialogs.memory_browser import BrowserScreen
from ui.widgets.photo_view import PhotoView

HERE = Path(__file__).parent / "snapshots"
SIZES = ((60, 20), (100, 34))
THEMES = ("keepsake-dark", "keepsake-light")
START = datetime(2025, 8, 16, 12, tzinfo=UTC)
WORDS = (
    "This is Milo, my koala. We were at the harbour in Lisbon. Milo always sleeps by the window.",
    "Look, this is Pearl, our sailboat. We were painting her name at the boat house in Bergen.",
    "Meet Gustav, grandmother's cactus. When Gustav shows up, remind me to water the plants.",
    "This is Bruno. We met at the ice rink in Oslo. Bruno always wears a red ribbon.",
    "Here is Thunder, my drum.",
)
KEYS = {
    "chat": (),
    "help": ("f1",),
    "caption": ("f4",),
    "memory": ("/1",),
    "browser": ("/memories",),
    "grid": ("/memories", "g"),
    "edit": ("/memories", "e"),
    "forget": ("/memories", "f"),
    "doubles": ("/memories", "d"),
    "found": ("/memories oslo",),
    "nothing": ("/memories Timbuktu",),
    "reminders": ("/reminders",),
}
"""What leads to each screen."""
TALKS: tuple[tuple[Any, ...], ...] = (
    ("milo.jpg", ("caption", "This is Milo, a koala.", ""), ("question", "Where did I last see Milo?", "")),
    ("", ("question", "Wann war ich mit Ronja am Hafen, und was haben wir dort den ganzen Tag gemacht?", "")),
    (
        "bay.jpg",
        ("caption", "This is Thunder. You were at the opera house.", ""),
        ("correction", "This is Pearl, our sailboat, in the bay of Bergen.", ""),
        ("question", "What did we do there?", ""),
        ("answer", "You were painting her name, and then", "cancelled"),
        ("remembered", "This is Pearl, our sailboat.", ""),
    ),
)
"""Conversations that were kept, the newest first: the photo, and what was said."""
MODELS = [
    ModelRow("nano", "ships", True, "yes", 900_000_000, 119_000_000, "Apache-2.0", "the small one", False, "nano"),
    ModelRow("my-own", "here", False, None, None, None, "", "", False, "my-own", problem="mmproj.gguf is cut short"),
    replace(
        ModelRow("qwen3-vl-2b", "pull", False, "yes", 3_400_000_000, 1_900_000_000, "Apache-2.0", "sees photos", True),
        begin=True,
    ),
    ModelRow("qwen3-vl-8b", "pull", False, "no", 9_000_000_000, 6_200_000_000, "Apache-2.0", "the best of them", True),
    ModelRow("covip-8b", "convert", False, None, None, 17_500_000_000, "Apache-2.0", "the published one", False),
]
"""What there is on the machine of these tests."""


@pytest.fixture(autouse=True)
def no_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor blinks: whether it is to be seen is chance. Which symbols draw a photo is for other tests."""
    monkeypatch.setenv("KEEPSAKE_SYMBOLS", "halves")
    monkeypatch.setattr(TextArea, "_draw_cursor", property(lambda _: False))
    monkeypatch.setattr(Input, "_cursor_visible", property(lambda _: False, lambda _, shown: None))


def lines(app: KeepsakeApp) -> list[str]:
    """The screen, or the dialog on it, as text; before each line a checksum of the colours in it."""
    found = []
    drawn = app.screen._compositor.render_strips()
    for dialog in app.screen.query(".dialog"):  # what shows behind it, dimmed, is drawn when Textual comes to it
        at = dialog.region
        drawn = [strip.crop(at.x, at.right) for strip in drawn[at.y : at.bottom]]
    for strip in drawn:
        styles = [f"{len(s.text)}{s.style}" for s in strip if s.text.strip("▀")]
        text = re.sub(r"(?<=▀)▀+", lambda match: "▀" * len(match[0]), strip.text)
        found.append(f"{zlib.crc32(''.join(styles).encode()):08x} {text}".rstrip())
    return found


async def settled(app: KeepsakeApp) -> list[str]:
    """Once nothing moves any more."""
    seen: list[list[str]] = []

    def still() -> bool:
        views = [view for screen in app.screen_stack for view in screen.query(PhotoView)]
        if not all(view.drawn for view in views if view.photo and view.content_size.area):
            return False
        seen.append(lines(app))
        return len(seen) > 25 and all(one == seen[-1] for one in seen[-25:])

    await until(still, "rest")
    return seen[-1]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_chat_and_browser_look_as_they_did(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    photos = [load_photo(picture(tmp_path / f"{n}.png", f"#{40 * n:02x}8060")) for n in range(len(WORDS))]
    with Memory(tmp_path / "memory.db") as memory:
        for n, (photo, words) in enumerate(zip(photos, WORDS, strict=True)):
            memory.add(Episode(photo, (Turn("user", words),), START - timedelta(days=50 * n), "Porto" if n else None))
        memory.add(Episode(photos[0], (Turn("user", WORDS[0]),), START - timedelta(days=1)))
    backend = FakeBackend(["This is Milo. You were together at the harbour in Lisbon.", "In Lisbon, with Milo."])
    backend.threshold = 0.5
    wrong = []
    async with running(tmp_path / "memory.db", backend, size) as (app, pilot):
        app.theme = theme
        app.screen.query_one("#welcome", Static).remove()
        await all_seen(app)
        await look(app, pilot, tmp_path / "0.png")
        await send(app, pilot, "Where did I last see Milo?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        home = app.screen
        for name, keys in KEYS.items():
            for key in keys:
                screen = app.screen
                if key.startswith("/"):
                    await send(app, pilot, key)
                    await until(lambda screen=screen: app.screen is not screen, key)
                else:
                    await pilot.press(key)
                await settled(app)
            wrong += compare(f"{name} {size[0]}x{size[1]} {theme}", await settled(app))
            while app.screen is not home:
                before = (app.screen, isinstance(app.screen, BrowserScreen) and app.screen.words)
                await pilot.press("escape")
                await until(
                    lambda b=before: (app.screen, isinstance(app.screen, BrowserScreen) and app.screen.words) != b, name
                )
    assert wrong == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_dialogs_look_as_they_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], theme: str
) -> None:
    """On a machine that is the same everywhere: its folder, clock, memory and models."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(registry, "rows", lambda: MODELS)
    album = Path("Photos")
    album.mkdir()
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2025:08:16 12:00:00"
    for name in ("bay.jpg", "boat.png", "milo.jpg"):
        Image.new("RGB", (64, 48), "teal").save(album / name, exif=exif)
    (album / "letter.jpg").write_text("Dear Anna,")
    with Memory(tmp_path / "memory.db") as memory:
        for n, (photo, *said) in enumerate(TALKS):
            told = tuple(Line(kind, text, mark) for kind, text, mark in said)
            part = Part(0, START - timedelta(days=9 * n), load_photo(album / photo) if photo else None, told)
            conversations.keep(memory, f"talk{n}", part, new=True)
    wrong = []
    async with running(tmp_path / "memory.db", FakeBackend(["This is Milo."]), size) as (app, pilot):
        app.theme, home = theme, app.screen

        async def looks(name: str, *keys: str, at: str) -> None:
            for key in keys:
                await pilot.press(key)
            await until(lambda: idle(app) and any(at in line for line in lines(app)), f"{at} in {name}")
            wrong.extend(compare(f"{name} {size[0]}x{size[1]} {theme}", await settled(app)))

        await looks("welcome", at="Welcome to Keepsake.")
        await looks("history", "f7", at="What did we do there?")
        await looks("talk", "end", "enter", at="Conversation of 29 July 2025")
        await looks("talk-delete", "d", at="y: delete it")
        await pilot.press("escape", "escape")
        await opened(app, HistoryScreen, "the list")
        await pilot.press("escape")
        await look(app, pilot, album / "milo.jpg")
        await send(app, pilot, str(album / "letter.jpg"))
        await looks("refused", at="letter.jpg: not")
        await looks("picker-refused", "f2", "down", "down", "down", at="letter.jpg: not a")
        await looks("picker", "down", at="64 × 48")
        await pilot.press("escape")
        await looks("remember", "f3", at="What is it?")
        await looks("remember-what", "enter", at="Say who or what this is.")
        await pilot.press("escape")
        await looks("models", "f6", at="qwen3-vl-8b")
        await looks("fetch", "end", "up", "enter", at="y: fetch 6.2 GB")
        await pilot.press("escape")
        await until(lambda: app.screen is home, "the chat")
        await looks("private", "f5", at="A private")
        app.push_screen(PassphraseDialog("The passphrase of memory.db:"))
        await looks("locked", at="The passphrase of")
    time.tzset()
    assert wrong == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_tour_looks_as_it_did(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    backend = FakeBackend(["This is Milo, my koala."])
    backend.threshold = -1.0  # the album is recalled
    async with running(tmp_path / "memory.db", backend, size) as (app, pilot):
        app.theme = theme
        await send(app, pilot, "/tour")
        await until(lambda: app.composer.text and caption(app) and idle(app), "the question that stands ready")
        wrong = compare(f"tour {size[0]}x{size[1]} {theme}", await settled(app))
    assert wrong == []


def compare(name: str, found: list[str]) -> list[str]:
    """What is not as it was."""
    file = HERE / f"{name.replace(' ', '-')}.txt"
    if os.environ.get("SNAPSHOTS") == "new":
        HERE.mkdir(exist_ok=True)
        file.write_text("\n".join([*found, ""]), encoding="utf-8")
    kept = file.read_text(encoding="utf-8").split("\n")[:-1]
    pairs = zip(kept, found, strict=False)
    differ = [f"{name}:{n}\n- {was}\n+ {now}" for n, (was, now) in enumerate(pairs, 1) if was != now]
    return differ + ([f"{name}: {len(found)} lines, were {len(kept)}"] if len(found) != len(kept) else [])
