"""Phrases of time as people type them, written as `time_atoms.py` reads them: "2 yrs ago", "NYE", "3 and 7 August".

Each rule changes the spelling of a time, or of the words that say how a time limits ("no later than" is "until"), and
nothing else. Where the letters stood in the text as typed is kept: what is shown, and searched for, are the user's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from memory.times.spelling_rules import rules


@dataclass(frozen=True)
class Spelled:
    """A text with its times written in one way."""

    typed: str
    """The text as it was typed."""
    text: str
    starts: tuple[int, ...]
    """For each letter of `text` where what it stands for begins in `typed`, and"""
    ends: tuple[int, ...]
    """where that ends."""

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end], which is not empty, was typed."""
        return self.starts[start], self.ends[end - 1]

    def replaced(self, start: int, end: int, by: str) -> Spelled:
        """The text with text[start:end], which is not empty, written as `by`."""
        first, last = self.place(start, end)
        return Spelled(
            self.typed,
            self.text[:start] + by + self.text[end:],
            self.starts[:start] + (first,) * len(by) + self.starts[end:],
            self.ends[:start] + (last,) * len(by) + self.ends[end:],
        )


def spelled(typed: str) -> Spelled:
    """The text as the rules write its times."""
    found = Spelled(typed, typed, tuple(range(len(typed))), tuple(range(1, len(typed) + 1)))
    for pattern, write in rules(typed):
        place = 0
        while match := pattern.search(found.text, place):
            by = write if isinstance(write, str) else write(match)
            by = match.expand(by) if isinstance(write, str) else by
            if by != match[0] and match[0]:
                found = found.replaced(*match.span(), by)
            place = match.start() + max(1, len(by))
    return found
