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
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from memory.days import day_words
from memory.times.calendar_names import Span
from memory.times.phrase_days import Phrase, all_together
from memory.times.time_atoms import TO, Atom, atoms
from memory.times.time_spelling import Spelled, spelled

_ORDER = re.compile(
    r"\b(?:the |for the )?(?:(?P<newest>last|latest|most recent) time|(?P<oldest>(?:very )?first) time)\b", re.I
)
_HOW = re.compile(
    r"\b(?:(?<!\ba\ )(?P<length>day|night|evening|morning|week|fortnight|month|year) (?=before |after ))?"
    r"(?P<how>before|until|till|after|since|in|on|at|from|during|over|around|between|within|throughout|circa|ca\.?|of)"
    r" (?:the )?$",
    re.I,
)
_LENGTHS = {"week": 7, "fortnight": 14, "month": 31, "year": 366}
"""Days of "the week before Christmas"; of all others one."""
_TOGETHER = re.compile(r"/|\s*,?\s*(?:of|in|on|at|from|of the|in the|on the)?\s*", re.I)
_RANGE = re.compile(rf"\s*{TO}(?: the)?\s*", re.I)
_EITHER = re.compile(
    r"\s*,?\s*(?:(?:or|and|&)(?: (?:was it|maybe|perhaps|even|rather|else|also))?|maybe|perhaps|possibly|no,?|i mean)"
    r"(?: in| on| at| from)?(?: the)?\s*",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(?:since\b|(?:after|(?P<until>before|until|till)) (?:we|i|you|he|she|they|it|(?-i:[A-Z][a-z]+)) )"
    r"[^,.;?!]{1,40}$",
    re.I,
)
"""What happened in a time after, "since we got him in 2017": the time has no limit on one side."""
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
    """The range in words, "from last summer (June to August 2026)"; empty when there is no range."""
    order: Literal["newest", "oldest"] | None = None
    """Whether the question asks for the last time ("newest") or the first time ("oldest")."""


def parse(text: str, now: datetime | None = None) -> TimeQuery:
    """The time that `text` means when it is said at `now` (timezone-aware; default: this moment, local timezone)."""
    text = re.sub(r"\s+", " ", text).replace("’", "'")
    order: Literal["newest", "oldest"] | None = None
    if match := _ORDER.search(text):
        order = "newest" if match["newest"] else "oldest"
        text = text[: match.start()] + text[match.end() :]
    today = (now or datetime.now()).date()
    written = spelled(text)
    every = list(_phrases(written.text, atoms(written.text, today)))
    negated = [one for one in every if _NOT.search(written.text, 0, one.start)]
    excluded = [one for one in negated if _means_a_time(one) or _has_a_year(one)]
    try:
        phrases = _meant(written, [one for one in every if one not in negated])
        since, before = all_together(phrases, today)
    except (ValueError, OverflowError):  # 29 February of a year that has none, the end of the calendar
        return TimeQuery(text, order=order)
    if not phrases or (since and before and since >= before):
        return TimeQuery(text, order=order)
    words = text
    for phrase in sorted((*phrases, *excluded), key=lambda one: one.start, reverse=True):
        before_it = _NOT.search(written.text, 0, phrase.start) if phrase in excluded else None
        start, end = written.place(before_it.start() if before_it else phrase.start, phrase.end)
        words = words[:start] + words[end:]
    why = _why(written, phrases, since, before)
    for phrase in excluded:
        start, end = written.place(*phrase.said)
        why += f", and “{text[start:end]}” left out of account"
    return TimeQuery(words, since, before, why, order)


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
    rest = list(found)
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
            start if (head and not head["length"]) or not text[:start].lower().endswith("the ") else start - len("the ")
        )
        said = end
        if how == "from" and (more := _ONWARDS.match(text, end)):
            how, end = "since", more.end()
        if not head and not any(atom.sure for group in groups for atom in group):
            start = first.start
        if how in ("in", "on", "at", "during") and (clause := _CLAUSE.search(text, 0, start)):
            how = "until" if clause["until"] else "since"
        length = _LENGTHS.get(head["length"].lower(), 1) if head and head["length"] else 0
        yield Phrase(how, start, end, (first.start, said), tuple(map(tuple, groups)), is_range, length)


