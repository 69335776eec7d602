"""What does not fit the model's context: what is left out first, that the user is told, and that the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import (
    Answered,
    AnswerText,
    Captioned,
    CaptionText,
    Event,
    Failed,
    Recalled,
    Shortened,
)
from assistant.encoder.encoder import BackendEncoder
from assistant.models.spec import Spec
from assistant.photo import from_image
from memory.episode import Episode, Recall, Turn
from memory.errors import PromptTooLong
from memory.store import Memory

NEW = from_image(Image.new("RGB", (8, 8), "white"))


class Narrow(FakeBackend):
    """A backend whose context has room for `room` characters; a photo counts as ten."""

    def __init__(self, room: int) -> None:
        super().__init__(["Yes."])
        self.room = room

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        size = sum(len(p) if isinstance(p, str) else 10 for m in messages for p in m.parts)
        if size > self.room:
            raise PromptTooLong(f"the prompt has {size} tokens")
        yield from super().stream(messages, options)


def size(messages: Sequence[Message]) -> int:
    return sum(len(p) if isinstance(p, str) else 10 for m in messages for p in m.parts)


def episode(day: int) -> Episode:
    shown = from_image(Image.new("RGB", (8, 8), (day, 0, 0)))
    return Episode(shown, (Turn("user", f"Day {day} at the harbour."),), datetime(2025, 5, day, tzinfo=UTC))


OLD, LIKELY, RECENT = (Recall(episode(d), score, "") for d, score in ((1, 0.5), (2, 0.9), (3, 0.5)))


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


def recalling(backend: FakeBackend, memory: Memory, *recalls: Recall) -> Conversation:
    talk = Conversation(backend, memory, BackendEncoder(backend))
    talk.recall = lambda photo: list(recalls)  # type: ignore[method-assign]
    return talk


def kinds(events: Sequence[Event]) -> list[type]:
    found = [type(e) for e in events]
    return [k for i, k in enumerate(found) if i == 0 or k is not found[i - 1]]


def test_the_least_relevant_goes_first_and_of_equals_the_oldest(memory: Memory) -> None:
    recalls = (LIKELY, OLD, RECENT)
    for n, kept in ((3, recalls), (2, (LIKELY, RECENT)), (1, (LIKELY,)), (0, ())):
        room = size(prompt.caption_messages([r.episode for r in kept], NEW))
        talk = recalling(Narrow(room), memory, *recalls)
        events = list(talk.look(NEW))
        assert talk.recalls == kept
        assert talk.caption and talk.caption.episodes == tuple(r.episode.id for r in kept)
        left = (OLD, RECENT, LIKELY)[: 3 - n]
        if left:
            assert kinds(events) == [Recalled, Shortened, CaptionText, Captioned]
            assert events[1] == Shortened(left, 0)
        else:
            assert kinds(events) == [Recalled, CaptionText, Captioned]


def test_in_a_long_talk_the_oldest_questions_go_before_any_memory(memory: Memory) -> None:
    """The caption, or the first answer, stays: later questions refer to it."""
    backend = Narrow(10**6)
    talk = recalling(backend, memory, LIKELY)
    list(talk.look(NEW))
    for n in range(3):
        list(talk.ask(f"Question {n}, and all that belongs to it?"))
    backend.room = size(talk.messages)
    events = list(talk.ask("Question 3, and all that belongs to it?"))
    assert kinds(events) == [Shortened, AnswerText, Answered]
    assert events[0] == Shortened((), 1)
    said = [m.parts[0] for m in talk.messages[2:]]
    asked = [f"Question {n}, and all that belongs to it?" for n in (1, 2, 3)]
    assert said == ["Yes.", asked[0], "Yes.", asked[1], "Yes.", asked[2], "Yes."]
    assert talk.recalls == (LIKELY,)
    backend.room = size(prompt.answer_messages([], NEW, "Yes.", "Why?"))
    assert next(iter(talk.ask("Why?"))) == Shortened((LIKELY,), 3)
    assert talk.recalls == (LIKELY,), "not yet: the answer may still fail"


def test_a_question_that_is_too_long_by_itself_changes_nothing(memory: Memory) -> None:
    backend = Narrow(2000)
    talk = recalling(backend, memory, LIKELY)
    list(talk.look(NEW))
    before = talk.messages, talk.recalls
    events = list(talk.ask("why " * 600))
    assert kinds(events) == [Failed]
    assert (talk.messages, talk.recalls) == before
    assert isinstance(list(talk.ask("Why?"))[-1], Answered)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (Shortened((OLD,), 0), "Left out, as the model has no room for it: 1 memory."),
        (Shortened((), 2), "Left out, as the model has no room for it: 2 earlier questions."),
        (Shortened((OLD, LIKELY), 1), "Left out, as the model has no room for it: 2 memories and 1 earlier question."),
    ],
)
def test_the_user_is_told_in_words(left: Shortened, words: str) -> None:
    assert str(left) == words


def test_the_real_model_fits_what_it_can(nano: Spec, memory: Memory) -> None:
    """A context for about two memories: the third is left out, the prompt and the answer it may write fit."""
    backend = open_llamacpp(nano, context=200)
    talk = recalling(backend, memory, LIKELY, OLD, RECENT)
    talk.options = Options(max_new_tokens=8)
    events = list(talk.look(NEW))
    last = events[-1]
    assert isinstance(last, Captioned) and isinstance(events[1], Shortened)
    assert talk.recalls and talk.recalls[0] == LIKELY
    assert last.chunk.prompt_tokens + 8 <= 200 < last.chunk.prompt_tokens + 8 + 60
    assert last.chunk.photos_encoded == len(talk.recalls) + 1, "what did not fit was not encoded"
    backend.close()
