"""The conversation: which events come in which order, what it cites and keeps, and that a failure changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import (
    Answered,
    AnswerText,
    Captioned,
    CaptionText,
    Event,
    Recalled,
    Reminded,
)
from assistant.encoder.encoder import BackendEncoder
from assistant.photo import from_image
from assistant.sight import remember
from memory.days import UNKNOWN
from memory.episode import Recall, Turn
from memory.errors import KeepsakeError
from memory.search.gate import Gate
from memory.store import Memory
from tests.support.pictures import coloured

DAY = datetime(2025, 8, 16, 12, tzinfo=UTC)


MILO, REX = coloured("orange"), coloured("navy")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def memory(path: Path) -> Iterator[Memory]:
    with Memory(path) as opened:
        yield opened


def kinds(events: Sequence[Event]) -> list[type]:
    """The kinds of events in order, a run of one kind once."""
    found = [type(e) for e in events]
    return [k for i, k in enumerate(found) if i == 0 or k is not found[i - 1]]


def test_a_look_recalls_writes_and_cites(memory: Memory) -> None:
    """Two episodes of this photo come back, the other photo's does not; the caption cites what was in its prompt."""
    backend = FakeBackend(["This is Milo."])
    encoder = BackendEncoder(backend)
    stored = [remember(memory, encoder, MILO, words, DAY) for words in ("This is Milo.", "Milo at the lake.")]
    remember(memory, encoder, REX, "This is Rex.", DAY)
    talk = Conversation(backend, memory, encoder)
    events = list(talk.look(MILO))
    assert kinds(events) == [Recalled, CaptionText, Captioned]
    recalled, *texts, captioned = events
    assert isinstance(recalled, Recalled) and isinstance(captioned, Captioned)
    assert {r.episode.id for r in recalled.recalls} == {e.id for e in stored}
    assert "".join(e.text for e in texts if isinstance(e, CaptionText)) == captioned.caption.text == "This is Milo."
    assert sorted(captioned.caption.episodes) == sorted(e.id for e in stored)
    assert (captioned.chunk.stop, captioned.chunk.prompt_tokens) == ("end", 100)
    assert backend.calls == [prompt.caption_messages(stored, MILO)]
    assert talk.caption == captioned.caption


