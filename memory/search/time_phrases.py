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
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Literal, NamedTuple

from memory.days import day_words
from memory.search.calendar_names import Span
from memory.search.time_atoms import TO, Atom, atoms, latest, shared, year_span

_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)
_HOW = re.compile(
    r"\b(?:(?P<length>day|night|evening|morning|week|fortnight|month) (?=before |after ))?"
    r"(?P<how>before|until|till|after|since|in|on|at|from|during|over|around|between|within|throughout|circa|ca\.?|of)"
    r" (?:the )?$",
    re.I,
)
_LENGTHS = {"week": 7, "fortnight": 14, "month": 31}
"""Days of "the week before Christmas"; of all others one."""
_TOGETHER = re.compile(r"/|\s*,?\s*(?:of|in|on|at|from|of the|in the|on the)?\s*", re.I)
_RANGE = re.compile(rf"\s*{TO}(?: the)?\s*", re.I)
_EITHER = re.compile(r"\s*,?\s*(?:or|and|&)(?: in| on| at| from)?(?: the)?\s*", re.I)
_ONWARDS = re.compile(r" (?:onwards?\b|on(?=\s*[?.!,]|\s*$))", re.I)

Days = tuple[date | None, date | None]
"""First day and the day after the last; None: no limit."""


class TimeQuery(NamedTuple):
    """What a question says about time, and its other words."""

    words: str
    """The question without the phrases of time."""
    since: date | None = None
    """First local day of the range; None: no limit."""
    before: date | None = None
    """The day after the range; None: no limit."""
    why: str = ""
    """The range in words, "from last summer (June to August 2026)"; empty when there is no range."""
    order: Literal["newest", "oldest"] | None = None
    """Whether the question asks for the last time ("newest") or the first time ("oldest")."""


@dataclass(frozen=True)
class _Phrase:
    """Atoms beside each other, with the preposition before them."""

    how: str
    """The preposition in small letters; "since" also for "from 2019 on", "around" for "circa"; "": there is none."""
    start: int
    end: int
    text: str
    """Without preposition and article."""
    groups: tuple[tuple[Atom, ...], ...]
    """The atoms of a group narrow each other."""
    is_range: bool
    """Whether the groups are the ends of a range; else they are alternatives."""
    length: int = 0
    """Of "the week before", so many days; 0: no limit."""


def parse(text: str, now: datetime | None = None) -> TimeQuery:
    """The time that `text` means when it is said at `now` (timezone-aware; default: this moment, local timezone)."""
    text = re.sub(r"\s+", " ", text).replace("’", "'")
    order: Literal["newest", "oldest"] | None = None
    if match := _ORDER.search(text):
        order = "newest" if match["newest"] else "oldest"
        text = text[: match.start()] + text[match.end() :]
    today = (now or datetime.now()).date()
    phrases = [one for one in _phrases(text, atoms(text, today)) if _means_a_time(one)]
    try:
        since, before = _all_together(phrases, today)
    except (ValueError, OverflowError):  # 29 February of a year that has none, the end of the calendar
        return TimeQuery(text, order=order)
    if not phrases or (since and before and since >= before):
        return TimeQuery(text, order=order)
    words = text
    for phrase in reversed(phrases):
        words = words[: phrase.start] + words[phrase.end :]
    return TimeQuery(words, since, before, _why(phrases, since, before), order)


def given_days(text: str, now: datetime | None = None) -> Span:
    """The days that a person types: "2025-08-01", "1 August", "May 2024". Raises ValueError, a line for people."""
    asked = parse(f"on {text}", now)
    if not asked.since or not asked.before or asked.words.strip():
        raise ValueError(f"{text!r} is not a day; write it like 2025-08-01")
    return asked.since, asked.before


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


