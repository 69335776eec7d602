"""The smallest phrases of time in an English sentence: a year, a month, a feast, "last week", "3 to 7 August".

`time_phrases.py` puts them together and decides which of them mean a time.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from memory.search.calendar_names import FEASTS, MONTHS, SEASONS, OfYear, Span, numbered, part_of_year, quarter, third

TO = r"(?:-|–|—|to|till|until|through)"
"""What stands between the ends of a range."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COUNTED = "a one two three four five six seven eight nine ten eleven twelve".split()
_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_NAMES = "|".join(re.escape(name) for name in sorted((*SEASONS, *FEASTS), key=len, reverse=True))
_NAME = rf"(?:{_MONTH}|(?:{_NAMES})\b)"
_AFTER_PART = "|".join(rf"(?<={name}\ )" for name in (*SEASONS, "christmas", "easter"))
_YEAR = (
    rf"(?:(?:19|20)\d\d\b(?!-\d\d\b)|'\d\d\b|(?:{_AFTER_PART})\d\d\b(?![\d:./%-])"
    r"(?!\ (?:times|days|nights|weeks|years|people|degrees|steps)\b))"
)
"""A year; of two digits after a season: "summer 23"."""
_COUNT = rf"(?:(?:a\ )?few|(?:a\ )?couple\ of|half\ an?|an|{'|'.join(_COUNTED)}|\d{{1,3}})"
_FEW, _HALF = -1, 0
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_WORDED = {
    **{word: n for n, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)},
    **{"eleventh": 11, "twelfth": 12, "fifteenth": 15, "twentieth": 20, "thirtieth": 30},
}
"""Days of a month in words."""
_TENS = {
    f"{word}ties": tens
    for word, tens in zip("twen thir for fif six seven eigh nine".split(), range(20, 100, 10), strict=True)
}
_SHARES = {  # which part, of how many
    **{"early": (0, 3), "beginning": (0, 3), "start": (0, 3), "mid": (1, 3), "middle": (1, 3), "late": (2, 3)},
    **{"end": (2, 3), "first half": (0, 2), "second half": (1, 2)},
}
_LENGTHS = {"day": 1, "week": 7, "month": 31, "year": 366}
_WEEKS = {"first": 0, "second": 7, "third": 14, "fourth": 21}
_PAIRS = "|".join(f"{n:02}/{(n + 1) % 100:02}" for n in range(100))  # 2019/20
_ATOM = re.compile(
    rf"""(?<![\w'])(?<![a-z]-)(?:
    (?P<iso>\d{{4}}-\d\d-\d\d)\b
    | (?P<dotted>\d{{1,2}}\.\ ?\d{{1,2}}\.\ ?(?:19|20)\d\d)\b
    | (?P<slashed>\d{{1,2}}/\d{{1,2}}/(?:(?:19|20)\d\d|\d\d))\b(?!/)
    | (?P<weekendof>weekend)(?=\ (?:of|around)\ (?:the\ )?(?:{_NTH}(?:\ of)?\ {_MONTH}|{_MONTH}\ (?:the\ )?{_NTH}\b
        |\d{{4}}-\d\d-\d\d\b|\d{{1,2}}[./]\ ?\d{{1,2}}[./]))
    | q(?P<quarter>[1-4])\b | (?P<nthquarter>first|second|third|fourth|last)\ quarter(?=\ (?:of|in)\b|\ (?:19|20)\d\d)
    | (?P<isomonth>(?:19|20)\d\d-(?:0[1-9]|1[0-2]))\b(?!-)
    | winter(?:\ of)?\ (?P<winter>(?:19|20)\d\d)\ ?[/–-]\ ?(?:(?:19|20)\d\d|\d\d)\b
    | (?P<decade>(?:19|20)\d0)'?s\b | (?P<pair>(?:19|20)(?:{_PAIRS}))\b(?!/)
    | the\ (?:(?:early|mid|late)[ -])?(?:'?(?P<tens>[2-9]0)'?s|(?P<tensword>{"|".join(_TENS)}))\b
    | (?P<day>(?:the\ )?day\ before\ yesterday|yesterday|today|tonight|(?:(?<=until\ )|(?<=till\ ))now)\b
    | (?P<first>{_NTH})(?:\ ?{TO}\ ?(?:the\ )?(?P<last>{_NTH}))?(?:\ of)?\ (?P<ofmonth>{_MONTH})
    | (?P<inmonth>{_MONTH})\ (?:the\ )?(?P<begin>{_NTH})\b(?![\d:])(?:\ ?{TO}\ ?(?P<until>{_NTH})\b(?!\ (?:{_MONTH})))?
    | (?P<worded>{"|".join(_WORDED)})\ (?:day\ )?of\ (?P<wordedmonth>{_MONTH})
    | (?P<ago>{_COUNT})\ (?P<unit>day|week|month|year)s?(?P<andhalf>\ and\ a\ half)?\ (?:ago|back)\b
    | (?P<agoparts>{_COUNT})\ (?P<agopart>{"|".join(SEASONS)}|christmas|easter)(?:s|es)?\ ago\b
    | (?P<unitbefore>week|weekend|month)\ before\ last\b
    | (?:last|past)\ (?P<many>{_COUNT}|couple\ of)\ (?P<units>day|week|month|year)s\b
    | (?:(?P<share>{"|".join(map(re.escape, _SHARES))}|(?:{"|".join(_WEEKS)}|last)\ week(?:end)?(?=\ (?:of|in)\b))
        (?:[ -](?:of|in))?[ -](?:the\ )?)?
      (?: (?P<relyear>last|this|past)\ year\b(?:'s)?
        | (?P<before>year\ before\ last)\b
        | (?P<year>{_YEAR})
        | (?P<which>last|this)\ (?P<named>{_NAME})
        | (?P<part>{_NAME})(?P<beforelast>\ before\ last\b)?
      )
    | (?P<rel>last|this|past)\ (?P<what>night|morning|week|weekend|month|{"|".join(_DAYS)})\b
    | (?P<weekday>{"|".join(_DAYS)})\b
    )""",
    re.I | re.X,
)


