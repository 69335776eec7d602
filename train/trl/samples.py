"""Samples of a run with trl: their kinds, and the control tokens that none of them may contain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from memory.errors import KeepsakeError

Kind = Literal["caption", "recognition"]
"""To write a caption (r_caps), or to recognise which photos show the same (r_vis)."""
CONTROL = ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
"""Control tokens: a chat template cannot tell those in a text from its own, as the app's engines can."""


def refuse_control(key: str, words: Sequence[str]) -> None:
    """Raise KeepsakeError when a sample's words contain a control token."""
    if found := [token for token in CONTROL if any(token in text for text in words)]:
        raise KeepsakeError(f"sample {key}: {found[0]!r} in its words; leave it out of the training data")
