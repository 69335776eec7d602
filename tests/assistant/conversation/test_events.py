"""The one dispatcher of events: each kind reaches its method, what a handler leaves out does nothing."""

from __future__ import annotations

from typing import get_args

import pytest

from assistant.backend import Chunk
from assistant.conversation import events
from assistant.conversation.events import Caption, Event, EventHandler

CHUNK = Chunk("", "end")
EVENTS: dict[type, Event] = {
    events.Recalled: events.Recalled(()),
    events.Reminded: events.Reminded(()),
    events.Shortened: events.Shortened((), 1),
    events.CaptionText: events.CaptionText("This"),
    events.Captioned: events.Captioned(Caption("This is Milo.", ()), CHUNK),
    events.AnswerText: events.AnswerText("No"),
    events.Answered: events.Answered("Nobody.", CHUNK),
    events.Failed: events.Failed("the model stopped"),
}
METHODS = "recalled reminded shortened caption_text captioned answer_text answered failed".split()


def test_every_kind_of_event_is_here() -> None:
    assert set(get_args(Event)) == set(EVENTS)


@pytest.mark.parametrize(("kind", "name"), [*zip(EVENTS, METHODS, strict=True)], ids=METHODS)
def test_an_event_reaches_its_method_and_no_other(kind: type, name: str) -> None:
    received: list[tuple[str, object]] = []
    handler = EventHandler[None](lambda: None)
    for method in METHODS:
        setattr(handler, method, lambda event, method=method: received.append((method, event)))
    handler.dispatch(EVENTS[kind])
    assert received == [(name, EVENTS[kind])]


def test_what_is_left_out_gives_the_result_for_nothing() -> None:
    handler = EventHandler[str](lambda: "nothing")
    assert {handler.dispatch(event) for event in EVENTS.values()} == {"nothing"}


def test_no_event_is_a_mistake() -> None:
    with pytest.raises(AssertionError):
        EventHandler[None](lambda: None).dispatch("Recalled")  # type: ignore[arg-type]
