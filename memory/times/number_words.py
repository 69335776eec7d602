"""Numbers in English words: the one table of them, and what stands before days, weeks, months and years."""

from __future__ import annotations

import re

ONES = tuple("one two three four five six seven eight nine".split())
TEENS = tuple("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())
TENS = tuple("twenty thirty forty fifty sixty seventy eighty ninety".split())
CARDINALS = {word: n for n, word in enumerate(("zero", *ONES, *TEENS))} | {
    word: 10 * n for n, word in enumerate(TENS, 2)
}
"""The numbers of one word below a hundred."""
_ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
ORDINALS = {word: n for n, word in enumerate(_ORDINALS.split(), 1)} | {"thirtieth": 30}
"""The days of a month that are one word."""
NUMBER = rf"(?:(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(ONES)}))?|{'|'.join((*TEENS, *ONES))}|an?|\d{{1,3}})"
"""A regular expression of one number, in words or digits; "a" is one."""
_LESS_THAN_100 = rf"(?:{'|'.join(TENS)})(?:[ -](?:{'|'.join(ONES)}))?|{'|'.join(TEENS)}"
YEAR_IN_WORDS = (
    rf"(?:(nineteen|twenty) (?:({_LESS_THAN_100})|(?:oh|o)[ -]({'|'.join(ONES)}))"
    rf"|two thousand(?: (?:and )?({_LESS_THAN_100}|{'|'.join(ONES)}))?)\b"
)
"""A regular expression of a year in words: nineteen eighty-four, twenty oh five, two thousand and eight."""
_NTHS, _NTH_TEENS = ("|".join(w for w, n in ORDINALS.items() if n in of) for of in (range(1, 10), range(10, 20)))
NTH_IN_WORDS = rf"(?:(twenty|thirty)[ -]({_NTHS})|({_NTH_TEENS})|(twentieth|thirtieth))\b"
"""A regular expression of the day of a month in words, from the tenth on: twenty-first, thirtieth."""


def year_of(match: re.Match[str]) -> str:
    """The digits of a year in words."""
    century, rest, after_oh, behind = match.groups()
    start = 2000 if not century or century.lower() == "twenty" else 1900
    return str(start + number_of(rest or after_oh or behind or "0"))


def day_of(match: re.Match[str]) -> str:
    """The digits of a day in words: "21th"."""
    tens, ones, teen, round_ten = (found and found.lower() for found in match.groups())
    return f"{CARDINALS.get(tens, 0) + ORDINALS[ones or teen or round_ten]}th"


def number_of(text: str) -> int:
    """ "Twenty-five", "a", "25"."""
    if text.isdigit():
        return int(text)
    return sum(CARDINALS.get(word, 1) for word in text.lower().replace("-", " ").split())
