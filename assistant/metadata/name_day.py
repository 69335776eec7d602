"""The day in a photo's file name, as cameras, telephones, programs and people write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from assistant.metadata.date_text import was_never_set
from memory.times.calendar_names import MONTHS
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE

DayOrder = Literal["dmy", "mdy", "ymd"]
"""The order of day, month and year in a date."""
_YEAR = r"(?P<y>(?:19|20)\d\d)"
_CLOCK = r"(?:(?:[ _T-]|\sat\s)?(?P<H>\d\d)[-_.:h]?(?P<M>\d\d)[-_.:m]?(?P<S>\d\d)(?:\d{3})?)?(?!\d)"
_DAY = re.compile(rf"(?<!\d){_YEAR}([-_. ]?)(?P<m>\d\d)\2(?P<d>\d\d){_CLOCK}")
_JOINED = re.compile(rf"(?<!\d){_YEAR}_(?P<m>\d\d)(?P<d>\d\d)_(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)(?!\d)")
_APART = re.compile(rf"(?<!\d){_YEAR}([-_.])(?P<m>\d\d?)\2(?P<d>\d\d?)(?!\d)")
_DAY_FIRST = re.compile(r"(@?)(?<![\d.])(\d\d?)(\. |[-_.])(\d\d?)\3((?:19|20)\d\d)(?!\d|\.\d)")
_TWO_DIGITS = re.compile(r"(?<![\d.-])(\d\d?)([-.])(\d\d?)\2(\d\d)(?=,? (?:\w{1,4} )?\d\d?[-. :h]\d\d(?!\d))")
"""A day with a year of two digits counts before a time of day only: "Foto 25.03.24, 18 22 11"."""
_SIGNED = re.compile(rf"(?<!\d){_YEAR}[年년] ?(?P<m>\d\d?)[月월] ?(?P<d>\d\d?)[日일]")
_SHORT = (
    "janv ene gen января січня",
    "févr fevr fev февраля лютого",
    "marz marco mrt marca марта березня",
    "avr abr апреля квітня",
    "mag maja мая травня",
    "giu июня червня",
    "juil lug июля липня",
    "ago августа серпня",
    "set сентября вересня",
    "okt ott out октября жовтня",
    "ноября листопада",
    "dez dic декабря грудня",
)
"""Further spellings of months in file names: shortened, without accents, or in Russian and Ukrainian."""
_MONTHS = (
    MONTHS
    | {name: MONTHS[english] for name, english in MONTHS_ELSEWHERE.items()}
    | {name: n for n, names in enumerate(_SHORT, 1) for name in names.split()}
)
_MONTH = rf"(?P<m>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?(?![^\W\d_])"
_WORDED = re.compile(
    rf"(?<!\d)(?P<d>\d\d?)(?:st|nd|rd|th|er|\.|º)?[ _-]*(?:of[ _]|de[ _])?{_MONTH}[ _-]*(?:de[ _])?{_YEAR}(?!\d)",
    re.I,
)
_MONTH_FIRST = re.compile(rf"(?<![^\W_]){_MONTH}[ _-]+(?P<d>\d\d?)(?:st|nd|rd|th)?,?[ _-]+{_YEAR}(?!\d)", re.I)
_YEAR_FIRST = re.compile(rf"(?<!\d){_YEAR}[ _-]{_MONTH}[ _-](?P<d>\d\d?)(?!\d)", re.I)
_CLEAR = (_JOINED, _DAY, _APART, _SIGNED, _WORDED, _MONTH_FIRST, _YEAR_FIRST)
"""The ways of writing that say which number is the day and which the month; the surest first."""
_SINCE_1970 = re.compile(
    r"(?:(?:(?<=[A-Za-z]_)|(?<=mmexport)|(?<=Snapchat-))(1[1-9]\d{8})(?:\d{3})?|(?<=[A-Za-z0-9][_-])(1[3-9]\d{8})\d{3})"
    r"(?![\d-]|_[a-z]\b)"
)
"""Seconds or milliseconds, as telephones and messengers count in names: FB_IMG_1683369296123, photo-1683369296123."""
_IN_UTC = re.compile(r"PXL_\d{8}_\d{6}")
"""Names that Google's telephones give, with the time in UTC."""


def day_of_name(name: str, changed: datetime | None = None, order: DayOrder | None = None) -> datetime | None:
    """The local time in a name such as IMG_20250801_183000 or IMG-20250801-WA0001 (noon, for a day alone).

    A day written before its month counts where it cannot be a month, with points (31.12.2020), or where the file was
    `changed` on that day: of "Photo on 06-05-2024" this alone tells, unless the user says the `order` of names. None
    without a day, or for one that has not come yet or is that of a clock that nobody set.
    """
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    for year, month, day, clock in _days(
        unicodedata.normalize("NFKC", name), changed.date() if changed else None, order
    ):
        with suppress(ValueError, OverflowError, OSError):
            hour, minute, second = clock
            if was_never_set(datetime(year, month, day, hour, minute, second)):
                continue
        with suppress(ValueError, OverflowError, OSError):
            found = datetime(year, month, day, 12)
            with suppress(ValueError):  # the digits are no time of day: the day counts nevertheless
                hour, minute, second = clock
                found = found.replace(hour=hour, minute=minute, second=second)
            at = found.replace(tzinfo=UTC).astimezone() if clock and _IN_UTC.match(name) else found.astimezone()
            if at <= tomorrow:
                return at
    if counted := _SINCE_1970.search(name):
        at = datetime.fromtimestamp(int(counted[1] or counted[2]), UTC).astimezone()
        if at <= tomorrow:
            return at
    return None


def without_worded_days(name: str) -> str:
    """A name without the days in it whose month is a word: "chez Mamie" of "12 mars 2024 chez Mamie"."""
    for pattern in (_WORDED, _MONTH_FIRST, _YEAR_FIRST):
        name = pattern.sub(" ", name)
    return name.strip()


def _days(name: str, changed: date | None, order: DayOrder | None) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """Year, month, day and (hour, minute, second), which may be empty; the surest way of writing first."""
    for pattern in _CLEAR:
        for found in pattern.finditer(name):
            said = found.groupdict()
            month = int(said["m"]) if said["m"].isdecimal() else _MONTHS[said["m"].lower()]
            yield int(said["y"]), month, int(said["d"]), tuple(int(said[part]) for part in "HMS" if said.get(part))
    for telegram, one, mark, other, year in _DAY_FIRST.findall(name):
        if telegram:
            yield int(year), int(other), int(one), ()
        elif order in ("dmy", "mdy"):
            day, month = (one, other) if order == "dmy" else (other, one)
            yield int(year), int(month), int(day), ()
        yield from _either(int(one), mark, int(other), int(year), changed)
    for one, mark, other, year in _TWO_DIGITS.findall(name):
        if order:
            ordered = dict(zip(order, map(int, (one, other, year)), strict=True))
            yield 2000 + ordered["y"], ordered["m"], ordered["d"], ()
        if mark == "." or len(one) + len(other) < 4:  # else the year may stand first
            yield from _either(int(one), mark, int(other), 2000 + int(year), changed)


def _either(
    one: int, mark: str, other: int, year: int, changed: date | None
) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """The day that two numbers tell, one of which is the month."""
    if mark[0] == "." or one > 12 or _is(changed, year, other, one):
        yield year, other, one, ()
    elif other > 12 or _is(changed, year, one, other):
        yield year, one, other, ()


def _is(changed: date | None, *day: int) -> bool:
    return changed is not None and (changed.year, changed.month, changed.day) == day
