"""The smallest phrases of time in an English sentence: a year, a month, a feast, "last week", "3 to 7 August".

`time_phrases.py` puts them together and decides which of them mean a time.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from memory.times.atom_days import (
    SHARES,
    TENS,
    WEEKS,
    WORDED,
    bare_name,
    day_span,
    days_of_month,
    decade,
    latest,
    of_month,
    relative,
    same_day,
    shared,
    week_span,
    written_year,
    year_span,
)
from memory.times.calendar_names import FEASTS, MONTHS, SEASONS, WEEKDAYS, OfYear, Span, numbered, part_of_year, quarter

TO = r"(?:-|–|—|to|till|until|through)"
"""What stands between the ends of a range."""
_COUNTED = "a one two three four five six seven eight nine ten eleven twelve".split()
_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
_NAMES = "|".join(re.escape(name) for name in sorted((*SEASONS, *FEASTS), key=len, reverse=True))
_NAME = rf"(?:(?:{_NAMES})\b|{_MONTH})"
_PART_OR_DAY = "|".join((*SEASONS, *WEEKDAYS, *MONTHS))
_AFTER_PART = "|".join(
    rf"(?<={name}\ )|(?<={name}\ of\ )" for name in (*SEASONS, "christmas", "easter", r"new\ year's\ eve", "halloween")
)
_NO_YEAR = (
    r"(?!\ ?(?:times|days|nights|weeks|years|people|persons|guests|degrees|steps|pieces|hours|m|km|kg|cm|mm|ft|feet"
    r"|met(?:er|re)s?|miles?|kilomet(?:er|re)s?|euros?|dollars?|pounds|bucks|words|pixels|px|parts|volts|calories)\b)"
)
_YEAR = rf"(?:(?:19|20)\d\d\b(?!-\d\d\b){_NO_YEAR}|'\d\d\b|(?:{_AFTER_PART})\d\d\b(?![\d:./%-]){_NO_YEAR})"
"""A year; of two digits after a season: "summer 23"."""
_COUNT = rf"(?:(?:a\ )?few|(?:a\ )?couple\ of|half\ an?|an|{'|'.join(_COUNTED)}|\d{{1,3}})"
_FEW, _HALF = -1, 0
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_A_NOUN = re.compile(r"\s*(?!(?:or|and|to|until|till|in|at|on|with|when)\b)[^\W_]", re.I)
_LENGTHS = {"day": 1, "week": 7, "month": 31, "year": 366}
_PAIRS = "|".join(f"{n:02}/{(n + 1) % 100:02}" for n in range(100))  # 2019/20
_TWO_YEARS = "|".join(rf"{n:02}\ ?[/–-]\ ?(?:19|20)?{(n + 1) % 100:02}" for n in range(100))
_DAYS_AFTER = (
    rf"(?:{'|'.join((*WEEKS, 'last'))})\ (?:week|weekend|days?|{'|'.join(WEEKDAYS)}"
    r"|(?:\d{1,2}|few|couple\ of)\ (?:day|week|month)s)(?=\ (?:of|in)\b)"
)
_OF_DECADE = r"(?:early|mid|late)[ -]|(?:first|second)\ half\ of\ (?:the\ )?"
_VAGUE = r"""(?:(?:many|some|several)\ )?years\ (?:ago|back)|one\ (?:year|day)(?=\s*(?:[?.!,]|$))|another\ year
    |(?:that|the\ same|the\ following|the\ next|the\ previous|some|every|each|any)\ year
    |the\ year\ (?:before|after)(?=\s*(?:[?.!,]|$))"""
_ATOM = re.compile(
    rf"""(?<![\w'])(?<![a-z]-)(?:
    (?P<iso>\d{{4}}-\d\d-\d\d)\b
    | (?P<dotted>\d{{1,2}}\.\ ?\d{{1,2}}\.\ ?(?:19|20)\d\d)\b
    | (?<!\d-)(?P<slashed>\d{{1,2}}/\d{{1,2}}/(?:(?:19|20)\d\d|\d\d))\b(?!/)
    | (?P<weekof>week(?:end)?)(?=\ (?:of|around)\ (?:the\ )?(?:{_NTH}(?:\ of)?\ {_MONTH}|{_MONTH}\ (?:the\ )?{_NTH}\b
        |\d{{4}}-\d\d-\d\d\b|\d{{1,2}}[./]\ ?\d{{1,2}}[./]|(?:{"|".join(map(re.escape, FEASTS))})\b))
    | (?P<vague>{_VAGUE})\b
    | (?P<relquarter>last|this|past)\ quarter\b(?!\ (?:of|in)\b|\ (?:19|20)\d\d)
    | q(?P<quarter>[1-4])\b | (?P<nthquarter>first|second|third|fourth|last)\ quarter(?=\ (?:of|in)\b|\ (?:19|20)\d\d)
    | (?P<isomonth>(?:19|20)\d\d-(?:0[1-9]|1[0-2]))\b(?!-)
    | (?P<season>winter|summer)(?:\ of)?\ (?P<twoyears>(?:19|20)?(?:{_TWO_YEARS}))\b
    | (?:(?:the\ )?(?P<decadeshare>{_OF_DECADE}))?(?P<decade>(?:19|20)\d0)'?s\b | (?P<pair>(?:19|20)(?:{_PAIRS}))\b(?!/)
    | (?:(?P<halftens>(?:first|second)\ half)\ of\ )?the\ (?:(?P<tensshare>early|mid|late)[ -])?
        (?:'?(?P<tens>[2-9]0)'?s|(?P<tensword>{"|".join(TENS)}))\b
    | (?P<day>(?:the\ )?day\ before\ yesterday|yesterday|today|tonight|(?:(?<=until\ )|(?<=till\ ))now)\b
    | (?P<first>{_NTH})(?:\ ?{TO}\ ?(?:the\ )?(?P<last>{_NTH}))?(?:\ of)?\ (?P<ofmonth>{_MONTH})
    | (?P<inmonth>{_MONTH})\ (?:the\ )?(?P<begin>{_NTH})\b(?![\d:]|\ (?:years?|months?|weeks?)\b)
        (?:\ ?{TO}\ ?(?P<until>{_NTH})\b(?!\ (?:{_MONTH})))?
    | (?P<worded>{"|".join(WORDED)})\ (?:day\ )?of\ (?P<wordedmonth>{_MONTH})
    | (?:last\ year|(?P<yearthis>{_COUNT})\ years?\ ago)\ this\ (?P<this>time|day|week|month)\b
    | (?<!\d[.,])(?P<ago>{_COUNT})\ (?P<unit>day|week|month|year)s?(?P<andhalf>\ and\ a\ half)?\ (?:ago|back)\b
        (?:\ (?P<today>today|yesterday|to\ the\ day|last\ (?:{"|".join(WEEKDAYS)}))\b)?
    | (?:this|the\ same)\ (?P<same>time|day|week|month)\ (?:last\ year|(?P<sameyear>{_COUNT})\ years?\ ago)\b
    | (?P<nthday>{_NTH})(?:\ ?(?:{TO}|and)\ ?(?:the\ )?(?P<nthlast>{_NTH}))?\ (?:of\ )?(?P<monthof>last|this)\ month\b
    | (?P<calendar>(?:calendar\ )?week|wk|[ck]w)\ ?(?P<isoweek>\d\d?)\b(?!\ of\ (?!(?:the\ year\ )?(?:19|20)\d\d))
    | (?P<agoparts>{_COUNT})\ (?P<agopart>{_PART_OR_DAY}|christmas|easter|weekend)(?:s|es)?\ ago\b
    | (?P<unitbefore>week|weekend|month)\ before\ last\b(?!\ (?:{_NAME}))
    | (?:last|past)\ (?P<manyparts>{_COUNT}|couple\ of)\ (?P<manypart>{"|".join(SEASONS)}|christmas|easter)(?:s|es)\b
    | (?:last|past)\ (?P<many>{_COUNT}|couple\ of)\ (?P<units>day|week|month|year)s\b
        (?!\ of\b|\ in\ (?:the\ )?(?:{_NAME}|{_YEAR}))
    | (?:(?P<share>{"|".join(map(re.escape, SHARES))}|{_DAYS_AFTER})
        (?:[ -](?:of|in))?[ -](?:the\ )?)?
      (?: (?P<relyear>last|this|past|(?<!the\ )next)\ year\b(?:'s)?(?!\ of\b)
        | (?P<before>year\ before\ last)\b
        | (?P<year>{_YEAR})
        | (?P<which>(?<!the\ )last|last(?!\ \w+\ (?:with|before|when|that|we|i)\b)|this)\ (?P<named>{_NAME})
        | (?P<part>{_NAME})(?P<beforelast>\ before\ last\b)?
        | (?P<rel>last|this|past)\ (?P<what>night|morning|week|weekend|month|{"|".join(WEEKDAYS)})\b
      )
    | (?P<weekday>{"|".join(WEEKDAYS)})\b(?P<daybeforelast>\ before\ last\b)?
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
    """Only this of it: "early", "end", "last week"; "weekend" or "week" alone: the one around the day that follows."""
    sure: bool = False
    """Whether it means a time wherever it stands."""
    ambiguous: bool = False
    """Whether it is a name alone that may be a word or a person too: "may", "fall"."""
    vague: bool = False
    """Whether it is a time of which nobody says when: "years ago", "that year"."""


def atoms(text: str, today: date) -> list[Atom]:
    """All atoms of a text in their order. Days that no calendar has are none."""
    found = []
    for match in _ATOM.finditer(text):
        with suppress(ValueError, OverflowError, KeyError):
            found.append(_atom(match, today))
    return found


def _atom(match: re.Match[str], today: date) -> Atom:
    """The atom that was found. Raises ValueError for a day that no calendar has."""
    m = match.groupdict()
    start, end = match.span()
    if m["weekof"]:
        return Atom(start, end, share=m["weekof"], sure=True)
    if m["vague"]:
        return Atom(start, end, vague=True)
    if m["pair"]:
        return Atom(start, end, span=(date(int(m["pair"][:4]), 1, 1), date(int(m["pair"][:4]) + 2, 1, 1)))
    if m["quarter"] or m["nthquarter"]:
        return Atom(start, end, part=quarter(int(m["quarter"] or WORDED.get(m["nthquarter"].lower(), 4))))  # "last"
    if m["decade"] or m["tens"] or m["tensword"]:
        first, ends = decade(m, today), not _A_NOUN.match(match.string, end)  # not "the 80s party"
        last = first + (99 if m["decade"] == "1900" else 9)  # "the 1900s" are a century
        share = m["decadeshare"] or m["tensshare"] or m["halftens"] or "all"
        first, last = {"e": (first, last - 6), "m": (first + 3, last - 3), "l": (first + 6, last)}.get(
            share[0].lower(), (first + 5 * (share[0].lower() == "s"), last - 5 * (share[0].lower() == "f"))
        )
        return Atom(start, end, span=(year_span(first)[0], year_span(last)[1]), sure=bool(m["decade"]) or ends)
    if m["ofmonth"] or m["inmonth"] or m["wordedmonth"]:
        return Atom(start, end, part=days_of_month(m), sure=True)
    if m["agopart"] or m["manypart"]:
        span = _parts_ago(m, today)
        return Atom(start, end, span=span, sure=True) if span else Atom(start, end, vague=True)
    if m["isoweek"]:
        week = int(m["isoweek"])
        date.fromisocalendar(2020, week, 1)  # a year that has all 53
        sure = m["calendar"].lower() not in ("week", "wk")
        return Atom(start, end, part=lambda year: week_span(date.fromisocalendar(year, week, 1)), sure=sure)
    if m["ago"] and m["today"]:
        _, _, weekday = m["today"].lower().partition("last ")
        base = relative("last", weekday, today)[0] if weekday else today
        base -= timedelta(days=m["today"].lower() == "yesterday")
        return Atom(start, end, span=day_span(same_day(base, _count(m["ago"]), m["unit"].lower())), sure=True)
    if m["ago"]:
        return _ago(start, end, _count(m["ago"]), m["unit"].lower(), bool(m["andhalf"]), today)
    if m["weekday"] and not m["daybeforelast"]:
        return Atom(start, end, weekday=WEEKDAYS.index(m["weekday"].lower()))
    if m["relyear"] or m["before"] or m["year"] or m["which"] or m["part"]:
        return _named(m, start, end, today)
    return Atom(start, end, span=_sure_span(m, today), sure=True)


def _sure_span(m: dict[str, str], today: date) -> Span:
    """The days of what can mean nothing but a time. Raises ValueError."""
    if numbers := m["iso"] or m["dotted"] or m["slashed"]:
        return numbered(numbers)
    if m["isomonth"]:
        year, month = map(int, m["isomonth"].split("-"))
        return of_month(month)(year)
    if m["relquarter"]:
        month = today.month + 11 - 3 * (m["relquarter"].lower() != "this")  # from the January of the year before
        return quarter(month % 12 // 3 + 1)(today.year - 1 + month // 12)
    if m["season"]:
        year, part = written_year(re.split(r"\D", m["twoyears"])[0], today), part_of_year(m["season"].lower())
        first = part(year)  # the one that begins in the first and ends in the second, or both
        return first if first[1].year > year else (first[0], part(year + 1)[1])
    if m["day"]:
        back = {"yesterday": 1, "today": 0, "tonight": 0, "now": 0}.get(m["day"].lower(), 2)
        return day_span(today - timedelta(days=back))
    if m["unitbefore"]:
        once = relative("last", m["unitbefore"].lower(), today)
        return relative("last", m["unitbefore"].lower(), once[0])
    if m["many"]:
        many = _count(m["many"])
        return same_day(today, 7 if many == _FEW else many, m["units"].lower()), today + timedelta(days=1)
    if what := (m["same"] or m["this"] or "").lower():
        day = same_day(today, _count(m["sameyear"] or m["yearthis"] or "a"), "year")
        if what == "time":
            return day - timedelta(days=7), day + timedelta(days=8)
        return relative("this", what, day) if what != "day" else day_span(day)
    if m["nthday"]:
        of, _ = relative(m["monthof"].lower(), "month", today)
        days = [int(re.sub(r"\D", "", m[n] or m["nthday"])) for n in ("nthday", "nthlast")]
        return of.replace(day=days[0]), day_span(of.replace(day=days[1]))[1]
    if m["daybeforelast"]:
        last = relative("last", m["weekday"].lower(), today)
        return last[0] - timedelta(days=7), last[1] - timedelta(days=7)
    return shared(relative(m["rel"].lower(), m["what"].lower(), today), m["share"] or "")


def _parts_ago(m: dict[str, str], today: date) -> Span | None:
    """ "Three Sundays ago", "two weekends ago", "a few summers ago", "the last two summers"; None: nobody says when."""
    what, count = bare_name(m["agopart"] or m["manypart"]), _count(m["agoparts"] or m["manyparts"])
    if what in WEEKDAYS or what == "weekend":
        first, end = relative("last", what, today)
        back = timedelta(days=7 * (count - 1))
        return (first - back, end - back) if count > 0 else None
    part = part_of_year(what)
    if m["manypart"]:
        newest = oldest = latest(part, today)
        for _ in range(max(0, (7 if count == _FEW else count) - 1)):
            oldest = latest(part, oldest[0], over=True)
        return oldest[0], newest[1]
    spans = [latest(part, today, over=True)]
    for _ in range(max(0, (5 if count == _FEW else count) - 1)):
        spans.append(latest(part, spans[-1][0], over=True))
    return spans[-1][0], spans[1 if count == _FEW else -1][1]


def _named(m: dict[str, str], start: int, end: int, today: date) -> Atom:
    """A year, a month, a season or a feast, or a share of it."""
    share = m["share"] or ""
    if m["relyear"] or m["before"]:
        which = "before" if m["before"] else m["relyear"].lower()
        back = {"before": 2, "this": 0, "next": -1}.get(which, 1)
        return Atom(start, end, year=today.year - back, share=share, sure=which != "next")
    if m["year"]:
        return Atom(start, end, year=written_year(m["year"], today), share=share, sure=bool(share))
    if m["which"]:
        part = part_of_year(bare_name(m["named"]))
        span = latest(part, today, over=m["which"].lower() == "last")
        return Atom(start, end, span=shared(span, share), sure=True)
    part = part_of_year(bare_name(m["part"]))
    if m["beforelast"]:
        span = latest(part, latest(part, today, over=True)[0], over=True)
        return Atom(start, end, span=shared(span, share), sure=True)
    may_be_a_word = bare_name(m["part"]) in (*MONTHS, "fall")
    return Atom(start, end, part=part, share=share, sure=bool(share), ambiguous=may_be_a_word)


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
        return Atom(start, end, span=of_month(month + 1)(year), sure=True)
    day = today - timedelta(days=count * (7 if unit == "week" else 1))
    return Atom(start, end, span=week_span(day) if unit == "week" else day_span(day), sure=True)


def _count(text: str) -> int:
    if text.isdigit():
        return int(text)
    if text.lower().startswith("half"):
        return _HALF
    if text.lower().endswith(("few", "couple of")):
        return _FEW if text.lower().endswith("few") else 2
    return 1 if text.lower() == "an" else max(1, _COUNTED.index(text.lower()))
