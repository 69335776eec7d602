"""Months, seasons and feasts by their English names, as spans of days of a year.

A span is its first day and the day after its last. Seasons are those of the hemisphere where the user is: that of this
machine's timezone, unless `"hemisphere": "south"` (or "north") stands in `settings.json` in Keepsake's folder.
"""

from __future__ import annotations

import json
import locale
import os
import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from memory.paths import home

Span = tuple[date, date]
OfYear = Callable[[int], Span]
"""The span that a name means in a year. Raises ValueError where that year has no such day."""

MONTH_NAMES = tuple("january february march april may june july august september october november december".split())
MONTHS = {short: n for n, name in enumerate(MONTH_NAMES, 1) for short in (name, name[:3])} | {"sept": 9}
"""Number of a month by its name or abbreviation."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""First of three months, in the north."""
_FIXED = {  # month, day, how many days
    "christmas eve": (12, 24, 1),
    "christmas day": (12, 25, 1),
    "boxing day": (12, 26, 1),
    "christmas": (12, 24, 3),
    "xmas": (12, 24, 3),
    "new year's eve": (12, 31, 1),
    "new year's day": (1, 1, 1),
    "epiphany": (1, 6, 1),
    "halloween": (10, 31, 1),
    "valentine's day": (2, 14, 1),
    "st patrick's day": (3, 17, 1),
    "st nicholas day": (12, 6, 1),
    "christmas holidays": (12, 18, 20),
    "all saints' day": (11, 1, 1),
    "all saints day": (11, 1, 1),
    "all souls' day": (11, 2, 1),
    "all souls day": (11, 2, 1),
    "assumption day": (8, 15, 1),
    "bonfire night": (11, 5, 1),
    "guy fawkes night": (11, 5, 1),
    "bastille day": (7, 14, 1),
    "canada day": (7, 1, 1),
    "australia day": (1, 26, 1),
    "anzac day": (4, 25, 1),
    "groundhog day": (2, 2, 1),
    "juneteenth": (6, 19, 1),
    "veterans day": (11, 11, 1),
    "midsummer": (6, 20, 7),
    "may day": (5, 1, 1),
    "st stephen's day": (12, 26, 1),
    "st david's day": (3, 1, 1),
    "st george's day": (4, 23, 1),
    "st andrew's day": (11, 30, 1),
    "burns night": (1, 25, 1),
    "cinco de mayo": (5, 5, 1),
    "women's day": (3, 8, 1),
    "fourth of july": (7, 4, 1),
    "april fools' day": (4, 1, 1),
}
_AROUND_EASTER = {  # days from Easter Sunday, how many days
    "good friday": (-2, 1),
    "easter sunday": (0, 1),
    "easter monday": (1, 1),
    "easter": (-2, 4),
    "easter saturday": (-1, 1),
    "holy saturday": (-1, 1),
    "maundy thursday": (-3, 1),
    "holy week": (-7, 8),
    "palm sunday": (-7, 1),
    "mothering sunday": (-21, 1),
    "ash wednesday": (-46, 1),
    "shrove tuesday": (-47, 1),
    "pancake day": (-47, 1),
    "fat tuesday": (-47, 1),
    "mardi gras": (-47, 1),
    "rose monday": (-48, 1),
    "shrovetide": (-52, 7),
    "easter holidays": (-14, 29),
    "whit sunday": (49, 1),
    "whit monday": (50, 1),
    "corpus christi": (60, 1),
    "ascension day": (39, 1),
    "pentecost": (49, 2),
    "whitsun": (49, 2),
}
_BY_WEEKDAY = {  # month, weekday (Monday 0), which one (-1: the last), how many days later, how many days
    "thanksgiving weekend": (11, 3, 4, 0, 4),
    "thanksgiving": (11, 3, 4, 0, 1),
    "black friday": (11, 3, 4, 1, 1),
    "cyber monday": (11, 3, 4, 4, 1),
    "labor day": (9, 0, 1, 0, 1),
    "columbus day": (10, 0, 2, 0, 1),
    "presidents' day": (2, 0, 3, 0, 1),
    "martin luther king day": (1, 0, 3, 0, 1),
    "memorial day": (5, 0, -1, 0, 1),
    "mother's day": (5, 6, 2, 0, 1),
    "father's day": (6, 6, 3, 0, 1),
}
_IN_A_COUNTRY = {
    ("GB", "mother's day"): "mothering sunday",
    ("IE", "mother's day"): "mothering sunday",
    ("CA", "thanksgiving"): "columbus day",  # the same second Monday of October
}
"""Feasts that a country keeps on another day."""
FEASTS = ("new year", "orthodox easter", *_FIXED, *_AROUND_EASTER, *_BY_WEEKDAY)
"""Names of feasts, in lower case and with a straight apostrophe."""
_SOUTH = (  # timezones below the equator that set their clocks alike all year
    "Africa/Johannesburg Africa/Harare Africa/Lusaka Africa/Maputo Africa/Windhoek Africa/Gaborone Africa/Luanda "
    "America/Sao_Paulo America/Argentina America/Buenos_Aires America/Montevideo America/La_Paz America/Lima "
    "America/Bahia America/Recife America/Fortaleza Australia Indian/Antananarivo Indian/Mauritius Pacific/Fiji"
).split()


