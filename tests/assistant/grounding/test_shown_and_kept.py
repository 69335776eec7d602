"""What was shown is what the conversation goes on from, what is stored, and what the command line prints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered, Captioned, CaptionText, Event
from assistant.encoder.encoder import BackendEncoder
from assistant.photo import from_image
from assistant.sight import remember
from memory.store import Memory
from ui.runtime.recorder import Recorder

MILO = from_image(Image.new("RGB", (8, 8), "orange"))
WORDS = "This is Milo. I found him in Porto."


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory.db") as opened:
        yield opened


def talk(memory: Memory, *texts: str) -> tuple[Conversation, FakeBackend]:
    backend = FakeBackend(texts)
    backend.may_say = "told"
    encoder = BackendEncoder(backend)
    remember(memory, encoder, MILO, WORDS, datetime(2025, 8, 16, 12, tzinfo=UTC))
    return Conversation(backend, memory, encoder), backend


def test_the_next_prompt_holds_what_was_shown(memory: Memory) -> None:
    conversation, backend = talk(memory, "This is Milo. You were at the beach.", "You were in Rome.", "In Porto.")
    events: list[Event] = list(conversation.look(MILO))
    captioned = events[-1]
    assert isinstance(captioned, Captioned) and captioned.caption.text == "This is Milo."
    assert "".join(e.text for e in events if isinstance(e, CaptionText)) == "This is Milo."
    *_, answered = conversation.ask("Where did I find him?")
    assert isinstance(answered, Answered) and answered.text.endswith("“I found him in Porto.”")
    assert answered.grounding.left_out == ("You were in Rome.",)
    *_, answered = conversation.ask("And once more: where did I find him?")
    assert isinstance(answered, Answered) and answered.text == "In Porto." and answered.grounding.grounded
    said = [part for message in backend.calls[-1] if message.role == "assistant" for part in message.parts]
    assert said[0] == "This is Milo." and str(said[1]).endswith("“I found him in Porto.”")
    assert not any("beach" in str(part) or "Rome" in str(part) for m in conversation.messages for part in m.parts)


def test_what_is_supported_goes_on_to_the_letter(memory: Memory) -> None:
    """So the model's own tokens are in the prefix cache."""
    text = "This is Milo.  You found him in Porto."
    conversation, _ = talk(memory, text)
    *_, captioned = conversation.look(MILO)
    assert isinstance(captioned, Captioned) and captioned.caption.text == text
    assert conversation.messages[-1].parts == (text,)


def test_the_history_keeps_what_was_shown(memory: Memory) -> None:
    conversation, _ = talk(memory, "This is John.", "He loves sausages.")
    recorder = Recorder(lambda: memory, print)
    for stream in (conversation.look(MILO), conversation.ask("What does he love?")):
        for event in stream:
            recorder.dispatch(event)
    from memory import conversations

    lines = [line.text for part in conversations.get(memory, recorder.id).parts for line in part.lines]
    assert len(lines) == 2 and "This is Milo." in lines[0] and lines[1] == "You did not tell me that."


def test_the_users_own_caption_is_evidence(memory: Memory) -> None:
    conversation, _ = talk(memory, "This is Milo.", "You were at the opera in Zagreb.")
    list(conversation.look(MILO))
    conversation.revise("This is Boomer. You were at the opera in Zagreb.")
    *_, answered = conversation.ask("Where were we?")
    assert isinstance(answered, Answered) and answered.text == "You were at the opera in Zagreb."
