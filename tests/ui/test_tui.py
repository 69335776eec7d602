"""The app as a person uses it: keys in, screen out. The model is the fake one; memory, photos and threads are real."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from textual import events
from textual.widgets import Static

from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from memory.episode import Photo
from tests.support.apppilot import (
    caption,
    idle,
    look,
    notes,
    opened,
    replies,
    running,
    sees,
    send,
    state,
    until,
)
from ui.dialogs.episode_dialogs import CaptionDialog, HelpScreen, RememberDialog
from ui.dialogs.photo_picker import PhotoPicker, PhotoTree
from ui.widgets.chat_log import Composer, PhotoEntry, UserText
from ui.widgets.panels import NO_MATCH, CaptionPanel, MemoriesPanel, StatusLine
from ui.widgets.photo_view import PhotoView


async def test_a_first_run_welcomes_and_offers_the_demo(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, _):
        await until(lambda: idle(app), "loading")
        await sees(app.query_one("#welcome"), "/demo")
        await sees(app.query_one(StatusLine), "fake", "0 memories")


async def test_attach_by_path_fills_caption_and_recall(memory_file: Path, photos: Path) -> None:
    """The photo is drawn, the caption stands in its panel, and an empty recall is said honestly."""
    async with running(memory_file, FakeBackend(["A dog before a wall."])) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        assert caption(app) == "A dog before a wall."
        await sees(app.query_one(CaptionPanel), "by fake")
        assert str(app.query_one(MemoriesPanel).query_one(Static).render()) == NO_MATCH
        view = app.main_view.photo
        await until(lambda: view.drawn, "the drawing")
        await sees(view, "▀▀▀▀")
        await sees(app.query_one(PhotoEntry), "64 × 48")


async def test_a_pasted_path_is_a_photo_and_other_text_is_text(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        app.post_message(events.Paste("who is this"))
        await until(lambda: app.query_one(Composer).text == "who is this", "the pasted text")
        app.post_message(events.Paste(f"'{photos / 'MILO 1.JPG'}' "))
        await until(lambda: caption(app), "the caption")
        assert app.query_one(Composer).text == "who is this"
        await pilot.press("enter")
        await until(lambda: replies(app) and replies(app)[0].text == "A photo.", "the answer")


async def test_a_photo_mentioned_in_a_question(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A wall.", "Nobody."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, f"who is in @{photos / 'rex.png'}?")
        await send(app, pilot, f"who is in @{photos / 'rex.png'} now?")
        await until(lambda: replies(app) and replies(app)[-1].text == "Nobody.", "the answer")
        assert [w.text for w in replies(app)][-1:] == ["Nobody."]
        assert str(app.query(UserText).last().render()) == "who is in now?"
        assert backend.calls[-1][-1].parts == ("who is in now?",)


async def test_attach_by_picker(memory_file: Path, photos: Path) -> None:
    """Only photos are listed, .JPG too; the highlighted one is previewed; Enter attaches; Esc closes."""
    async with running(memory_file, FakeBackend(["Rex."])) as (app, pilot):
        app.photos.folder = photos
        await pilot.press("f2")
        await opened(app, PhotoPicker, "the picker")
        tree = app.screen.query_one(PhotoTree)
        await until(lambda: len(tree.root.children) == 3, "the files")
        assert {str(node.label) for node in tree.root.children} == {"MILO 1.JPG", "broken.jpg", "rex.png"}
        await pilot.press("escape")
        assert not isinstance(app.screen, PhotoPicker) and not app.query(PhotoEntry)
        await pilot.press("ctrl+o")
        tree = app.screen.query_one(PhotoTree)
        await until(lambda: len(tree.root.children) == 3, "the files")
        while tree.cursor_node is None or str(tree.cursor_node.label) != "rex.png":
            await pilot.press("down")
        preview = app.screen.query_one(PhotoView)
        await until(lambda: preview.drawn, "the preview")
        await pilot.press("enter")
        await until(lambda: caption(app) == "Rex.", "the caption")


async def test_the_picker_goes_up_and_says_what_is_no_photo(memory_file: Path, photos: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        app.photos.folder = photos
        await pilot.press("f2")
        tree = app.screen.query_one(PhotoTree)
        await until(lambda: len(tree.root.children) == 3, "the files")
        while tree.cursor_node is None or str(tree.cursor_node.label) != "broken.jpg":
            await pilot.press("down")
        name = app.screen.query_one(".preview .name", Static)
        await until(lambda: "not a picture" in str(name.render()), "the reason")
        await pilot.press("backspace")
        await until(lambda: any(str(n.label) == "album" for n in tree.root.children), "the folder above")


async def test_a_burst_of_keys_arrives_whole_and_in_order(memory_file: Path) -> None:
    """Typed ahead or sent by a program: Enter once overtook the letters before it, and half a word was sent."""
    async with running(memory_file, FakeBackend()) as (app, _):
        for key in ["w", "h", "o", "space", "i", "s", "enter", "n", "e", "x", "t"]:
            app.post_message(events.Key(key, " " if key == "space" else None if len(key) > 1 else key))
        await until(lambda: app.query(UserText) and app.query_one(Composer).text == "next", "both")
        assert str(app.query_one(UserText).render()) == "who is"


async def test_ask_streams_and_counts(memory_file: Path, photos: Path) -> None:
    """Words appear while the model writes; at the end the whole text and the counts are there."""
    words = " ".join(f"word{i}" for i in range(60))
    async with running(memory_file, FakeBackend(["A dog.", words], delay=0.04)) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        await send(app, pilot, "who?")
        await until(lambda: replies(app) and "word5" in replies(app)[0].text, "the first words")
        assert state(app) == "answering"
        assert "word59" not in replies(app)[0].text, "it came all at once"
        await until(lambda: replies(app)[0].text == words, "the answer")
        await until(lambda: idle(app), "the end")
        assert "context" not in str(app.query_one(StatusLine).render())
        await pilot.press("ctrl+g")
        await sees(app.query_one(StatusLine), "context 160 of 8192", "tok/s")
        await sees(app.query_one("#conversation"), "word59")


async def test_a_question_during_the_caption_waits_for_it(memory_file: Path, photos: Path) -> None:
    text = "a caption of quite a few words " * 20
    backend = FakeBackend([text.strip(), "Yes."], delay=0.02)
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: state(app) == "writing caption", "the caption's beginning")
        await send(app, pilot, "is it?")
        assert [str(s.render()) for s in app.query(UserText)] == ["is it?"]
        await until(lambda: replies(app)[0].text == "Yes.", "the answer")
        assert caption(app) == text.strip()
        assert backend.calls[1][-2] == Message("assistant", (text.strip(),))


async def test_esc_stops_caption_and_answer_and_keeps_what_was_written(memory_file: Path, photos: Path) -> None:
    long = " ".join(f"word{i}" for i in range(150))
    async with running(memory_file, FakeBackend([long], delay=0.05)) as (app, pilot):
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: "word3" in caption(app), "the caption's beginning")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        assert "word149" not in caption(app)
        await sees(app.query_one(CaptionPanel), "(stopped)")
        await send(app, pilot, "and?")
        await until(lambda: replies(app) and "word3" in replies(app)[0].text, "the answer's beginning")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        assert "word3" in replies(app)[0].text and "word149" not in replies(app)[0].text
        await sees(app.query_one("#conversation"), "(stopped)")


class SlowEyes(FakeBackend):
    """Looks at a photo until it is allowed to go on."""

    go_on = threading.Event()

    def embed(self, photo: Photo) -> np.ndarray:
        assert self.go_on.wait(30)
        return super().embed(photo)


async def test_esc_while_recalling_writes_no_caption(memory_file: Path, photos: Path) -> None:
    """There is nothing to cancel in the model yet; the caption must not begin all the same."""
    backend = SlowEyes(["never"])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, str(photos / "rex.png"))
        await until(lambda: state(app) == "recalling", "the recall")
        await pilot.press("escape")
        backend.go_on.set()
        await until(lambda: idle(app), "the stop")
        assert backend.calls == []
        await sees(app.query_one(CaptionPanel), "(stopped)")


async def test_a_bad_file_shows_one_line_and_changes_nothing(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["Rex."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        photo = app.photo
        for bad in (photos / "broken.jpg", photos / "missing.jpg"):
            before = len(notes(app, "warning"))
            await send(app, pilot, str(bad))
            await until(lambda n=before: len(notes(app, "warning")) == n + 1, "the line")
            assert bad.name in notes(app, "warning")[-1] and "\n" not in notes(app, "warning")[-1]
        await until(lambda: idle(app), "idle")
        assert len(app.query(PhotoEntry)) == 1 and app.photo is photo and caption(app) == "Rex."
        assert len(backend.calls) == 1


async def test_what_was_sent_comes_back_to_be_changed_and_sent_again(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        composer = app.query_one(Composer)
        for text in ("/nope", "/no\nlines", "/no\nlines"):
            await send(app, pilot, text)
        await pilot.press("up")
        assert composer.text == "/no\nlines"
        await pilot.press("up")
        assert composer.text == "/no\nlines", "the cursor first goes up within it"
        await pilot.press("up", "s")
        assert composer.text == "/nopes"
        await pilot.press("up")
        assert composer.text == "/nopes", "what was changed is not put away"
        await pilot.press("enter", "up", "up", "down")
        assert composer.text == "/nopes"
        await pilot.press("down", "down")
        assert composer.text == ""
        await pilot.press("f5", "up")
        assert composer.text == "/nopes"
        composer.text = ""
        await pilot.press("f5", "up")
        assert composer.text == "", "of a private conversation nothing is kept"


async def test_help_unknown_command_new_line_and_themes(memory_file: Path) -> None:
    async with running(memory_file, FakeBackend()) as (app, pilot):
        await send(app, pilot, "/nonsense")
        await until(lambda: "/nonsense" in " ".join(notes(app, "warning")), "the line")
        await pilot.press("f1")
        await opened(app, HelpScreen, "the help")
        await pilot.press("escape")
        for i in range(30):
            await send(app, pilot, f"/nonsense{i}")
        await until(
            lambda: app.main_view.conversation.scroll_y == app.main_view.conversation.max_scroll_y > 0,
            "the end in view",
        )
        await pilot.press("pageup")
        await until(
            lambda: app.main_view.conversation.scroll_y < app.main_view.conversation.max_scroll_y, "an earlier page"
        )
        await pilot.press("a", "ctrl+j", "b")
        assert app.query_one(Composer).text == "a\nb"
        dark = app.theme
        app.action_light()
        assert app.theme != dark and not app.current_theme.dark
        app.action_light()
        assert app.theme == dark


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (200, 60)])
async def test_everything_stays_in_view(size: tuple[int, int], memory_file: Path, photos: Path) -> None:
    """Conversation, caption, memories, input and status are on screen and large enough to read at every size."""
    async with running(memory_file, FakeBackend(["A dog it is."]), size) as (app, pilot):
        await look(app, pilot, photos / "rex.png")
        for selector in ("#conversation", "#caption", "#memories", "#composer", "#status"):
            region = app.query_one(selector).region
            assert app.screen.region.contains_region(region), selector
            line = selector in ("#composer", "#status")
            assert region.width >= (40 if line else 24) and region.height >= (1 if line else 6), (selector, region)
        view = app.main_view.photo
        await until(lambda: view.drawn, "the drawing")
        assert view.region.height >= 5
        for key, kind in (("f1", HelpScreen), ("f2", PhotoPicker), ("f3", RememberDialog), ("f4", CaptionDialog)):
            await pilot.press(key)
            await opened(app, kind, f"{kind.__name__}")
            assert app.screen.region.contains_region(app.screen.query_one(".dialog").region), kind.__name__
            await pilot.press("escape")
