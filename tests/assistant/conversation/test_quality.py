"""What the embedded model must be able to do, as floors against regressions; docs/results.md holds measured numbers.

With the real engine on things that it was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import prompt
from assistant.backends.cached_backend import CachedBackend
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, Captioned, Recalled
from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.models import local
from assistant.models.spec import Spec
from assistant.photo import load_photo
from benchmark.judges.judge import Lexical
from benchmark.runner import CachedWriter, run
from benchmark.suite.notes_trial import photo_views
from benchmark.tasks import capeval, natural_notes
from benchmark.world.dialogue import ABSTENTION
from benchmark.world.sample import samples
from demo import album
from memory.store import Memory

PHOTOS = Path(__file__).parents[2] / "data" / "photos"
LEAST = {"named": 0.85, "untold_abstained": 0.55, "absent_abstained": 0.7, "answer_right": 0.2}
MOST = {"wrong": 0.3}
"""Floors and a ceiling for natural notes."""
pytestmark = [pytest.mark.quality, pytest.mark.slow]


@pytest.fixture(scope="module")
def first(nano: Spec) -> Iterator[CachedBackend]:
    """The first nano, which ships for its drawn world."""
    opened = open_llamacpp(nano)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[CachedBackend]:
    """The model that everybody meets first."""
    opened = open_llamacpp(local.load())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def encoder() -> Iterator[PhotoEncoder]:
    opened = open_encoder()
    yield opened
    opened.close()


def test_it_names_what_the_memories_name_and_nothing_else(first: CachedBackend, tmp_path: Path) -> None:
    """24 held-out scenes, three memories each, one of which is in the photo."""
    asked = capeval.captioning(CachedWriter(first), Lexical())
    found = capeval.summary(run([asked], samples("test", 24, 11), 24, tmp_path / "rows.jsonl"))
    assert (found["n"], found["errors"]) == (24, 0)
    assert found["name_recall"] >= 0.75
    assert found["misbinding"] <= 0.2


def test_the_demo_conversation(engine: CachedBackend, encoder: PhotoEncoder, tmp_path: Path) -> None:
    """The plush bear comes back, is named, and the answer says when; of the stranger nothing is known."""
    with Memory(tmp_path / "memory.db") as memory:
        album.load(memory, encoder)
        talk = Conversation(engine, memory, encoder)
        events = list(talk.look(load_photo(album.demo_photo())))
        answered = list(talk.ask(album.QUESTION))[-1]
        *_, stranger = talk.look(load_photo(album.stranger()))
    recalled, captioned = events[0], events[-1]
    assert isinstance(recalled, Recalled) and isinstance(captioned, Captioned) and isinstance(answered, Answered)
    assert "Milo" in recalled.recalls[0].episode.words
    assert "Milo" in captioned.caption.text
    assert "Milo" in answered.text
    assert any(word in answered.text for word in ("August", "Lisbon"))
    for text in (captioned.caption.text, answered.text):
        assert not any(name in text for name in ("Gustav", "Bruno", "vase", "backpack", "boot"))
    assert isinstance(stranger, Captioned) and stranger.caption.text == ABSTENTION


def test_with_an_empty_memory_it_knows_nobody(engine: CachedBackend, encoder: PhotoEncoder, tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.db") as memory:
        talk = Conversation(engine, memory, encoder)
        *_, captioned = talk.look(load_photo(album.demo_photo()))
    assert isinstance(captioned, Captioned)
    assert captioned.caption.text == ABSTENTION
    assert captioned.caption.episodes == ()


def test_natural_notes_about_real_photographs(engine: CachedBackend) -> None:
    """24 notes that it never read, photographs that it never saw; recall's evidence in the prompt."""
    view, things = photo_views(PHOTOS, "test")
    sums: dict[str, list[float]] = {}
    for sample in natural_notes.draw(view, things, "test", 24, 5):
        caption, answers = natural_notes.write(CachedWriter(engine), sample, "sure", prompt.CAPTION_REQUEST)
        for measure, (right, asked) in natural_notes.score(sample, caption, answers).items():
            so_far = sums.setdefault(measure, [0.0, 0.0])
            so_far[0] += right
            so_far[1] += asked
    share = {measure: right / asked for measure, (right, asked) in sums.items() if asked}
    assert all(share[measure] >= least for measure, least in LEAST.items()), share
    assert all(share[measure] <= most for measure, most in MOST.items()), share
