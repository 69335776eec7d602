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
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from memory.days import day_words
from memory.times.atoms.atom import Atom
from memory.times.atoms.atom_patterns import TO
from memory.times.atoms.time_atoms import atoms
from memory.times.calendar_names import WEEKDAYS, Span
from memory.times.leftovers import made_wider
from memory.times.meant_times import (
    EXCEPT,
    NOT,
    has_a_year,
    is_a_feast,
    is_half_read,
    means_a_time,
    meant,
    of_movable_feast,
)
from memory.times.number_words import NUMBER
from memory.times.phrase_days import LIMITS, Days, Phrase, all_together, excluded_days
from memory.times.time_spelling import Spelled, spelled

_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)
_HOW = re.compile(
    rf"\b(?:(?P<beside>(?:the )?(?:(?:{NUMBER}|few|couple of) )?(?:day|week|month|year)s?|night|evening|morning"
    rf"|fortnight|(?:(?:the )?(?:first|second|third|next|last) )?(?:week|weekend|month|day|{'|'.join(WEEKDAYS)}))"
    r" (?=before |after ))?"
    r"(?P<how>before|until|till|after|since|in|on|at|from|during|over|around|between|within|throughout|circa|ca\.?|of)"
    r" (?:the )?$",
    re.I,
)
_TOGETHER = re.compile(r"/|\s*,?\s*(?:of|in|on|at|from|of the|in the|on the)?\s*", re.I)
_RANGE = re.compile(rf"\s*{TO}(?: the)?\s*", re.I)
_EITHER = re.compile(
    r"\s*,?\s*(?:(?:or|and|&)(?: (?:was it|maybe|perhaps|possibly|even|rather|else|also))?|maybe|perhaps|possibly"
    r"|no,?|i mean|versus|vs\.?|than|compared (?:with|to))(?: in| on| at| from)?(?: the)?\s*",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(?:since\b|(?:after|(?P<until>before|until|till)) (?:we|i|you|he|she|they|it|(?-i:[A-Z][a-z]+)) "
    r"|(?<!day )(?<!days )(?<!\bnight )(?<!morning )(?<!evening )(?:after|(?P<before>before|until|till)) "
    r"(?:the|an?|our|my|his|her|their|your) "
    r"|(?:seit(?:dem)? (?:wir|ich|er|sie|es)|depuis qu\w*|desde que|da quando|sinds (?:we|ik|hij|ze)|odkąd)\b"
    r"|(?:(?P<ahead>antes|prima|avant)|dopo|después|depois|après|nach (?=de[mnr])|na (?=de |het )) ?)[^,.;?!]{1,40}$",
    re.I,
)
"""What happened in a time after, "since we got him in 2017": the time has no limit on one side."""
_BETWEEN_A_DEED = re.compile(r"\bbetween (?!one |both )[^,.;?!\d]{1,40} and (?:the )?$", re.I)
_A_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ONWARDS = re.compile(r" (?:onwards?\b|on(?=\s*[?.!,]|\s*$))", re.I)


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


class _Meant(NamedTuple):
    """The phrases of a sentence by what they are to it."""

    phrases: Sequence[Phrase]
    """Those that say when."""
    told: Sequence[Phrase]
    """Those that say when not."""
    half_read: Sequence[Phrase]
    """Those that would say when, but beside something that was not understood."""


def parse(text: str, now: datetime | None = None) -> TimeQuery:
    """The time that `text` means when it is said at `now` (timezone-aware; default: this moment, local timezone)."""
    text, order = _without_order(re.sub(r"\s+", " ", text).replace("’", "'"))
    nothing = TimeQuery(text, order=order)
    today = (now or datetime.now()).date()
    written = spelled(text)
    try:
        found = _by_meaning(written, _apart(list(_phrases(written.text, atoms(written.text, today)))))
        since, before = all_together(found.phrases, today, found.told)
    except (ValueError, OverflowError):  # 29 February of a year that has none, the end of the calendar
        return nothing
    if (since and before and since >= before) or (found.phrases and not since and not before):  # or all days
        return nothing
    without, excluded = _without(written.text, found.told, today, (since, before))
    if not found.phrases and not without:
        return nothing
    words = _without_phrases(written, {*found.phrases, *(found.told if found.phrases else excluded)}, found.told)
    why = ", ".join(_reasons(written, found, excluded, (since, before)))
    return TimeQuery(words, since, before, why, order, without)


def _without_order(text: str) -> tuple[str, Literal["newest", "oldest"] | None]:
    """The text without "the last time" or "the first time", and which of the two it had."""
    if not (match := _ORDER.search(text)):
        return text, None
    return text[: match.start()] + text[match.end() :], "newest" if match["newest"] else "oldest"


def _by_meaning(written: Spelled, every: Sequence[Phrase]) -> _Meant:
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
    wider = {one: _with_leftovers(text, one, every) for one in phrases if one not in half_read}
    half_read += [one for one, found in wider.items() if not found]
    phrases = [found for found in wider.values() if found]
    if _A_YEAR.search(text) and not any(one.dated for one in (*phrases, *told)):
        phrases = []  # a year that was not understood: "in the spring two years after 2018"
    return _Meant(phrases, told, half_read)


def _without_phrases(written: Spelled, read: Iterable[Phrase], told: Sequence[Phrase]) -> str:
    """The text as it was typed without these phrases, and without the "not" before those that are `told`."""
    words = written.typed
    for phrase in sorted(read, key=lambda one: one.start, reverse=True):
        before_it = NOT.search(written.text, 0, phrase.start) if phrase in told else None
        start, end = written.place(before_it.start() if before_it else phrase.start, phrase.end)
        words = words[:start] + words[end:]
    return words


def _reasons(written: Spelled, found: _Meant, excluded: Sequence[Phrase], days: Days) -> Iterable[str]:
    """The days in words, and what was left out or widened them."""
    if found.phrases:
        yield _why(written, found.phrases, *days)
    if any(of_movable_feast(written.text, one) for one in found.phrases):
        yield "as I do not know which day that feast was"
    for one in excluded:
        yield f"except {one.how + ' ' if one.how in LIMITS else ''}{_typed(written, one)}"
    for one in (*(told for told in found.told if told not in excluded), *found.half_read):
        yield f"and “{_typed(written, one)}” left out of account"


def _with_leftovers(text: str, phrase: Phrase, every: Sequence[Phrase]) -> Phrase | None:
    begins = max((one.end for one in every if one.end <= phrase.start), default=0)
    ends = min((one.start for one in every if one.start >= phrase.end), default=len(text))
    return made_wider(text, phrase, begins=begins, ends=ends)


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


def _typed(written: Spelled, phrase: Phrase) -> str:
    start, end = written.place(*phrase.said)
    return written.typed[start:end]


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


def _phrases(text: str, found: Sequence[Atom]) -> Iterable[Phrase]:
    """Atoms with nothing but small words between them, as phrases."""
    rest, known = list(found), 0
    while rest:
        first = rest.pop(0)
        head = _HOW.search(text, 0, first.start)
        how = head["how"].lower() if head else ""
        how = "around" if how.startswith("c") else how
        groups, is_range, end = [[first]], False, first.end
        while rest:
            gap = text[end : rest[0].start]
            last = groups[-1][-1]
            if not head and last.ambiguous and gap.lower() == " in ":
                break  # "with May in 2020" may be of a person
            if gap and _TOGETHER.fullmatch(gap) and (last.weekday is None or rest[0].weekday is None):
                groups[-1].append(rest[0])
            elif _RANGE.fullmatch(gap) or (how == "between" and _EITHER.fullmatch(gap)):
                groups, is_range = [*groups, [rest[0]]], True
            elif _EITHER.fullmatch(gap) or gap == ", ":
                groups.append([rest[0]])
            else:
                break
            end = rest.pop(0).end
        start = head.start() if head else first.start
        start = (
            start if (head and not head["beside"]) or not text[:start].lower().endswith("the ") else start - len("the ")
        )
        said = end
        if how == "from" and (more := _ONWARDS.match(text, end)):
            how, end = "since", more.end()
        if not head and not any(atom.sure for group in groups for atom in group):
            start = first.start
        if how in ("in", "on", "at", "during") and (clause := _CLAUSE.search(text, 0, start)):
            how = "until" if clause["until"] or clause["before"] or clause["ahead"] else "since"
        if not head and (between := _BETWEEN_A_DEED.search(text, known, first.start)):  # "between my birthday and May"
            how, start = "until", between.start()
        known = end
        beside = (head["beside"] or "").lower() if head else ""
        yield Phrase(how, start, end, (first.start, said), tuple(map(tuple, groups)), is_range, beside)


def _why(written: Spelled, phrases: Sequence[Phrase], since: date | None, before: date | None) -> str:
    """ "from last summer (June to August 2026)"; without the days where the phrase says them."""
    said: list[str] = []
    for phrase in phrases:
        how = phrase.how if phrase.how in ("before", "until", "till", "after", "since", "around") else "from"
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
