"""Dates in German, French, Spanish, Italian, Portuguese, Dutch, Polish and Turkish, in English: "vor August 2020".

Months with a day or a year, seasons and feasts with a year, the words that limit them, and what lies a week or a day
beside them. What is told from today ("letztes Jahr") is in `relative_times.py`. Of further languages the words that
limit a year or a date in numbers are known, so that "до 2020-05-01" is not that day.
"""

from __future__ import annotations

import re

from memory.times.calendar_names import FEASTS, MONTHS
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH, IN_BY_NA
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE
from memory.times.languages.other_language_words import (
    BEHIND,
    COUNTS,
    ELSEWHERE,
    FROM_TODAY_LIMITS,
    HALVES,
    LIMITS,
    NTHS,
    SHARES,
    TURKISH_LIMITS,
    UNITS,
)
from memory.times.languages.undated_times import undated_times
from memory.times.spelling_parts import YEAR, Rules

_MONTH = rf"(?:{'|'.join(sorted((*MONTHS_ELSEWHERE, *MONTHS), key=len, reverse=True))})\b"
_OF = r"(?: de| del| di| d['’]|,| van)?"
_DAY = r"\d\d?(?:\.|er|º|°)?"
_A_TIME = (
    rf"(?=(?:(?:early|mid|end of) )?(?:{'|'.join((*MONTHS, *sorted(set(FEASTS_AND_SEASONS.values()))))})\b"
    rf"|(?:early |mid |end of )?{YEAR}\b|\d\d?[./-]\d\d?[./-]|\d\d? (?:{'|'.join(MONTHS)})\b)"
)
_YEARS_AGO = r"(?:(?:last|this) year|(?:\d+|a) years? ago|the year before last)\b"
_FROM_TODAY = (
    r"(?=(?:the )?(?:last|this) [a-z]+\b|yesterday\b|today\b|the [a-z]+ before (?:last|yesterday)\b"
    r"|(?:around |half )?(?:\d+|an?|a few) [a-z]+(?: and a half)? ago\b)"
)
"""A time told from today, as `relative_times.py` writes it."""
_ARTICLE = r"(?: de[mnr]| aos?| al| au| das| des| le| la| el| il| lo| o| os| de| het| l['’])?"
_FEAST = rf"(?:{'|'.join(FEASTS_AND_SEASONS)})\b"
_SHARE = rf"(?:a )?(?:{'|'.join(SHARES.values())})(?: de| di| van)?[ -]"
_AGO = r"(?:last|this) [a-z]+\b|yesterday\b|today\b|(?:\d+|an?|a few) [a-z]+ ago\b"
_END = (
    rf"(?:{_SHARE})?(?:{_DAY} ?(?:de )?)?(?:{_AGO}|{_MONTH}|{YEAR}\b|\d\d?[./-]\d\d?[./-]?\d*|{_FEAST})"
    rf"(?:{_OF} {YEAR}\b|(?: d[eiou]l?)? (?:last|this) year\b)?"
)
"""An end of a range: Anfang Juli, 3. August 2021, 12.8.2021."""
_BETWEEN = re.compile(r"\b(?:zwischen|entre|tra|fra|tussen|między|pomiędzy|od) [^,.;?!\d]{1,40}$", re.I)
_RANGE = (
    rf"(?:(?P<between>zwischen|entre|tra|fra|tussen|między|pomiędzy)"
    rf"|(?P<from>vom|von|du|de|del|dal|dall['’]|da|van|desde|od)){_ARTICLE} "
    rf"(?P<first>{_END}|{_DAY}) (?:bis zum|bis|au|al|all['’]|à|ao|ad?|até|tot en met|tot|hasta|fino al|do|und|et|y|e|en"
    rf"|a){_ARTICLE} (?P<last>{_END})"
)


