"""Days as people mean them: the date on the clock where something happened, or the fact that nobody knows it.

`day_words` is the one way to write the day of an episode: prompts, lists, panels and captions use it. None stands for a
day that is not known.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final, Literal

Unknown = Literal["unknown"]
UNKNOWN: Final = "unknown"
"""What people type where a day is asked for and they do not know it."""
DAY_UNKNOWN = "day unknown"
_FORMS = ("%Y-%m-%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%B %d %Y", "%b %d, %Y", "%b %d %Y", "%d.%m.%Y")
"""Spellings of a day that mean one day only: no 5/12/2025."""
LONGEST_DAY = len("30 September 2025")
"""Letters of the longest of them."""
NOON = time(12)
"""The time of day, in UTC, of a moment of which only the day is known: the same day nearly everywhere."""


def day_words(day: date | None) -> str:
    """A day as people write it: "12 May 2025", or "day unknown"."""
    return f"{day.day} {day:%B %Y}" if day else DAY_UNKNOWN


def file_of(changed: datetime) -> str:
    """ "file of 12 May 2025": the time of a photo's file, which is not the photo's day; to stand beside DAY_UNKNOWN."""
    return f"file of {day_words(changed.astimezone().date())}"


def _parsed(day: str, form: str) -> date | None:
    try:
        return datetime.strptime(" ".join(day.split()), form).date()
    except ValueError:
        return None


def noon_of(day: str) -> datetime:
    """Noon UTC of a day written as 2025-08-01 or 1 August 2025: the same calendar day nearly everywhere.

    Raises ValueError, with a sentence for people, when `day` is no such day or has not come yet.
    """
    found = next((parsed for form in _FORMS if (parsed := _parsed(day, form))), None)
    if found is None:
        raise ValueError(f"{day!r} is not a day: write it as 2025-08-01.")
    noon = datetime.combine(found, NOON, UTC)
    if noon.date() > datetime.now().astimezone().date():
        raise ValueError(f"{day} has not come yet: memories are of days gone by.")
    return noon


def given_day(text: str) -> datetime | Unknown:
    """What people type for a day: "2025-08-01" as its noon UTC, "unknown", "?" or nothing as a day not known.

    Raises ValueError, with a sentence for people.
    """
    if text.strip().casefold() in ("", "?", UNKNOWN, DAY_UNKNOWN):
        return UNKNOWN
    try:
        return noon_of(text.strip())
    except ValueError as error:
        hint = f" Or {UNKNOWN!r}, when you do not know." if "is not a day" in str(error) else ""
        raise ValueError(f"{error}{hint}") from error


def day_of_telling(told: datetime) -> date:
    """The day on which something was told, on the clock it was told by.

    A moment in UTC, as older memories have it, is taken to be of this machine's timezone.
    """
    return told.date() if told.utcoffset() else told.astimezone().date()


def likely_day(when: datetime) -> date:
    """The local day of a moment in UTC that was stored without one, as well as it can be known afterwards.

    Exactly noon UTC stands for a day that was typed. Any other moment is taken to be of this machine's timezone.
    """
    if when.astimezone(UTC).timetz() == NOON.replace(tzinfo=UTC):
        return when.astimezone(UTC).date()
    try:
        return when.astimezone().date()
    except (OverflowError, OSError, ValueError):  # the first or last days that a calendar has
        return when.date()