_NOT = re.compile(
    r"(?:\b(?:(?:not|never)(?: only| just| merely)?|instead|rather than|as opposed to"
    r"|except(?:ing)?(?: for)?|excluding|without|apart(?: from)?|aside(?: from)?|nor|besides|other than"
    r"|(?:all|everything|everyone|anything) but|if not|outside(?: of)?"
    r"|(?:no|none|nothing|neither)(?: (?:photos?|pictures?|pics|images|memories|ones?|of (?:them|those|these)))?)"
    r"|(?<=[a-z])n't(?: (?:taken|made|shot|dated))?)(?: (?:from|in|on|at|during|of))? (?:the )?$",
    re.I,
)
_AFTER_A_TIME = re.compile(
    r" (?:in|at|on|by|of|to|for|with|from|and|or|but|as|a|an|the|my|our|his|her|their|your|i|we|you|he|she|they|it|who"
    r"|what|which|where|when|that|how|why|did|do|does|was|were|is|are|had|has|have|not|before|after|last|this|until|till"
    r"|since|during|together|again|too|there|here|then|only|so|please|months?|weeks?|days?|nights?|evenings?|mornings?"
    r"|term|time|season|sometime|somewhere|\d\S*)\b",
    re.I,
)
"""What may stand behind "the summer" when it is a time; else it is a summer house, a Christmas market."""
_STREETS = re.compile(r" (?:islands?|street|st|road|rd|avenue|ave|lane|hill|hotel|park|square|carol|tree)\b", re.I)
_AFTER_A_YEAR = re.compile(r"\s*(?:$|[,.;:?!)]|(?:with|at|in|on|by|and|or|when|where)\b)", re.I)
_TOLD_BY = re.compile(
    r" (?:when|that|in which|where|after|before|we|i|you|he|she|they|it"
    r"|of (?:my|our|his|her|their|the|your)|(?:my|our|his|her|their)(?= \w+ \w)|(?-i:[A-Z]\w+)(?= [a-z]))\b",
    re.I,
)
"""What tells which summer is meant, after "in the summer"."""


def _meant(written: Spelled, phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases that mean a time, without those whose year only the user knows.

    A year alone, without a preposition, is the year of what has none: "at Christmas with Anna, 2019". Raises ValueError
    where such a number may be no year: nothing is known then.
    """
    text = written.text
    meant = [one for one in phrases if _means_a_time(one) and not _names_a_thing(text, one)]
    undated = [one for one in meant if any(a.part for g in one.groups for a in g) and not _has_a_year(one)]
    years = [one for one in phrases if one not in meant and _has_a_year(one)]
    if undated and years and not any(_has_a_year(one) for one in meant):
        if len(years) > 1 or not re.match(
            r"\s*(?:$|[,.;:?!)]|(?:with|at|in|on|by|and|or|when|where)\b)", text[years[0].end :]
        ):
            raise ValueError("a number that may be the year")
        return sorted((*meant, *years), key=lambda one: one.start)
    if any(_has_a_year(one) for one in meant):
        return meant
    return [one for one in meant if one not in undated or not _told_by_words(text, one)]


def _names_a_thing(text: str, phrase: Phrase) -> bool:
    """Whether a month, a season or a feast belongs to a name: the summer house, Christmas Island, May's kitchen."""
    ((atom, *others), *groups) = phrase.groups
    if others or groups or atom.sure or not atom.part:
        return False
    definite = re.search(r"\b(?:the|a|an|our|my|his|her|their|your) $", text[: phrase.said[0]], re.I)
    behind = text[phrase.said[1] :]
    if definite and re.match(r" [^\W\d]", behind) and not _AFTER_A_TIME.match(behind) and not _TOLD_BY.match(behind):
        return True
    return bool(_STREETS.match(behind)) or (atom.ambiguous and behind.startswith("'s "))


def _has_a_year(phrase: Phrase) -> bool:
    return any(atom.year for group in phrase.groups for atom in group)


def _told_by_words(text: str, phrase: Phrase) -> bool:
    """Whether "in the summer we moved" or the like says which one is meant."""
    definite = re.search(r"\b(?:the|that) $", text[: phrase.said[0]], re.I)
    return bool(definite and phrase.how not in ("since", "until") and _TOLD_BY.match(text, phrase.end))


def _means_a_time(phrase: Phrase) -> bool:
    """Whether words that may mean a time do so here."""
    every = [atom for group in phrase.groups for atom in group]
    if all(atom.vague for atom in every):
        return False
    if any(atom.sure or atom.vague for atom in every):
        return True
    if any(any(a.part for a in group) and any(a.year for a in group) for group in phrase.groups):
        return True
    if len([atom for atom in every if atom.year]) > 1 and all(any(a.year for a in group) for group in phrase.groups):
        return True
    if phrase.how == "of":  # "photos of May" are of a person, those of the 90s are not
        return any(atom.year or atom.span for atom in every)
    if phrase.how == "at":
        return not every[0].ambiguous and not every[0].year
    if phrase.how == "over":  # "over 2000 people"
        return not every[0].year
    return bool(phrase.how)


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
    return text if days.casefold() in text.casefold() else f"{text} ({days})"
