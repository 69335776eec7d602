"""What must be read at once is on screen at once: photo and answer, a memory and its words, at small sizes too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.widgets import TextArea

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Photo, Recall, Turn
from memory.store import Memory
from tests.support.apppilot import cards, idle, look, opened, picture, replies, running, sees, send, shown, until
from ui.dialogs.episode_dialogs import CaptionDialog
from ui.recall_strings import counted
from ui.widgets.chat_log import PhotoEntry

SIZES = [(50, 16), (80, 24), (110, 30), (140, 44)]
WORDS = "This is Milo, our dog. We were at the harbour in Lisbon."


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_photo_answer_and_words_are_in_view_together(tmp_path: Path, size: tuple[int, int]) -> None:
    file = picture(tmp_path / "milo.png", "teal")
    with Memory(tmp_path / "memory.db") as memory:
        memory.add(Episode(load_photo(file), (Turn("user", WORDS),), datetime(2025, 8, 16, 12, tzinfo=UTC)))
    backend = FakeBackend(["This is Milo.", "In Lisbon, at the harbour."])
    backend.threshold = -1.0
    async with running(tmp_path / "memory.db", backend, size) as (app, pilot):
        await look(app, pilot, file)
        await send(app, pilot, "Where were we?")
        await until(lambda: replies(app) and replies(app)[0].text and idle(app), "the answer")
        view, answer = app.main_view.photo, replies(app)[0]
        await until(lambda: view.drawn, "the drawing")
        await sees(app.main_view.conversation, "In Lisbon")
        assert view.region.height >= 4
        assert app.main_view.conversation.region.contains_region(view.region)
        assert view.region.right <= answer.region.x, "the answer is written beside the photo"
        assert app.query_one(PhotoEntry).region.height == 1, "its place in the conversation is its name"
        await until(lambda: cards(app) and cards(app)[0].size.width, "the memory")
        card = cards(app)[0]
        words = card._below if card._below.display else card._beside
        await sees(app.main_view.memories, "This is Milo" if size[0] >= 80 else "This is")
        if size[0] >= 80:
            assert words.size.width >= 30


def flat(text: str) -> str:
    """What stands in a frame, as one line."""
    return " ".join(text.translate({ord(sign): " " for sign in "╭─╮│╰╯"}).split())


async def test_a_caption_stands_in_its_dialog_without_a_word_twice(tmp_path: Path) -> None:
    """On a small screen the dialog grows after its first drawing, and its lines break elsewhere."""
    async with running(tmp_path / "memory.db", FakeBackend(), (60, 20)) as (app, _pilot):
        for caption in (f"This is Milo. You were together at {'the ' * n}harbour in Lisbon." for n in range(5)):
            dialog = CaptionDialog(caption)
            await app.push_screen(dialog)
            await opened(app, CaptionDialog)
            area = dialog.query_one(TextArea)
            area.cursor_blink = False
            await until(lambda area=area: area.wrap_width == area.wrapped_document._width == 47, "the last width")
            area.refresh_lines(0)  # as a blink of the cursor draws its line anew
            await until(lambda area=area, caption=caption: flat(shown(area)) == caption, "the caption once")
            dialog.dismiss(None)
            await until(lambda dialog=dialog: app.screen is not dialog, "the conversation")


def test_a_recall_says_how_many_are_sure() -> None:
    episode = Episode(Photo("a" * 64, b"", 1, 1), (Turn("user", "Rex"),), datetime(2026, 3, 1, tzinfo=UTC))
    sure, maybe = Recall(episode, 0.9, "the same thing"), Recall(episode, 0.5, "maybe the same thing", "maybe")
    assert counted([sure, maybe, maybe, Recall(episode, 1, "you said 'Rex'")]) == "1 sure, 2 maybe, 1 by words"
    assert counted([sure]) == "1 sure" and counted([]) == ""
