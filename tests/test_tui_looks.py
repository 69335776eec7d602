"""How the screens look: what stands where, and in which colours, in two themes and two sizes.

`snapshots/NAME.txt` holds each screen as text, and beside each line a checksum of its colours (photos left out: Pillow
may draw them otherwise one day). SNAPSHOTS=new writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apppilot import idle, look, picture, replies, running, send, until
from textual.widgets import Input, Static, TextArea

from assistant.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Turn
from memory.store import Memory
from screens.browser import BrowserScreen
from tui import KeepsakeApp

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


def lines(app: KeepsakeApp) -> list[str]:
    """The screen as text; before each line a checksum of the colours in it."""
    found = []
    for strip in app.screen._compositor.render_strips():
        styles = [f"{len(s.text)}{s.style}" for s in strip if s.text.strip("▀")]
        text = re.sub(r"(?<=▀)▀+", lambda match: "▀" * len(match[0]), strip.text)
        found.append(f"{zlib.crc32(''.join(styles).encode()):08x} {text}".rstrip())
    return found


async def settled(app: KeepsakeApp) -> list[str]:
    """Once nothing moves any more, cursors neither."""
    for field in app.screen.query("Input, TextArea").results():
        if isinstance(field, Input | TextArea):
            field.cursor_blink = False
    seen: list[list[str]] = []

    def still() -> bool:
        seen.append(lines(app))
        return len(seen) > 40 and all(one == seen[-1] for one in seen[-40:])

    await until(still, "rest")
    return seen[-1]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_screens_look_as_they_did(tmp_path: Path, size: tuple[int, int], theme: str) -> None:
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