def test_answers_continue_from_the_caption(memory: Memory) -> None:
    backend = FakeBackend(["This is Milo.", "In August.", "At the lake."])
    stored = remember(memory, BackendEncoder(backend), MILO, "This is Milo.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    list(talk.look(MILO))
    events = list(talk.ask("When?"))
    assert kinds(events) == [AnswerText, Answered]
    assert isinstance(events[-1], Answered) and events[-1].text == "In August."
    list(talk.ask("Where?"))
    said = [m.parts[0] for m in backend.calls[-1][2:]]
    assert backend.calls[-1][:2] == prompt.caption_messages([stored], MILO)
    assert said == ["This is Milo.", "When?", "In August.", "Where?"]


def test_the_users_caption_is_what_counts(memory: Memory) -> None:
    """A correction replaces the model's caption and the questions and answers after it."""
    backend = FakeBackend(["A cat.", "No.", "Yes."])
    talk = Conversation(backend, memory, BackendEncoder(backend))
    with pytest.raises(KeepsakeError, match="attach one first"):
        talk.revise("nothing")
    list(talk.look(MILO))
    list(talk.ask("Is it a dog?"))
    talk.revise("This is Milo, a dog.")
    list(talk.ask("Is it a dog?"))
    asked = (Message("assistant", ("This is Milo, a dog.",)), Message("user", ("Is it a dog?",)))
    assert backend.calls[-1] == (*prompt.caption_messages([], MILO), *asked)


@pytest.mark.parametrize("by_user", [True, False])
def test_the_users_caption_counts_as_told_after_a_restart_too(memory: Memory, by_user: bool) -> None:
    """Previously a resumed conversation took it for the model's own, and called what it says made up."""
    backend = FakeBackend(["This is Milo."])
    backend.may_say = "told"
    talk = Conversation(backend, memory, BackendEncoder(backend))
    talk.resume(MILO, (), "This is Milo, a dog.", [], by_user=by_user)
    answer = next(event for event in talk.ask("Who is this?") if isinstance(event, Answered)).text
    assert talk.caption and talk.caption.by_user == by_user and ("Milo" in answer) == by_user


def test_a_conversation_without_a_photo_goes_on_after_a_restart(memory: Memory) -> None:
    """Previously the next question crashed the app, with a model that reads evidence of recall."""
    backend = FakeBackend(["In Porto."])
    backend.evidence = True
    there = remember(memory, BackendEncoder(backend), MILO, "We found Milo in Porto.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    talk.resume(None, [Recall(there, 1.0, "recalled then", by_sight=True)], None, [("Where?", "In Porto.")])
    assert kinds(list(talk.ask("Where did we find Milo?")))[-1] is Answered
    assert backend.calls and len(talk.messages) == len(backend.calls[-1]) + 1


def test_attached_without_a_caption_the_question_goes_to_the_photo(memory: Memory) -> None:
    backend = FakeBackend(["Milo."])
    stored = remember(memory, BackendEncoder(backend), MILO, "This is Milo.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    assert kinds(list(talk.attach(MILO))) == [Recalled]
    list(talk.ask("Who is this?"))
    assert backend.calls == [prompt.direct_messages([stored], MILO, "Who is this?")]
    assert talk.caption is None


def test_what_is_written_when_it_is_stopped_stands(memory: Memory) -> None:
    talk = Conversation(FakeBackend(["One two three four."]), memory, BackendEncoder(FakeBackend()))
    events = []
    for event in talk.look(MILO):
        events.append(event)
        if isinstance(event, CaptionText):
            talk.cancel()
    assert isinstance(events[-1], Captioned)
    assert (events[-1].caption.text, events[-1].chunk.stop) == ("One", "cancelled")
    assert talk.caption == events[-1].caption


def test_only_what_the_user_said_is_kept(memory: Memory, path: Path) -> None:
    """Generated text that returns as evidence turns into junk: no byte of it reaches the file."""
    talk = Conversation(FakeBackend(["CANARY-CAPTION", "CANARY-ANSWER"]), memory, BackendEncoder(FakeBackend()))
    with pytest.raises(KeepsakeError, match="attach one first"):
        talk.remember("This is Milo.")
    list(talk.look(MILO))
    list(talk.ask("Who is this?"))
    episode = talk.remember("  This is Milo at the HARBOUR.  ", place="Lisbon")
    assert memory.get(episode.id).turns == (Turn("user", "This is Milo at the HARBOUR."),)
    stored = b"".join(f.read_bytes() for f in path.parent.glob("memory.db*"))
    assert b"HARBOUR" in stored and b"Lisbon" in stored
    assert b"CANARY" not in stored and b"canary" not in stored
    with pytest.raises(KeepsakeError, match="nothing was said"):
        talk.remember(" \n")
    assert memory.stats()["episodes"] == 1


def test_an_episode_is_dated_by_the_user_then_the_camera_and_else_its_day_is_unknown(memory: Memory) -> None:
    backend = FakeBackend()
    dated = from_image(Image.new("RGB", (8, 8)), DAY)
    assert remember(memory, BackendEncoder(backend), dated, "a", datetime(2020, 1, 1, tzinfo=UTC)).when.year == 2020
    assert remember(memory, BackendEncoder(backend), dated, "b").when == DAY
    before = datetime.now(UTC).replace(microsecond=0)
    undated = remember(memory, BackendEncoder(backend), MILO, "c")
    assert undated.day is None and undated.told == undated.when and before <= undated.when <= datetime.now(UTC)
    assert remember(memory, BackendEncoder(backend), dated, "d", UNKNOWN).day is None
    evening = from_image(Image.new("RGB", (8, 9)), datetime(2025, 8, 1, 20, 30, tzinfo=timezone(timedelta(hours=-7))))
    assert remember(memory, BackendEncoder(backend), evening, "e").day == date(2025, 8, 1)
    assert [e.day for e in memory.about(evening.sha256)] == [date(2025, 8, 1)], "stored with the episode"


def test_a_question_without_a_photo_finds_memories_by_words(memory: Memory) -> None:
    backend = FakeBackend(["At the harbour.", "In August.", "Rex."])
    milo = remember(memory, BackendEncoder(backend), MILO, "Milo at the harbour.", DAY)
    rex = remember(memory, BackendEncoder(backend), REX, "Rex by the fire.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    events = list(talk.ask("Where was Milo?"))
    assert kinds(events) == [Recalled, AnswerText, Answered]
    assert [r.episode for r in talk.recalls] == [milo]
    assert backend.calls[0] == prompt.recollect_messages([milo], "Where was Milo?")
    assert kinds(list(talk.ask("And when?"))) == [AnswerText, Answered]
    assert backend.calls[1][:-2] == backend.calls[0]
    assert kinds(list(talk.ask("Who was by the fire?"))) == [Recalled, AnswerText, Answered]
    assert backend.calls[2] == prompt.recollect_messages([rex], "Who was by the fire?")


def test_ordinary_talk_goes_on_until_a_memory_is_meant(memory: Memory) -> None:
    """Previously one "Hello" before it kept every later question from the memory."""
    backend = FakeBackend(["Hello!", "Fine.", "Milo."])
    milo = remember(memory, BackendEncoder(backend), MILO, "Milo at the harbour.", DAY)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    first, *_ = talk.ask("Hello")
    assert first == Recalled(())
    list(talk.ask("How are you?"))
    list(talk.ask("Who was at the harbour?"))
    assert backend.calls == [
        prompt.chat_messages(["Hello"]),
        prompt.chat_messages(["Hello", "Hello!", "How are you?"]),
        prompt.recollect_messages([milo], "Who was at the harbour?"),
    ]


@pytest.mark.parametrize("keep", [True, False])
def test_the_users_word_on_a_recall_counts_at_once(memory: Memory, keep: bool) -> None:
    """A "no" takes the memory out of the recalls, a "yes" makes it sure; the memory keeps both, if it may."""
    backend = FakeBackend()
    encoder = BackendEncoder(backend)
    encoder.gate = Gate((0.02, 0.0), (1.0, 0.0))  # asks about all
    milo = remember(memory, encoder, MILO, "This is Milo.", DAY)
    rex = remember(memory, encoder, REX, "This is Rex. When Rex shows up, remind me to call Ida.", DAY)
    talk = Conversation(backend, memory, encoder)
    with pytest.raises(KeepsakeError, match="no photo in view"):
        talk.confirm(MILO, True, keep=keep)
    assert kinds(list(talk.attach(coloured("teal")))) == [Recalled], "what is not sure reminds of nothing"
    assert {r.certainty for r in talk.recalls} == {"maybe"}
    answered, again = talk.confirm(MILO, False, keep=keep)
    assert again and [(one, before) for _, one, before in answered] == ([(MILO.sha256, None)] if keep else [])
    assert [r.episode for r in talk.recalls] == [rex] and milo not in talk.recalls
    assert talk.confirm(REX, True, keep=keep).caption_outdated, 'what is sure by now was captioned with a "Maybe"'
    assert [r.certainty for r in talk.recalls] == ["sure"]
    assert kinds(list(talk.remind())) == [Reminded] and list(talk.remind()) == []
    said = {v.other: v.same for v in memory.verdicts()}
    assert said == ({MILO.sha256: False, REX.sha256: True} if keep else {})
    assert [r.episode for r in talk.recall(coloured("teal"))] == [rex]
    assert len(Conversation(backend, memory, encoder).recall(coloured("teal"))) == (1 if keep else 2)
