"""Days and numbers in the forms people write them: read out of a text, and another one put in, in the same form.

"12 May", "may 12th, 2019", "3.4.21", "2019-05-03"; "4th", "fourth", "1,200", "3.50". A new day stays in its quarter of
the year (a day in the snow stays in winter), a new number near the old one.
"""

from __future__ import annotations

import calendar
import re

import numpy as np

from memory.times.number_words import ONES, TEENS, TENS

Rng = np.random.Generator
MONTHS = tuple(calendar.month_name)[1:]
WEEKDAYS = tuple(calendar.day_name)
LATEST_YEAR = 2025
_MONTH = "|".join([*MONTHS, *(m[:3] for m in MONTHS), "Sept"])
_DAY, _YEAR = r"(?P<d>\d{1,2})(?P<o>st|nd|rd|th)?", r"(?P<y>\d{4}|'?\d{2})"
FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_DAY}(?: of)?[ .]+(?P<m>{_MONTH})\.?(?:,? {_YEAR})?",
        rf"(?P<m>{_MONTH})\.? (?:the )?{_DAY}(?:,? {_YEAR})?",
        r"(?P<y>\d{4})-(?P<n>\d{2})-(?P<d>\d{2})",
        rf"(?P<d>\d{{1,2}})(?P<s>[./-]) ?(?P<n>\d{{1,2}})(?:(?P=s) ?{_YEAR}|\.)?",
    )
)
WORDS = ("zero", *ONES, *TEENS, *(f"{ten}-{one}".rstrip("-") for ten in TENS for one in ("", *ONES)))
"""The numbers 0 to 99 in words."""
_ODD = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_ODD |= {"twelve": "twelfth"}


def ordinal_word(n: int) -> str:
    """A number below 100 as "fourth" or "twenty-first"."""
    head, dash, last = WORDS[n].rpartition("-")
    return head + dash + (_ODD.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"))


def ending(n: int) -> str:
    """What follows a number that counts places: "st", "nd", "rd" or "th"."""
    return "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


NUMBERS = {word: n for n, word in enumerate(WORDS)} | {ordinal_word(n): n for n in range(100)}
"""Every number word below 100, also as "fourth", with its number."""


def number_of(word: str) -> float | None:
    """The number that a word stands for: "4", "4th", "1,200", "four" or "fourth"; None for any other word."""
    low = word.lower().replace(",", "")
    if found := re.fullmatch(r"(\d+(?:\.\d+)?)(?:st|nd|rd|th)?", low):
        return float(found[1])
    return NUMBERS.get(low)


def other_number(rng: Rng, written: str) -> str:
    """Another number near the written one (at least 2), in the same form. Raises ValueError when it is no number."""
    low = written.lower()
    old = number_of(low)
    if old is None:
        raise ValueError(f"{written!r} is no number: write 4, 4th, four, fourth, 1,200 or 3.50")
    whole, point, cents = low.replace(",", "").partition(".")
    if point:
        return f"{_near(rng, int(whole))}.{rng.integers(10 ** len(cents)):0{len(cents)}d}"
    n = _near(rng, int(old))
    if low in WORDS:
        return WORDS[min(n, 99)]
    if low in NUMBERS:
        return ordinal_word(min(n, 99))
    return f"{n:,}" if "," in low else f"{n}{ending(n)}" if low[-1] in "tdh" else str(n)


def _near(rng: Rng, n: int) -> int:
    """A whole number between two thirds and three halves of n, at least 2; round if n is round, below 100 if n is."""
    step = next((s for s in (100, 50, 10, 5) if n % s == 0 and n >= 4 * s), 1)
    low, high = max(2, -(-2 * n // 3)), max(6 if n < 6 else 0, 3 * n // 2)
    high = min(high, 99) if n < 100 else high  # nobody is 120
    drawn = int(rng.integers(-(-low // step), high // step + 1)) * step
    return max(2, drawn)


def other_day(rng: Rng, written: str) -> str:
    """Another day of the same quarter of the year, in the same form. Raises ValueError when the text is no day."""
    for form in FORMS:
        if found := form.fullmatch(written):
            return _in_form(rng, written, found)
    raise ValueError(f"{written!r} is no day: write 12 May, May 12th 2019, 12.5.2019, 12/5 or 2019-05-12")


def _in_form(rng: Rng, written: str, found: re.Match[str]) -> str:
    groups = found.groupdict()
    day, name, digits = int(groups["d"]), groups.get("m"), groups.get("n")
    american = digits is not None and int(digits) > 12
    month = _month_number(name) if name else day if american else int(digits or 0)
    if not 1 <= month <= 12:
        raise ValueError(f"{written!r} has no month")
    new_month, new_day = quarter_month(rng, month), int(rng.integers(13, 29))  # above 12: never read as a month
    parts = {"d": new_month if american else new_day, "n": new_day if american else new_month}
    put = {k: f"{v:0{len(groups[k] or '')}d}" for k, v in parts.items() if groups.get(k)}
    if name:
        full = MONTHS[new_month - 1]
        put["m"] = full if (name.capitalize() in MONTHS and len(name) > 3) or name.lower() == "may" else full[:3]
    if groups.get("o"):
        put["o"] = ending(new_day)
    if year := groups.get("y"):
        number = int(year.strip("'"))
        put["y"] = year[:-2] + f"{other_year(rng, number if number > 99 else 2000 + number) % 100:02d}"
        if number > 99:
            put["y"] = str(other_year(rng, number))
    pieces, at = "", 0
    for group in sorted(put, key=found.start):
        pieces += written[at : found.start(group)] + put[group]
        at = found.end(group)
    return pieces + written[at:]


def _month_number(name: str) -> int:
    return [m[:3].lower() for m in MONTHS].index(name[:3].lower()) + 1


def quarter_month(rng: Rng, month: int) -> int:
    """A month of the same quarter, as the seasons have it: December to February, March to May, and so on."""
    return (month // 3 * 3 + int(rng.integers(3)) - 1) % 12 + 1


def other_month(rng: Rng, written: str) -> str:
    """The name of a month of the same quarter. Raises ValueError for what is no month."""
    if written.capitalize() not in MONTHS:
        raise ValueError(f"{written!r} is no month")
    return MONTHS[quarter_month(rng, _month_number(written)) - 1]


def other_year(rng: Rng, year: int) -> int:
    """A year near the given one, and not in the future."""
    return int(rng.integers(year - 3, min(year + 3, LATEST_YEAR) + 1))


def other_time(rng: Rng, written: str) -> str:
    """Another time of the day, in the form of the written one: 6:30, 18:05, 6am. Raises ValueError when it is none."""
    found = re.fullmatch(r"(\d{1,2})(?:([:.])(\d\d))?( ?[ap]m)?", written, re.IGNORECASE)
    if not found or not (found[2] or found[4]):
        raise ValueError(f"{written!r} is no time: write 6:30 or 6am")
    hour = int(found[1])
    low = 13 if hour > 12 else 5 if hour > 4 else 1
    new = int(rng.integers(low, low + (9 if hour > 12 else 7 if hour > 4 else 4)))
    minutes = f"{found[2]}{5 * int(rng.integers(12)):02d}" if found[2] else ""
    return f"{min(new, 11 if found[4] else 23)}{minutes}{found[4] or ''}"