def part_of_year(name: str) -> OfYear:
    """What a month, season or feast means. Raises KeyError for any other name."""
    name = _IN_A_COUNTRY.get((_language_and_country()[1], name), name)
    if name in MONTHS:
        return lambda year: (date(year, MONTHS[name], 1), months_later(date(year, MONTHS[name], 1), 1))
    if name in SEASONS:
        month = (SEASONS[name] + 5) % 12 + 1 if southern() else SEASONS[name]
        return lambda year: (date(year, month, 1), months_later(date(year, month, 1), 3))
    if name == "new year":  # of 2025: the night to it
        return lambda year: (date(year - 1, 12, 31), date(year, 1, 2))
    if name == "orthodox easter":
        return lambda year: _days(orthodox_easter(year) - timedelta(days=2), 4)
    if name in _FIXED:
        month, day, days = _FIXED[name]
        return lambda year: (date(year, month, day), date(year, month, day) + timedelta(days=days))
    if name in _AROUND_EASTER:
        shift, days = _AROUND_EASTER[name]
        return lambda year: _days(easter(year) + timedelta(days=shift), days)
    month, weekday, nth, later, days = _BY_WEEKDAY[name]

    def by_weekday(year: int) -> Span:
        first = date(year, month, 1) if nth > 0 else months_later(date(year, month, 1), 1)
        return _days(first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - (nth > 0)) + later), days)

    return by_weekday


def quarter(n: int) -> OfYear:
    """The n-th three months of a year, from 1."""
    return lambda year: (date(year, 3 * n - 2, 1), months_later(date(year, 3 * n - 2, 1), 3))


def numbered(text: str) -> Span:
    """The days of "2024-07-04", "4.7.2024" or "4/7/2024": with slashes in the order of this machine's locale.

    Where the locale says neither and both are days, from the first to the last of the two. Raises ValueError.
    """
    if "/" not in text:
        numbers = [int(n) for n in text.replace("-", ".").split(".")]
        return _days(date(*(numbers if "-" in text else numbers[::-1])), 1)
    first, second, year = (int(n) for n in text.split("/"))
    if year < 100:
        year += 2000 if 2000 + year <= date.today().year else 1900
    month_first = _month_first() if max(first, second) <= 12 else second > 12
    orders = (
        [(first, second), (second, first)] if month_first is None else [(first, second)[:: 1 if month_first else -1]]
    )
    found = sorted(date(year, month, day) for month, day in orders)
    return found[0], found[-1] + timedelta(days=1)


def _month_first() -> bool | None:
    """Whether this machine's locale writes the month before the day; None: it does not say."""
    language, country = _language_and_country()
    if not country or country in ("CA", "Canada") or language in ("ja", "zh", "ko", "hu", "ch"):
        return None  # no locale, one that has both, or one that writes the year first
    return country in ("US", "PH", "United States", "Philippines")


def _language_and_country() -> tuple[str, str]:
    """ "en" and "GB" of this machine's locale, which on Windows are "en" and "United Kingdom"; "" where it has none."""
    named = next((os.environ[name] for name in ("LC_ALL", "LC_TIME", "LANG") if os.environ.get(name)), None)
    named = (named or locale.getlocale()[0] or "").partition(".")[0]
    found = re.fullmatch(r"([A-Za-z]+)_([A-Z]{2}|[A-Z][\w ]+)(?:@\w+)?", named)
    return (found[1].lower()[:2], found[2]) if found else ("", "")


def third(span: Span, n: int, of: int = 3) -> Span:
    """The n-th part (from 0) of a span, by whole months where it is of some: early 2024 is January to April."""
    first, end = span
    months = (end.year - first.year) * 12 + end.month - first.month
    if months >= of and first.day == end.day == 1:
        return months_later(first, months * n // of), months_later(first, months * (n + 1) // of)
    days = (end - first).days
    return first + timedelta(days=days * n // of), first + timedelta(days=days * (n + 1) // of)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus; Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def orthodox_easter(year: int) -> date:
    """Easter Sunday of the Orthodox churches, in the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    d = (19 * (year % 19) + 15) % 30
    month, day = divmod(d + (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7 + 114, 31)
    return date(year, month, day + 1) + timedelta(days=year // 100 - year // 400 - 2)


def southern() -> bool:
    """Whether the user's summer is in January."""
    try:
        kept = json.loads((home() / "settings.json").read_text(encoding="utf-8")).get("hemisphere")
    except (OSError, ValueError, AttributeError):
        kept = None
    if kept in ("south", "north"):
        return kept == "south"
    january, july = (datetime(2025, month, 15, 12).astimezone().utcoffset() for month in (1, 7))
    if january != july and january is not None and july is not None:
        return january > july  # clocks go forward in summer
    return any(_zone_name().startswith(name) for name in _SOUTH)


def _zone_name() -> str:
    """The name of this machine's timezone, such as "Europe/Vienna"; "" where the system does not tell."""
    if named := os.environ.get("TZ"):
        return named.lstrip(":")
    try:
        return os.readlink("/etc/localtime").rpartition("zoneinfo/")[2]
    except OSError:
        return time.tzname[0]


def _days(first: date, days: int) -> Span:
    return first, first + timedelta(days=days)


def months_later(first: date, months: int) -> date:
    """The first day of a month so many months later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