_MAY_AND_MARCH: Rules = (
    (rf"d['’](?={FOREIGN_MONTH})", "de "),
    (rf"({_DAY}|od|do|przed|po|w|początku|końcu|koniec|połowie|weekend|tydzień|tygodniu) maja\b", r"\1 may"),
    (rf"({_DAY}|od|do|przed|po|w) marca\b", r"\1 march"),
)
"""Polish months that are names elsewhere."""
_HOLIDAYS_OF = r"(?:vacances|vacanze|vacaciones|férias) d[aeiou] "
_HOLIDAYS: Rules = (
    (
        rf"(?:{_HOLIDAYS_OF}(?:noël|navidad|natale|natal)|weihnachtsferien|kerstvakantie)\b{_OF}",
        "christmas holidays",
    ),
    (
        rf"(?:{_HOLIDAYS_OF}(?:p[âa]ques|pascua|pasqua|páscoa)|osterferien|paasvakantie)\b{_OF}",
        "easter holidays",
    ),
    (
        rf"(?:(?:am )?tag nach weihnachten|(?:de )?dag na kerst(?:mis)?)\b{_OF}",
        "the day after boxing day",
    ),
)
_OR = r"(?:oder|und|et|ou|y|o|e|en|of|i|lub|ve|veya)"
_OR_OR_TO = " bis |[ ]?[/–-][ ]?| oder | und | ou | et | o | y | e | en | of | ve | veya | i | lub | oraz "
_AND_THE_DAY = "und|oder|bis|auf|ou|et|o|y|e|en|of|op|à|a|al|au|tot"


def elsewhere() -> Rules:
    """Names and limits of other languages."""
    yield from _MAY_AND_MARCH
    yield from _HOLIDAYS
    yield from _turkish_times()
    yield from _SEVERAL_TIMES
    yield from _DATES
    yield from _nth_of()
    yield from _halves()
    yield from _from_today()
    yield from _of_years_ago()
    yield from _beside()
    yield from _shares()
    yield from _limits()


def _turkish_times() -> Rules:
    """ "2022 yazında", "2022'nin başında": the year stands before its part."""
    part = rf"({FOREIGN_MONTH[:-2]}|yaz|kış|bahar|ilkbahar|sonbahar)(?:['’]?[ıiuü]n?[dt]?[ae]?n?)?\b"
    limit = "|".join(rf"(?P<{how}>{word})\b" for how, word in TURKISH_LIMITS.items())
    yield rf"({YEAR}) (?:yılı(?:nın)? )?{part}(?: (?:{limit}))?", _turkish
    for english, word in {"early": "baş", "mid": "orta", "end of": "son"}.items():
        share = rf"{word}(?:ı|ları|sı|larında|u|unda|ında|sında)(?:nda?n?)?\b"
        yield rf"({YEAR})(?:['’]?[iuüı]n| yılı(?:nın)?)? {share}", rf"in {english} \1"
    yield rf"({YEAR}) yılı(?:nda|ndan|ndaki)?\b", r"in \1"


def _halves() -> Rules:
    """ "Erste Hälfte 2021", "la première moitié de l'année 2021"."""
    of = rf"{_OF}(?: von| des| do| du| dell['’]anno| jahres| año| ano| l['’]année)*"
    for english, words in HALVES.items():
        yield rf"(?:{words}){of} {_A_TIME}", f"{english} "


def _from_today() -> Rules:
    """ "Vor letztem Sommer"."""
    for english, words in FROM_TODAY_LIMITS.items():
        yield rf"(?:{words}) {_FROM_TODAY}", f"{english} "


def _shares() -> Rules:
    """ "Anfang 2021", "fin août", "a principios de 2021"."""
    for english, words in SHARES.items():
        share = rf"(?:a |no |em |en |al |na |w |pod )?(?:{_longest_first(words)})"
        in_a_year = "(?:in )?"  # "fin in august of last year"
        yield rf"{share}(?:{_ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{in_a_year}{_A_TIME}", f"{english} "
        yield rf"{share}(?<!half){_ARTICLE} {_FROM_TODAY}", f"{english} "  # "half a year ago" is English


