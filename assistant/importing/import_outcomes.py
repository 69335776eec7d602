"""What became of the photos of an import: one value for each, and the counts of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from memory.episode import Episode

Outcome = Literal["new", "told", "dated", "again", "known", "duplicate", "silent", "screenshot", "unusable"]
"""Stored now; stored before without words, or with words from a name, and given some; stored before with an unknown
day, and given one; one more memory of a photo of this import, as something else is said about it; in the memory
already; the same picture as an earlier file; without words; a screenshot without words, where these are left out;
not a readable photo."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of one item."""

    name: str
    outcome: Outcome
    detail: str = ""
    """Which file it duplicates, or why it is unusable; for a new one, where its date is from."""
    episode: Episode | None = None
    screenshot: bool = False
    """Whether a new photo without words is a screenshot."""
    first_words: bool = False
    """Whether a photo of this import has words now, and had none before."""
    date_note: str = ""
    """Which tag of the camera the date is from, if not the usual one, or why the camera's date was not taken."""


@dataclass
class Tally:
    """Counts of what became of the items of an import."""

    outcomes: Counter[str] = field(default_factory=Counter)
    dates: Counter[str] = field(default_factory=Counter)
    """Of new photos: how often a date came from each source."""
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    """A file's name, and the file it duplicates."""
    unusable: list[tuple[str, str]] = field(default_factory=list)
    """A file's name, and why it cannot be read."""
    screenshots: int = 0
    """How many new photos without words are screenshots, or were left out as such."""
    told: int = 0
    """How many of the new photos have words."""

    def count(self, item: ImportOutcome) -> None:
        """Enter what became of an item."""
        self.outcomes[item.outcome] += 1
        self.screenshots += item.screenshot or item.outcome == "screenshot"
        if item.episode:
            self.dates[item.detail] += item.outcome == "new"
            self.told += item.first_words
        elif item.outcome == "duplicate":
            self.duplicates.append((item.name, item.detail))
        elif item.outcome == "unusable":
            self.unusable.append((item.name, item.detail))
