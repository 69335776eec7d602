"""“Maybe the same. Is this Zuri?”: one key answers, the answer counts at once, is kept, and can be taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from assistant.backends.fake import FakeBackend
from assistant.photo import load_photo
from memory.episode import Episode, Recall, Turn
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.apppilot import all_seen, caption, cards, idle, look, notes, picture, running, sees, send, until
from tui import KeepsakeApp
from ui import recall_strings, strings
from ui.recall_strings import asked, headline, memory_of, recalled_as
from ui.widgets.chat_log import Composer, Note
from ui.widgets.model_text import ModelText
from ui.widgets.panels import CaptionPanel, MemoriesPanel

WORDS = "That's Zuri, the zebra Anna got for her birthday. When Zuri shows up, remind me to call Anna."
DAY = datetime(2025, 5, 12, 12, tzinfo=UTC)


class Unsure(FakeBackend):
    """It is sure of no photo, and asks about all."""

    gate = Gate((0.02, 0.0), (1.0, 0.0))


@pytest.fixture
def known(memory_file: Path, photos: Path) -> list[Episode]:
    """Two memories, the newer one of Zuri."""
    episodes = []
    for n, (name, words) in enumerate((("zuri.png", WORDS), ("clock.png", "Look, this is my grandmother's clock."))):
        photo = load_photo(picture(photos / name, ("orange", "teal")[n]))
        episodes.append(Episode(photo, (Turn("user", words),), DAY.replace(day=12 - n)))
    with Memory(memory_file) as memory:
        memory.add_all(episodes)
    return episodes


async def shown(app: KeepsakeApp, pilot: Pilot[None], photo: Path) -> None:
    """Show a photo once all memories are seen."""
    await all_seen(app)
    await look(app, pilot, photo)


def placeholder(app: KeepsakeApp) -> str:
    return str(app.query_one(Composer).placeholder)


def verdicts(file: Path) -> list[tuple[str, bool]]:
    with Memory(file) as memory:
        assert memory.verify() == []
        return [(v.other, v.same) for v in memory.verdicts()]


async def test_no_takes_the_memory_away_at_once_and_asks_about_the_next(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    """Also out of the prompt; after the last no, the app asks who it is. Undo brings the question back."""
    backend = Unsure(["First.", "Second.", "Third.", "Fourth."])
    async with running(memory_file, backend) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        assert not notes(app, "reminder"), "what is not sure reminds of nothing"
        first, second = (card.recall for card in cards(app))
        assert {first.episode, second.episode} == set(known)
        await sees(cards(app)[0], "Maybe the same", "May 2025:", asked(first.episode)[:7], recall_strings.YES_NO)
        assert recall_strings.YES_NO not in cards(app)[1].text, "one question at a time"
        assert asked(first.episode) in placeholder(app) and notes(app, "question")[0].endswith(recall_strings.YES_NO)
        await pilot.press("n")
        await until(lambda: [card.episode for card in cards(app)] == [second.episode], "the card's end")
        await until(lambda: asked(second.episode) in placeholder(app), "the next question")
        await until(lambda: idle(app) and caption(app) == "Second.", "the caption without it")
        assert (
            first.episode.photo not in backend.calls[-1][1].parts and second.episode.photo in backend.calls[-1][1].parts
        )
        assert any("No: I keep that" in note for note in notes(app, "done"))
        await send(app, pilot, "no")
        await until(lambda: not cards(app) and idle(app), "nobody")
        assert placeholder(app) == strings.TELL_ME_HERE and strings.TELL_ME in notes(app, "info")
        await until(lambda: caption(app) == "Third." and idle(app), "the caption")
        assert len(verdicts(memory_file)) == 2
        await send(app, pilot, "/undo")
        await until(lambda: len(cards(app)) == 1 and caption(app) == "Fourth." and idle(app), "the undo")
        assert asked(second.episode) in placeholder(app), "the question is open again"
    assert verdicts(memory_file) == [(first.episode.photo.sha256, False)]


async def test_an_answer_stands_below_what_was_said_since_the_question(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    async with running(memory_file, Unsure(["First.", "An answer.", "Second."])) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        await send(app, pilot, "What is it doing?")
        await until(lambda: idle(app) and app.main_view.page.query(ModelText), "the answer")
        await pilot.press("y")
        await until(lambda: notes(app, "done") and idle(app), "the yes")
        page = list(app.main_view.page.query(".-done, ModelText"))
        assert [type(one) for one in page] == [ModelText, Note] and notes(app, "done")[0].endswith("takes it back)")


async def test_another_name_is_a_no_to_the_one_that_is_asked_about(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    async with running(memory_file, Unsure(["A cat."])) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        zuri = next(episode for episode in known if "Zuri" in episode.words)
        if cards(app)[0].episode != zuri:
            await pilot.press("n")
            await until(lambda: asked(zuri) in placeholder(app), "the question about Zuri")
        await send(app, pilot, "That's Winston, our cat.")
        await until(lambda: (zuri.photo.sha256, False) in verdicts(memory_file) and idle(app), "the no")
    with Memory(memory_file) as memory:
        assert "That's Winston, our cat." in [episode.words for episode in memory.episodes()]


async def test_undo_of_a_memory_leaves_the_no_that_was_said_before_it(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    async with running(memory_file, Unsure(["A wall."])) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        await pilot.press("n")
        await until(lambda: len(cards(app)) == 1 and idle(app), "the no")
        await until(lambda: len(verdicts(memory_file)) == 1, "the no is kept")
        denied = verdicts(memory_file)
        assert [same for _, same in denied] == [False]
        await send(app, pilot, "/remember This is Ida.")
        await until(lambda: "Ida" in " ".join(notes(app, "done")) and idle(app), "the memory")
        await send(app, pilot, "/undo")
        await until(lambda: "Taken back" in " ".join(notes(app, "done")) and idle(app), "the undo")
    assert verdicts(memory_file) == denied


async def test_yes_makes_it_sure_and_the_caption_says_so(memory_file: Path, photos: Path, known: list[Episode]) -> None:
    """The first caption was written of what is only maybe the same: it is written anew."""
    backend = Unsure(["It is Zuri.", "Again."])
    async with running(memory_file, backend) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        asked_about = app.main_view.in_view.about
        assert asked_about
        assert app.query_one(CaptionPanel).border_title == strings.CAPTION_IF_SAME, "not sure"
        await pilot.press("y")
        await until(lambda: any(c.recall.certainty == "sure" for c in cards(app)), "the answer")
        sure = next(card for card in cards(app) if card.recall.certainty == "sure")
        assert sure.episode == asked_about.episode
        await until(lambda: caption(app) == "Again." and idle(app), "the caption anew")
        assert app.query_one(CaptionPanel).border_title == strings.CAPTION and len(backend.calls) == 2
        if sure.episode.words == WORDS:
            assert notes(app, "reminder") == [strings.REMINDED.format(task="call Anna")]
    assert verdicts(memory_file) == [(asked_about.episode.photo.sha256, True)]


async def test_a_sentence_that_begins_with_y_or_n_is_a_sentence(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    backend = Unsure(["A wall.", "Yes."])
    async with running(memory_file, backend) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        await pilot.press(*"now?")
        await until(lambda: app.query_one(Composer).text == "now?", "the word")
        await pilot.press("enter")
        await until(lambda: len(backend.calls) == 2 and idle(app), "the answer")
        assert backend.calls[-1][-1].parts == ("now?",)
        assert app.main_view.in_view.about and asked(app.main_view.in_view.about.episode) in placeholder(app), (
            "the question stands"
        )
    assert verdicts(memory_file) == []


async def test_the_cards_keys_answer_too_and_another_photo_ends_the_question(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    async with running(memory_file, Unsure()) as (app, pilot):
        await shown(app, pilot, photos / "rex.png")
        second = cards(app)[1]
        second.focus()
        await pilot.press("n")
        wanted = [(second.episode.photo.sha256, False)]  # the card goes at once, the answer in its turn
        await until(lambda: len(cards(app)) == 1 and verdicts(memory_file) == wanted, "the card's end")
        await until(lambda: idle(app), "the answer's end")
        await look(app, pilot, photos / "rex.png")
        assert len(notes(app, "question")) == 1 and app.focused is app.composer
        await send(app, pilot, "/new")
        await until(lambda: placeholder(app) == strings.COMPOSER, "its end")


async def test_of_a_private_conversation_no_answer_is_kept(
    memory_file: Path, photos: Path, known: list[Episode]
) -> None:
    async with running(memory_file, Unsure()) as (app, pilot):
        await send(app, pilot, "/private")
        await until(lambda: app.main_view.private, "the privacy")
        await shown(app, pilot, photos / "rex.png")
        await pilot.press("n")
        await until(lambda: len(cards(app)) == 1 and idle(app), "the card's end")
    assert verdicts(memory_file) == []


def test_a_recall_says_in_words_how_sure_it_is(known: list[Episode]) -> None:
    zuri = known[0]
    assert headline(Recall(zuri, 0.9, "the same thing")) == "This is the same thing as in your photo of 12 May 2025:"
    maybe = Recall(zuri, 0.4, "maybe the same place", "maybe")
    assert recalled_as(maybe) == f"Maybe the same place as in your photo of 12 May 2025: “{WORDS}”"
    assert recalled_as(Recall(zuri, 1.0, "you said 'zebra'")) == f"12 May 2025: “{WORDS}” you said 'zebra'."
    for said in (Static(headline(maybe)).render(), recalled_as(maybe), asked(zuri)):
        assert "0." not in str(said)
    assert asked(zuri) == "Is this Zuri?" and MemoriesPanel


@pytest.mark.parametrize(
    ("words", "asked", "denied"),
    [
        ("This is Zuri.", "Is this Zuri?", "this is not Zuri"),
        ("My blue backpack from Rome", "Is this your blue backpack?", "this is not your blue backpack"),
        (
            "the backpack my daughter Lena used",
            "Is this the backpack your daughter Lena used?",
            "this is not the backpack",
        ),
        ("Ben's old bike, stolen in 2020", "Is this Ben's old bike?", "this is not Ben's old bike"),
        (
            "my friend Assumpta crocheted this for Fintan",
            "Is this the same as in “my friend Assumpta crocheted this …”?",
            "not the same as your",
        ),
        (
            "We bought it in Rome for 20 euros",
            "Is this the same as in “We bought it in Rome …”?",
            "not the same as your",
        ),
    ],
)
def test_the_question_has_the_words_of_the_thing(known: list[Episode], words: str, asked: str, denied: str) -> None:
    """Previously "Is it?", where no name was said."""
    episode = replace(known[0], turns=(Turn("user", words),))
    assert recall_strings.asked(episode) == asked and denied in recall_strings.denied(episode)


def test_a_memory_of_no_day_is_named_by_its_words(known: list[Episode]) -> None:
    def undated(words: str) -> Episode:
        return replace(known[0], turns=(Turn("user", words),), day=None)

    assert memory_of([undated("This is Zuri.")]) == "the memory of Zuri"
    assert memory_of([undated("grandpas old alarm clock, he gave it to me")]) == (
        "the memory “grandpas old alarm clock, he …”"
    )
    assert memory_of([known[0]]).startswith("the memory of 12 May 2025")