@dataclass(frozen=True)
class Atom:
    """A word or more that may mean a time: of year, part, weekday and span it has one."""

    start: int
    """Place of the first letter in the text, and"""
    end: int
    """of the one after the last."""
    year: int | None = None
    part: OfYear | None = None
    """A month, a season, a feast or a day of a month, of any year."""
    weekday: int | None = None
    """0: Monday."""
    span: Span | None = None
    share: str = ""
    """Only this of it: "early", "end", "last week"; "weekend" alone: the one around the day that follows."""
    sure: bool = False
    """Whether it means a time wherever it stands."""
    is_month: bool = False
    """Whether it is a month by its name alone, which may be a word or a person too."""


def atoms(text: str, today: date) -> list[Atom]:
    """All atoms of a text in their order. Days that no calendar has are none."""
    found = []
    for match in _ATOM.finditer(text):
        with suppress(ValueError, OverflowError, KeyError):
            found.append(_atom(match, today))
    return found


def shared(span: Span, share: str) -> Span:
    """A share of a span: early, mid or late in it, its first half, its last week."""
    share = share.lower()
    if share in _SHARES:
        return third(span, *_SHARES[share])
    first, end = span
    nth, _, what = share.partition(" ")
    if nth == "last":
        week = end - timedelta(days=7), end
    elif nth in _WEEKS:
        week = first + timedelta(days=_WEEKS[nth]), first + timedelta(days=_WEEKS[nth] + 7)
    else:
        return span
    if what == "weekend":
        saturday = week[0] + timedelta(days=(5 - week[0].weekday()) % 7)
        return saturday, saturday + timedelta(days=2)
    return week


def latest(part: OfYear, today: date, *, over: bool = False) -> Span:
    """The latest span of this name that has begun or, with `over`, has ended."""
    for year in range(today.year + 1, today.year - 9, -1):  # 29 February comes every eighth year at worst
        with suppress(ValueError):
            span = part(year)
            if (span[1] if over else span[0]) <= today:
                return span
    raise ValueError("no such day")


