"""The days that atoms mean: a share of a span, "last Friday", the 90s, 3 to 7 August. No text is searched here."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

from memory.times.calendar_names import MONTHS, WEEKDAYS, OfYear, Span, months_later, part_of_year, third
from memory.times.number_words import CARDINALS, ORDINALS, TENS

WORDED = {word: n for word, n in ORDINALS.items() if n <= 12 or n in (15, 20, 30)}
"""Days of a month in words."""
DECADES = {f"{word[:-1]}ies": CARDINALS[word] for word in TENS}
"""The words for decades: "twenties"."""
SHARES = {  # which part, of how many
    **{"early": (0, 3), "beginning": (0, 3), "start": (0, 3), "mid": (1, 3), "middle": (1, 3), "late": (2, 3)},
    **{"end": (2, 3), "first half": (0, 2), "second half": (1, 2)},
}
WEEKS = {"first": 0, "second": 7, "third": 14, "fourth": 21, "fifth": 28}
"""How many days after the first of a month its first week begins, and so on."""


def shared(span: Span, share: str) -> Span:
    """A share of a span: early, mid or late in it, its first half, its last week, its last Friday, its first days."""
    share = share.lower()
    if share in SHARES:
        return third(span, *SHARES[share]) if (span[1] - span[0]).days > 2 else span
    first, end = span
    nth, _, what = share.partition(" ")
    if several := re.fullmatch(r"(\d+|few|couple of) (day|week|month)s", what):
        count = {"few": 5, "couple of": 2}.get(several[1]) or int(several[1])
        if several[2] == "month":
            return _some_months(span, -count if nth == "last" else count)
        many = timedelta(days=count * (7 if several[2] == "week" else 1))
        return (max(first, end - many), end) if nth == "last" else (first, min(end, first + many))
    if nth == "last":
        week = end - timedelta(days=7), end
    elif nth in WEEKS:
        week = first + timedelta(days=WEEKS[nth]), first + timedelta(days=WEEKS[nth] + 7)
        if week[0] >= end:
            raise ValueError("no such week")
    else:
        return span
    if what == "day":
        return day_span(week[1] - timedelta(days=1) if nth == "last" else first + timedelta(days=WEEKS[nth] // 7))
    if what in WEEKDAYS:
        return day_span(week[0] + timedelta(days=(WEEKDAYS.index(what) - week[0].weekday()) % 7))
    if what == "weekend":
        saturday = week[0] + timedelta(days=(5 - week[0].weekday()) % 7)
        return saturday, saturday + timedelta(days=2)
    return week


def _some_months(span: Span, count: int) -> Span:
    """The first months of a span or, with a negative count, the last. Raises ValueError where it has not so many."""
    first, end = span
    if first.day != 1 or end.day != 1 or months_later(first, abs(count)) > end:
        raise ValueError("no span of so many months")
    return (first, months_later(first, count)) if count > 0 else (months_later(end, count), end)


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


def latest_decade(tens: int, today: date) -> int:
    """The first year of "the 90s": the latest that has begun."""
    first = today.year // 100 * 100 + tens
    return first if first <= today.year else first - 100


def relative(which: str, what: str, today: date) -> Span:
    """ "Last week", "this weekend", "last Friday", "last night"."""
    last = which != "this"
    if what in ("night", "morning"):
        return day_span(today - timedelta(days=1)) if last and what == "night" else day_span(today)
    if what == "week":
        return week_span(today - timedelta(days=7 if last else 0))
    if what == "month":
        before = today.replace(day=1) - timedelta(days=1)
        return of_month(before.month)(before.year) if last else of_month(today.month)(today.year)
    if what == "weekend":
        saturday = today - timedelta(days=(today.weekday() - 5) % 7)
        if last and saturday + timedelta(days=2) > today:
            saturday -= timedelta(days=7)
        return saturday, saturday + timedelta(days=2)
    back = (today.weekday() - WEEKDAYS.index(what)) % 7
    return day_span(today - timedelta(days=back or (7 if last else 0)))


def same_day(today: date, many: int, unit: str) -> date:
    """The day so many days, weeks, months or years before `today`; of 31 May a month before, 30 April."""
    if unit in ("day", "week"):
        return today - timedelta(days=many * (7 if unit == "week" else 1))
    year, month = divmod(today.year * 12 + today.month - 1 - many * (12 if unit == "year" else 1), 12)
    _, after = of_month(month + 1)(year)
    return date(year, month + 1, min(today.day, (after - timedelta(days=1)).day))


def days_of_month(month: int, first: int, last: int) -> OfYear:
    """ "3 to 7 August" of any year. Raises ValueError for a day that no year has."""
    date(2024, month, first), date(2024, month, last)  # a leap year has every day
    if last < first:
        raise ValueError("a range that runs backwards")
    return lambda year: (date(year, month, first), date(year, month, last) + timedelta(days=1))


def of_month(month: int) -> OfYear:
    return part_of_year(next(name for name, n in MONTHS.items() if n == month))


def bare_name(text: str) -> str:
    return text.lower().rstrip(".")


def written_year(text: str, today: date) -> int:
    """ "2024"; "'24" or "24" as the latest such year that has begun."""
    if len(text) < 4:
        year = today.year // 100 * 100 + int(text.lstrip("'"))
        return year if year <= today.year else year - 100
    return int(text)


def day_span(day: date) -> Span:
    return day, day + timedelta(days=1)


def week_span(day: date) -> Span:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)
