"""The rules by which times are written in one way: other languages, names, dates, amounts, and words that limit.

`time_spelling.py` applies them in this order, each where it fits, to a text.
"""

from __future__ import annotations

import re
from functools import cache

from memory.times.amount_rules import AMOUNTS
from memory.times.date_rules import DATES, PARTS_OF_YEARS
from memory.times.feast_rules import FEASTS
from memory.times.languages.east_asian import east_asian
from memory.times.languages.other_languages import elsewhere
from memory.times.languages.relative_times import relative_times
from memory.times.limit_rules import LIMITS
from memory.times.name_rules import NAMES, PARTS
from memory.times.number_words import NTH_IN_WORDS, YEAR_IN_WORDS, day_of, year_of
from memory.times.spelling_parts import Rules, Write

Compiled = tuple[tuple[re.Pattern[str], Write], ...]
_EAST_ASIAN = re.compile("[ぁ-ヿ一-鿿가-힣]")


def rules(text: str) -> Compiled:
    """All rules that a text may need, in their order."""
    found = _east_asian() if _EAST_ASIAN.search(text) else ()
    for n, words in enumerate(_told_from_today()):
        found += _of_language(n) if words.search(text) else ()
    return (*found, *_others())


@cache
def _told_from_today() -> tuple[re.Pattern[str], ...]:
    """The words that the rules of each language need: what no text has is never compiled."""
    return tuple(re.compile(rf"(?<!\w)(?:{words})(?:(?!\w)|(?<=['’]))", re.I) for words, _ in relative_times())


@cache
def _of_language(n: int) -> Compiled:
    return _compiled(list(relative_times())[n][1]())


def _compiled(every: Rules) -> Compiled:
    return tuple((re.compile(rf"(?<![\w'])(?:{pattern})", re.I), write) for pattern, write in every)


@cache
def _east_asian() -> Compiled:
    return tuple((re.compile(pattern, re.I), write) for pattern, write in east_asian())


@cache
def _others() -> Compiled:
    in_words = (YEAR_IN_WORDS, year_of), (NTH_IN_WORDS, day_of)
    english = (*NAMES, *PARTS, *FEASTS, *DATES, *PARTS_OF_YEARS, *AMOUNTS, *LIMITS)
    return _compiled((*elsewhere(), *in_words, *english))
