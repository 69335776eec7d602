"""The one day that people type where a day is asked for: "2025-08-01", "5 May 2020", "yesterday", "last Friday"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from memory.days import Unknown, given_day, noon_of
from memory.times.phrases.time_reasons import range_words
from memory.times.time_phrases import parse

_SURE = re.compile(
    r"\b(?:(?:19|20)\d\d|today|yesterday|ago|(?:last|this) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b", re.IGNORECASE
)
"""Says which year is meant: "31 May" alone does not."""


def typed_day(text: str, now: datetime | None = None) -> datetime | Unknown:
    """What `memory.days.given_day` understands, and one day in words, as its noon UTC.

    Raises ValueError, with a sentence for people, when it is no day, or more than one.
    """
    try:
        return given_day(text)
    except ValueError as error:
        asked = parse(f"on {' '.join(text.split())}", now)
        if "is not a day" not in str(error) or not asked.since or not asked.before or asked.words.strip():
            raise
        if not _SURE.search(text):
            raise
        if asked.before - asked.since > timedelta(days=1):
            days = range_words(asked.since, asked.before)
            told = f"{text!r} is not a day, but {days}: write one of its days as 2025-08-01, or 'unknown'"
            raise ValueError(f"{told} and say the rest in your words.") from None
        return noon_of(asked.since.isoformat())
