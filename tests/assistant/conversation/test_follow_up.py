"""A follow-up question goes to the memory of the last answer, not to the photo that happens to be in view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, AnswerText, Failed
from assistant.conversation.follow_up import NOTHING_ELSE, sources, spoken_of, told_more
from assistant.encoder.encoder import BackendEncoder
from assistant.grounding.quotes.reading import Reading
from assistant.sight import remember
from memory.episode import Episode, Recall
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
NALA, BRUNO = coloured("orange"), coloured("navy")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


@pytest.fixture
def told(memory: Memory) -> tuple[Episode, Episode]:
    encoder = BackendEncoder(FakeBackend())
    nala = remember(memory, encoder, NALA, "This is Nala, we got her in 2015 from a farm near Bern.", DAY)
    return nala, remember(memory, encoder, BRUNO, "This is Bruno. He went through the wash in Lisbon in May 2019.", DAY)


class Marks:
    """A reader that is as sure of an answer in a text as its table says, by a word of the text."""

    def __init__(self, **margins: float) -> None:
        self.margins = margins

    def read(self, question: str, text: str) -> Reading | None:
        return next((Reading(0, 4, margin) for word, margin in self.margins.items() if word in text), None)


def small(*answers: str) -> FakeBackend:
    backend = FakeBackend(answers)
    backend.evidence, backend.may_say = True, "told"
    return backend


def answer(talk: Conversation, question: str) -> str:
    return next(e.text for e in talk.ask(question) if isinstance(e, Answered))


def test_when_was_that_goes_on_about_what_was_just_told(memory: Memory, told: tuple[Episode, Episode]) -> None:
    backend = small("This is Nala.", "In Lisbon.", "May 2019.", "From a farm near Bern.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    assert answer(talk, "where did Bruno go through the wash?") == "In Lisbon."
    before = talk.photo, talk.caption, talk.recalls
    assert answer(talk, "and when was that?") == "May 2019."
    assert NALA not in backend.calls[-1][-1].parts and BRUNO in backend.calls[-1][-1].parts
    assert (talk.photo, talk.caption, talk.recalls) == before and talk.messages[-1].parts == ("May 2019.",)
    answer(talk, "where did we get this dog from?")
    assert any(NALA in message.parts for message in backend.calls[-1]), "the photo in view again"


def test_another_conversation_does_not_go_on_about_that(memory: Memory, told: tuple[Episode, Episode]) -> None:
    backend = small("This is Nala.", "In Lisbon.", "In 2015.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    answer(talk, "where did Bruno go through the wash?")
    talk.resume(NALA, talk.recalls, "This is Nala.", [])
    answer(talk, "and when was that?")
    assert any(NALA in message.parts for message in backend.calls[-1])


def test_a_failed_follow_up_leaves_the_photo_in_view(memory: Memory, told: tuple[Episode, Episode]) -> None:
    backend = small("This is Nala.", "In Lisbon.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    answer(talk, "where did Bruno go through the wash?")
    before = talk.photo, talk.caption, talk.recalls, talk.messages
    talk.backend = None
    assert any(isinstance(event, Failed) for event in talk.ask("and when was that?"))
    talk.backend = backend
    assert (talk.photo, talk.caption, talk.recalls, talk.messages) == before


def test_a_photo_that_failed_does_not_make_it_forget_what_was_told(
    memory: Memory, told: tuple[Episode, Episode]
) -> None:
    backend = small("This is Nala.", "In Lisbon.", "May 2019.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    answer(talk, "where did Bruno go through the wash?")
    talk.backend = None
    assert any(isinstance(event, Failed) for event in talk.look(coloured("green")))
    talk.backend = backend
    assert answer(talk, "and when was that?") == "May 2019."
    assert BRUNO in backend.calls[-1][-1].parts


@pytest.mark.parametrize(
    ("question", "here", "there", "goes_on"),
    [
        ("when was that?", 3.2, -2.0, True),
        ("why?", 0.0, -4.0, True),
        ("what year was it", 3.0, -5.0, True),
        ("how did he come back?", 1.0, 5.0, True),
        ("how did he come back?", 9.0, 5.0, False),
        ("and where did we get her from", 9.0, 2.0, False),
        ("when was this?", 1.0, 9.0, False),
        ("who is that?", 1.0, 9.0, False),
        ("what is that", 9.0, 1.0, False),
        ("when did we get Nala?", -5.0, 9.0, False),
    ],
)
def test_what_a_question_goes_on_about(
    told: tuple[Episode, Episode], question: str, here: float, there: float, goes_on: bool
) -> None:
    seen, by_words = Recall(told[0], 0.9, "the same thing", by_sight=True), Recall(told[1], 0.5, "the word “Bruno”")
    assert seen.by_sight and not by_words.by_sight
    reader = Marks(Nala=here, Bruno=there)
    assert spoken_of(question, {told[1].id}, (seen, by_words), reader) == ((by_words,) if goes_on else ())
    assert spoken_of(question, {told[0].id}, (seen, by_words), reader) == (), "the photo in view is spoken of anyway"
    assert spoken_of(question, (), (seen, by_words), reader) == ()


def test_each_question_of_one_line_is_answered(memory: Memory, told: tuple[Episode, Episode]) -> None:
    backend = small("This is Nala.", "This is Nala.", "From a farm near Bern.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    events = list(talk.ask("who is this and where did we get her?"))
    whole = [event for event in events if isinstance(event, Answered)]
    assert [one.text for one in whole] == ["This is Nala.\n\nFrom a farm near Bern."]
    assert "".join(event.text for event in events if isinstance(event, AnswerText)) == whole[0].text
    assert whole[0].grounding.cited == (told[0].id,)
    assert "where did we get her" in str(backend.calls[-1][-1].parts) and "who is" not in str(
        backend.calls[-1][-1].parts
    )
    assert talk.take_back() and talk.messages[-1].parts == ("This is Nala.",), "the caption stands"
    backend.answers = ["From a farm near Bern."]
    assert answer(talk, "where did we get her and where is she from?") == "From a farm near Bern.", "said once"


DOUBTS = ("are you sure?", "r u sure", "how do you know that", "really?", "so are you sure?", "why did you say that")


@pytest.mark.parametrize("line", DOUBTS)
def test_a_doubt_is_answered_by_the_words_in_which_the_answer_stands(
    memory: Memory, told: tuple[Episode, Episode], line: str
) -> None:
    backend = small("This is Nala.", "In Lisbon.", "May 2019.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(NALA))
    answer(talk, "where did Bruno go through the wash?")
    asked = len(backend.calls)
    quote = answer(talk, line)
    assert quote.startswith("You told me") and "He went through the wash in Lisbon in May 2019." in quote
    assert len(backend.calls) == asked and talk.messages[-1].parts == (quote,), "no model writes, the line is kept"
    assert answer(talk, "and when was that?") == "May 2019."


@pytest.mark.parametrize("line", ["are you sure he went to Lisbon?", "sure", "how do you know Nala?", "where are you"])
def test_what_asks_more_than_whether_an_answer_is_sure_is_a_question(told: tuple[Episode, Episode], line: str) -> None:
    recalls = (Recall(told[0], 0.9, "the same thing", by_sight=True),)
    assert not sources(line, {told[0].id}, recalls) and not sources("are you sure?", (), recalls)


@pytest.mark.parametrize("line", ["what else?", "and what else do you know about him", "tell me more", "more", "go on"])
def test_what_else_quotes_what_was_told_and_not_shown_yet(memory: Memory, told: tuple[Episode, ...], line: str) -> None:
    encoder = BackendEncoder(FakeBackend())
    remember(memory, encoder, BRUNO, "He has one blue eye.", DAY)
    remember(memory, encoder, BRUNO, "Leo gave him to me.", DAY)
    backend = small("This is Bruno.", "Blue.")
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(BRUNO))
    answer(talk, "what colour are his eyes?")
    asked = len(backend.calls)
    first, second = answer(talk, line), answer(talk, line)
    assert "Leo gave him to me." in first and "He went through the wash in Lisbon" in first and "blue" not in first
    assert second == NOTHING_ELSE and len(backend.calls) == asked, "no model writes"


@pytest.mark.parametrize(
    "line", ["what else is in Lisbon?", "more or less", "what more did he cost", "anything wrong?"]
)
def test_what_asks_for_something_else_is_a_question(told: tuple[Episode, Episode], line: str) -> None:
    recalls = (Recall(told[0], 0.9, "the same thing", by_sight=True),)
    assert told_more(line, (), "", recalls) is None and told_more("what else?", (), "", ()) is None
