"""What the text of a date means, in the many ways cameras, telephones and programs write it; no file is read here."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone

from memory.days import NOON

LONGEST = 100
"""Most characters of a text that are read."""
_ZONES = {
    **{"PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4, "BST": 1, "WET": 0},
    **{"WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9},
    **{"AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "HST": -10, "AKST": -9, "AKDT": -8},
}
"""Hours from UTC of timezones by their abbreviations; an abbreviation that is missing here is ignored."""
_OFFSET = r"(?P<offset>Z|(?:UTC|GMT)(?:[+-]\d\d?(?::?\d\d)?)?|[+-]\d\d?(?::?\d\d)?)?"
_EAST_ASIAN = re.compile(
    r"(\d{4})[年년] ?(\d\d?)[月월] ?(\d\d?)[日일] ?|(\d\d?)[時时시] ?(\d\d?)[分분](?: ?(\d\d?)[秒초])?"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]*\.?"
_TIME = r"(?P<time>\d\d?:\d\d(?::\d\d)?)"
_NAMED = tuple(
    re.compile(rf"(?:[a-z]{{3,9}}\.?,? +)?{form}", re.I)
    for form in (
        rf"{_MONTH} +(?P<day>\d\d?) +{_TIME} +(?:(?P<rest>[A-Z0-9+:-]{{1,9}}) +)?(?P<year>\d{{4}})",  # as C, and Java
        rf"(?P<day>\d\d?)\.?[ -]+{_MONTH}[ -]+(?P<year>\d{{4}})(?:,? +{_TIME} *(?P<rest>.*))?",  # as mails have it
        rf"{_MONTH} +(?P<day>\d\d?),? +(?P<year>\d{{4}})(?:,? +{_TIME} *(?P<rest>.*))?",
        rf"(?P<year>\d{{4}})-{_MONTH}-(?P<day>\d\d?)(?:,? +{_TIME} *(?P<rest>.*))?",
    )
)
_DAY_FIRST = re.compile(r"(\d\d?)([-/.])(\d\d?)\2(\d{4})(?=$|[ T])")
_AM = r"a|am|a\.m\.|오전|上午|午前|ص|πμ|π\.μ\.|öö"
_PM = r"p|pm|p\.m\.|오후|下午|午後|م|μμ|μ\.μ\.|ös"
_WRITTEN = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-:/._ ]) ?(?P<month>\d\d?)(?P=mark) ?(?P<day>\d\d?)"
    rf"(?:(?:T| at |(?P=mark)|[ _])[T _]*(?:(?P<am0>{_AM})|(?P<pm0>{_PM}))? *"
    r"(?P<hour>\d\d?)(?:(?P<between>[-:._ ]) ?(?P<minute>\d\d?)"
    r"(?:(?:(?P=between)|[:.]) ?(?P<second>\d\d?)(?:[.,:]\d+)?)?)?"
    rf"(?:\s*(?:(?P<am>{_AM})|(?P<pm>{_PM})))?)?\s*{_OFFSET}",
    re.I,
)
_COMPACT = re.compile(
    rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)"
    rf"(?:[T _-]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?(?:[.,]\d+)?)?\s*{_OFFSET}"
)
_SPELLINGS = (  # other ways of writing, and what the patterns above read in their place
    (re.compile(r"""^["'(]+|["')]+$"""), ""),
    (re.compile(r"^D:(?=\d{8})"), ""),  # PDF
    (re.compile(r"(?<=[+-]\d\d)'(\d\d)'?$"), r"\1"),
    (re.compile(r"\\"), "/"),
    (re.compile(r"\s*\(?\[?\b[A-Z][A-Za-z]+/[A-Za-z_]+\b\]?\)?$"), ""),  # [Europe/Berlin]
    (re.compile(r" ?\([^\W\d_]{1,12}\)"), " "),  # a weekday
    (re.compile(r" ?\((?=(?:UTC|GMT)[+-])"), " "),
    (re.compile(r"(?<=\d) ?DST$| DST$|(?<=\d) h$"), ""),
    (re.compile(r"(?<=\d),? (?:at|um|om|à|kl\.?) (?=\d)|(?<=\d), (?=\d\d?:)"), " "),
    (re.compile(r"(?<=\d)[hH](?=\d\d)|(?<=[hH:]\d\d)[mM](?=\d\d)"), ":"),
    (re.compile(r"(?<=:\d\d:\d\d)s$"), ""),
    (re.compile(r"^(\d{4})(\d\d)(\d\d)(?=[T ]\d\d:)"), r"\1-\2-\3"),
    (re.compile(r"(?<=\d\d-\d\d)T(\d\d)(\d\d)(\d\d)(?=\D|$)"), r"T\1:\2:\3"),
    (re.compile(r"^(\d{4}([-:/.])\d\d\2\d\d)[T ]+[-: ]+$"), r"\1"),  # a clock that was left blank,
    (re.compile(r"(?<=\d):[: ]*$"), ""),  # or half so
)
_NEVER = (date(1900, 1, 1), date(1904, 1, 1), date(1980, 1, 1))
"""First days of clocks and of tables of dates: midnight of such a day means that the date was never set."""
_OLE, _TELEPHONES = date(1899, 12, 30), datetime(2002, 12, 8, 12)
"""Day 0 of Windows' OLE dates; the time that many cheap telephones write when they know no time."""
_OLDEST = 1800
"""An earlier year, from before there were photographs, stands for an unset date."""
_BUDDHIST = 543
"""How many years Thailand's calendar is ahead."""
_WIDEST = timedelta(hours=14)
"""No clock on earth is further from UTC."""


