"""A photo as a prompt holds it: chunks of wrapper tokens and of visual tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PhotoChunk:
    """A chunk of a photo as the model reads it: wrapper tokens, or visual tokens."""

    tokens: tuple[int, ...]
    """Wrapper tokens ("<|vision_start|>"); empty for visual tokens."""
    n_tokens: int
    n_pos: int
    """How far the chunk moves the position: under M-RoPE not the number of tokens."""
    image: str = ""
    """mtmd's serialised image chunk without its pixels, in hex; "" for wrapper tokens, and where no mtmd is used."""
