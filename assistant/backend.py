"""The interface to any model: what goes in, what comes out, and the `Backend` protocol.

A backend is one generator. It reads messages of text and photos, and knows nothing of memories or captions.
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
    """Hash of the photo that is asked about: it is encoded large, and all other photos of the prompt small.
    "": all are small. None: all are large."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to sample the next tokens."""

    max_new_tokens: int = 160
    """0: the prompt is read into the prefix cache, for a later prompt that begins alike, and nothing is written."""
    temperature: float = 0.0
    """0: the likeliest token is taken."""
    top_p: float = 1.0
    """Tokens are drawn from the likeliest ones that have this probability together."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of output. The last chunk of a stream has a stop reason and the counts; the others have text only."""

    text: str
    stop: Literal["end", "length", "cancelled"] | None = None
    prompt_tokens: int = 0
    """Tokens of the whole prompt, photos included."""
    cached_tokens: int = 0
    """Tokens of the prompt that were in the KV cache already."""
    new_tokens: int = 0
    """Tokens written."""
    seconds: float = 0.0
    """Time from the call to the last token."""
    photos_encoded: int = 0
    """How often the vision tower encoded a photo for this stream."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How a model checks recalls by sight: it is asked whether two photos show the same thing.

    Only for models that were measured to gain by it (`benchmark calibrate --photos FOLDER --verify MODEL`).
    """

    sure: float
    """A "maybe" becomes sure from this probability of "yes" on (0 to 1)."""
    nobody: float
    """Below this probability of "yes", a "maybe" is dropped, and a sure recall becomes "maybe"."""
    photos: int = 3
    """How many recalled photos are checked, the best first."""


MaySay = Literal["told", "seen", "anything"]
"""What a model's text may state as a fact (`grounding/` checks it): "told", only what the user told; "seen", also what
the model sees in the photo; "anything", its text is not checked."""


class Backend(Protocol):
    """A vision-language model. It is called from one thread at a time; `cancel` from any thread."""

    name: str
    """The model's name on screen: "nano", "Qwen3-VL-4B"."""
    space: str
    """Identifies the vector space of `embed`: changes when the vision tower does."""
    threshold: float
    """Least similarity of a recall by sight (0 to 1), calibrated for this model."""
    verification: Verification | None
    """How this model checks recalls by sight; None: not at all."""
    may_say: MaySay
    """What this model's text may state as a fact."""
    evidence: bool
    """Whether the model was trained on prompts that say which recalls are sure."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Generate the next assistant turn. Raises ModelStopped, ModelError."""
        ...

    def next_words(self, messages: Sequence[Message], words: Sequence[str]) -> tuple[float, ...]:
        """For each of `words`, the probability (0 to 1) that the next turn begins with the word's first token.

        Raises PromptTooLong, ModelError, and ModelStopped when it is cancelled.
        """
        ...

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo from the model's own vision tower, (T, D) float32."""
        ...

    def cancel(self) -> None:
        """Make a running `stream` end soon with stop reason "cancelled". Does nothing when none runs."""
        ...

    def set_ephemeral(self, on: bool) -> None:
        """While `on`, nothing computed from photos and words goes to disk, then or later. Raises ModelStopped."""
        ...

    def close(self) -> None:
        """Free the model. Calling it twice is fine."""
        ...
