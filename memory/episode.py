"""The values of the memory: photos, what was said about them, when and where. Frozen; they know nothing of storage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

Role = Literal["user", "assistant"]
Certainty = Literal["sure", "maybe"]
"""How certain a recall is: "maybe" is asked about before it is told."""


@dataclass(frozen=True)
class Photo:
    """A normalised photo (see `assistant/photo.py`): upright, sRGB, bounded in pixels, without metadata."""

    sha256: str
    """Hash of the normalised RGB pixels and their size: the same picture in another container is the same photo."""
    data: bytes
    """Encoded image (JPEG or PNG)."""
    width: int
    height: int
    taken_at: datetime | None = None
    """When the camera says it was taken (UTC), if it says so."""


@dataclass(frozen=True)
class Turn:
    """One utterance in the conversation about a photo."""

    role: Role
    text: str


@dataclass(frozen=True)
class Episode:
    """A photo and the conversation about it: only what the user showed and said, and replies to the user."""

    photo: Photo
    turns: tuple[Turn, ...]
    when: datetime
    """When it happened, timezone-aware; kept as UTC with whole seconds."""
    place: str | None = None
    order: int = field(default=0, compare=False, repr=False)
    """Position among the episodes of the memory it was loaded from, by when they were stored: later ones have more.
    0 before it is stored."""

    def __post_init__(self) -> None:
        if self.when.tzinfo is None:
            raise ValueError("an episode needs a timezone-aware date")
        object.__setattr__(self, "when", self.when.astimezone(UTC).replace(microsecond=0))

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of the content's SHA-256. Changing what is hashed would change every stored id."""
        content = {
            "photo": self.photo.sha256,
            "turns": [[t.role, t.text] for t in self.turns],
            "when": self.when.isoformat(),
            "place": self.place,
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def words(self) -> str:
        """What the user said, one turn a line: the text that a search by words looks at."""
        return "\n".join(t.text for t in self.turns if t.role == "user")


@dataclass(frozen=True)
class Recall:
    """An episode that was recalled, and why."""

    episode: Episode
    score: float
    """Confidence from 0 to 1, comparable only within one encoder."""
    why: str
    """The reason in words a user understands: "the same thing", "maybe the same thing", "you said 'harbour'"."""
    certainty: Certainty = "sure"
    """What the gate says of the score by sight (`search/gate.py`); "sure" when words found the episode."""


def printable(text: str) -> str:
    """`text` with spaces for control characters, so that stored words cannot steer a terminal. Emoji joiners stay."""
    return "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)
