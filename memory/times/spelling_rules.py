"""The rules by which times are written in one way: other languages, names, dates, amounts, and words that limit.

`time_spelling.py` applies them in this order, each where it fits, to a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from memory.times.amount_rules import amounts, limits
from memory.times.date_rules import dates, parts_of_years
from memory.times.feast_rules import feasts
from memory.times.languages.other_languages import elsewhere
from memory.times.name_rules import names, parts
from memory.times.number_words import NTH_IN_WORDS, YEAR_IN_WORDS, day_of, year_of


@cache
def rules() -> tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]:
    in_words = (YEAR_IN_WORDS, year_of), (NTH_IN_WORDS, day_of)
    every = (*elsewhere(), *in_words, *names(), *parts(), *feasts(), *dates(), *parts_of_years(), *amounts(), *limits())
    return tuple((re.compile(rf"(?<![\w'])(?:{pattern})", re.I), write) for pattern, write in every)
