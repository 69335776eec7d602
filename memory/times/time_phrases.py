"""English phrases of time as a range of local days: "last summer", "before Christmas", "from May to July 2024".

Atoms (`time_atoms.py`) beside each other are one phrase: a month and a year narrow each other, "to" makes a range, "or"
joins. Which words mean a time is decided narrowly, as "may" and "fall" mostly do not: a phrase counts after a
preposition, or with an atom that is sure. Of several phrases the days that all mean count or, where they do not meet,
all days from the first to the last: what is half understood makes a range wider, never another one. The reason that is
shown names the days. The latest time that has begun is meant where no year is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Literal, NamedTuple

from memory.times.atoms.time_atoms import atoms
from memory.times.calendar_names import Span
from memory.times.phrases.leftovers import made_wider
from memory.times.phrases.meant_times import (
    EXCEPT,
    NOT,
    MeantPhrases,
    has_a_year,
    is_a_feast,
    is_half_read,
    means_a_time,
    meant,
)
from memory.times.phrases.phrase_days import Days, Phrase, all_together, excluded_days
from memory.times.phrases.phrase_finder import find_phrases
from memory.times.phrases.time_reasons import reasons
from memory.times.time_spelling import Spelled, spelled

_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)
_A_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class TimeQuery(NamedTuple):
    """What a question says about time, and its other words."""

    words: str
    """The question without the phrases of time."""
    since: date | None = None
    """First local day of the range; None: no limit."""
    before: date | None = None
    """The day after the range; None: no limit."""
    why: str = ""
    """The range in words, "from last summer (June to August 2026), except July"; empty when there is no range."""
    order: Literal["newest", "oldest"] | None = None
    """Whether the question asks for the last time ("newest") or the first time ("oldest")."""
    without: tuple[Span, ...] = ()
    """Days that are left out: "everything except 2023"."""

    def has(self, day: date | None) -> bool:
        """Whether a local day is in the range; an unknown one, None, is in none."""
        return (
            day is not None
            and (self.since is None or day >= self.since)
            and (self.before is None or day < self.before)
            and not any(first <= day < end for first, end in self.without)
        )


def parse(text: str, now: datetime | None = None) -> TimeQuery:
    """The time that `text` means when it is said at `now` (timezone-aware; default: this moment, local timezone)."""
    text, order = _without_order(re.sub(r"\s+", " ", text).replace("’", "'"))
    nothing = TimeQuery(text, order=order)
    today = (now or datetime.now()).date()
    written = spelled(text)
    try:
        found = _by_meaning(written, _apart(list(find_phrases(written.text, atoms(written.text, today)))))
        since, before = all_together(found.phrases, today, found.told)
    except (ValueError, OverflowError):  # 29 February of a year that has none, the end of the calendar
        return nothing
    if (since and before and since >= before) or (found.phrases and not since and not before):  # or all days
        return nothing
    without, excluded = _without(written.text, found.told, today, (since, before))
    if not found.phrases and not without:
        return nothing
    words = _without_phrases(written, {*found.phrases, *(found.told if found.phrases else excluded)}, found.told)
    why = ", ".join(reasons(written, found, excluded, (since, before)))
    return TimeQuery(words, since, before, why, order, without)


def _without_order(text: str) -> tuple[str, Literal["newest", "oldest"] | None]:
    """The text without "the last time" or "the first time", and which of the two it had."""
    if not (match := _ORDER.search(text)):
        return text, None
    return text[: match.start()] + text[match.end() :], "newest" if match["newest"] else "oldest"


def _by_meaning(written: Spelled, every: Sequence[Phrase]) -> MeantPhrases:
    """Which phrases mean a time, which are told to be not meant, and which were understood by half."""
    text = written.text
    negated = [one for one in every if NOT.search(text, 0, one.start)]
    dated = any(has_a_year(one) for one in every)  # "in 2019, except July" is of no July
    told = [one for one in negated if means_a_time(one) or has_a_year(one) or dated or is_a_feast(one)]
    others = [one for one in every if one not in negated]
    phrases = meant(written, others)
    if told and not phrases and len(others) == 1 and has_a_year(others[0]):  # "2012 minus the summer"
        phrases = others
    half_read = [one for one in phrases if is_half_read(text, one, alone=len(phrases) == 1)]
    wider = {one: made_wider(text, one, every) for one in phrases if one not in half_read}
    half_read += [one for one, found in wider.items() if not found]
    phrases = [found for found in wider.values() if found]
    if _A_YEAR.search(text) and not any(one.dated for one in (*phrases, *told)):
        phrases = []  # a year that was not understood: "in the spring two years after 2018"
    return MeantPhrases(phrases, told, half_read)


def _without_phrases(written: Spelled, read: Iterable[Phrase], told: Sequence[Phrase]) -> str:
    """The text as it was typed without these phrases, and without the "not" before those that are `told`."""
    words = written.typed
    for phrase in sorted(read, key=lambda one: one.start, reverse=True):
        before_it = NOT.search(written.text, 0, phrase.start) if phrase in told else None
        start, end = written.place(before_it.start() if before_it else phrase.start, phrase.end)
        words = words[:start] + words[end:]
    return words


def _apart(phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases without those that are the beginning of another: "the last Sunday" of "before Christmas"."""
    return [
        one for one in phrases if not any(other.start <= one.said[0] and one.end <= other.said[0] for other in phrases)
    ]


def _without(text: str, told: Sequence[Phrase], today: date, within: Days) -> tuple[tuple[Span, ...], list[Phrase]]:
    """The days that are left out, and the phrases that say so, of those that are `told` to be not meant."""
    spans: list[Span] = []
    excluding: list[Phrase] = []
    for phrase in told:
        if EXCEPT.search(text, 0, phrase.start) and not text[phrase.end :].startswith((" but ", ", but ")):
            with suppress(ValueError, OverflowError):
                spans += excluded_days(phrase, today, within)
                excluding.append(phrase)
    return tuple(spans), excluding


def given_days(text: str, now: datetime | None = None) -> Span:
    """The days that a person types: "2025-08-01", "1 August", "May 2024". Raises ValueError, a line for people."""
    asked = parse(f"on {text}", now)
    if not asked.since or not asked.before or asked.words.strip():
        raise ValueError(f"{text!r} is not a day; write it like 2025-08-01")
    return asked.since, asked.before