def parsed(text: str, offset: str = "") -> datetime | None:
    """A date as cameras and programs write it, with an offset inside or beside it; None when it is no whole day.

    A day alone becomes noon UTC, the same day nearly everywhere. Without an offset the camera's clock is taken to be on
    this machine's timezone. Hour 24 is the hour after midnight of the same day, written by telephones that count hours
    from 1. "am" and "pm" may stand before or after the time; 10 or 13 digits are seconds or milliseconds since 1970;
    the year may be that of Thailand's calendar. None where day and month cannot be told apart. What follows a zero
    byte, the rest of an older text, is tried without if need be.
    """
    return _parsed(text, offset) or (_parsed(text.partition("\0")[0], offset) if "\0" in text else None)


def zone_of(offset: str) -> timezone | None:
    """ "+02:00", "-0800", "+9" or "Z" as a timezone; None for any other text."""
    offset = re.sub(r"^(?:UTC|GMT)(?=[+-])", "", offset.replace("\N{MINUS SIGN}", "-").upper())
    if offset in ("Z", "UTC", "GMT"):
        return UTC
    match = re.fullmatch(r"([+-])(\d\d?)(?::?(\d\d))?", offset)
    if not match:
        return None
    distance = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-distance if match[1] == "-" else distance) if distance <= _WIDEST else None


def _parsed(text: str, offset: str) -> datetime | None:
    """The date that a text is as a whole."""
    text = _in_numbers(text[:LONGEST])
    if re.fullmatch(r"\d{10}(?:\.\d+)?|\d{13}", text):
        at = datetime.fromtimestamp(int(text[:10]), UTC).astimezone()
        return at if at.year > 1990 else None
    match = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    if year - _BUDDHIST in range(1950, date.today().year + 2):
        year -= _BUDDHIST
    try:
        on = date(year, month, day)
        moment = datetime.combine(on, NOON, UTC) if match["hour"] is None else _at(on, match, offset)
        if moment:
            moment.astimezone(UTC)  # raises for the first and last days of the calendar
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment and moment.year >= _OLDEST else None


def _at(on: date, match: re.Match[str], offset: str) -> datetime | None:
    """The moment of a day that the clock in the match shows; None of a clock that nobody set. Raises ValueError."""
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    halves = match.groupdict()
    pm = halves.get("pm") or halves.get("pm0")
    if hour <= 12 and (pm or halves.get("am") or halves.get("am0")):
        hour = hour % 12 + (12 if pm else 0)
    local = datetime.combine(on, time(0 if hour == 24 else hour, minute, min(second, 59)))
    if was_never_set(local):
        return None
    zone = zone_of(match["offset"] or offset)
    return local.replace(tzinfo=zone) if zone else local.astimezone()


def was_never_set(local: datetime) -> bool:
    """Whether a time comes from a clock that nobody set: its zero, in this timezone or another."""
    from_zero = local - datetime(1970, 1, 1)
    if abs(from_zero) <= _WIDEST and from_zero % timedelta(minutes=15) == timedelta(0):
        return True
    midnight = local.time() == time.min
    return local == _TELEPHONES or (midnight and local.date() in (*_NEVER, _OLE))


def _in_numbers(text: str) -> str:
    """A date with Chinese, Japanese or Korean signs, or a month's English name, as numbers; other texts as they are."""
    text = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in text)
    text = text.replace("\0", " ").replace("\N{FULLWIDTH COLON}", ":").strip()
    for pattern, instead in _SPELLINGS:
        text = pattern.sub(instead, text)
    text = _EAST_ASIAN.sub(lambda m: f"{m[1]}-{m[2]}-{m[3]} " if m[1] else f"{m[4]}:{m[5]}:{m[6] or 0}", text).strip()
    for form in _NAMED:
        if m := form.fullmatch(text):
            month = _MONTHS.index(m["name"].lower()) + 1
            text = f"{m['year']}-{month:02}-{int(m['day']):02} {m['time'] or ''} {m['rest'] or ''}".strip()
    if m := _DAY_FIRST.match(text):
        first, second = int(m[1]), int(m[3])
        if m[2] == "." or max(first, second) > 12:  # else nobody knows which is the day
            day, month = (first, second) if second <= 12 else (second, first)
            text = f"{m[4]}-{month:02}-{day:02}{text[m.end() :]}"
    if (m := re.search(r" ?\b([A-Z]{3,4})$", text)) and m[1] not in ("GMT", "UTC"):
        hours = _ZONES.get(m[1])
        text = text[: m.start()] + ("" if hours is None else f"{hours:+03}:00")
    return text
