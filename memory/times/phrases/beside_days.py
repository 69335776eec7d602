"""The days beside a time: the week before Christmas, the Sunday after Easter, three days before 1 May."""

from __future__ import annotations

from datetime import date, timedelta

from memory.times.atoms.atom_days import day_span, of_month, week_span, year_span
from memory.times.calendar_names import WEEKDAYS, Span

_LENGTHS = {"week": 7, "fortnight": 14, "days": 7, "weeks": 31, "few weeks": 49, "month": 31, "year": 366}
"""Days of "the week before Christmas"; of all others one."""
_SATURDAY = WEEKDAYS.index("saturday")
_ORDINALS = {"first": 0, "next": 0, "last": 0, "second": 1, "third": 2}
"""Weeks to go further: "the second Sunday after Easter"."""


def beside(span: Span, before: bool, what: str) -> Span:
    """What lies before or after a span: "week", "the three days", "second sunday", "few weeks".

    Of a feast of some days the middle one counts for what is not beside it: the Saturday before Christmas may be its
    24th, the Sunday after Easter is none of Easter's. Raises ValueError for "two years before".
    """
    together = what.startswith("the ")
    what = what.removeprefix("the ")
    amount, _, unit = what.replace("couple of", "few").partition(" ")
    if together and amount.isdigit() and unit.startswith(("day", "week")):  # "the three days before" are all of them
        return _next_to(span, before, int(amount) * _days(unit))
    if amount in _ORDINALS:
        first, end = beside(span, before, unit)
        further = timedelta(weeks=-_ORDINALS[amount] if before else _ORDINALS[amount])
        return first + further, end + further
    if amount == "few":
        what, unit = "few weeks" if unit == "weeks" else unit, ""
    if what == "weekend":
        return _weekend(span, before)
    if what in WEEKDAYS:
        return day_span(_nearest(_core(span, before), WEEKDAYS.index(what), before))
    if unit:
        return _so_far(span, before, int(amount) if amount.isdigit() else 1, unit)
    if what in ("year", "month") and (whole := _whole(span, before, what)):
        return whole
    if what in ("years", "months"):
        raise ValueError("some years before or after")
    return _next_to(span, before, _LENGTHS.get(what, 1))


def _days(unit: str) -> int:
    return 7 if unit.startswith("week") else 1


def _next_to(span: Span, before: bool, days: int) -> Span:
    """So many days right before or after a span."""
    first, end = span
    length = timedelta(days=days)
    return (first - length, first) if before else (end, end + length)


def _core(span: Span, before: bool) -> date:
    """The day of a span from which weekdays and amounts count: of a short one, such as a feast, the middle."""
    first, end = span
    days = (end - first).days
    if days <= 7:
        return first + timedelta(days=days // 2)
    return first if before else end - timedelta(days=1)


def _nearest(day: date, weekday: int, before: bool) -> date:
    """The last such weekday (0: Monday) before a day, or the first after it."""
    if before:
        return day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1)
    return day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1)


def _weekend(span: Span, before: bool) -> Span:
    """The weekend before or after a span, which it does not touch."""
    core = _core(span, before)
    if before:
        core -= timedelta(days=max(0, core.weekday() - _SATURDAY))  # a Sunday's weekend begins the day before
    saturday = _nearest(core, _SATURDAY, before)
    if before and saturday + timedelta(days=1) >= span[0]:
        saturday -= timedelta(weeks=1)
    return saturday, saturday + timedelta(days=2)


def _so_far(span: Span, before: bool, count: int, unit: str) -> Span:
    """The day or week that lies so many days or weeks before or after a span."""
    if not unit.startswith(("day", "week")) or (span[1] - span[0]).days > 7:
        raise ValueError("an amount of time before or after a time of some length")
    days = timedelta(days=count * _days(unit))
    day = _core(span, before) + (-days if before else days)
    return week_span(day) if unit.startswith("week") else day_span(day)


def _whole(span: Span, before: bool, what: str) -> Span | None:
    """The calendar's year or month beside a whole one; None where the span is no whole one."""
    first, end = span
    day = first - timedelta(days=1) if before else end
    whole = year_span(day.year) if what == "year" else of_month(day.month)(day.year)
    return whole if first == whole[1] or end == whole[0] else None
