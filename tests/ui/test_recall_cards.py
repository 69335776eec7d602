"""Answers about a recall, citations, the tour: keys in, screen out. The memory is real."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.widgets import TextArea

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from demo import album
from memory.episode import Episode, Turn
from memory.store import Memory
from tests.support.apppilot import (
    Alike,
    caption,
    cards,
    drawn,
    idle,
    look,
    notes,
    opened,
    replies,
    running,
    sees,
    send,
    until,
)
from tests.support.browserpilot import words_of
from tests.support.pictures import coloured
from ui.dialogs.episode_dialogs import EpisodeScreen
from ui.dialogs.photo_picker import PhotoPicker
from ui.help_strings import TOUR
from ui.recall_strings import asked_below
from ui.strings import TELL_ME, TELL_ME_HERE
from ui.telling_strings import NO_PHOTO_YET
from ui.widgets.chat_log import Composer, Note
from ui.widgets.citation_bar import CitationBar
from ui.widgets.panels import StatusLine


async def test_a_key_on_a_card_says_that_it_is_the_same_or_not(memory_file: Path, photos: Path) -> None:
    """Kept as an answer, not as a memory; the next recall of the photo heeds it, and undo takes it back."""
    backend = Alike(["A dog."])
    backend.threshold = 0.0
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember This is Milo, my dog. He likes the sea.")
        await until(lambda: cards(app) and idle(app), "the memory")
        cards(app)[0].focus()
        await pilot.press("n")
        await until(lambda: any("this very photo" in note for note in notes(app, "warning")), "the refusal")
        await look(app, pilot, photos / "rex.png")
        await until(lambda: len(cards(app)) == 1, "him")
        cards(app)[0].focus()
        await pilot.press("n")
        await until(lambda: idle(app) and not cards(app), "no")
        await until(lambda: app.query_one(Composer).placeholder == TELL_ME_HERE, "the question who it is then")
        await look(app, pilot, photos / "rex.png")
        assert not cards(app), "the other does not come back for this photo"
        await send(app, pilot, "/undo")
        await until(lambda: idle(app) and cards(app), "as before")
        cards(app)[0].focus()
        await pilot.press("y")
        await until(lambda: any("Is this Milo? Yes" in note for note in notes(app, "done")) and idle(app), "yes")
        assert len(cards(app)) == 1 and cards(app)[0].recall.certainty == "sure"
    assert words_of(memory_file) == ["This is Milo, my dog. He likes the sea."]
    with Memory(memory_file) as memory:
        assert [verdict.same for verdict in memory.verdicts()] == [True]


async def test_words_that_come_with_a_photo_leave_nothing_to_ask(memory_file: Path, photos: Path) -> None:
    """The next photo without words is asked about again."""
    async with running(memory_file, FakeBackend(["Rex.", "A wall."])) as (app, pilot):
        await send(
            app, pilot, f"{photos / 'MILO 1.JPG'} This is Rex, the neighbour's dog.".replace("MILO 1", "MILO\\ 1")
        )
        await until(lambda: notes(app, "done") and cards(app) and idle(app), "the memory")
        assert TELL_ME not in [str(note.render()) for note in app.query(Note)]
        await look(app, pilot, photos / "rex.png")
        assert TELL_ME in [str(note.render()) for note in app.query(Note)]


async def test_asked_who_it_is_the_answer_is_remembered(memory_file: Path, photos: Path) -> None:
    """And a question is answered all the same, and small talk is not kept."""
    backend = FakeBackend(["I cannot know.", "Rex.", "Yes."])
    async with running(memory_file, backend) as (app, pilot):
        await send(app, pilot, "This is the day.")
        await until(lambda: NO_PHOTO_YET.format(words="This is the day.") in notes(app, "warning"), "no photo in view")
        await look(app, pilot, photos / "MILO 1.JPG")
        assert TELL_ME in [str(note.render()) for note in app.query(Note)]
        assert app.query_one(Composer).placeholder == TELL_ME_HERE
        await send(app, pilot, "Is this a dog?")
        await until(lambda: replies(app) and replies(app)[-1].text == "Rex." and idle(app), "the answer")
        await send(app, pilot, "This is Rex, the neighbour's dog.")
        await until(lambda: notes(app, "done") and cards(app) and idle(app), "the memory")
        assert app.query_one(Composer).placeholder != TELL_ME_HERE
        await send(app, pilot, "This is good.")
        await until(lambda: "All right." in notes(app, "info"), "a reply")
        assert len(replies(app)) == 1 and idle(app), "small talk asks no model"
    assert words_of(memory_file) == ["This is Rex, the neighbour's dog."]


async def test_an_answer_cites_memories_and_slash_and_a_number_opens_them(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "A dog, Milo.", "That is Milo.", "Milo, at the sea."])
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember This is Milo, my dog.")
        await until(lambda: caption(app) == "A dog, Milo." and idle(app), "the caption")
        await sees(app.screen, "by fake [1]")
        await send(app, pilot, "who?")
        await until(lambda: len(app.query(CitationBar)) == 1, "the citation")
        await sees(app.query(CitationBar).first(), "in your words:", "1", "/1 opens")
        await send(app, pilot, "and where?")
        await until(lambda: replies(app)[-1].text == "Milo, at the sea." and idle(app), "the answer")
        assert len(app.query(CitationBar)) == 1, "of the sea no memory tells, and nothing is said about it"
        await send(app, pilot, "/2")
        assert not isinstance(app.screen, EpisodeScreen), "there is no second"
        await send(app, pilot, "/1")
        await opened(app, EpisodeScreen, "the memory")
        await pilot.press("f")
        await drawn(app)
        await pilot.press("y")
        await until(lambda: not isinstance(app.screen, EpisodeScreen) and not cards(app) and idle(app), "its going")
        await send(app, pilot, "/1")
        assert not isinstance(app.screen, EpisodeScreen), "it is no more"


async def test_of_half_an_answer_nothing_is_said_about_whose_words_it_has(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A dog.", "A dog, Milo.", "That is " + "so " * 150], delay=0.05)
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await send(app, pilot, "/remember This is Milo, my dog.")
        await until(lambda: caption(app) == "A dog, Milo." and idle(app), "the caption")
        await send(app, pilot, "who?")
        await until(lambda: replies(app) and "so so" in replies(app)[0].text, "the answer's beginning")
        await pilot.press("escape")
        await until(lambda: idle(app), "the stop")
        await sees(app.query_one("#conversation"), "(stopped)")
        assert not app.query(CitationBar)


async def test_the_tour_goes_on_by_doing_and_ends_with_a_photo_of_ones_own(memory_file: Path, photos: Path) -> None:
    backend = FakeBackend(["A koala.", "It is Milo.", "A dog.", "Rex."])
    backend.threshold = 0.0  # it knows no photo by its looks
    with Memory(memory_file) as memory:
        memory.add(
            Episode(
                load_photo(photos / "MILO 1.JPG"), (Turn("user", "This is my hat."),), datetime(2025, 5, 1, tzinfo=UTC)
            )
        )
    async with running(memory_file, backend) as (app, pilot):
        await look(app, pilot, photos / "MILO 1.JPG")
        await until(lambda: idle(app), "a conversation in use: the tour numbers its memories from 1 all the same")
        await send(app, pilot, "/tour")
        await until(lambda: app.query_one(Composer).text == album.QUESTION and idle(app), "the question")
        await sees(app.tour, "1 of 6", TOUR[0][:40])
        await pilot.press("enter")
        await sees(app.tour, "2 of 6")
        await until(lambda: idle(app), "the answer")
        await send(app, pilot, "/1")
        await opened(app, EpisodeScreen, "the memory")
        await pilot.press("escape")
        await sees(app.tour, "3 of 6")
        await pilot.press("f4")
        await until(lambda: app.screen.query(TextArea) and app.screen.is_modal, "the caption")
        await pilot.press("ctrl+s")
        await sees(app.tour, "4 of 6", "/demo off")
        await send(app, pilot, str(album.demo_photo()))
        await until(lambda: idle(app), "the demo's photo")
        await sees(app.tour, "4 of 6")
        await sees(app.query_one(StatusLine), "DEMO ALBUM")
        await send(app, pilot, "/demo off")
        await sees(app.tour, "5 of 6")
        await pilot.press("f2")
        await opened(app, PhotoPicker)
        assert isinstance(app.screen, PhotoPicker) and app.screen.folder == photos, "not among the demo's photos"
        await pilot.press("escape")
        await sees(app.query_one(StatusLine), "1 memory")
        backend.threshold = 2.0  # and nothing is like one's own photo
        await look(app, pilot, photos / "rex.png")
        await sees(app.tour, "6 of 6")
        await send(app, pilot, "This is Rex.")
        await sees(app.tour, "✓ 6 of 6", "That is all")
        await until(lambda: idle(app), "all of it")
        await sees(app.query_one(StatusLine), "2 memories")
        await send(app, pilot, "Who is this?")
        await until(lambda: not app.tour.display and idle(app), "the end of the tour's last line")
        await send(app, pilot, "/demo off")
        await until(lambda: any("not in your memory" in note for note in notes(app, "warning")), "the refusal")
    assert sorted(words_of(memory_file)) == ["This is Rex.", "This is my hat."]


@pytest.mark.parametrize(
    ("words", "below"), [("This is Zuri.", "Is this Zuri?"), ("We bought it in Rome", "Is it the same?")]
)
def test_below_its_words_a_memory_without_a_name_is_asked_about_in_few_words(words: str, below: str) -> None:
    episode = Episode(coloured("red"), (Turn("user", words),), datetime(2025, 5, 1, tzinfo=UTC))
    assert asked_below(episode) == below
