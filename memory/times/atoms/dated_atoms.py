"""Atoms that say a day, a week, a month or a quarter of the calendar: "2024-07-04", "3 to 7 August", "Q2"."""

from __future__ import annotations

from datetime import date, timedelta

from memory.times.atoms.atom import Atom, Kind, Words, kind_of_days
from memory.times.atoms.atom_days import WORDED, bare_name, day_span, days_of_month, of_month, relative, week_span
from memory.times.atoms.atom_patterns import FEAST, TO, WEEKDAY, number
from memory.times.calendar_names import MONTHS, WEEKDAYS, Span, numbered, quarter
from memory.times.spelling_parts import MONTH, NTH

_DAYS_BACK = {"yesterday": 1, "today": 0, "tonight": 0, "now": 0}


def _relative_quarter(words: Words, today: date) -> Span:
    month = today.month + 11 - 3 * (words["which"] != "this")  # from the January of the year before
    return quarter(month % 12 // 3 + 1)(today.year - 1 + month // 12)


def _quarter(words: Words, _today: date) -> Atom:
    return Atom(*words.place, part=quarter(int(words["number"] or WORDED.get(words["nth"], 4))))  # "last"


def _iso_month(words: Words, _today: date) -> Span:
    year, month = map(int, words.text.split("-"))
    return of_month(month)(year)


def _iso_week(words: Words, _today: date) -> Atom:
    week = int(words["number"])
    date.fromisocalendar(2020, week, 1)  # a year that has all 53
    sure = words["unit"] not in ("week", "wk")
    return Atom(*words.place, part=lambda year: week_span(date.fromisocalendar(year, week, 1)), sure=sure)


def _of_month(words: Words, _today: date) -> Atom:
    first = number(words["first"])
    last = number(words["last"]) if words["last"] else first
    return Atom(*words.place, part=days_of_month(MONTHS[bare_name(words["month"])], first, last), sure=True)


def _worded_day(words: Words, _today: date) -> Atom:
    day = WORDED[words["day"]]
    return Atom(*words.place, part=days_of_month(MONTHS[bare_name(words["month"])], day, day), sure=True)


def _of_this_month(words: Words, today: date) -> Span:
    of, _ = relative(words["which"], "month", today)
    first = number(words["first"])
    last = number(words["last"]) if words["last"] else first
    return of.replace(day=first), day_span(of.replace(day=last))[1]


def _weekday_before_last(words: Words, today: date) -> Span:
    first, end = relative("last", words["weekday"], today)
    return first - timedelta(days=7), end - timedelta(days=7)


NUMBERED = kind_of_days(
    r"\d{4}-\d\d-\d\d\b"
    r"|\d{1,2}\. ?\d{1,2}\. ?(?:19|20)\d\d\b"
    r"|(?<!\d-)\d{1,2}/\d{1,2}/(?:(?:19|20)\d\d|\d\d)\b(?!/)",
    lambda words, _: numbered(words.text),
)
WEEK_AROUND = Kind(  # of the day that follows
    rf"week(?:end)?(?= (?:of|around) (?:the )?(?:{NTH}(?: of)? {MONTH}|{MONTH} (?:the )?{NTH}\b"
    rf"|\d{{4}}-\d\d-\d\d\b|\d{{1,2}}[./] ?\d{{1,2}}[./]|(?:{FEAST})\b))",
    lambda words, _: Atom(*words.place, share=words.text, sure=True),
)
RELATIVE_QUARTER = kind_of_days(
    r"(?P<which>last|this|past) quarter\b(?! (?:of|in)\b| (?:19|20)\d\d)", _relative_quarter
)
QUARTER = Kind(
    r"q(?P<number>[1-4])\b|(?P<nth>first|second|third|fourth|last) quarter(?= (?:of|in)\b| (?:19|20)\d\d)", _quarter
)
ISO_MONTH = kind_of_days(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])\b(?!-)", _iso_month)
ISO_WEEK = Kind(
    r"(?P<unit>(?:calendar )?week|wk|[ck]w) ?(?P<number>\d\d?)\b(?! of (?!(?:the year )?(?:19|20)\d\d))", _iso_week
)
DAY_BACK = kind_of_days(
    r"(?:the )?day before yesterday|(?:yesterday|today|tonight|(?:(?<=until )|(?<=till ))now)\b",
    lambda words, today: day_span(today - timedelta(days=_DAYS_BACK.get(words.text, 2))),
)
DAYS_OF_MONTH = Kind(rf"(?P<first>{NTH})(?: ?{TO} ?(?:the )?(?P<last>{NTH}))?(?: of)? (?P<month>{MONTH})", _of_month)
MONTH_AND_DAYS = Kind(
    rf"(?P<month>{MONTH}) (?:the )?(?P<first>{NTH})\b"
    r"(?![\d:]| (?:years?|months?|weeks?|[a-z]+days|[a-z]+ers|springs|autumns|weekends)\b)"
    rf"(?: ?{TO} ?(?P<last>{NTH})\b(?! (?:{MONTH})))?",
    _of_month,
)
WORDED_DAY = Kind(rf"(?P<day>{'|'.join(WORDED)}) (?:day )?of (?P<month>{MONTH})", _worded_day)
DAYS_OF_THIS_MONTH = kind_of_days(
    rf"(?P<first>{NTH})(?: ?(?:{TO}|and) ?(?:the )?(?P<last>{NTH}))? (?:of )?(?P<which>last|this) month\b",
    _of_this_month,
)

WEEKDAY_BEFORE_LAST = kind_of_days(rf"(?P<weekday>{WEEKDAY}) before last\b", _weekday_before_last)
ANY_WEEKDAY = Kind(rf"(?:{WEEKDAY})\b", lambda words, _: Atom(*words.place, weekday=WEEKDAYS.index(words.text)))
