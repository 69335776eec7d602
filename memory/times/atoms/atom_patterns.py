"""What several kinds of atoms are made of, as regular expressions: names, years, counts, and the reading of counts."""

from __future__ import annotations

import re

from memory.times.calendar_names import FEASTS, SEASONS, WEEKDAYS
from memory.times.number_words import ONES, TEENS, number_of
from memory.times.spelling_parts import MONTH

TO = r"(?:-|–|—|to|till|until|through)"
"""What stands between the ends of a range."""
WEEKDAY = "|".join(WEEKDAYS)
SEASON = "|".join(SEASONS)
FEAST = "|".join(map(re.escape, FEASTS))
NAME = rf"(?:(?:{'|'.join(re.escape(name) for name in sorted((*SEASONS, *FEASTS), key=len, reverse=True))})\b|{MONTH})"
"""Name of a part of a year."""

_NOT_AN_AMOUNT = (
    "(?! ?(?:times|days|nights|weeks|years|people|persons|guests|degrees|steps|pieces|hours|m|km|kg|cm|mm|ft|feet"
    r"|met(?:er|re)s?|miles?|kilomet(?:er|re)s?|euros?|dollars?|pounds|bucks|words|pixels|px|parts|volts|calories)\b)"
)
_AFTER_PART = "|".join(
    f"(?<={name} )|(?<={name} of )" for name in (*SEASONS, "christmas", "easter", "new year's eve", "halloween")
)
YEAR = rf"(?:(?:19|20)\d\d\b(?!-\d\d\b){_NOT_AN_AMOUNT}|'\d\d\b|(?:{_AFTER_PART})\d\d\b(?![\d:./%-]){_NOT_AN_AMOUNT})"
"""A year; of two digits after a season: "summer 23"."""

COUNT = rf"(?:(?:a )?few|(?:a )?couple of|half an?|an|a|{'|'.join((*ONES, *TEENS[:3]))}|\d{{1,3}})"
FEW, HALF = -1, 0
"""Counts of which the words say no number."""


def number(nth: str) -> int:
    """The number of "3rd" or "3"."""
    return int(re.sub(r"\D", "", nth))


def count(text: str) -> int:
    """The number that a `COUNT` says, or `FEW`, or `HALF`."""
    if text.isdigit():
        return int(text)
    if text.startswith("half"):
        return HALF
    if text.endswith("few"):
        return FEW
    if text.endswith("couple of"):
        return 2
    return number_of(text)
