"""The days of phrases of time: the atoms of a group narrow each other, groups are alternatives or ends of a range.

`time_phrases.py` finds the phrases in a sentence, and decides which of them mean a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from memory.times.atom_days import latest, shared, year_span
from memory.times.calendar_names import Span
from memory.times.time_atoms import Atom

Days = tuple[date | None, date | None]
"""First day and the day after the last; None: no limit."""


@dataclass(frozen=True)
class Phrase:
    """Atoms beside each other, with the preposition before them."""

    how: str
    """The preposition in small letters; "since" also for "from 2019 on", "around" for "circa"; "": there is none."""
    start: int
    end: int
    said: tuple[int, int]
    """Where it stands without preposition and article."""
    groups: tuple[tuple[Atom, ...], ...]
    """The atoms of a group narrow each other."""
    is_range: bool
    """Whether the groups are the ends of a range; else they are alternatives."""
    length: int = 0
    """Of "the week before", so many days; 0: no limit."""


def all_together(phrases: Sequence[Phrase], today: date) -> Days:
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


def _only_a_year(phrase: Phrase) -> bool:
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


def _days(phrase: Phrase, hint: int | None, today: date) -> Days:
    """The days that a phrase means; `hint`: the year that another phrase says."""
    groups = phrase.groups
    said = [next((atom.year for atom in group if atom.year), None) for group in groups]
    if phrase.is_range:
        spans = _ends(groups, said, hint, today)
    else:
        known = {year for year in said if year}
        only = known.pop() if len(known) == 1 else hint
        if all(_only_weekdays(group) for group in groups[:-1]):  # "Monday or Tuesday last week"
            groups = tuple((*group, *(a for a in groups[-1] if a.span)) for group in groups[:-1]) + groups[-1:]
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
    if _only_weekdays(first):  # "Monday to Friday last week"
        first = (*first, *(atom for atom in last if atom.span))
        if _only_weekdays(last):  # "from Friday to Sunday"
            end = _span(last, None, today)
            back = ((last[0].weekday or 0) - (first[0].weekday or 0)) % 7
            return [(end[0] - timedelta(days=back), end[1]), end]
    begins, ends = said[0] or hint, said[-1] or hint
    if begins and not ends:
        start = _span(first, begins, today)
        end = _span(last, begins, today)
        return [start, end if end[0] >= start[0] else _span(last, begins + 1, today)]
    end = _span(last, ends, today)
    start = _span(first, begins or end[0].year, today)
    return [start if begins or start[0] <= end[0] else _span(first, end[0].year - 1, today), end]


def _only_weekdays(group: Sequence[Atom]) -> bool:
    return all(atom.weekday is not None for atom in group)


def _whole_years(group: Sequence[Atom]) -> list[int]:
    """The years of "2019/20" or "the 90s" in a group."""
    spans = [atom.span for atom in group if atom.span and atom.span[0].timetuple().tm_yday == 1]
    return [year for first, end in spans if end.timetuple().tm_yday == 1 for year in range(first.year, end.year)]


def _week_of(span: Span, what: str) -> Span:
    """The weeks or the weekend around a day or a feast, with all of the feast."""
    first, last = span[0], span[1] - timedelta(days=1)
    if what == "week":
        return first - timedelta(days=first.weekday()), last + timedelta(days=7 - last.weekday())
    saturday = first + timedelta(days=(8 - first.weekday()) % 7 - 3)  # the nearest: of a Wednesday the next
    weekend = saturday, saturday + timedelta(days=2)
    return (min(weekend[0], first), max(weekend[1], span[1])) if last > first else weekend


def _span(group: Sequence[Atom], year: int | None, today: date) -> Span:
    """The days that the atoms of a group mean together; `year`: of what says none. Raises ValueError."""
    years = [atom for atom in group if atom.year]
    spans: list[Span] = []
    if any(atom.vague for atom in group):
        raise ValueError("a time of which nobody says when")
    for atom in group:
        if atom.part:
            of = [one.year for one in years if one.year] or _whole_years(group) or ([year] if year else [])
            found = [shared(atom.part(one), atom.share) for one in of] or [shared(latest(atom.part, today), atom.share)]
            spans.append((min(span[0] for span in found), max(span[1] for span in found)))
        elif atom.span:
            spans.append(shared(atom.span, ""))
        elif atom.year and not any(one.part for one in group):
            spans.append(shared(year_span(atom.year), atom.share))
    around = next((a.share.lower() for a in group if a.share and not (a.part or a.span or a.year)), "")
    if around:
        if not spans:
            raise ValueError("a weekend of no day")
        return _week_of(spans[0], around)
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
