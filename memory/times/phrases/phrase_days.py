"""The days of phrases of time: the atoms of a group narrow each other, groups are alternatives or ends of a range.

`phrase_finder.py` finds the phrases in a sentence, `meant_times.py` decides which of them mean a time, and
`beside_days.py` reckons what lies before or after one: "the week before Christmas".
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from memory.times.atoms.atom import Atom
from memory.times.atoms.atom_days import latest, shared, year_span
from memory.times.calendar_names import Span
from memory.times.phrases.beside_days import beside

Days = tuple[date | None, date | None]
"""First day and the day after the last; None: no limit."""


LIMITS = frozenset({"before", "after", "since", "until", "till", "around"})
"""Prepositions by which a phrase means other days than those it names."""


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
    beside: str = ""
    """What lies before or after the time: "week", "sunday", "3 days"; "": all that does."""

    @property
    def dated(self) -> bool:
        """Whether it says a year, or days of one."""
        return any(atom.year or atom.span for group in self.groups for atom in group)


def all_together(phrases: Sequence[Phrase], today: date, excepted: Sequence[Phrase] = ()) -> Days:
    """The days that all phrases mean together. A year alone is also the year of what has none.

    `excepted`: phrases that are not meant; their year counts where no other is said: "in May but not on 3 May 2023".
    """
    years = _years(phrases) or _years(excepted)
    hint = years.pop() if len(years) == 1 else None
    undated = any(a.part for p in phrases for g in p.groups for a in g if not any(b.year for b in g))
    ranges = [
        _days(phrase, hint if len(phrases) > 1 or not _years(phrases) else None, today)
        for phrase in phrases
        if not (undated and hint and _only_a_year(phrase))
    ]
    no_limit: Days = (None, None)
    return reduce(_both, ranges, no_limit)


def _years(phrases: Sequence[Phrase]) -> set[int]:
    return {atom.year for one in phrases for group in one.groups for atom in group if atom.year}


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
        if phrase.how != "between":
            spans[0] = _in_order(spans[0], spans[1])
    else:
        groups = _with_parts(groups)
        known: Sequence[int | None] = sorted({year for year in said if year})
        only = known[0] if len(known) == 1 else hint
        if all(_only_weekdays(group) for group in groups[:-1]):  # "Monday or Tuesday last week"
            groups = tuple((*group, *(a for a in groups[-1] if a.span)) for group in groups[:-1]) + groups[-1:]
        spans = [
            _span(group, year, today)
            for group in groups
            for year in (known if len(known) > 1 and not any(a.year for a in group) else [only])
        ]
    first, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if phrase.how == "around" and not phrase.is_range:
        return _around(first, end)
    return _limited(phrase, first, end) if len(groups) == 1 or not phrase.is_range else (first, end)


def _limited(phrase: Phrase, first: date, end: date) -> Days:
    """The days on the side of a span that "before", "until", "after" or "since" names; the span itself without."""
    if phrase.beside and phrase.how in ("before", "after"):
        return beside((first, end), phrase.how == "before", phrase.beside)
    match phrase.how:
        case "before":
            return None, first
        case "until" | "till":
            return None, end
        case "after":
            return end, None
        case "since":
            return first, None
    return first, end


def excluded_days(phrase: Phrase, today: date, within: Days) -> list[Span]:
    """The days that "except May and June 2023" or "but not at Christmas" leaves out.

    Where no year is said, those of all years from the first to the last day `within` which is asked. Raises ValueError
    where they cannot be told.
    """
    groups = phrase.groups
    said = {atom.year for group in groups for atom in group if atom.year}
    dated = any(atom.span for group in groups for atom in group)
    if phrase.is_range or phrase.how in LIMITS:
        first, end = _days(phrase, None, today)
        if phrase.is_range and not (said or dated):
            raise ValueError("a range of any year")
        return [(first or date.min, end or date.max)]
    if all(_only_weekdays(group) for group in groups):
        raise ValueError("weekdays")
    years: Sequence[int | None] = range((within[0] or date(1900, 12, 31)).year - 1, (within[1] or today).year + 1)
    every = sorted(year for year in said if year) or years
    spans: list[Span] = []
    for group in groups:
        of: Sequence[int | None] = [None] if any(a.year or a.span for a in group) else every
        for year in of:
            with suppress(ValueError):  # 29 February
                spans.append(_span(group, year, today))
    return spans


def _with_parts(groups: Sequence[tuple[Atom, ...]]) -> tuple[tuple[Atom, ...], ...]:
    """The alternatives, where "summer 2018 and 2019" means two summers."""
    whole: list[tuple[Atom, ...]] = []
    for group in groups:
        part = next((atom for atom in whole[-1] if atom.part), None) if whole else None
        years_alone = all(atom.year and not atom.share for atom in group)
        whole.append((part, *group) if part and years_alone and any(a.year for a in whole[-1]) else group)
    return tuple(whole)


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


def _in_order(first: Span, last: Span) -> Span:
    """The beginning of a range: that of "last September" to "this June" lies in the year before."""
    if first[0] < last[1] or not 28 <= (first[1] - first[0]).days < 366:
        return first
    years = last[0].year - first[0].year - ((first[0].month, first[0].day) > (last[0].month, last[0].day))
    begins, end = (day.replace(year=day.year + years) for day in first)
    return begins, end


def _only_weekdays(group: Sequence[Atom]) -> bool:
    return all(atom.weekday is not None for atom in group)


def _whole_years(group: Sequence[Atom]) -> list[int]:
    """The years of "2019/20" or "the 90s" in a group."""
    spans = [atom.span for atom in group if atom.span and atom.span[0].timetuple().tm_yday == 1]
    return [year for first, end in spans if end.timetuple().tm_yday == 1 for year in range(first.year, end.year)]


def _week_of(span: Span, what: str, feast: bool) -> Span:
    """The weeks or the weekend around a day or a feast, with all of the feast; a Monday's feast makes it longer."""
    first, last = span[0], span[1] - timedelta(days=1)
    if what == "week":
        return first - timedelta(days=first.weekday()), last + timedelta(days=7 - last.weekday())
    saturday = first + timedelta(days=(8 - first.weekday()) % 7 - 3)  # the nearest: of a Wednesday the next
    weekend = saturday, saturday + timedelta(days=2)
    beside = last > first or (feast and (first == weekend[1] or span[1] == weekend[0]))
    return (min(weekend[0], first), max(weekend[1], span[1])) if beside else weekend


