"""A model that sees well is heard in its own words, a small one is not: the conversation asks the verifier for it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.backend import MaySay
from assistant.backends.fake import FakeBackend
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Answered
from assistant.encoder.encoder import BackendEncoder
from assistant.sight import remember
from memory.relative_days import with_days
from memory.store import Memory
from tests.support.pictures import coloured

MILO = coloured("orange")

ANSWER = "Your sister Katrin adopted him last winter, from a shelter in Romania."


@pytest.mark.parametrize(("may_say", "heard"), [("seen", True), ("told", False)])
def test_an_answer_in_other_words(tmp_path: Path, may_say: MaySay, heard: bool) -> None:
    memory = Memory(tmp_path / "memory.db")
    backend = FakeBackend([ANSWER])
    backend.may_say = may_say
    words = "This is Milo and he belongs to my sister Katrin who got him from a shelter in Romania last winter."
    remember(memory, BackendEncoder(backend), MILO, words)
    talk = Conversation(backend, memory, BackendEncoder(backend))
    answer = next(event for event in talk.ask("Where did Katrin get Milo from?") if isinstance(event, Answered)).text
    assert (answer == with_days(ANSWER, date.today())) is heard, answer
