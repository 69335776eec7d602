"""Words that mean a time, as a range: "last summer", "before Christmas", "in 2023", "yesterday", "the last time".

English. Which words are a time is decided here, narrowly, since "may" and "fall" mostly are none; days, months and
"three weeks ago" are then read by dateparser, seasons and holidays here. Seasons are those of the north. Where
dateparser is not installed no time is understood, and recall does without.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # first of three months
_HOLIDAYS = {  # first day, and how many
    "christmas eve": (12, 24, 1),
    "christmas day": (12, 25, 1),
    "christmas": (12, 24, 3),
    "new year's eve": (12, 31, 1),
    "new year": (12, 31, 2),
    "halloween": (10, 31, 1),
    "valentine's day": (2, 14, 1),
    "easter": (0, 0, 4),  # Good Friday to Monday
}
_YEAR = r"(?:19|20)\d\d"
_NAMED = "|".join([*_SEASONS, *_HOLIDAYS])
_DAY_OF_MONTH = rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})|(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?\b(?!\d)"
_COUNTED = "a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\\d{1,3}"
_SURE = (  # a time wherever it stands
    rf"(?:the )?day before yesterday|yesterday|today"
    rf"|(?:last|this) (?:night|morning|week|weekend|month|year|{_DAYS}|{_MONTHS}|{_NAMED})"
    rf"|(?:{_COUNTED}) (?:day|week|month|year)s? ago|{_YEAR}-\d\d-\d\d"
    rf"|(?:{_DAY_OF_MONTH})(?:,? {_YEAR})?|(?:{_MONTHS}|{_NAMED})(?: of|,)? {_YEAR}"
)
_AFTER_A_PREPOSITION = rf"(?:the )?(?:{_NAMED}|{_MONTHS}|{_DAYS}|{_YEAR})"
_PREPOSITION = "before|until|after|since|in|on|at|from|during|over|around"
_TIME = re.compile(
    rf"\b(?:(?P<how>{_PREPOSITION}) )?(?:(?P<sure>{_SURE})|(?(how)(?P<told>{_AFTER_A_PREPOSITION})|(?!)))\b", re.I
)
_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)


class Asked(NamedTuple):
    """What a question says about time, and what it says besides."""

    words: str
    """The question without the words that mean a time."""
    since: datetime | None = None
    """UTC, as the next; None: no limit."""
    before: datetime | None = None
    why: str = ""
    """"from last summer"; empty when there is no range."""
    order: Literal["newest", "oldest"] | None = None
    """The last time, or the first."""


def noon_of(day: str) -> datetime:
    """Noon UTC, the same calendar day nearly everywhere, of a day written as 2025-08-01. Raises ValueError, with a
    sentence for people, when it is none, and when it has not come yet."""
    try:
        noon = datetime.combine(date.fromisoformat(day), time(12), UTC)
    except ValueError as error:
        raise ValueError(f"{day!r} is not a day: write it as 2025-08-01.") from error
    if noon > datetime.now(UTC) + timedelta(days=1):  # far in the east it is tomorrow already
        raise ValueError(f"{day} has not come yet: memories are of days gone by.")
    return noon


def read(text: str, now: datetime | None = None) -> Asked:
    """Understand `text`, said at `now` (timezone-aware; else this moment) by somebody in that timezone."""
    text = re.sub(r"\s+", " ", text).replace("’", "'")
    order: Literal["newest", "oldest"] | None = None
    if said := _ORDER.search(text):
        order = "newest" if said["newest"] else "oldest"
        text = text[: said.start()] + text[said.end() :]
    here = (now or datetime.now()).replace(tzinfo=None)
    for said in _TIME.finditer(text):
        told = (said["sure"] or said["told"]).lower().removeprefix("the ")
        span = _range(told, here)
        if span is None:
            continue
        first, end = ((one.replace(tzinfo=now.tzinfo) if now else one).astimezone(UTC) for one in span)
        how = (said["how"] or "").lower()
        phrase = said["sure"] or said["told"].removeprefix("the ")
        rest = text[: said.start()] + text[said.end() :]
        if how in ("before", "until"):
            return Asked(rest, None, first if how == "before" else end, f"{how} {phrase}", order)
        if how in ("after", "since"):
            return Asked(rest, end if how == "after" else first, None, f"{how} {phrase}", order)
        return Asked(rest, first, end, f"from {phrase}", order)
    return Asked(text, order=order)


def _range(told: str, now: datetime) -> tuple[datetime, datetime] | None:
    """First moment and the one after the last, local; None when it is no time after all."""
    try:
        from dateparser.date import DateDataParser
    except ImportError:
        return None
    which, _, name = told.partition(" ")
    if which not in ("last", "this"):
        which, name = "", told
    year = re.search(rf"{_YEAR}$", name)
    for named in (*_SEASONS, *_HOLIDAYS):
        if name == named or (year and re.fullmatch(rf"{named}(?: of|,)? {_YEAR}", name)):
            return _named(named, int(year[0])) if year else _latest(named, now, over=which == "last")
    if name == "weekend":
        saturday = _midnight(now) - timedelta(days=(now.weekday() - 5) % 7)
        if which == "last" and saturday + timedelta(days=2) > now:
            saturday -= timedelta(days=7)
        return saturday, saturday + timedelta(days=2)
    settings = {"PREFER_DATES_FROM": "past", "RELATIVE_BASE": now}
    if re.fullmatch(_MONTHS, name):
        told = name
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(told)
    if found.date_obj is None:
        return None
    day = _midnight(found.date_obj)
    if found.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if found.period == "month":
        return day.replace(day=1), (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    if found.period == "year":
        return day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
    return day, day + timedelta(days=1)


def _latest(name: str, now: datetime, over: bool) -> tuple[datetime, datetime]:
    """The last one that has begun, or that is `over`."""
    spans = (_named(name, year) for year in (now.year, now.year - 1, now.year - 2))
    return next(span for span in spans if (span[1] if over else span[0]) <= now)


def _named(name: str, year: int) -> tuple[datetime, datetime]:
    """A season or holiday that begins in `year`."""
    if name in _SEASONS:
        first = datetime(year, _SEASONS[name], 1)
        return first, (first + timedelta(days=95)).replace(day=1)
    month, day, days = _HOLIDAYS[name]
    if name == "easter":
        from dateutil.easter import easter  # a dependency of dateparser

        sunday = easter(year)
        first = datetime(sunday.year, sunday.month, sunday.day) - timedelta(days=2)
    else:
        first = datetime(year, month, day)
    return first, first + timedelta(days=days)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
