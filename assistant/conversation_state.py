"""Values of a conversation: where it stands, and what an answer of the user changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assistant import prompt
from assistant.backend import Message
from assistant.events import Caption
from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Photo, Recall

Opening = Callable[[Sequence[Episode]], tuple[Message, ...]]
"""Renders the beginning of a prompt around the memories it may hold."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Where a conversation stands: what a call that fails puts back, so that it changes nothing."""

    photo: Photo | None
    """The photo in view."""
    recalls: tuple[Recall, ...]
    """Memories in the prompt."""
    caption: Caption | None
    """The photo's caption, as written by the model or corrected by the user."""
    opening: Opening
    turns: tuple[Message, ...]
    """What comes after the opening: the assistant's first turn, then questions and answers."""


class Confirmed(NamedTuple):
    """What an answer about a recall replaced and changed."""

    verdict: Verdict | None
    """The answer about the two photos before it, which the memory had kept."""
    caption_outdated: bool
    """Whether other memories are recalled now, or they are surer: the caption says "Maybe" of what is sure."""


def chat_opening(question: str) -> Opening:
    """The opening of a conversation without photo and memories."""
    return lambda _: prompt.chat_messages([question])
