"""Numbers in English words up to ninety-nine, as they stand before days, weeks, months and years."""

from __future__ import annotations

import re

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_ONES = "one two three four five six seven eight nine".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join((*_TEENS, *_ONES))}|an?|\d{{1,3}})"
"""A regular expression of one number, in words or digits; "a" is one."""
_LESS_THAN_100 = rf"(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS)}"
YEAR_IN_WORDS = (
    rf"(?:(nineteen|twenty) (?:({_LESS_THAN_100})|(?:oh|o)[ -]({'|'.join(_ONES)}))"
    rf"|two thousand(?: (?:and )?({_LESS_THAN_100}|{'|'.join(_ONES)}))?)\b"
)
"""A regular expression of a year in words: nineteen eighty-four, twenty oh five, two thousand and eight."""


def year_of(match: re.Match[str]) -> str:
    """The digits of a year in words."""
    century, rest, after_oh, behind = match.groups()
    start = 2000 if not century or century.lower() == "twenty" else 1900
    return str(start + number_of(rest or after_oh or behind or "0"))


def number_of(text: str) -> int:
    """ "Twenty-five", "a", "25"."""
    if text.isdigit():
        return int(text)
    total = 0
    for word in text.lower().replace("-", " ").split():
        if word in _TENS:
            total += 10 * (_TENS.index(word) + 2)
        else:
            total += (_TEENS.index(word) + 10) if word in _TEENS else _ONES.index(word) + 1 if word in _ONES else 1
    return total
