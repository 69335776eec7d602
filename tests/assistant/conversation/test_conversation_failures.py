"""What a failure leaves: the conversation and the memory as they were, so that trying again works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.backend import Chunk, Message, Options
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, Captioned, Failed
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import remember
from memory.episode import Photo
from memory.errors import ModelError, ModelStopped
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
MILO, REX = coloured("orange"), coloured("navy")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


class Failing(FakeBackend):
    """A backend that fails in `embed`, or after a word of a stream, as its fields say."""

    def __init__(self, answers: Sequence[str] = ("A photo of it.",)) -> None:
        super().__init__(answers)
        self.broken = ""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        for chunk in super().stream(messages, options):
            yield chunk
            if self.broken == "stream":
                raise ModelStopped("the model stopped")

    def embed(self, photo: Photo) -> np.ndarray:
        if self.broken == "embed":
            raise ModelError("no eyes")
        return super().embed(photo)


def standing(talk: Conversation) -> tuple[object, ...]:
    return talk.photo, talk.recalls, talk.caption, talk.messages


@pytest.mark.parametrize("broken", ["embed", "stream"])
def test_a_failed_look_leaves_the_conversation_as_it_was(memory: Memory, broken: str) -> None:
    """Previously the new photo stayed the subject when the model stopped in the middle of its caption."""
    backend = Failing()
    remember(memory, BackendEncoder(backend), REX, "This is Rex.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(MILO))
    before = standing(talk)
    backend.broken = broken
    events = list(talk.look(REX))
    assert isinstance(events[-1], Failed)
    assert events[-1].message in ("no eyes", "the model stopped")
    assert standing(talk) == before
    backend.broken = ""
    assert isinstance(list(talk.look(REX))[-1], Captioned)


def test_a_failed_answer_leaves_the_conversation_as_it_was(memory: Memory) -> None:
    backend = Failing()
    remember(memory, BackendEncoder(backend), MILO, "This is Milo.", DAY)
    for with_photo in (True, False):
        talk = Conversation(backend, memory, BackendEncoder(backend))
        list(talk.attach(MILO) if with_photo else ())
        before = standing(talk)
        backend.broken = "stream"
        assert isinstance(list(talk.ask("Who is Milo?"))[-1], Failed)
        assert standing(talk) == before
        backend.broken = ""
        assert isinstance(list(talk.ask("Who is Milo?"))[-1], Answered)


def test_when_the_model_fails_nothing_is_kept(memory: Memory) -> None:
    """Previously the episode stayed behind the error, and trying again kept it twice."""
    backend = Failing()
    backend.broken = "embed"
    with pytest.raises(ModelError):
        remember(memory, BackendEncoder(backend), MILO, "This is Milo.")
    assert memory.stats()["episodes"] == 0
