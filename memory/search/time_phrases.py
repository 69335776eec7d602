"""English phrases of time as a range: "last summer", "before Christmas", "in 2023", "yesterday", "the last time".

The patterns here decide narrowly which words mean a time, since "may" and "fall" mostly do not. dateparser then reads
days, months and "three weeks ago"; seasons (of the northern hemisphere) and holidays are computed here. Where
dateparser is not installed, no phrase is understood, and recall works without times.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
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
_SURE = (  # means a time wherever it stands
    rf"(?:the )?day before yesterday|yesterday|today"
    rf"|(?:last|this) (?:night|morning|week|weekend|month|year|{_DAYS}|{_MONTHS}|{_NAMED})"
    rf"|(?:{_COUNTED}) (?:day|week|month|year)s? ago|{_YEAR}-\d\d-\d\d"
    rf"|(?:{_DAY_OF_MONTH})(?:,? {_YEAR})?|(?:{_MONTHS}|{_NAMED})(?: of|,)? {_YEAR}"
)
_AFTER_A_PREPOSITION = rf"(?:the )?(?:{_NAMED}|{_MONTHS}|{_DAYS}|{_YEAR})"
_PREPOSITION = "before|until|after|since|in|on|at|from|during|over|around"
_TIME = re.compile(
    rf"\b(?:(?P<how>{_PREPOSITION}) )?(?:(?P<sure>{_SURE})|(?(how)(?P<named>{_AFTER_A_PREPOSITION})|(?!)))\b", re.I
)
_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)


class TimeQuery(NamedTuple):
    """What a question says about time, and its other words."""

    words: str
    """The question without the phrase of time."""
    since: date | None = None
    """First local day of the range; None: no limit."""
    before: date | None = None
    """The day after the range; None: no limit."""
    why: str = ""
    """The range in words, "from last summer"; empty when there is no range."""
    order: Literal["newest", "oldest"] | None = None
    """Whether the question asks for the last time ("newest") or the first time ("oldest")."""


def parse(text: str, now: datetime | None = None) -> TimeQuery:
    """The time that `text` means when it is said at `now` (timezone-aware; default: this moment, local timezone)."""
    text = re.sub(r"\s+", " ", text).replace("’", "'")
    order: Literal["newest", "oldest"] | None = None
    if match := _ORDER.search(text):
        order = "newest" if match["newest"] else "oldest"
        text = text[: match.start()] + text[match.end() :]
    here = (now or datetime.now()).replace(tzinfo=None)
    for match in _TIME.finditer(text):
        phrase = match["sure"] or match["named"].removeprefix("the ")
        span = _range(phrase.lower().removeprefix("the "), here)
        if span is None:
            continue
        first, end = (one.date() for one in span)
        how = (match["how"] or "").lower()
        rest = text[: match.start()] + text[match.end() :]
        if how in ("before", "until"):
            return TimeQuery(rest, None, first if how == "before" else end, f"{how} {phrase}", order)
        if how in ("after", "since"):
            return TimeQuery(rest, end if how == "after" else first, None, f"{how} {phrase}", order)
        return TimeQuery(rest, first, end, f"from {phrase}", order)
    return TimeQuery(text, order=order)


def _range(phrase: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The first moment of a time and the moment after it, local; None when dateparser finds no time in the phrase."""
    try:
        from dateparser.date import DateDataParser
    except ImportError:
        return None
    which, _, name = phrase.partition(" ")
    if which not in ("last", "this"):
        which, name = "", phrase
    year = re.search(rf"{_YEAR}$", name)
    for named in (*_SEASONS, *_HOLIDAYS):
        if name == named or (year and re.fullmatch(rf"{named}(?: of|,)? {_YEAR}", name)):
            return _season_or_holiday(named, int(year[0])) if year else _latest(named, now, over=which == "last")
    if name == "weekend":
        saturday = _midnight(now) - timedelta(days=(now.weekday() - 5) % 7)
        if which == "last" and saturday + timedelta(days=2) > now:
            saturday -= timedelta(days=7)
        return saturday, saturday + timedelta(days=2)
    settings = {"PREFER_DATES_FROM": "past", "RELATIVE_BASE": now}
    if re.fullmatch(_MONTHS, name):
        phrase = name
    parsed = DateDataParser(languages=["en"], settings=settings).get_date_data(phrase)
    if parsed.date_obj is None:
        return None
    day = _midnight(parsed.date_obj)
    if parsed.period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    if parsed.period == "month":
        return day.replace(day=1), (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    if parsed.period == "year":
        return day.replace(month=1, day=1), day.replace(year=day.year + 1, month=1, day=1)
    return day, day + timedelta(days=1)


def _latest(name: str, now: datetime, over: bool) -> tuple[datetime, datetime]:
    """The latest season or holiday of this name that has begun or, with `over`, has ended."""
    spans = (_season_or_holiday(name, year) for year in (now.year, now.year - 1, now.year - 2))
    return next(span for span in spans if (span[1] if over else span[0]) <= now)


def _season_or_holiday(name: str, year: int) -> tuple[datetime, datetime]:
    """First moment of the season or holiday that begins in `year`, and the moment after it."""
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
