"""Dates in German, French, Spanish, Italian, Portuguese, Dutch, Polish and Turkish, in English: "vor August 2020".

Months with a day or a year, seasons and feasts with a year. Ranges of them are in `foreign_ranges.py`; the words that
limit them, and what lies a week or a day beside them, in `foreign_limits.py`; what is told from today ("letztes Jahr")
in `relative_times.py`. Of further languages the words that limit a year or a date in numbers are known, so that
"до 2020-05-01" is not that day.
"""

from __future__ import annotations

import re

from memory.times.languages.foreign_limits import before_years_ago, limits
from memory.times.languages.foreign_parts import DAY, FEAST, MONTH, OF
from memory.times.languages.foreign_ranges import SEVERAL_TIMES
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH, IN_BY_NA
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE
from memory.times.languages.other_language_words import NTHS, TURKISH_LIMITS, UNITS
from memory.times.languages.undated_times import undated_times
from memory.times.spelling_parts import YEAR, Rules

_YEARS_AGO = r"(?:(?:last|this) year|(?:\d+|a) years? ago|the year before last)\b"
_BETWEEN = re.compile(r"\b(?:zwischen|entre|tra|fra|tussen|między|pomiędzy|od) [^,.;?!\d]{1,40}$", re.I)
_MAY_AND_MARCH: Rules = (
    (rf"d['’](?={FOREIGN_MONTH})", "de "),
    (rf"({DAY}|od|do|przed|po|w|początku|końcu|koniec|połowie|weekend|tydzień|tygodniu) maja\b", r"\1 may"),
    (rf"({DAY}|od|do|przed|po|w) marca\b", r"\1 march"),
)
"""Polish months that are names elsewhere."""
_HOLIDAYS_OF = r"(?:vacances|vacanze|vacaciones|férias) d[aeiou] "
_HOLIDAYS: Rules = (
    (
        rf"(?:{_HOLIDAYS_OF}(?:noël|navidad|natale|natal)|weihnachtsferien|kerstvakantie)\b{OF}",
        "christmas holidays",
    ),
    (
        rf"(?:{_HOLIDAYS_OF}(?:p[âa]ques|pascua|pasqua|páscoa)|osterferien|paasvakantie)\b{OF}",
        "easter holidays",
    ),
    (
        rf"(?:(?:am )?tag nach weihnachten|(?:de )?dag na kerst(?:mis)?)\b{OF}",
        "the day after boxing day",
    ),
)


def elsewhere() -> Rules:
    """Names and limits of other languages."""
    yield from _MAY_AND_MARCH
    yield from _HOLIDAYS
    yield from _turkish_times()
    yield from SEVERAL_TIMES
    yield from _DATES
    yield from _nth_of()
    yield from before_years_ago()
    yield from _of_years_ago()
    yield from limits()


def _turkish_times() -> Rules:
    """ "2022 yazında", "2022'nin başında": the year stands before its part."""
    part = rf"({FOREIGN_MONTH[:-2]}|yaz|kış|bahar|ilkbahar|sonbahar)(?:['’]?[ıiuü]n?[dt]?[ae]?n?)?\b"
    limit = "|".join(rf"(?P<{how}>{word})\b" for how, word in TURKISH_LIMITS.items())
    yield rf"({YEAR}) (?:yılı(?:nın)? )?{part}(?: (?:{limit}))?", _turkish
    for english, word in {"early": "baş", "mid": "orta", "end of": "son"}.items():
        share = rf"{word}(?:ı|ları|sı|larında|u|unda|ında|sında)(?:nda?n?)?\b"
        yield rf"({YEAR})(?:['’]?[iuüı]n| yılı(?:nın)?)? {share}", rf"in {english} \1"
    yield rf"({YEAR}) yılı(?:nda|ndan|ndaki)?\b", r"in \1"


