"""The values of a stored conversation: its parts, and the lines that the user said or a model wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from memory.episode import Photo

Kind = Literal["caption", "correction", "question", "answer", "remembered"]
"""What a line is: "caption" and "answer" are a model's words, the others the user's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the user said or a model wrote."""

    kind: Kind
    text: str
    mark: str = ""
    """How the model's output ended, if not well: "cancelled", "length"."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a conversation about one photo, or about none."""

    n: int
    """Number of the part in its conversation; forgotten parts leave gaps."""
    when: datetime
    """When the part began, timezone-aware."""
    photo: Photo | None
    lines: tuple[Line, ...] = ()
    episodes: tuple[str, ...] = ()
    """Ids of the episodes that were recalled for this part or made from it."""

    @property
    def caption_by_user(self) -> bool:
        """Whether the current caption is the user's own, written in place of the model's."""
        kinds = [line.kind for line in self.lines if line.kind in ("caption", "correction")]
        return kinds[-1:] == ["correction"]

    def state(self) -> tuple[str | None, list[tuple[str, str]]]:
        """Where the part ended: the current caption, and the (question, answer) pairs since that caption."""
        caption: str | None = None
        answered: list[tuple[str, str]] = []
        question = ""
        for line in self.lines:
            if line.kind in ("caption", "correction"):
                caption, answered = line.text, []
            elif line.kind == "question":
                question = line.text
            elif line.kind == "answer":
                answered.append((question, line.text))
        return caption, answered


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation with all its parts, in order."""

    id: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A conversation as an entry in a list."""

    id: str
    when: datetime
    """When the conversation began."""
    text: str
    """The user's first words, what was remembered, a caption, further questions; empty when there is none of these."""
    photos: int
    """How many parts show a photo."""