def year_span(year: int) -> Span:
    """A whole year."""
    return date(year, 1, 1), date(year + 1, 1, 1)


def _atom(match: re.Match[str], today: date) -> Atom:
    """The atom that was found. Raises ValueError for a day that no calendar has."""
    m = match.groupdict()
    start, end = match.span()
    share = m["share"] or ""
    if numbers := m["iso"] or m["dotted"] or m["slashed"]:
        return Atom(start, end, span=numbered(numbers), sure=True)
    if m["pair"]:
        return Atom(start, end, span=(date(int(m["pair"][:4]), 1, 1), date(int(m["pair"][:4]) + 2, 1, 1)))
    if m["weekendof"]:
        return Atom(start, end, share="weekend", sure=True)
    if m["quarter"] or m["nthquarter"]:
        return Atom(start, end, part=quarter(int(m["quarter"] or _WORDED.get(m["nthquarter"].lower(), 4))))  # "last"
    if m["isomonth"]:
        year, month = map(int, m["isomonth"].split("-"))
        return Atom(start, end, span=_of_month(month)(year), sure=True)
    if m["winter"]:
        return Atom(start, end, span=part_of_year("winter")(int(m["winter"])), sure=True)
    if m["decade"] or m["tens"] or m["tensword"]:
        first, ends = _decade(m, today), not re.match(r"\s*[^\W_]", match.string[end:])  # not "the 80s party"
        return Atom(start, end, span=(year_span(first)[0], year_span(first + 9)[1]), sure=bool(m["decade"]) or ends)
    if m["day"]:
        back = {"yesterday": 1, "today": 0, "tonight": 0, "now": 0}.get(m["day"].lower(), 2)
        return Atom(start, end, span=_day(today - timedelta(days=back)), sure=True)
    if m["ofmonth"] or m["inmonth"] or m["wordedmonth"]:
        return Atom(start, end, part=_days_of_month(m), sure=True)
    if m["ago"]:
        return _ago(start, end, _count(m["ago"]), m["unit"].lower(), bool(m["andhalf"]), today)
    if m["agopart"]:
        part, count = part_of_year(_name(m["agopart"])), _count(m["agoparts"])
        spans = [latest(part, today, over=True)]
        for _ in range(max(0, (5 if count == _FEW else count) - 1)):
            spans.append(latest(part, spans[-1][0], over=True))
        return Atom(start, end, span=(spans[-1][0], spans[1 if count == _FEW else -1][1]), sure=True)
    if m["unitbefore"]:
        once = _relative("last", m["unitbefore"].lower(), today)
        return Atom(start, end, span=_relative("last", m["unitbefore"].lower(), once[0]), sure=True)
    if m["many"]:
        many = _count(m["many"])
        days = _LENGTHS[m["units"].lower()] * (7 if many == _FEW else many)
        return Atom(start, end, span=(today - timedelta(days=days), today + timedelta(days=1)), sure=True)
    if m["relyear"] or m["before"]:
        back = 2 if m["before"] else 0 if m["relyear"].lower() == "this" else 1
        return Atom(start, end, year=today.year - back, share=share, sure=True)
    if m["year"]:
        return Atom(start, end, year=_year(m["year"], today), share=share, sure=bool(share))
    if m["which"]:
        part = part_of_year(_name(m["named"]))
        span = latest(part, today, over=m["which"].lower() == "last")
        return Atom(start, end, span=shared(span, share), sure=True)
    if m["part"]:
        part = part_of_year(_name(m["part"]))
        if m["beforelast"]:
            span = latest(part, latest(part, today, over=True)[0], over=True)
            return Atom(start, end, span=shared(span, share), sure=True)
        return Atom(start, end, part=part, share=share, sure=bool(share), is_month=_name(m["part"]) in MONTHS)
    if m["weekday"]:
        return Atom(start, end, weekday=_DAYS.index(m["weekday"].lower()))
    return Atom(start, end, span=_relative(m["rel"].lower(), m["what"].lower(), today), sure=True)