def _named_feast(match: re.Match[str]) -> str:
    """ "À Noël 2021"; the "a" of "między X a sylwestrem 2022" stays as it is."""
    after_an_end = match["in"] and _BETWEEN.search(match.string, 0, match.start())
    before_it = match["in"] if after_an_end else "in " if match["in"] else ""
    return f"{before_it}{FEASTS_AND_SEASONS[match['name'].lower()]} {match['year']}"


def _nth_of() -> Rules:
    """ "Am letzten Wochenende im Oktober", "la première semaine d'août"."""
    of = r"(?: (?:i[mn]|de[sln]?|d[iou]|dell['’]|della|von|van|em|en|w))?"
    units = "|".join(word for word, unit in UNITS.items() if unit in ("week", "weekend", "day"))
    for english, words in NTHS.items():
        yield (
            rf"(?:(?:am|an|in|im|en|no|na|l[ae]|el|il|nell?a?|w|op|de[rnm]?|die|das|het|o|a) )*(?:{words}) ({units})"
            rf"{of} (?=(?:{MONTH}))",
            lambda m, nth=english: f"{nth} {UNITS[m[1].lower()]} of ",  # type: ignore[misc]
        )


def _turkish(match: re.Match[str]) -> str:
    """ "2022 yazında", the year before its part."""
    name = match[2].lower()
    how = next((how for how in TURKISH_LIMITS if match[how]), "in")
    return f"{how} {(MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[name]} {match[1]}"


def _of_years_ago() -> Rules:
    """Months, seasons and feasts beside "last year": "vor drei Jahren im Mai", "la Navidad del año pasado"."""
    name = rf"(?:{FOREIGN_MONTH}|{FEAST})"
    prep = (
        r"(?:(?:im|in|en|em|nel|w|we|zu|an|à|a|met|no|na|de|del|di|della|do|da|van|d['’]|l['’]|der|la|el|den|het) ?)*"
    )
    yield rf"{prep}({name}) {prep}(?={_YEARS_AGO})", lambda m: f"in {_english_name(m[1])} of "
    ending = r"(?:['’]?[ıiuü]n?[dt]?[ae]?n?|['’]?[dt][ae])?\b"
    turkish = "|".join((*"yaz kış bahar ilkbahar sonbahar".split(), FOREIGN_MONTH[:-2]))
    yield rf"({_YEARS_AGO}) ({turkish}){ending}", lambda m: f"in {_english_name(m[2])} of {m[1]}"
    yield rf"({_YEARS_AGO}),? {prep}({name})", lambda m: f"{m[1]} in {_english_name(m[2])}"
    yield from undated_times()
    yield rf"(?:im) (?={MONTH})", "in "


def _english_name(text: str) -> str:
    return (MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[text.lower()]


def _dated(match: re.Match[str]) -> str:
    """A day of a month; an English one stays as it is."""
    name = match[2].lower()
    day = re.sub(r"\D", "", match[1])
    if name not in MONTHS_ELSEWHERE and not match[1].endswith("."):
        return match[0]
    return " ".join(filter(None, (day, MONTHS_ELSEWHERE.get(name, name), match[3])))


def _month_and_year(match: re.Match[str]) -> str:
    return f"{MONTHS_ELSEWHERE[match[1].lower()]} {match[2]}"


_DATES: Rules = (
    (rf"(?:le |el |il |den |o )?({DAY})\.? ?(?:de |d['’])?({MONTH}){OF}(?: ({YEAR})\b)?", _dated),
    (rf"({FOREIGN_MONTH}){OF} ({YEAR})\b", _month_and_year),
    (
        rf"(?P<in>{IN_BY_NA}|im |in de |en |no |nel |nell['’]|l['’]|à |a |met |an |zu )?"
        rf"(?P<name>{'|'.join(FEASTS_AND_SEASONS)})\b(?: de| del| dell['’]anno| van)? (?P<year>{YEAR})\b",
        _named_feast,
    ),
)
"""Days of months, months, feasts and seasons of a year."""
