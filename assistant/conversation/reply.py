"""One turn that the model writes, a caption or an answer: of its text, what the memories bear out is shown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import NamedTuple

from assistant.backend import Backend, Chunk, Message, Options
from assistant.conversation import fitted_prompt
from assistant.conversation.conversation_state import ConversationState, opened
from assistant.conversation.events import Answered, AnswerText, CaptionText, Event
from assistant.grounding.evidence import grounded_text
from assistant.grounding.quotes.reading import Reader
from assistant.grounding.result import Grounding
from assistant.grounding.text_checks import Checks
from assistant.reader import claim_verifier


class Reply(NamedTuple):
    """A turn that was written, or stopped."""

    text: str
    """What was shown."""
    chunk: Chunk
    """The last one of the stream."""
    grounding: Grounding
    """What the check of the text found."""
    state: ConversationState | None
    """Where the conversation stands after it; None: it was stopped before it began."""


class Writer(NamedTuple):
    """What writes a turn."""

    backend: Backend
    options: Options
    stopped: Callable[[], bool]
    """Whether the user wants no more of the turn."""


def write(
    by: Writer, state: ConversationState, question: str | None, reader: Reader | None = None
) -> Generator[Event, None, Reply]:
    """Let the model write what comes next in `state`: a caption, or the answer to `question`, which a
    `reader` checks, too.

    What does not fit the model's context, or cannot be read, is left out (`fitted_prompt.py`). Raises
    KeepsakeError.
    """
    backend = by.backend
    stream, opening = partial(backend.stream, options=by.options), partial(opened, state.opening, backend=backend)
    begun = fitted_prompt.fitted(stream, opening, state.turns, state.recalls, by.stopped)
    if begun is None:
        return Reply("", Chunk("", "cancelled"), Grounding(), None)
    if begun.shortened:
        yield begun.shortened
    piece_shown = CaptionText if question is None else AnswerText
    own = state.caption.text if state.caption and state.caption.by_user else ""
    checks = Checks(backend.may_say, reader, claim_verifier.shipped() if backend.may_say == "seen" else None)
    checked = grounded_text(begun.recalls, state.photo, question, checks, own)
    last = begun.first
    for last in chain((begun.first,), begun.rest):
        if piece := checked.write(last.text):
            yield piece_shown(piece)
    if piece := checked.finish(cancelled=last.stop == "cancelled", cut=last.stop == "length"):
        yield piece_shown(piece)
    text = checked.shown.strip()
    stop = "end" if last.stop == "length" and checked.whole else last.stop
    after = replace(state, recalls=tuple(begun.recalls), turns=(*begun.turns, Message("assistant", (text,))))
    return Reply(text, replace(last, text="", stop=stop), checked.grounding, after)


def joined(before: Answered | None, then: Answered) -> Answered:
    """The answers to two questions of one line as one; of a second that only repeats the first, the first's text."""
    if before is None:
        return then
    text = before.text if then.text in before.text else f"{before.text}\n\n{then.text}".strip()
    new_tokens = before.chunk.new_tokens + then.chunk.new_tokens
    chunk = replace(then.chunk, new_tokens=new_tokens, seconds=before.chunk.seconds + then.chunk.seconds)
    cited, quoted, seen, left_out = (
        tuple(dict.fromkeys((*getattr(before.grounding, part), *getattr(then.grounding, part))))
        for part in ("cited", "quoted", "seen", "left_out")
    )
    return Answered(text, chunk, Grounding(cited, quoted, seen, left_out))