def _span(group: Sequence[Atom], year: int | None, today: date) -> Span:
    """The days that the atoms of a group mean together; `year`: of what says none. Raises ValueError."""
    spans = _told_spans(group, year, today)
    around = next((a.share.lower() for a in group if a.share and not (a.part or a.span or a.year)), "")
    if around:
        if not spans:
            raise ValueError("a weekend of no day")
        return _week_of(spans[0], around, any(atom.part and not atom.sure for atom in group))
    weekday = next((atom.weekday for atom in group if atom.weekday is not None), None)
    if not spans and weekday is not None:
        day = today - timedelta(days=(today.weekday() - weekday) % 7)
        return day, day + timedelta(days=1)
    first, end = _shared_days(spans)
    if weekday is not None and (end - first).days <= 7:
        day = first + timedelta(days=(weekday - first.weekday()) % 7)
        return (day, day + timedelta(days=1)) if day < end else (day - timedelta(days=7), end)  # Friday of the weekend
    return first, end


def _told_spans(group: Sequence[Atom], year: int | None, today: date) -> list[Span]:
    """The days that each atom of a group means, of those that mean any alone; see `_span`."""
    if any(atom.vague for atom in group):
        raise ValueError("a time of which nobody says when")
    said = [atom.year for atom in group if atom.year] or _whole_years(group) or ([year] if year else [])
    spans: list[Span] = []
    for atom in group:
        if atom.part:
            found = [shared(atom.part(of), atom.share) for of in said]
            found = found or [shared(latest(atom.part, today), atom.share)]
            spans.append((min(span[0] for span in found), max(span[1] for span in found)))
        elif atom.span:
            spans.append(atom.span)
        elif atom.year and not any(one.part for one in group):
            spans.append(shared(year_span(atom.year), atom.share))
    return spans


def _shared_days(spans: Sequence[Span]) -> Span:
    """The days that some spans share or, where two do not meet, from the first to the last of either."""
    first, end = spans[0]
    for span in spans[1:]:
        meets = max(first, span[0]) < min(end, span[1])
        first, end = (max(first, span[0]), min(end, span[1])) if meets else (min(first, span[0]), max(end, span[1]))
    return first, end