def _limits() -> Rules:
    """ "Vor 2021", "jusqu'au 3 august": before a time that is in English by now; "in", where a year is told."""
    for english, words in LIMITS.items():
        time = _A_TIME if english != "in" else rf"{_A_TIME}(?=[^\d,.;?!]*{YEAR}\b)"
        yield rf"(?:{_longest_first(words)})(?:{_ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{time}", f"{english} "


def _longest_first(words: str) -> str:
    """Alternatives of a regular expression: "bis zum" is tried before "bis"."""
    return "|".join(sorted(words.split("|"), key=len, reverse=True))


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
            rf"{of} (?=(?:{_MONTH}))",
            lambda m, nth=english: f"{nth} {UNITS[m[1].lower()]} of ",  # type: ignore[misc]
        )


def _turkish(match: re.Match[str]) -> str:
    """ "2022 yazında", the year before its part."""
    name = match[2].lower()
    how = next((how for how in TURKISH_LIMITS if match[how]), "in")
    return f"{how} {(MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[name]} {match[1]}"


def _of_years_ago() -> Rules:
    """Months, seasons and feasts beside "last year": "vor drei Jahren im Mai", "la Navidad del año pasado"."""
    name = rf"(?:{FOREIGN_MONTH}|{_FEAST})"
    prep = (
        r"(?:(?:im|in|en|em|nel|w|we|zu|an|à|a|met|no|na|de|del|di|della|do|da|van|d['’]|l['’]|der|la|el|den|het) ?)*"
    )
    yield rf"{prep}({name}) {prep}(?={_YEARS_AGO})", lambda m: f"in {_english_name(m[1])} of "
    ending = r"(?:['’]?[ıiuü]n?[dt]?[ae]?n?|['’]?[dt][ae])?\b"
    turkish = "|".join((*"yaz kış bahar ilkbahar sonbahar".split(), FOREIGN_MONTH[:-2]))
    yield rf"({_YEARS_AGO}) ({turkish}){ending}", lambda m: f"in {_english_name(m[2])} of {m[1]}"
    yield rf"({_YEARS_AGO}),? {prep}({name})", lambda m: f"{m[1]} in {_english_name(m[2])}"
    yield from undated_times()
    yield rf"(?:im) (?={_MONTH})", "in "


