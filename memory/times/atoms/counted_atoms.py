"""Atoms that count back from today: "three weeks ago", "the last two summers", "this time last year"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from memory.times.atoms.atom import Atom, Kind, Words, kind_of_days
from memory.times.atoms.atom_days import day_span, latest, of_month, relative, same_day, week_span
from memory.times.atoms.atom_patterns import COUNT, FEW, HALF, NAME, SEASON, WEEKDAY, YEAR, count
from memory.times.calendar_names import MONTHS, SEASONS, WEEKDAYS, OfYear, Span, part_of_year

_DAYS_OF = {"day": 1, "week": 7, "month": 31, "year": 366}
_WITH_HALVES = {"year": (12, 6, "month"), "month": (4, 2, "week"), "week": (7, 3, "day"), "day": (1, 0, "day")}
"""How a unit and its half are counted in a smaller unit."""
_UNIT_OF: dict[str, Callable[[date], Span]] = {
    "day": day_span,
    "week": week_span,
    "month": lambda day: of_month(day.month)(day.year),
}
"""The day, week or month that a day is of."""
_PART_OR_DAY = "|".join((*SEASONS, *WEEKDAYS, *MONTHS))


def _ago(words: Words, today: date) -> Atom:
    """ "Three weeks ago": that day, week, month or year; "a few weeks ago": from two to seven of them ago."""
    many, unit = count(words["count"]), words["unit"]
    if many == HALF or words["half"]:
        whole, half, unit = _WITH_HALVES[unit]
        many = whole * many + half
    if many == FEW:
        days = timedelta(days=_DAYS_OF[unit])
        return Atom(*words.place, span=(today - 7 * days, today - days), sure=True)
    if unit == "year":
        return Atom(*words.place, year=today.year - many, sure=True)
    day = same_day(today, many, unit)
    return Atom(*words.place, span=_UNIT_OF[unit](day), sure=True)


def _ago_to_the_day(words: Words, today: date) -> Span:
    """ "A week ago yesterday", "two weeks ago last Friday"."""
    _, _, weekday = words["from"].partition("last ")
    begin = relative("last", weekday, today)[0] if weekday else today
    begin -= timedelta(days=words["from"] == "yesterday")
    return day_span(same_day(begin, count(words["count"]), words["unit"]))


def _around_that_day(words: Words, today: date) -> Span:
    """ "This time last year", a week around that day; "the same month two years ago"."""
    day, unit = same_day(today, count(words["years"] or "a"), "year"), words["unit"]
    if unit == "time":
        return day - timedelta(days=7), day + timedelta(days=8)
    return day_span(day) if unit == "day" else relative("this", unit, day)


def _last_units(words: Words, today: date) -> Span:
    many = count(words["count"])
    return same_day(today, 7 if many == FEW else many, words["unit"]), today + timedelta(days=1)


def _before_last(words: Words, today: date) -> Span:
    first, _ = relative("last", words["unit"], today)
    return relative("last", words["unit"], first)


def _back_from(span: Span, part: OfYear, many: int) -> list[Span]:
    """This part of a year and those of the years before, `many` together and at least one, the latest first."""
    spans = [span]
    while len(spans) < many:
        spans.append(latest(part, spans[-1][0], over=True))
    return spans


def _last_parts(words: Words, today: date) -> Span:
    many, part = count(words["count"]), part_of_year(words["part"])
    spans = _back_from(latest(part, today), part, 7 if many == FEW else many)
    return spans[-1][0], spans[0][1]


def _parts_ago(words: Words, today: date) -> Atom:
    """ "Three Sundays ago", "two weekends ago", "a few summers ago": from two to five of them ago."""
    many, name = count(words["count"]), words["part"]
    if name in WEEKDAYS or name == "weekend":
        if many <= 0:
            return Atom(*words.place, vague=True)
        first, end = relative("last", name, today)
        back = timedelta(days=7 * (many - 1))
        return Atom(*words.place, span=(first - back, end - back), sure=True)
    part = part_of_year(name)
    spans = _back_from(latest(part, today, over=True), part, 5 if many == FEW else many)
    return Atom(*words.place, span=(spans[-1][0], spans[1 if many == FEW else -1][1]), sure=True)


YEARS_AGO_THIS = kind_of_days(
    rf"(?:last year|(?P<years>{COUNT}) years? ago) this (?P<unit>time|day|week|month)\b", _around_that_day
)
THE_SAME_YEARS_AGO = kind_of_days(
    rf"(?:this|the same) (?P<unit>time|day|week|month) (?:last year|(?P<years>{COUNT}) years? ago)\b", _around_that_day
)
_COUNTED_AGO = rf"(?<!\d[.,])(?P<count>{COUNT}) (?P<unit>day|week|month|year)s?(?P<half> and a half)? (?:ago|back)\b"
AGO_TO_THE_DAY = kind_of_days(
    rf"{_COUNTED_AGO} (?P<from>today|yesterday|to the day|last (?:{WEEKDAY}))\b", _ago_to_the_day
)
AGO = Kind(_COUNTED_AGO, _ago)
PARTS_AGO = Kind(rf"(?P<count>{COUNT}) (?P<part>{_PART_OR_DAY}|christmas|easter|weekend)(?:s|es)? ago\b", _parts_ago)
BEFORE_LAST = kind_of_days(rf"(?P<unit>week|weekend|month) before last\b(?! (?:{NAME}))", _before_last)
LAST_PARTS = kind_of_days(
    rf"(?:last|past) (?P<count>{COUNT}) (?P<part>{SEASON}|christmas|easter)(?:s|es)\b", _last_parts
)
LAST_UNITS = kind_of_days(
    rf"(?:last|past) (?P<count>{COUNT}) (?P<unit>day|week|month|year)s\b"
    rf"(?! of\b| in (?:the )?(?:{NAME}|{YEAR}))",
    _last_units,
)
