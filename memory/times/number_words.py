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


_NTHS = "first second third fourth fifth sixth seventh eighth ninth".split()
_NTH_TEENS = [f"{teen}th" for teen in ("ten", "eleven", "twelf", *_TEENS[3:])]
NTH_IN_WORDS = rf"(?:(twenty|thirty)[ -]({'|'.join(_NTHS)})|({'|'.join(_NTH_TEENS)})|(twentieth|thirtieth))\b"
"""A regular expression of the day of a month in words, from the tenth on: twenty-first, thirtieth."""


def day_of(match: re.Match[str]) -> str:
    """The digits of a day in words: "21th"."""
    tens, ones, teen, round_ten = (found and found.lower() for found in match.groups())
    if teen:
        return f"{10 + _NTH_TEENS.index(teen)}th"
    if round_ten:
        return "20th" if round_ten == "twentieth" else "30th"
    return f"{(20 if tens == 'twenty' else 30) + _NTHS.index(ones or '') + 1}th"


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
