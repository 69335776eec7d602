"""Photos that the encoder has not seen, and photos without a model: encoded later, recalled and described then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assistant import prompt
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Captioned, CaptionText, Event, Failed, Recalled
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import encode_missing, recall
from memory.episode import Episode, Photo, Turn
from memory.errors import PhotoError
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)
MILO, REX = coloured("orange"), coloured("navy")


@pytest.fixture
def memory(memory_file: Path) -> Iterator[Memory]:
    with Memory(memory_file) as opened:
        yield opened


def kinds(events: Sequence[Event]) -> list[type]:
    """The kinds of events in order, a run of one kind once."""
    found = [type(e) for e in events]
    return [k for i, k in enumerate(found) if i == 0 or k is not found[i - 1]]


def test_photos_that_the_encoder_has_not_seen_are_encoded_newest_first_and_go_on_after_a_stop(memory: Memory) -> None:
    """Photos of an archive, or of an earlier encoder: until then they are not found by sight."""
    encoder = BackendEncoder(FakeBackend())
    milo = Episode(MILO, (Turn("user", "This is Milo."),), DAY)
    memory.add(milo)
    memory.add(Episode(REX, (Turn("user", "This is Rex."),), DAY - timedelta(days=1)))
    memory.put_vectors(REX.sha256, "another", np.eye(4))
    assert recall(memory, encoder, MILO) == []
    told: list[tuple[int, int]] = []
    assert not encode_missing(memory, encoder, lambda *step: told.append(step), lambda: len(told) == 2)
    assert told == [(0, 2), (1, 2)] and memory.photos_without_vectors("fake") == [REX.sha256]
    assert [r.episode for r in recall(memory, encoder, MILO)] == [milo]
    assert encode_missing(memory, encoder, lambda *step: told.append(step))
    assert told[2:] == [(0, 1), (1, 1)] and memory.photos_without_vectors("fake") == []
    assert len(memory.photos_without_vectors("another")) == 1
    assert encode_missing(memory, encoder, lambda *step: told.append(step)) and len(told) == 4


def test_a_damaged_photo_does_not_keep_the_others_from_being_seen(memory: Memory) -> None:
    class Picky(FakeBackend):
        def embed(self, photo: Photo) -> np.ndarray:
            if photo == REX:
                raise PhotoError("damaged")
            return super().embed(photo)

    memory.add(Episode(REX, (Turn("user", "This is Rex."),), DAY))
    memory.add(Episode(MILO, (Turn("user", "This is Milo."),), DAY - timedelta(days=1)))
    assert encode_missing(memory, BackendEncoder(Picky()))
    assert memory.photos_without_vectors("fake") == [REX.sha256]


def test_without_a_model_a_photo_is_recalled_remembered_and_described_later(memory: Memory) -> None:
    encoder = BackendEncoder(FakeBackend())
    talk = Conversation(None, memory, encoder)
    assert kinds(list(talk.attach(MILO))) == [Recalled]
    kept = talk.remember("This is Milo.", DAY)
    *_, failed = talk.look(MILO)
    assert failed == Failed("no model is loaded yet") and talk.photo == MILO and talk.recalls == ()
    list(talk.attach(MILO))
    assert [r.episode for r in talk.recalls] == [kept]
    assert talk.prefill(REX, lambda: True) is None
    talk.backend = FakeBackend(["Milo."])
    assert kinds(list(talk.describe())) == [CaptionText, Captioned]
    assert talk.backend.calls == [prompt.caption_messages([kept], MILO)]
