"""Atoms that say several years, or none that is known: "2019/20", "winter 2019/20", "the late 90s", "years ago"."""

from __future__ import annotations

import re
from datetime import date

from memory.times.atoms.atom import Atom, Kind, Words, kind_of_days
from memory.times.atoms.atom_days import DECADES, latest_decade, written_year, year_span
from memory.times.calendar_names import Span, part_of_year

_NEXT = [(f"{n:02}", f"{(n + 1) % 100:02}") for n in range(100)]
_YEAR_AND_NEXT = "|".join(f"{year}/{after}" for year, after in _NEXT)
_TWO_YEARS = "|".join(rf"{year} ?[/–-] ?(?:19|20)?{after}" for year, after in _NEXT)
_PART_OF_DECADE = r"(?:(?P<part>early|mid|late)[ -]|(?P<half>first|second) half of (?:the )?)"
_LEFT_OUT = {"early": (0, 6), "mid": (3, 3), "late": (6, 0), "first": (0, 5), "second": (5, 0)}
"""How many tenths of a decade a part or a half of it leaves out, at its beginning and at its end."""
_A_NOUN = re.compile(r"\s*(?!(?:or|and|to|until|till|in|at|on|with|when)\b)[^\W_]", re.I)


def _two_years(words: Words, _today: date) -> Atom:
    first = int(words.text[:4])
    return Atom(*words.place, span=(year_span(first)[0], year_span(first + 1)[1]))


def _season_of_two_years(words: Words, today: date) -> Span:
    """The season that begins in the first year and ends in the second, or else those of both years."""
    year, part = written_year(re.split(r"\D", words["years"])[0], today), part_of_year(words["season"])
    first = part(year)
    return first if first[1].year > year else (first[0], part(year + 1)[1])


def _years(words: Words, first: int, many: int = 10) -> Span:
    """A decade or a century, or the part of it that the words say."""
    after_begin, before_end = (tenths * many // 10 for tenths in _LEFT_OUT.get(words["part"] or words["half"], (0, 0)))
    return date(first + after_begin, 1, 1), date(first + many - before_end, 1, 1)


def _written_decade(words: Words, _today: date) -> Span:
    return _years(words, int(words["decade"]), 100 if words["decade"] == "1900" else 10)  # "the 1900s" are a century


def _spoken_decade(words: Words, today: date) -> Atom:
    first = latest_decade(int(words["tens"] or DECADES[words["word"]]), today)
    sure = not _A_NOUN.match(words.rest)  # not "the 80s party"
    return Atom(*words.place, span=_years(words, first), sure=sure)


VAGUE = Kind(
    r"(?:(?:(?:many|some|several) )?years (?:ago|back)|one (?:year|day)(?=\s*(?:[?.!,]|$))|another year"
    r"|(?:that|the same|the following|the next|the previous|some|every|each|any) year"
    r"|the year (?:before|after)(?=\s*(?:[?.!,]|$)))\b",
    lambda words, _: Atom(*words.place, vague=True),
)
TWO_YEARS = Kind(rf"(?:19|20)(?:{_YEAR_AND_NEXT})\b(?!/)", _two_years)
SEASON_OF_TWO_YEARS = kind_of_days(
    rf"(?P<season>winter|summer)(?: of)? (?P<years>(?:19|20)?(?:{_TWO_YEARS}))\b", _season_of_two_years
)
WRITTEN_DECADE = kind_of_days(rf"(?:(?:the )?{_PART_OF_DECADE})?(?P<decade>(?:19|20)\d0)'?s\b", _written_decade)
SPOKEN_DECADE = Kind(
    r"(?:(?P<half>first|second) half of )?the (?:(?P<part>early|mid|late)[ -])?"
    rf"(?:'?(?P<tens>[2-9]0)'?s|(?P<word>{'|'.join(DECADES)}))\b",
    _spoken_decade,
)
