"""What limits a time in other languages, in English: "vor 2021", "fin août", "la semana antes de"."""

from __future__ import annotations

import re

from memory.times.calendar_names import FEASTS, MONTHS
from memory.times.languages.foreign_parts import A_TIME, ARTICLE, OF, longest_first
from memory.times.languages.other_language_words import (
    BEHIND,
    COUNTS,
    ELSEWHERE,
    FROM_TODAY_LIMITS,
    HALVES,
    LIMITS,
    SHARES,
    UNITS,
)
from memory.times.spelling_parts import YEAR, Rules

_FROM_TODAY = (
    r"(?=(?:the )?(?:last|this) [a-z]+\b|yesterday\b|today\b|the [a-z]+ before (?:last|yesterday)\b"
    r"|(?:around |half )?(?:\d+|an?|a few) [a-z]+(?: and a half)? ago\b)"
)
"""A time told from today, as `relative_times.py` writes it."""


def before_years_ago() -> Rules:
    """Those that are read before the months and feasts "of last year" are: halves, and limits of "last summer"."""
    yield from _halves()
    yield from _from_today()


def limits() -> Rules:
    """All others, of a time that is in English by then."""
    yield from _beside()
    yield from _shares()
    yield from _limits()


def _halves() -> Rules:
    """ "Erste Hälfte 2021", "la première moitié de l'année 2021"."""
    of = rf"{OF}(?: von| des| do| du| dell['’]anno| jahres| año| ano| l['’]année)*"
    for english, words in HALVES.items():
        yield rf"(?:{words}){of} {A_TIME}", f"{english} "


def _from_today() -> Rules:
    """ "Vor letztem Sommer"."""
    for english, words in FROM_TODAY_LIMITS.items():
        yield rf"(?:{words}) {_FROM_TODAY}", f"{english} "


def _shares() -> Rules:
    """ "Anfang 2021", "fin août", "a principios de 2021"."""
    for english, words in SHARES.items():
        share = rf"(?:a |no |em |en |al |na |w |pod )?(?:{longest_first(words)})"
        in_a_year = "(?:in )?"  # "fin in august of last year"
        yield rf"{share}(?:{ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{in_a_year}{A_TIME}", f"{english} "
        yield rf"{share}(?<!half){ARTICLE} {_FROM_TODAY}", f"{english} "  # "half a year ago" is English


def _limits() -> Rules:
    """ "Vor 2021", "jusqu'au 3 august": before a time that is in English by now; "in", where a year is told."""
    for english, words in LIMITS.items():
        time = A_TIME if english != "in" else rf"{A_TIME}(?=[^\d,.;?!]*{YEAR}\b)"
        yield rf"(?:{longest_first(words)})(?:{ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{time}", f"{english} "


def _beside() -> Rules:
    """ "Deux semaines avant", "la semana antes de", "le lendemain de"; the limits of further languages."""
    before, after = (f"(?:{LIMITS[name]})" for name in ("before", "after"))
    yield (
        rf"(?:(?P<count>\d\d?|{'|'.join(COUNTS)}) "
        r"|(?:(?:am|an|in|en|nel|no|na|op) )?(?:de[mnr]?|die|das|l[ae]|el|il|o) )?"
        rf"(?P<unit>{'|'.join(UNITS)}) (?:darauf |später |d['’])?(?:(?P<before>{before})|{after}){ARTICLE} {A_TIME}",
        _units_beside,
    )
    of = r"(?:d[eiou]l?|de la|d[ao]|della|dell['’]|vom|von|van|um den|um)"
    yield (
        rf"(?P<unit>{'|'.join(word for word, unit in UNITS.items() if unit in ('week', 'weekend'))}) {of}{ARTICLE} "
        rf"(?=\d\d? (?:{'|'.join(MONTHS)})|\d\d?\.\d\d?\.|(?:{'|'.join(FEASTS)})\b)",
        lambda m: f"{UNITS[m['unit'].lower()]} of ",
    )
    eve = "(?:der |am )?vorabend|(?:(?:à )?la |na |en la |a )?(?:veille|(?:en )?v[ií]speras?|véspera|vigilia)"
    yield rf"(?:{eve}) (?:d[eiou]|del|da|von|vor|des){ARTICLE} {A_TIME}", "the day before "
    yield rf"(?:le )?lendemain d(?:e|u){ARTICLE} {A_TIME}", "the day after "
    day = rf"(?:{YEAR}(?:-\d\d(?:-\d\d)?)?(?![\d-])|\d\d?[./-] ?\d\d?[./-] ?(?:\d\d){{1,2}}(?!\d))"
    yield rf"(?:fra|från|из|din|dari|от|z|з) ({day}) (?:til|till|до|până la|do|hingga|sampai) (?={day})", r"from \1 to "
    doing = "".join(rf"(?<!\b{word} )" for word in "i we he she you they to did".split())  # "what did we do 2020"
    for english, words in ELSEWHERE.items():
        yield rf"{doing}(?:{longest_first(words)}):? ?(?={day})", f"{english} "
    for english, words in BEHIND.items():
        yield rf"({day})['’]?(?:[a-zçğıöşüäé]{{0,4}}|年|년) ?(?:{words})(?![a-z])", rf"{english} \1 "


def _units_beside(match: re.Match[str]) -> str:
    """ "2 weeks before", "the day after"."""
    count, side = match["count"], "before" if match["before"] else "after"
    unit = UNITS[match["unit"].lower()]
    if not count:
        return f"the {unit} {side} "
    number = int(count) if count.isdigit() else COUNTS[count.lower()]
    return f"{number} {unit}{'s' * (number > 1)} {side} "