def _decade(m: dict[str, str | None], today: date) -> int:
    """The first year of "the 1990s", "the 90s", "the nineties": the latest that has begun."""
    if m["decade"]:
        return int(m["decade"])
    tens = int(m["tens"] or 0) or _TENS[(m["tensword"] or "").lower()]
    first = today.year // 100 * 100 + tens
    return first if first <= today.year else first - 100


def _ago(start: int, end: int, count: int, unit: str, and_half: bool, today: date) -> Atom:
    """ "Three weeks ago": that day, week, month or year; "a few weeks ago": from two to seven of them ago.

    "Half a year ago" and "a year and a half ago" mean a month, of a month or a week a week, and so on.
    """
    if count == _HALF or and_half:
        count, unit = {"year": (12 * count + 6, "month"), "month": (4 * count + 2, "week")}.get(
            unit, (7 * count + 3, "day")
        )
    if count == _FEW:
        days = _LENGTHS[unit]
        return Atom(start, end, span=(today - timedelta(days=7 * days), today - timedelta(days=days)), sure=True)
    if unit == "year":
        return Atom(start, end, year=today.year - count, sure=True)
    if unit == "month":
        year, month = divmod(today.year * 12 + today.month - 1 - count, 12)
        return Atom(start, end, span=_of_month(month + 1)(year), sure=True)
    day = today - timedelta(days=count * (7 if unit == "week" else 1))
    return Atom(start, end, span=_week(day) if unit == "week" else _day(day), sure=True)


def _relative(which: str, what: str, today: date) -> Span:
    """ "Last week", "this weekend", "last Friday", "last night"."""
    last = which != "this"
    if what in ("night", "morning"):
        return _day(today - timedelta(days=1)) if last and what == "night" else _day(today)
    if what == "week":
        return _week(today - timedelta(days=7 if last else 0))
    if what == "month":
        before = today.replace(day=1) - timedelta(days=1)
        return _of_month(before.month)(before.year) if last else _of_month(today.month)(today.year)
    if what == "weekend":
        saturday = today - timedelta(days=(today.weekday() - 5) % 7)
        if last and saturday + timedelta(days=2) > today:
            saturday -= timedelta(days=7)
        return saturday, saturday + timedelta(days=2)
    back = (today.weekday() - _DAYS.index(what)) % 7
    return _day(today - timedelta(days=back or (7 if last else 0)))


def _days_of_month(m: dict[str, str | None]) -> OfYear:
    """ "3 August", "August 3rd", "3 to 7 August" of any year. Raises ValueError for a day that no year has."""
    month = MONTHS[_name(m["ofmonth"] or m["inmonth"] or m["wordedmonth"] or "")]
    first = _WORDED.get((m["worded"] or "").lower()) or int(re.sub(r"\D", "", m["first"] or m["begin"] or ""))
    last = int(re.sub(r"\D", "", m["last"] or m["until"] or "") or first)
    date(2024, month, first), date(2024, month, last)  # a leap year has every day
    if last < first:
        raise ValueError("a range that runs backwards")
    return lambda year: (date(year, month, first), date(year, month, last) + timedelta(days=1))


def _of_month(month: int) -> OfYear:
    return part_of_year(next(name for name, n in MONTHS.items() if n == month))


def _name(text: str) -> str:
    return text.lower().rstrip(".")


def _year(text: str, today: date) -> int:
    """ "2024"; "'24" or "24" as the latest such year that has begun."""
    if len(text) < 4:
        year = today.year // 100 * 100 + int(text.lstrip("'"))
        return year if year <= today.year else year - 100
    return int(text)


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text.lower().startswith("half"):
        return _HALF
    if text.lower().endswith(("few", "couple of")):
        return _FEW if text.lower().endswith("few") else 2
    return 1 if text.lower() == "an" else max(1, _COUNTED.index(text.lower()))


def _day(day: date) -> Span:
    return day, day + timedelta(days=1)


def _week(day: date) -> Span:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)
