"""All text stands out from what it stands on by 4.5 to 1 or more, in both themes (WCAG 2.2, success criterion 1.4.3).

The theme's colours are compared, and then every letter and digit of the screens, as they are drawn: what a style sheet,
a link or a blend makes of the colours counts, not what they are called.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.screen import ModalScreen
from textual.theme import Theme

from assistant.backends.fake import FakeBackend
from tests.support.apppilot import idle, look, opened, picture, replies, running, send, until
from tui import KeepsakeApp
from ui.dialogs.memory_browser import BrowserScreen
from ui.themes import DARK, LIGHT
from ui.widgets.citation_bar import CitationBar

LEAST = 4.5
THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: str(theme.name))


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of a colour of 0-255, 0 (black) to 1 (white)."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(*one), luminance(*other)))
    return (lighter + 0.05) / (darker + 0.05)


def faint(app: KeepsakeApp) -> list[str]:
    """Words of the screen in front that stand out too little. What a dialog dims behind itself is not to be read."""
    strips = app.screen._compositor.render_strips()
    if isinstance(app.screen, ModalScreen):
        boxes = [dialog.region for dialog in app.screen.query(".dialog")]
        strips = [strip.crop(box.x, box.right) for box in boxes for strip in strips[box.y : box.bottom]]
    return [f"{found:.2f} {one.text!r}" for strip in strips for one in strip if (found := ratio(one)) < LEAST]


def ratio(one: Segment) -> float:
    """Contrast of a piece of text; 21 without letters and digits, as of frames and pictures."""
    style = one.style
    if not any(character.isalnum() for character in one.text) or not style or not style.color or not style.bgcolor:
        return 21
    return contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor())


def test_the_formula_gives_known_values() -> None:
    """Black on white, and the greys that the standard's own examples name: #767676 passes, #777777 does not."""
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x76,) * 3, (255,) * 3) == pytest.approx(4.54, abs=0.01)
    assert contrast((0x77,) * 3, (255,) * 3) == pytest.approx(4.48, abs=0.01)


@THEMES
def test_the_themes_colours_can_be_read_on_all_their_grounds(theme: Theme) -> None:
    grounds = [Color.parse(ground) for ground in (theme.background, theme.surface, theme.panel) if ground]
    for name in ("primary", "secondary", "accent", "warning", "error", "success", "foreground"):
        for ground in grounds:
            assert contrast(Color.parse(getattr(theme, name)).rgb, ground.rgb) >= LEAST, (name, ground)
    chip = Color.parse(theme.background or "").rgb, Color.parse(theme.primary).rgb
    assert contrast(*chip) >= LEAST


@THEMES
async def test_every_word_on_the_screens_can_be_read(tmp_path: Path, theme: Theme) -> None:
    backend = FakeBackend(["This is Milo, our dog.", "Milo, our dog, was there."])
    backend.threshold = -1.0
    wrong: dict[str, list[str]] = {}
    async with running(tmp_path / "memory.db", backend, (100, 34)) as (app, pilot):
        app.theme = theme.name
        home = app.screen
        await look(app, pilot, picture(tmp_path / "a.png", "teal"))
        await send(app, pilot, "/remember This is Milo, our dog.")
        await until(lambda: app.status.episodes == 1 and idle(app), "the memory")
        await look(app, pilot, picture(tmp_path / "b.png", "teal"))
        await send(app, pilot, "Who is this?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        await until(lambda: app.query(CitationBar), "its sources")
        await pilot.pause()
        wrong["chat"] = faint(app)
        for key in ("f1", "f3", "f4", "f6", "f7", "f8"):
            await pilot.press(key)
            await until(lambda: app.screen is not home, key)
            await pilot.pause()
            wrong[key] = faint(app)
            await pilot.press("escape")
            await until(lambda: app.screen is home, f"{key} closed")
        await send(app, pilot, "/memories")
        await opened(app, BrowserScreen, "the memories")
        browser = app.screen
        for key in ("t", "g", "s", "e", "f"):
            await pilot.press(key)
            await pilot.pause()
            wrong[f"memories, {key}"] = faint(app)
            if app.screen is not browser:
                await pilot.press("escape")
                await until(lambda: app.screen is browser, f"{key} closed")
    assert {where: words for where, words in wrong.items() if words} == {}
