"""The seam to any model: what goes in, what comes out, and the protocol between.

A backend is one generator. It sees messages of text and photos and knows nothing of memory or captions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from memory.episode import Photo


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the prompt: text and photos in order."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | Photo, ...]
    about: str | None = None
    """Hash of the photo that is asked about, which is seen large, and all others of the prompt small. "": none is.
    None: all are seen large."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to sample. Exactly these four."""

    max_new_tokens: int = 160
    """0: the prompt is read, for the next one that begins alike, and nothing written."""
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of output. The last one of a stream has a stop reason and the counts; the others have text only."""

    text: str
    stop: Literal["end", "length", "cancelled"] | None = None
    prompt_tokens: int = 0
    """Tokens of the whole prompt, photos included."""
    cached_tokens: int = 0
    """Of these, how many were already in the KV cache."""
    new_tokens: int = 0
    seconds: float = 0.0
    looked: int = 0
    """How often the vision tower ran for it."""


class Backend(Protocol):
    """A vision-language model. Calls are made from one thread at a time; `cancel` from any."""

    name: str
    """What to call it on screen: "nano", "Qwen3-VL-4B"."""
    space: str
    """Names the vector space of `embed`: changes when the vision tower does."""
    threshold: float
    """Similarity from which a recall by sight may be told, calibrated for this model (0..1)."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn. Raises ModelStopped, ModelError."""
        ...

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo from the model's own vision tower, (T, D) float32."""
        ...

    def cancel(self) -> None:
        """Make a running `stream` end soon with stop reason "cancelled". Does nothing when none runs."""
        ...

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing of what is seen and said goes to disk, later neither. Raises ModelStopped."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        ...
