"""The prompt that a model can read: without what does not fit its context, and without photos that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from assistant.backend import Chunk, Message
from assistant.conversation.events import Shortened
from memory.episode import Recall
from memory.errors import PhotoError, PromptTooLong
from memory.pictures import stored_picture


class Fitted(NamedTuple):
    """A prompt that the model has begun to answer."""

    recalls: list[Recall]
    """Memories in the prompt."""
    turns: tuple[Message, ...]
    """What comes after the opening."""
    first: Chunk
    rest: Iterator[Chunk]
    shortened: Shortened | None
    """What was left out; None when nothing was."""


def fitted(
    stream: Callable[[tuple[Message, ...]], Iterator[Chunk]],
    opening: Callable[[Sequence[Recall]], tuple[Message, ...]],
    turns: tuple[Message, ...],
    recalls: Sequence[Recall],
    stopped: Callable[[], bool],
) -> Fitted | None:
    """Begin to answer, with as much of the prompt as can be read; None when it is `stopped` before.

    The oldest questions are left out first, then the least relevant memories. A memory whose photo is damaged is left
    out at once. Raises PromptTooLong, PhotoError when what remains cannot be read either.
    """
    kept, left_out, unreadable, before = list(recalls), [], [], len(turns)
    while not stopped():
        try:
            chunks = stream((*opening(kept), *turns))
            first = next(chunks)
        except PromptTooLong:
            if len(turns) > 2:
                turns = (turns[0], *turns[3:])
            elif kept:
                left_out.append(min(kept, key=lambda r: (r.score, r.episode.when, r.episode.order)))
                kept.remove(left_out[-1])
            else:
                raise
        except PhotoError:
            damaged = [r for r in kept if stored_picture.problem(r.episode.photo)]
            if not damaged:
                raise
            unreadable += damaged
            kept = [r for r in kept if r not in damaged]
        else:
            what = (tuple(left_out), (before - len(turns)) // 2, tuple(unreadable))
            return Fitted(kept, turns, first, chunks, Shortened(*what) if any(what) else None)
    return None
