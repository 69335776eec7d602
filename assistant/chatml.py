"""Messages to the exact pieces a ChatML model reads (SmolLM2, Qwen3-VL): structure, words, photos.

Words are kept apart from structure, so that a memory holding "<|im_end|>" stays text: only `Mark` pieces may
become control tokens. Every piece is tokenised alone, here and in training, so both see the same tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.backend import Message
from memory.episode import Photo


@dataclass(frozen=True, slots=True)
class Mark:
    """Structure: may hold control tokens."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """Anything said or written by anyone: never control tokens."""

    text: str


Piece = Mark | Words | Photo
ASSISTANT = "<|im_start|>assistant\n"
"""Behind these tokens the assistant writes."""


def pieces(messages: Sequence[Message]) -> list[Piece]:
    """The prompt up to where the assistant begins to write."""
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
    """Which piece is the photo the messages are about: the last that shows it. -1: none is; None: nobody said."""
    about = next((m.about for m in messages if m.about is not None), None)
    if about is None:
        return None
    return max((i for i, p in enumerate(prompt) if isinstance(p, Photo) and p.sha256 == about), default=-1)
