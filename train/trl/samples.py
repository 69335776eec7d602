"""Which kinds of samples a run visits, and which words none of them may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from memory.errors import KeepsakeError

Kind = Literal["caption", "recognition"]
CONTROL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
"""A chat template cannot tell these in somebody's words from its own; the engine can."""


def refuse_control(key: str, words: Sequence[str]) -> None:
    """Raise KeepsakeError when words would become structure in a chat template."""
    if found := [token for token in CONTROL if any(token in text for text in words)]:
        raise KeepsakeError(f"sample {key}: {found[0]!r} in its words; leave it out of the training data")
