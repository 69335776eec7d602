"""One turn that the model writes, a caption or an answer: of its text, what the memories bear out is shown."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
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


def write(
    backend: Backend,
    options: Options,
    state: ConversationState,
    question: str | None,
    stopped: Callable[[], bool],
    reader: Reader | None = None,
) -> Generator[Event, None, Reply]:
    """Let the model write what comes next in `state`: a caption, or the answer to `question`, which a
    `reader` checks, too.

    What does not fit the model's context, or cannot be read, is left out (`fitted_prompt.py`). Raises
    KeepsakeError.
    """
    stream, opening = partial(backend.stream, options=options), partial(opened, state.opening, backend=backend)
    begun = fitted_prompt.fitted(stream, opening, state.turns, state.recalls, stopped)
    if begun is None:
        return Reply("", Chunk("", "cancelled"), Grounding(), None)
    if begun.shortened:
        yield begun.shortened
    piece_shown = CaptionText if question is None else AnswerText
    own = state.caption.text if state.caption and state.caption.by_user else ""
    verifier = claim_verifier.shipped() if backend.may_say == "seen" else None
    checked = grounded_text(begun.recalls, state.photo, question, own, backend.may_say, reader, verifier)
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


def joined(answers: Sequence[Answered]) -> Answered | None:
    """The answers to the questions of one line as one, without those that only repeat another; None of none."""
    text = ""
    for one in answers:
        text = text if one.text in text else f"{text}\n\n{one.text}".strip()
    if len(answers) < 2:
        return answers[0] if answers else None
    chunks, checks = [one.chunk for one in answers], [one.grounding for one in answers]
    chunk = replace(chunks[-1], new_tokens=sum(c.new_tokens for c in chunks), seconds=sum(c.seconds for c in chunks))
    cited, quoted, seen, left_out = (
        tuple(dict.fromkeys(chain.from_iterable(getattr(one, part) for one in checks)))
        for part in ("cited", "quoted", "seen", "left_out")
    )
    return Answered(text, chunk, Grounding(cited, quoted, seen, left_out))