def _phrases(text: str, found: Sequence[Atom]) -> Iterable[_Phrase]:
    """Atoms with nothing but small words between them, as phrases."""
    rest = list(found)
    while rest:
        first = rest.pop(0)
        head = _HOW.search(text, 0, first.start)
        how = head["how"].lower() if head else ""
        how = "around" if how.startswith("c") else how
        groups, is_range, end = [[first]], False, first.end
        while rest:
            gap = text[end : rest[0].start]
            if gap and _TOGETHER.fullmatch(gap):
                groups[-1].append(rest[0])
            elif _RANGE.fullmatch(gap) or (how == "between" and _EITHER.fullmatch(gap)):
                groups, is_range = [*groups, [rest[0]]], True
            elif _EITHER.fullmatch(gap):
                groups.append([rest[0]])
            else:
                break
            end = rest.pop(0).end
        start = head.start() if head else first.start
        start = (
            start if (head and not head["length"]) or not text[:start].lower().endswith("the ") else start - len("the ")
        )
        said = text[first.start : end]
        if how == "from" and (more := _ONWARDS.match(text, end)):
            how, end = "since", more.end()
        if not head and not any(atom.sure for group in groups for atom in group):
            start = first.start
        length = _LENGTHS.get(head["length"].lower(), 1) if head and head["length"] else 0
        yield _Phrase(how, start, end, said, tuple(map(tuple, groups)), is_range, length)


def _means_a_time(phrase: _Phrase) -> bool:
    """Whether words that may mean a time do so here."""
    every = [atom for group in phrase.groups for atom in group]
    if any(atom.sure for atom in every):
        return True
    if any(any(a.part for a in group) and any(a.year for a in group) for group in phrase.groups):
        return True
    if phrase.is_range and all(any(atom.year for atom in group) for group in phrase.groups):
        return True
    if phrase.how == "of":  # "photos of May" are of a person, those of the 90s are not
        return any(atom.year or atom.span for atom in every)
    if phrase.how == "at":
        return not every[0].is_month
    if phrase.how == "over":  # "over 2000 people"
        return not every[0].year
    return bool(phrase.how)


def _all_together(phrases: Sequence[_Phrase], today: date) -> Days:
    """The days that all phrases mean together. A year alone is also the year of what has none."""
    years = {atom.year for one in phrases for group in one.groups for atom in group if atom.year}
    hint = years.pop() if len(years) == 1 else None
    undated = any(a.part for p in phrases for g in p.groups for a in g if not any(b.year for b in g))
    ranges = [
        _days(phrase, hint if len(phrases) > 1 else None, today)
        for phrase in phrases
        if not (undated and hint and _only_a_year(phrase))
    ]
    no_limit: Days = (None, None)
    return reduce(_both, ranges, no_limit)


def _only_a_year(phrase: _Phrase) -> bool:
    alone = len(phrase.groups) == 1 and all(atom.year and not atom.share for atom in phrase.groups[0])
    return alone and phrase.how not in ("before", "until", "till", "after", "since")


def _both(one: Days, other: Days) -> Days:
    """The days in both or, where they do not meet, from the first to the last of either."""
    (a, b), (c, d) = one, other
    since = max((x for x in (a, c) if x), default=None)
    before = min((x for x in (b, d) if x), default=None)
    if since and before and since >= before:
        return (min(a, c) if a and c else None), (max(b, d) if b and d else None)
    return since, before


def _days(phrase: _Phrase, hint: int | None, today: date) -> Days:
    """The days that a phrase means; `hint`: the year that another phrase says."""
    groups = phrase.groups
    said = [next((atom.year for atom in group if atom.year), None) for group in groups]
    if phrase.is_range:
        spans = _ends(groups, said, hint, today)
    else:
        known = {year for year in said if year}
        only = known.pop() if len(known) == 1 else hint
        spans = [_span(group, only, today) for group in groups]
    first, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if phrase.how == "around" and not phrase.is_range:
        return _around(first, end)
    if len(groups) == 1 or not phrase.is_range:
        if phrase.how == "before":
            return first - timedelta(days=phrase.length) if phrase.length else None, first
        if phrase.how in ("until", "till"):
            return None, end
        if phrase.how == "after":
            return end, end + timedelta(days=phrase.length) if phrase.length else None
        if phrase.how == "since":
            return first, None
    return first, end


