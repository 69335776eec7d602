"""What the app says of the days that it searched: "from last summer (June to August 2026), except July"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from memory.days import day_words
from memory.times.phrases.meant_times import MeantPhrases, of_movable_feast
from memory.times.phrases.phrase_days import LIMITS, Days, Phrase
from memory.times.time_spelling import Spelled

_SAID = ("before", "until", "till", "after", "since", "around")
"""What is said before a time as it was typed; else "from", and "between" before two."""


def reasons(written: Spelled, found: MeantPhrases, excluded: Sequence[Phrase], days: Days) -> Iterator[str]:
    """The days in words, and what was left out or widened them."""
    if found.phrases:
        yield _why(written, found.phrases, *days)
    if any(of_movable_feast(written.text, one) for one in found.phrases):
        yield "as I do not know which day that feast was"
    for one in excluded:
        yield f"except {one.how + ' ' if one.how in LIMITS else ''}{_typed(written, one)}"
    for one in (*(told for told in found.told if told not in excluded), *found.half_read):
        yield f"and “{_typed(written, one)}” left out of account"


def _why(written: Spelled, phrases: Sequence[Phrase], since: date | None, before: date | None) -> str:
    """ "from last summer (June to August 2026)"; without the days where the phrase says them."""
    said: list[str] = []
    for phrase in phrases:
        how = phrase.how if phrase.how in _SAID or (phrase.how == "between" and phrase.is_range) else "from"
        start, end = written.place(*phrase.said)
        said.append(written.typed[start:end] if said and how == "from" else f"{how} {written.typed[start:end]}")
    text = ", ".join(said)
    if since and before:
        days = range_words(since, before)
    else:
        until = before and f"until {day_words(before - timedelta(days=1))}"
        days = until or f"from {day_words(since)} on"
    exact = text.casefold().removeprefix("from ").removeprefix("until ") == days.casefold().removeprefix("until ")
    return text if exact else f"{text} ({days})"


def _typed(written: Spelled, phrase: Phrase) -> str:
    start, end = written.place(*phrase.said)
    return written.typed[start:end]


def range_words(since: date, before: date) -> str:
    """A range of days as people write it: "June to August 2023", "2024", "24 to 26 December 2022"."""
    last = before - timedelta(days=1)
    if since == last:
        return day_words(since)
    one_year, one_month = since.year == last.year, (since.year, since.month) == (last.year, last.month)
    if since.day == before.day == 1:
        if since.month == before.month == 1:
            return f"{since.year}" if one_year else f"{since.year} to {last.year}"
        return f"{since:%B %Y}" if one_month else f"{since:%B}{'' if one_year else f' {since.year}'} to {last:%B %Y}"
    if one_month:
        return f"{since.day} to {day_words(last)}"
    return f"{since.day} {since:%B}{'' if one_year else f' {since.year}'} to {day_words(last)}"