def _english_name(text: str) -> str:
    return (MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[text.lower()]


def _beside() -> Rules:
    """ "Deux semaines avant", "la semana antes de", "le lendemain de"; the limits of further languages."""
    before, after = (f"(?:{LIMITS[name]})" for name in ("before", "after"))
    yield (
        rf"(?:(?P<count>\d\d?|{'|'.join(COUNTS)}) "
        r"|(?:(?:am|an|in|en|nel|no|na|op) )?(?:de[mnr]?|die|das|l[ae]|el|il|o) )?"
        rf"(?P<unit>{'|'.join(UNITS)}) (?:darauf |später |d['’])?(?:(?P<before>{before})|{after}){_ARTICLE} {_A_TIME}",
        _units_beside,
    )
    of = r"(?:d[eiou]l?|de la|d[ao]|della|dell['’]|vom|von|van|um den|um)"
    yield (
        rf"(?P<unit>{'|'.join(word for word, unit in UNITS.items() if unit in ('week', 'weekend'))}) {of}{_ARTICLE} "
        rf"(?=\d\d? (?:{'|'.join(MONTHS)})|\d\d?\.\d\d?\.|(?:{'|'.join(FEASTS)})\b)",
        lambda m: f"{UNITS[m['unit'].lower()]} of ",
    )
    eve = "(?:der |am )?vorabend|(?:(?:à )?la |na |en la |a )?(?:veille|(?:en )?v[ií]speras?|véspera|vigilia)"
    yield rf"(?:{eve}) (?:d[eiou]|del|da|von|vor|des){_ARTICLE} {_A_TIME}", "the day before "
    yield rf"(?:le )?lendemain d(?:e|u){_ARTICLE} {_A_TIME}", "the day after "
    day = rf"(?:{YEAR}(?:-\d\d(?:-\d\d)?)?(?![\d-])|\d\d?[./-] ?\d\d?[./-] ?(?:\d\d){{1,2}}(?!\d))"
    yield rf"(?:fra|från|из|din|dari|от|z|з) ({day}) (?:til|till|до|până la|do|hingga|sampai) (?={day})", r"from \1 to "
    doing = "".join(rf"(?<!\b{word} )" for word in "i we he she you they to did".split())  # "what did we do 2020"
    for english, words in ELSEWHERE.items():
        yield rf"{doing}(?:{_longest_first(words)}):? ?(?={day})", f"{english} "
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


def _in_english(end: str) -> str:
    """An end of a range, "Anfang Juli", with what is said of a month in English."""
    end = re.sub(rf"\b({_DAY}) ?(?:de )?(?={_MONTH})", lambda m: f"{re.sub(r'[^0-9]', '', m[1])} ", end, flags=re.I)
    end = re.sub(rf"\b({FOREIGN_MONTH}){_OF}", lambda m: MONTHS_ELSEWHERE[m[1].lower()], end, flags=re.I)
    named = rf"({_FEAST})(?:{_OF}(?= {YEAR}))?"
    end = re.sub(named, lambda m: FEASTS_AND_SEASONS[m[1].lower()], end, flags=re.I)
    for english, words in SHARES.items():
        end = re.sub(rf"(?:\ba )?\b(?:{words})(?: de| di| van)?[ -]", f"{english} ", end, flags=re.I)
    return end


def _both_ends(match: re.Match[str]) -> str:
    first, last = _in_english(match["first"]), _in_english(match["last"])
    return f"between {first} and {last}" if match["between"] else f"from {first} to {last}"


def _joined(match: re.Match[str]) -> str:
    to = " to " if match[2].strip() in ("bis", "-", "–") else " or "
    return f"{MONTHS_ELSEWHERE[match[1].lower()]}{to}"


def _dated(match: re.Match[str]) -> str:
    """A day of a month; an English one stays as it is."""
    name = match[2].lower()
    day = re.sub(r"\D", "", match[1])
    if name not in MONTHS_ELSEWHERE and not match[1].endswith("."):
        return match[0]
    return " ".join(filter(None, (day, MONTHS_ELSEWHERE.get(name, name), match[3])))


def _month_and_year(match: re.Match[str]) -> str:
    return f"{MONTHS_ELSEWHERE[match[1].lower()]} {match[2]}"


_SEVERAL_TIMES: Rules = (
    (_RANGE, _both_ends),
    (rf"({YEAR}) {_OR} (?={YEAR}\b)", r"\1 or "),
    (r"(\d\d?\.\d\d?\.(?:\d{2,4})?) ?(?:bis(?: zum)?|tot|au|al|até) (?=\d\d?\.\d\d?\.)", r"\1 - "),
    (rf"({FOREIGN_MONTH})({_OR_OR_TO})(?=(?:{_SHARE})?{_MONTH}{_OF} {YEAR})", _joined),
    (
        rf"({_DAY}) (?:{_AND_THE_DAY}) (?:le |el |il |den |zum |de |o )?(?={_DAY} (?:de )?{_MONTH})",
        r"\1 to ",
    ),
)
"""Ranges, and times joined by "or"."""
_DATES: Rules = (
    (rf"(?:le |el |il |den |o )?({_DAY})\.? ?(?:de |d['’])?({_MONTH}){_OF}(?: ({YEAR})\b)?", _dated),
    (rf"({FOREIGN_MONTH}){_OF} ({YEAR})\b", _month_and_year),
    (
        rf"(?P<in>{IN_BY_NA}|im |in de |en |no |nel |nell['’]|l['’]|à |a |met |an |zu )?"
        rf"(?P<name>{'|'.join(FEASTS_AND_SEASONS)})\b(?: de| del| dell['’]anno| van)? (?P<year>{YEAR})\b",
        _named_feast,
    ),
)
"""Days of months, months, feasts and seasons of a year."""