def _around(first: date, end: date) -> Span:
    """A range with the year before and after it or, where it is of months or days, the month or week."""
    if (end - first).days > 360:
        return date(first.year - 1, first.month, first.day), date(end.year + 1, end.month, end.day)
    if first.day == end.day == 1:
        return (first - timedelta(days=1)).replace(day=1), (end + timedelta(days=31)).replace(day=1)
    return first - timedelta(days=7), end + timedelta(days=7)


def _ends(groups: Sequence[tuple[Atom, ...]], said: Sequence[int | None], hint: int | None, today: date) -> list[Span]:
    """The spans at the two ends of a range: an end without a year is of the year that puts it in order."""
    first, last = groups[0], groups[-1]
    if all(atom.weekday is not None for atom in first):  # "Monday to Friday last week"
        first = (*first, *(atom for atom in last if atom.span))
    begins, ends = said[0] or hint, said[-1] or hint
    if begins and not ends:
        start = _span(first, begins, today)
        end = _span(last, begins, today)
        return [start, end if end[0] >= start[0] else _span(last, begins + 1, today)]
    end = _span(last, ends, today)
    start = _span(first, begins or end[0].year, today)
    return [start if begins or start[0] <= end[0] else _span(first, end[0].year - 1, today), end]


def _span(group: Sequence[Atom], year: int | None, today: date) -> Span:
    """The days that the atoms of a group mean together; `year`: of what says none. Raises ValueError."""
    years = [atom for atom in group if atom.year]
    spans: list[Span] = []
    for atom in group:
        if atom.part:
            of = [one.year for one in years if one.year] or ([year] if year else [])
            found = [shared(atom.part(one), atom.share) for one in of] or [shared(latest(atom.part, today), atom.share)]
            spans.append((min(span[0] for span in found), max(span[1] for span in found)))
        elif atom.span:
            spans.append(shared(atom.span, ""))
        elif atom.year and not any(one.part for one in group):
            spans.append(shared(year_span(atom.year), atom.share))
    if not spans and any(atom.share.lower() == "weekend" for atom in group):
        raise ValueError("a weekend of no day")
    if spans and any(atom.share.lower() == "weekend" for atom in group if not (atom.part or atom.span or atom.year)):
        day = spans[0][0]
        saturday = day + timedelta(days=(8 - day.weekday()) % 7 - 3)  # the nearest: of a Wednesday the next
        return saturday, saturday + timedelta(days=2)
    weekday = next((atom.weekday for atom in group if atom.weekday is not None), None)
    if not spans and weekday is not None:
        day = today - timedelta(days=(today.weekday() - weekday) % 7)
        return day, day + timedelta(days=1)
    first, end = spans[0]
    for span in spans[1:]:
        meets = max(first, span[0]) < min(end, span[1])
        first, end = (max(first, span[0]), min(end, span[1])) if meets else (min(first, span[0]), max(end, span[1]))
    if weekday is not None and (end - first).days <= 7:
        day = first + timedelta(days=(weekday - first.weekday()) % 7)
        return (day, day + timedelta(days=1)) if day < end else (first, end)
    return first, end


def _why(phrases: Sequence[_Phrase], since: date | None, before: date | None) -> str:
    """ "from last summer (June to August 2026)"; without the days where the phrase says them."""
    said: list[str] = []
    for phrase in phrases:
        how = phrase.how if phrase.how in ("before", "until", "till", "after", "since", "around") else "from"
        said.append(phrase.text if said and how == "from" else f"{how} {phrase.text}")
    text = ", ".join(said)
    if since and before:
        days = range_words(since, before)
    else:
        until = before and f"until {day_words(before - timedelta(days=1))}"
        days = until or f"from {day_words(since)} on"
    return text if days.casefold() in text.casefold() else f"{text} ({days})"
