"""The atom, which is a word or more that may mean a time, and the kind of atoms: how they are written and read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from memory.times.calendar_names import OfYear, Span


@dataclass(frozen=True)
class Atom:
    """A word or more that may mean a time: of year, part, weekday and span it has one."""

    start: int
    """Place of the first letter in the text, and"""
    end: int
    """of the one after the last."""
    year: int | None = None
    part: OfYear | None = None
    """A month, a season, a feast or a day of a month, of any year."""
    weekday: int | None = None
    """0: Monday."""
    span: Span | None = None
    share: str = ""
    """Only this of it: "early", "end", "last week"; "weekend" or "week" alone: the one around the day that follows."""
    sure: bool = False
    """Whether it means a time wherever it stands."""
    ambiguous: bool = False
    """Whether it is a name alone that may be a word or a person too: "may", "fall"."""
    vague: bool = False
    """Whether it is a time of which nobody says when: "years ago", "that year"."""


class Words:
    """The words of an atom: where they stand, and the named parts of them in lower case."""

    def __init__(self, match: re.Match[str]) -> None:
        self._match = match
        self.place = match.span()
        self.text = match[0].lower()

    def __getitem__(self, name: str) -> str:
        """The part of this name; "" where the words have none."""
        return (self._match[name] or "").lower()

    @property
    def rest(self) -> str:
        """What follows in the sentence."""
        return self._match.string[self.place[1] :]


@dataclass(frozen=True)
class Kind:
    """Atoms of one kind."""

    pattern: str
    """How they are written, as a regular expression, whatever the case of the letters."""
    read: Callable[[Words, date], Atom]
    """What words of this kind mean on a day, today. Raises ValueError, OverflowError or KeyError for what no calendar
    has."""


def kind_of_days(pattern: str, days: Callable[[Words, date], Span]) -> Kind:
    """A kind whose atoms mean certain days, and nothing but a time wherever they stand."""
    return Kind(pattern, lambda words, today: Atom(*words.place, span=days(words, today), sure=True))
