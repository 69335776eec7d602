"""The rules by which times are written in one way: names, dates, amounts, and the words that say how a time limits.

`time_spelling.py` applies them in this order, each where it fits, to a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

from memory.times.calendar_names import MONTHS
from memory.times.number_words import NUMBER, YEAR_IN_WORDS, number_of, year_of

_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:19|20)\d\d"
_DATED = rf"(?:(?:{_MONTH},? )?{_YEAR}\b)"
_WEEKDAYS = {
    f"{day[:n]}": day
    for day in "monday tuesday wednesday thursday friday saturday sunday".split()
    for n in (3, 4, 5)
    if day[:n] in "mon tue tues wed weds thu thur thurs fri sat sun".split()
} | {"weds": "wednesday"}
_WEEKDAY = rf"(?:{'|'.join(sorted({*_WEEKDAYS, *_WEEKDAYS.values()}, key=len, reverse=True))})"
_UNITS = {"yr": "year", "mth": "month", "mo": "month", "wk": "week", "wkend": "weekend"}
_UNIT = rf"(?:years?|months?|weeks?|days?|(?:{'|'.join(_UNITS)})s?)\b"
_OFTEN_MISTYPED = (
    "january february september october november december christmas thanksgiving halloween"
    " yesterday wednesday thursday saturday"
).split()
_MISTYPED = {
    "wensday": "wednesday",
    "wendsday": "wednesday",
    "agust": "august",
    "augst": "august",
    "xmass": "christmas",
}
_OTHER_CALENDARS = (
    "chinese|lunar|jewish|hebrew|persian|iranian|islamic|muslim|hindu|thai|vietnamese|korean|tibetan|ethiopian|coptic"
    "|orthodox|greek|russian|serbian|ukrainian|armenian|tamil|bengali|balinese|nepali"
)


@cache
def rules() -> tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]:
    every = ((YEAR_IN_WORDS, year_of), *_names(), *_dates(), *_amounts(), *_limits())
    return tuple((re.compile(rf"(?<![\w'])(?:{pattern})", re.I), write) for pattern, write in every)


_Rules = Iterator[tuple[str, str | Callable[[re.Match[str]], str]]]


def _names() -> _Rules:
    """Months, weekdays and feasts: mistyped, shortened, without an apostrophe."""
    yield r"[a-z]{5,12}\b", _mended
    yield rf"((?:last|past) )({'|'.join(_WEEKDAYS)})\b\.?(?! \d)", _weekday
    yield r"((?:this|on|every|until|since) )(mon|tues?|thu(?:rs?)?|fri|weds)\b\.?(?! \d)", _weekday
    yield (
        rf"((?:on )?)(?:{_WEEKDAY})\.?,? (?:the )?({_NTH}(?=(?: of)? {_MONTH})|{_MONTH}(?= (?:the )?{_NTH}\b))",
        r"\1\2",
    )
    yield r"(?:y'?day|yest)\b", "yesterday"
    yield r"last evening\b", "last night"
    yield r"this (?:afternoon|evening)\b", "today"
    yield r"the night before last\b", "the day before yesterday"
    yield r"x-?mas\b|christmas(?=(?:time|tide)\b)", "christmas"
    yield r"christmas-(?=eve\b|day\b)", "christmas "
    yield r"christmas ?(?:time|tide|hols?|holidays?|break|vacation|season)\b", "christmas holidays"
    yield r"easter (?:time|hols?|holidays?|break|vacation)\b", "easter holidays"
    yield r"(spring|summer|autumn|fall|winter) ?(?:time|hols?|holidays?|break|vacation)\b", r"\1"
    yield r"(?:the )?day before christmas\b(?! (?:eve|day))", "christmas eve"
    yield r"(?:the )?day after christmas\b(?! (?:eve|day))", "boxing day"
    yield r"nye\b|new year'?s'? eve\b", "new year's eve"
    yield r"new year'?s'? day\b", "new year's day"
    yield r"new year'?s\b(?! (?:eve|day)\b)", "new year"
    yield r"(mother|father)s'? day\b", r"\1's day"
    yield r"valentine'?s?(?: day)?\b(?=,? (?:'?\d|last|this|day|of)|[?.!]|$)", "valentine's day"
    yield r"(?:st|saint)\.? (?:patrick|paddy)'?s(?: day)?\b", "st patrick's day"
    yield r"hallowe'en\b", "halloween"
    yield r"easter weekend\b", "easter"
    yield rf"(?:{_OTHER_CALENDARS}) (?:orthodox )?(?:new year|easter|christmas)\b", "another feast"
    yield r"the (?:noughties|naughties|aughts)\b", "the 2000s"
    yield rf"(?:{_WEEKDAY}) ?[-–] ?(?:{_WEEKDAY})\.?,? (\d)", r"\1"
    ages = "".join(f"(?<!{word} )" for word in "the my his her our their your".split())
    yield rf"{ages}((?:early|mid|late)[ -]'?[2-9]0'?s)\b", r"the \1"
    yield (
        (
            r"(the (?:(?:early|mid|late)[ -])?'?(?:\d0'?s|[a-z]+ties)) (and|or|to|until|-) "
            r"(?=(?:(?:early|mid|late)[ -])?'?(?:\d0'?s|[a-z]+ties)\b)"
        ),
        r"\1 \2 the ",
    )
    yield (
        r"(last|this) (year|month|week|weekend|spring|summer|autumn|fall|winter|christmas|easter)"
        r"(,? (?:or|and)) the (?:\2|one) before\b(?! last)",
        r"last \2\3 \2 before last",
    )
    yield r"a week last ([a-z]+day)\b", r"\1 before last"
    yield r"before the last(?: one)?\b(?=\s*[?.!,]|$)", "before last"


def _dates() -> _Rules:
    """Days and months in numbers, and several days of a month."""
    yield r"(\d{4}-\d\d-\d\d)/(?=\d{4}-\d\d-\d\d)", r"\1 to "
    yield r"(20\d\d|19\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])\b", r"\1-\2-\3"
    yield r"(\d{4}-\d\d-\d\d)T\d\d:?\d\d[\d:.,]*(?:Z|[+-]\d\d:?\d\d)?", r"\1"
    yield rf"({_YEAR})([/._-])(\d\d?)\2(\d\d?)\b", lambda m: f"{m[1]}-{int(m[3]):02}-{int(m[4]):02}"
    yield rf"(?<![\d./-])(0?[1-9]|1[0-2])[./]({_YEAR})\b(?![./]\d)", lambda m: f"{m[2]}-{int(m[1]):02}"
    yield rf"(\d\d?)-(\d\d?)-({_YEAR})\b", r"\1/\2/\3"
    yield rf"(\d\d?([./])\d\d?)\2? ?(?:-|–|to|bis) ?(\d\d?\2\d\d?\2({_YEAR}))\b", r"\1\2\4 to \3"
    yield (
        rf"(?<!\d[./])(\d\d?)\.? ?(?:-|–|to|bis) ?(\d\d?\.\d\d?\.{_YEAR})\b",
        lambda m: f"{m[1]}{m[2][m[2].index('.') :]} to {m[2]}",
    )
    yield (
        rf"({_NTH} (?:of )?({'|'.join(MONTHS)}) ({_YEAR})) (?:to|until|till|-) (?:the )?({_NTH})\b"
        rf"(?! (?:of )?{_MONTH})",
        (r"\1 to \4 \2 \3"),
    )
    yield (
        rf"(?:the )?(?:{_WEEKDAY}) (?:before|after) (?=easter|christmas|thanksgiving|pentecost|whitsun|new year)",
        "around ",
    )
    yield r"(?:the )?week (?:starting|beginning|commencing|ending)(?: on)? (?=\d|[a-z])", "around "
    yield r"(?:second to last|next to last|last but one|penultimate) (?=week|weekend|day|[a-z]+day)", "some "
    yield r"(\d\d?\.\d\d?\.)(\d\d)\b(?![.:]?\d)", lambda m: m[1] + str(_full_year(int(m[2])))
    yield rf"(\d\d?)[-. ]?({'|'.join(MONTHS)})[-. ]*({_YEAR})\b", r"\1 \2 \3"
    yield (
        rf"(?:(?<=in )|(?<=of )|(?<=during ))({'|'.join(MONTHS)}) (\d\d)\b(?! ?[:–/.-]?\d| ?(?:to|and|or) )",
        _month_and_year,
    )
    yield rf"({'|'.join(MONTHS)})[-.]?({_YEAR})\b", r"\1 \2"
    yield rf"({'|'.join(MONTHS)})-(?={_MONTH})", r"\1 to "
    yield rf"(?<!winter )(?<!winter of )(?<!summer )(?<!summer of )({_YEAR})[/-]({_YEAR})\b", r"\1 to \2"
    yield rf"({_YEAR}) ?([qh][1-4])\b", r"\2 \1"
    yield (
        r"(1st|2nd|3rd|4th) (?=quarter\b)",
        lambda m: {"1": "first", "2": "second", "3": "third"}.get(m[1][0], "fourth") + " ",
    )
    yield r"h([12]) (?=(?:of )?\w+)", lambda m: f"{('first', 'second')[int(m[1]) - 1]} half of "
    another = rf" ?(?:,|/|and|or|&|-|–|to|through)(?: and| or)? ?(?:the )?(?:(?:{_WEEKDAY})\.?,? (?:the )?)?"
    yield (
        rf"(?:(?:{_WEEKDAY})\.?,? (?:the )?)?({_NTH}\.?)((?:{another}{_NTH}\.?)+)(?= (?:of )?{_MONTH})",
        _days_together,
    )
    yield (
        rf"({_MONTH} (?:the )?)({_NTH})((?:{another}{_NTH})+)(?=\s*[,?.!]|$|(?: of)? {_YEAR})(?!:)",
        (lambda m: m[1] + _days_together(m, 2)),
    )
    yield r"((?:christmas|easter|thanksgiving|new year)) week(?=\b(?!end| (?:before|after)))", r"week of \1"
    yield r"(christmas|new year) weekend\b", r"weekend of \1"
    yield rf"the years? (?:of )?({_YEAR})", r"\1"
    yield rf"in years? (?:of )?(?={_YEAR})", "in "


def _amounts() -> _Rules:
    """How long ago: numbers in words, parts of years, and about, more than or less than that."""
    yield rf"(\d+|an?|the|last|this|few|of) ?((?:{'|'.join(_UNITS)})s?)\b\.?", _unit
    yield rf"({NUMBER})[.,]5 (years?|months?|weeks?|days?)\b", r"\1 \2 and a half"
    yield rf"({NUMBER}) and (?:a )?half (years?|months?|weeks?|days?)\b", r"\1 \2 and a half"
    yield r"(years?|months?|weeks?|days?) and half\b", r"\1 and a half"
    yield (
        rf"(?:({NUMBER}) years?,? (?:and )?({NUMBER}) months?)(?= (?:ago|back)\b)",
        (lambda m: f"{12 * number_of(m[1]) + number_of(m[2])} months"),
    )
    yield rf"({NUMBER})(?= (?:years?|months?|weeks?|days?|nights?|decades?|[a-z]+day|[a-z]+er)s?\b)", _in_digits
    yield r"couple (?!of)(?=(?:years|months|weeks|days)\b)", "couple of "
    yield r"(?:about |around )?(\d+|a) decades? (?=ago\b|back\b)", lambda m: f"around {10 * number_of(m[1])} years "
    yield r"(\d+|a) fortnights? (?=ago\b|back\b)", lambda m: f"{2 * number_of(m[1])} weeks "
    yield (
        r"(?:the |this )?(?:last|past) (decade|fortnight)\b(?! of)",
        lambda m: "last 10 years" if m[1].lower() == "decade" else "last 2 weeks",
    )
    yield (
        r"(?:(?<=in )|(?<=over )|(?<=within )|(?<=during )|(?<=throughout )|(?<=for )|(?<=from ))"
        r"the last (year|month|week)\b(?! (?:of|in|before)\b)",
        r"last 1 \1s",
    )
    yield r"(?:the |this )?past (year|month|week)\b(?! (?:of|in|before)\b)", r"last 1 \1s"
    yield r"this past (?=[a-z])", "last "
    yield (
        rf"({NUMBER}) (years?|months?|weeks?|days?) or (?:so|two|three) (?=ago\b)",
        lambda m: (
            f"around {m[1]} {m[2]} "
            if " or so" in m[0].lower()
            else f"{m[1]} {m[2]} ago or {number_of(m[1]) + 1} {m[2]} "
        ),
    )
    yield rf"({NUMBER}) ?(?:-|–|to|or) ?(?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "
    yield rf"(?<=between )({NUMBER}) and (?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "
    yield r"(\d+|an?|few|of) night(s?) (?=ago\b|back\b)", r"\1 day\2 "
    yield rf"(?:more than|over|at least|well over) (?={NUMBER} (?:{_UNIT}) (?:ago|back)\b)", "until "
    yield rf"(?:no more than|not more than|less than|under|at most) (?={NUMBER} (?:{_UNIT}) (?:ago|back)\b)", "since "
    ago = rf"(?={NUMBER} (?:{_UNIT})(?: and a half)? (?:ago|back)\b)"
    yield rf"(?:about|approximately|approx\.?|roughly|some|nearly|almost|just over|just under|like) {ago}", "around "
    yield r"(\d{1,3} ?)(spring|summer|autumn|fall|winter|christmas|easter)(e?s)? back\b", r"\1\2\3 ago"


def _limits() -> _Rules:
    """ "No later than", "up to", "2015 or earlier", "from 2019 to now": before, until, after, since, around."""
    yield r"(?:not before|no earlier than|not earlier than|ever since)\b", "since"
    yield rf"(?:starting|beginning)(?: in| from| with)? (?={_DATED})", "since "
    yield rf"as (?:of|from) (?={_DATED})", "since "
    yield r"(?:not after|no later than|not later than)\b", "until"
    yield r"(?:from )?(?:prior to|earlier than)\b", "before"
    yield rf"pre[- ](?={_DATED})", "before "
    yield rf"post[- ](?={_DATED})|(?:later|newer|more recent) than (?={_DATED})|later than\b ?", "after "
    yield rf"older than (?={_DATED})", "before "
    yield rf"older than ({NUMBER} (?:{_UNIT}))", r"until \1 ago"
    yield rf"(?:newer|more recent) than ({NUMBER} (?:{_UNIT}))", r"since \1 ago"
    busy = "".join(f"(?<!{word} )" for word in "we you he she they i get got been".split())  # "what we were up to"
    yield rf"{busy}up (?:un)?(?:to|til|till)(?: and including)?\b", "until"
    yield r"thru\b", "through"
    yield (
        rf"(?:in )?({_DATED}) at the (latest|earliest)\b",
        lambda m: f"{'until' if m[2] == 'latest' else 'since'} {m[1]}",
    )
    yield r"(?:until )?at (?:the latest|least)(?: in| by)? (?=(?:19|20)\d\d\b)", "until "
    yield r"before the (?:mid|late)[ -](?='?\d0|[a-z]+ties)", "until the "
    yield r"after the (?:early|mid)[ -](?='?\d0|[a-z]+ties)", "since the "
    yield r"by (?:the )?end of\b|before (?:the )?end of\b", "until"
    yield r"after (?:the )?(?:beginning|start) of\b", "since"
    yield r"(?<= )(?:(?:un)?till?|to|and) (?:now|date|the present(?: day)?|this day)\b(?=\s*[?.!,]|$)", "to today"
    yield rf"in (?:or|and) (before|after) (?={_DATED})", lambda m: _since_or_until(m[1]) + " "
    yield (
        (
            rf"(?:(?:in|from) )?({_DATED}) (?:(?:or|and|&) )?"
            r"(earlier|older|later|newer|onwards?|(?:(?<=or )|(?<=and )|(?<=& ))(?:before|after))\b(?=\s*[?.!,]|$)"
        ),
        lambda m: f"{_since_or_until(m[2])} {m[1]}",
    )
    yield rf"(?:(?:in|from) )?({_DATED})(?: or so|-ish)\b", r"around \1"
    yield rf"({_YEAR})ish\b", r"around \1"
    yield (
        (
            rf"(?:in |from )?(?:about |approximately |approx\.? |roughly |~ ?)(?:in )?"
            rf"(?={_DATED}|{_MONTH} {_YEAR}|(?:spring|summer|autumn|fall|winter|christmas|easter) (?:of )?{_YEAR})"
        ),
        "around ",
    )
    yield r"(since|until|till|before|after|from|between|to|and) (?:around|about|circa|ca\.?|c\.) (?=['\w])", r"\1 "


def _mended(match: re.Match[str]) -> str:
    """A word that is a name of time but for one letter, or for two that changed places."""
    word = match[0].lower()
    if word in _MISTYPED:
        return _MISTYPED[word]
    for name in _OFTEN_MISTYPED:
        if abs(len(name) - len(word)) <= 1 and word != name and word != f"{name}s" and _one_slip(word, name):
            return name
    return match[0]


def _one_slip(word: str, name: str) -> bool:
    """Whether one letter more, less or other, or two that changed places, make the name of the word."""
    if word[:1] != name[:1]:
        return False
    same = next((n for n, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    a, b = word[same:], name[same:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _weekday(match: re.Match[str]) -> str:
    return match[1] + _WEEKDAYS[match[2].lower()]


def _month_and_year(match: re.Match[str]) -> str:
    """ "In Oct 22" as "in Oct 2022", where such a year has begun."""
    year = 2000 + int(match[2])
    return f"{match[1]} {year}" if year <= date.today().year else match[0]


def _days_together(match: re.Match[str], group: int = 1) -> str:
    """ "3, 4 and 5" as "3 to 5"; days that do not rise stay as they are."""
    every = [int(n) for n in re.findall(r"\d+", match[group] + match[group + 1])]
    rising = len(every) > 1 and every == sorted(every) and every[-1] <= 31
    return f"{every[0]} to {every[-1]}" if rising else match[0].removeprefix(match[1] if group == 2 else "")


def _unit(match: re.Match[str]) -> str:
    unit = match[2].lower()
    return f"{match[1]} {_UNITS[unit.removesuffix('s')]}{'s' if unit.endswith('s') else ''}"


def _in_digits(match: re.Match[str]) -> str:
    return match[0] if match[0].lower() in ("a", "an") else str(number_of(match[0]))


def _since_or_until(word: str) -> str:
    return "until" if word.lower() in ("earlier", "older", "before") else "since"


def _full_year(two: int) -> int:
    return 2000 + two if 2000 + two <= date.today().year else 1900 + two
