"""The values of the memory: photos, what was said about them, when and where. Frozen; they know nothing of storage."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from memory.days import day_of_telling

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
    """When the camera says it was taken, if it says so: on the clock where it was, with the offset from UTC."""


@dataclass(frozen=True)
class Turn:
    """One utterance in the conversation about a photo."""

    role: Role
    text: str


_OF_WHEN = date.min  # for `day`: left out


@dataclass(frozen=True)
class Episode:
    """A photo and the conversation about it: only what the user showed and said, and replies to the user."""

    photo: Photo
    turns: tuple[Turn, ...]
    when: datetime
    """When it happened, timezone-aware; kept as UTC with whole seconds. With an unknown `day` only for the order:
    when it was told, or the time of the photo's file."""
    place: str | None = None
    order: int = field(default=0, compare=False, repr=False)
    """Position among the episodes of the memory it was loaded from, by when they were stored: later ones have more.
    0 before it is stored."""
    day: date | None = _OF_WHEN
    """The day on the clock where it happened; None: unknown. Left out, it is the day of `when` in its own timezone."""
    told: datetime | None = field(default=None, compare=False)
    """When the user told it (whole seconds, on the clock it was told by; UTC in older memories), which may be years
    later, or wrote it in a chat; None: unknown. No part of the id."""

    def __post_init__(self) -> None:
        if self.when.tzinfo is None or (self.told and self.told.tzinfo is None):
            raise ValueError("an episode needs timezone-aware dates")
        if self.day == _OF_WHEN:
            object.__setattr__(self, "day", self.when.date())
        elif self.day and abs(self.day - self.when.astimezone(UTC).date()) > timedelta(days=1):
            raise ValueError(f"{self.day} is not the day of {self.when}")
        if self.told:
            object.__setattr__(self, "told", self.told.replace(microsecond=0))
        object.__setattr__(self, "when", self.when.astimezone(UTC).replace(microsecond=0))

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of the content's SHA-256. Changing what is hashed would change every stored id."""
        content: dict[str, Any] = {
            "photo": self.photo.sha256,
            "turns": [[t.role, t.text] for t in self.turns],
            "when": self.when.isoformat(),
            "place": self.place,
            **({"day": None} if self.day is None else {}),  # a known day belongs to the moment
        }
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @property
    def told_on(self) -> date | None:
        """The day, on the clock it was told by, on which the user told it; None: unknown."""
        return day_of_telling(self.told) if self.told else None

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
    photos: int = 1
    """How many photos of the memory show the same thing, by the user's word; this one is the best of them."""
    others: tuple[Episode, ...] = ()
    """What was said about the others of these photos, the newest first: at most `recall.OTHERS` episodes."""
    by_sight: bool = False
    """Whether the photos are alike; False when only words found the episode."""


def printable(text: str) -> str:
    """`text` with spaces for control characters, so that stored words cannot steer a terminal. Emoji joiners stay."""
    return "".join(c if c.isprintable() or c == "\u200d" else " " for c in text)
