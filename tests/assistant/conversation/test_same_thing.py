"""A language model that was measured to gain by it checks recalls; any other is never asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant import prompt
from assistant.backend import Message, Verification
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Captioned, Failed, Recalled, Reminded
from assistant.conversation.same_thing import probability_of_yes
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import remember
from memory.episode import Photo
from memory.errors import ModelStopped
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 5, 12, tzinfo=UTC)


NEW, MILO, REX, ANNA = coloured("orange"), coloured("navy"), coloured("teal"), coloured("pink")


class Asked(FakeBackend):
    """Sees every photo alike, and says "yes" as likely as `yes` has it for the remembered photo."""

    def __init__(self, yes: dict[str, float], verification: Verification | None) -> None:
        super().__init__(["A dog."])
        self.yes, self.verification = yes, verification
        self.pairs: list[tuple[Message, ...]] = []

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        self.pairs.append(tuple(messages))
        assert words == ("Yes", "yes", "No", "no")
        known = next(part for part in messages[1].parts if isinstance(part, Photo))
        likely = self.yes[known.sha256]
        return (likely * 0.5, likely * 0.3, (1 - likely) * 0.2, (1 - likely) * 0.6)

    def embed(self, photo: Photo) -> np.ndarray:
        tokens = np.eye(4, 64, dtype=np.float32) + 0.7 * np.eye(
            4, 64, 4 + int(photo.sha256[:2], 16) % 50, dtype=np.float32
        )
        return np.asarray(tokens / np.linalg.norm(tokens, axis=1, keepdims=True))


class Unsure(BackendEncoder):
    def __init__(self, backend: FakeBackend, gate: Gate) -> None:
        super().__init__(backend)
        self.gate = gate


MAYBE, SURE = Gate((0.0, 0.0), (1.0, 0.0)), Gate.always()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


def told(memory: Memory, backend: FakeBackend, gate: Gate, *photos: tuple[Photo, str]) -> Conversation:
    encoder = Unsure(backend, gate)
    for one, words in photos:
        remember(memory, encoder, one, words, DAY)
    return Conversation(backend, memory, encoder)


def certainties(talk: Conversation) -> dict[str, str]:
    return {recall.episode.words: recall.certainty for recall in talk.recalls}


ALL = ((MILO, "This is Milo."), (REX, "This is Rex."), (ANNA, "This is Anna."))
LIKELY = {MILO.sha256: 0.95, REX.sha256: 0.5, ANNA.sha256: 0.02}


def test_likely_is_sure_and_unlikely_is_dropped(memory: Memory) -> None:
    backend = Asked(LIKELY, Verification(sure=0.9, nobody=0.1))
    talk = told(memory, backend, MAYBE, *ALL)
    events = list(talk.look(NEW))
    first, second = [e for e in events if isinstance(e, Recalled)]
    assert {r.certainty for r in first.recalls} == {"maybe"} and len(first.recalls) == 3
    assert certainties(talk) == {"This is Milo.": "sure", "This is Rex.": "maybe"}
    assert not any(r.why.startswith("maybe") for r in second.recalls if r.certainty == "sure")
    assert isinstance(events[-1], Captioned)
    captioned = next(part for m in backend.calls[-1] for part in m.parts if part == MILO)
    assert captioned and not any(part == ANNA for m in backend.calls[-1] for part in m.parts), "it is out of the prompt"


def test_what_the_gate_was_sure_of_is_asked_about_when_the_model_says_no(memory: Memory) -> None:
    talk = told(memory, Asked(LIKELY, Verification(0.9, 0.1)), SURE, *ALL)
    list(talk.look(NEW))
    assert certainties(talk) == {"This is Milo.": "sure", "This is Rex.": "sure", "This is Anna.": "maybe"}


def test_a_model_without_the_key_is_never_asked(memory: Memory) -> None:
    backend = Asked(LIKELY, None)
    talk = told(memory, backend, MAYBE, *ALL)
    assert [type(e) for e in talk.look(NEW)].count(Recalled) == 1
    assert backend.pairs == [] and set(certainties(talk).values()) == {"maybe"}


def test_each_pair_is_asked_about_once_and_only_the_first(memory: Memory) -> None:
    backend = Asked(LIKELY, Verification(0.9, 0.1, photos=2))
    talk = told(memory, backend, SURE, *ALL)
    list(talk.look(NEW))
    asked = [next(p for p in pair[1].parts if isinstance(p, Photo)) for pair in backend.pairs]
    assert len(asked) == 2 and asked == [r.episode.photo for r in talk.recalls[:2]]
    assert backend.pairs[0] == prompt.same_thing_messages(asked[0], NEW)
    list(talk.look(NEW))
    assert len(backend.pairs) == 2


def test_the_users_word_and_the_very_photo_come_before_the_models(memory: Memory) -> None:
    backend = Asked(dict.fromkeys(LIKELY, 0.0), Verification(0.9, 0.1))
    talk = told(memory, backend, SURE, (MILO, "This is Milo."))
    list(talk.look(MILO))
    assert backend.pairs == [] and certainties(talk) == {"This is Milo.": "sure"}
    list(talk.attach(NEW))
    talk.confirm(MILO, True, keep=True)
    list(talk.describe())
    assert backend.pairs == [] and certainties(talk) == {"This is Milo.": "sure"}
    list(talk.attach(other := coloured("red")))
    talk.confirm(MILO, True, keep=False)  # a private conversation: said, and not kept
    list(talk.describe())
    assert talk.photo is other and certainties(talk) == {"This is Milo.": "sure"}


def test_a_reminder_comes_when_the_model_makes_it_sure(memory: Memory) -> None:
    backend = Asked(LIKELY, Verification(0.9, 0.1))
    words = "This is Milo. When you see Milo again, remind me to buy his food."
    talk = told(memory, backend, MAYBE, (MILO, words))
    events = list(talk.look(NEW))
    assert [type(e) for e in events[:3]] == [Recalled, Recalled, Reminded]


def test_a_model_that_stops_while_it_is_asked_writes_no_caption(memory: Memory) -> None:
    class Stopping(Asked):
        def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
            raise ModelStopped("the model stopped")

    talk = told(memory, Stopping(LIKELY, Verification(0.9, 0.1)), MAYBE, *ALL)
    *_, last = talk.look(NEW)
    assert last == Failed("the model stopped") and talk.photo is None


def test_the_spellings_of_an_answer_are_added() -> None:
    assert probability_of_yes(Asked({MILO.sha256: 0.7}, None), MILO, NEW) == pytest.approx(0.7)
    assert probability_of_yes(FakeBackend(), MILO, NEW) == 0.5
