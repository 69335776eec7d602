"""The sentence that is shown to a small model beside a question: whose it is, and that nothing is shown for a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant import prompt
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.encoder.encoder import BackendEncoder
from assistant.grounding.evidence import grounded_text
from assistant.grounding.quotes.answering_sentence import answering_sentence, sentence_at
from assistant.grounding.quotes.reading import Reading, ReadOnce
from assistant.grounding.text_checks import Checks
from assistant.reader.answer_reader import shipped
from assistant.sight import remember
from memory.episode import Episode, Recall, Turn
from memory.errors import ModelError
from memory.store import Memory
from tests.support.pictures import coloured

ROCKY = "Rocky, my brother Tom's dog. He ate my left shoe at the lake.\nHe turned nine in March."
CAR = "The old Saab. We bought it for 900 euros from a baker in Linz."
READER = shipped()


def recalled(words: str, colour: str = "orange", **others: Any) -> Recall:
    """A memory with these words, surely seen in the photo."""
    episode = Episode(coloured(colour), (Turn("user", words),), datetime.now(UTC))
    return replace(Recall(episode, 0.9, "the same thing", by_sight=True), **others)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What did he eat?", "He ate my left shoe at the lake."),
        ("whose dog is he", "Rocky, my brother Tom's dog."),
        ("What did the boiler cost?", None),
        ("Who painted the fence?", None),
    ],
)
def test_the_sentence_that_answers_is_found_or_none(question: str, sentence: str | None) -> None:
    assert answering_sentence(question, [recalled(ROCKY)], READER) == sentence


def test_what_is_in_view_answers_before_what_words_or_a_guess_brought() -> None:
    tom = recalled("Tom's cat. She ate the canary.", certainty="maybe")
    assert (
        answering_sentence("What did Tom's dog eat?", [tom, recalled(ROCKY)], READER)
        == "He ate my left shoe at the lake."
    )
    car = recalled(CAR, by_sight=False)
    assert (
        answering_sentence("What did we pay for the Saab?", [recalled(ROCKY), car], READER)
        == "We bought it for 900 euros from a baker in Linz."
    )
    assert answering_sentence("What did she eat?", [tom], READER) == "She ate the canary.", (
        "a maybe, where the reader is very sure"
    )


class Unsure:
    """A reader that finds the text's beginning with a margin, or is broken."""

    def __init__(self, margin: float | None) -> None:
        self.margin, self.asked = margin, 0

    def read(self, question: str, text: str) -> Reading | None:
        self.asked += 1
        if self.margin is None:
            raise ModelError("damaged")
        return Reading(0, 3, self.margin)


@pytest.mark.parametrize(("margin", "certainty", "shown"), [
    (3.5, "sure", True), (3.5, "maybe", False), (2.5, "sure", False), (4.5, "maybe", True), (None, "sure", False),
])  # fmt: skip
def test_a_guess_or_a_damaged_reader_shows_nothing(margin: float | None, certainty: str, shown: bool) -> None:
    assert bool(answering_sentence("Who?", [recalled(ROCKY, certainty=certainty)], Unsure(margin))) is shown


def test_a_text_is_read_once_for_a_question() -> None:
    reader = Unsure(1.0)
    once = ReadOnce(reader)
    assert [once.read("Who?", ROCKY), once.read("Who?", ROCKY), once.read("Where?", ROCKY)] and reader.asked == 2


def test_every_place_of_a_text_is_in_a_sentence_of_it() -> None:
    assert {sentence_at(ROCKY, n) for n in range(len(ROCKY))} >= {"He turned nine in March."}
    assert sentence_at("no end", 99) == "no end"


@pytest.mark.parametrize("small", [True, False])
def test_a_small_model_is_shown_the_sentence_and_others_are_not(tmp_path: Any, small: bool) -> None:
    backend = FakeBackend(["This is Rocky.", "Your left shoe."])
    backend.evidence = small
    with Memory(tmp_path / "m.db") as memory:
        encoder = BackendEncoder(backend)
        remember(memory, encoder, coloured("orange"), ROCKY)
        talk = Conversation(backend, memory, encoder)
        [*talk.look(coloured("orange")), *talk.ask("What did he eat?")]
        (asked,) = backend.calls[-1][-1].parts
        assert asked == prompt.asked("What did he eat?", "He ate my left shoe at the lake." if small else None)
        [*talk.ask("What did the boiler cost?")]
        assert backend.calls[-1][-1].parts == ("What did the boiler cost?",)


def test_a_small_model_is_asked_each_question_behind_the_caption_alone(tmp_path: Any) -> None:
    """After one refusal it refuses on; other models read the whole conversation."""
    for small, turns in ((True, 2), (False, 4)):
        backend = FakeBackend(["This is Rocky.", "You did not tell me.", "Your left shoe."])
        backend.evidence = small
        with Memory(tmp_path / f"{small}.db") as memory:
            encoder = BackendEncoder(backend)
            remember(memory, encoder, coloured("orange"), ROCKY)
            talk = Conversation(backend, memory, encoder)
            [*talk.look(coloured("orange")), *talk.ask("What did the boiler cost?"), *talk.ask("What did he eat?")]
            roles = [m.role for m in backend.calls[-1]]
            assert roles == ["system", *["user", "assistant"] * (turns // 2), "user"]
            assert talk.take_back() and [m.role for m in talk.messages][-1] == "assistant"
            assert not small or (talk.caption and talk.messages[-1].parts == (talk.caption.text,))


def test_a_small_model_asks_on_about_memories_without_a_photo(tmp_path: Any) -> None:
    backend = FakeBackend(["Your left shoe.", "In March."])
    backend.evidence = True
    with Memory(tmp_path / "m.db") as memory:
        encoder = BackendEncoder(backend)
        remember(memory, encoder, coloured("orange"), ROCKY)
        talk = Conversation(backend, memory, encoder)
        [*talk.ask("What did Rocky eat?"), *talk.ask("and when did he turn nine?")]
        asked = "".join(p for p in backend.calls[-1][-1].parts if isinstance(p, str))
        assert ROCKY.split("\n")[0] in asked and asked.endswith('I told you: "He turned nine in March."')


@pytest.mark.parametrize(
    ("question", "answer", "shown"),
    [
        ("where did we get it", "At the flea market in Graz.", "At the flea market in Graz."),
        ("where did we buy it", "At the market of Naples.", "“We found this vase"),
        ("where did we buy it", "Not at the flea market in Graz.", "“We found this vase"),
    ],
)
def test_what_the_reader_marks_may_be_said_in_answer_to_other_words(question: str, answer: str, shown: str) -> None:
    note = "We found this vase at the flea market in Graz, the man wanted 40. It leaks a bit so only dried flowers."
    checked = grounded_text([recalled(note)], coloured("orange"), question, Checks("told", READER))
    checked.write(answer)
    checked.finish()
    assert shown in checked.shown


def test_who_is_this_is_told_of_what_is_seen_most_surely() -> None:
    """However plainly another memory names somebody."""
    puppy = recalled("my puppy, he came to us in spring", score=0.9)
    other = recalled("This is Biscuit.", "navy", score=0.88)
    checked = grounded_text([puppy, other], coloured("orange"), "who's this", Checks("told", READER))
    checked.write("I do not know.")
    checked.finish()
    assert "my puppy" in checked.shown and "Biscuit" not in checked.shown
