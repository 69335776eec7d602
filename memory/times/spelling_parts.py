"""Parts of which the rules of spelling, and atoms, are made: months, weekdays, units, years as regular expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from memory.times.calendar_names import MONTHS, WEEKDAYS

Write = str | Callable[[re.Match[str]], str]
"""What is written in the place of a match: a template of `re.Match.expand`, or a function."""
Rules = Iterable[tuple[str, Write]]
"""Regular expressions, each with what is written in its place."""
MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b\.?"
NTH = r"\d{1,2}(?:st|nd|rd|th)?"
YEAR = r"(?:19|20)\d\d"
DATED = rf"(?:(?:(?:{NTH} (?:of )?)?{MONTH},? |{MONTH} {NTH},? )?{YEAR}\b)"
SHORT_WEEKDAYS = {
    f"{day[:n]}": day
    for day in WEEKDAYS
    for n in (3, 4, 5)
    if day[:n] in "mon tue tues wed weds thu thur thurs fri sat sun".split()
} | {"weds": "wednesday"}
WEEKDAY = rf"(?:{'|'.join(sorted({*SHORT_WEEKDAYS, *SHORT_WEEKDAYS.values()}, key=len, reverse=True))})"
UNITS = {"yr": "year", "mth": "month", "mo": "month", "wk": "week", "wkend": "weekend"}
UNIT = rf"(?:years?|months?|weeks?|days?|(?:{'|'.join(UNITS)})s?)\b"
MOVABLE_FEAST = "another feast"
"""What is written for a feast of which is not known when it is."""
