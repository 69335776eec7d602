"""Turn messages into the exact pieces that a ChatML model reads (SmolLM2, Qwen3-VL): marks, words, photos.

Words are kept apart from the marks of the format, so that a memory that holds "<|im_end|>" stays text: only `Mark`
pieces may become control tokens. Every piece is tokenised alone, here and in training, so both see the same tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.backend import Message
from memory.episode import Photo


@dataclass(frozen=True, slots=True)
class Mark:
    """Structure of the format: its text may become control tokens."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text by a person or a model: never control tokens."""

    text: str


Piece = Mark | Words | Photo
ASSISTANT = "<|im_start|>assistant\n"
"""The mark at the end of a prompt, after which the assistant writes."""


def pieces(messages: Sequence[Message]) -> list[Piece]:
    """The pieces of a prompt, up to where the assistant begins to write."""
    out: list[Piece] = []
    mark = ""
    for message in messages:
        mark += f"<|im_start|>{message.role}\n"
        for part in message.parts:
            if mark:
                out.append(Mark(mark))
                mark = ""
            out.append(part if isinstance(part, Photo) else Words(part))
        mark += "<|im_end|>\n"
    return [*out, Mark(mark + ASSISTANT)]


def large_photo(messages: Sequence[Message], prompt: Sequence[Piece]) -> int | None:
    """Index of the piece with the photo that the messages are about, the last of several.

    -1: no piece shows that photo; None: the messages do not say what they are about.
    """
    about = next((m.about for m in messages if m.about is not None), None)
    if about is None:
        return None
    return max((i for i, p in enumerate(prompt) if isinstance(p, Photo) and p.sha256 == about), default=-1)
