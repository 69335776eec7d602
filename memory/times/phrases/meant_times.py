"""Which phrases of time in a sentence mean a time: "in May" does, "May's kitchen" and "the summer we moved" do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from memory.times.calendar_names import MONTH_NAMES
from memory.times.number_words import NUMBER
from memory.times.phrases.phrase_days import Phrase
from memory.times.spelling_parts import MOVABLE_FEAST
from memory.times.time_spelling import Spelled

_OF_THEM = r"(?: (?:(?:those|that|the (?:ones|photo(?:graph)?s|pictures))(?: (?:taken|made|shot))?))?"
_TO_THE_TIME = r"(?: (?:from|in|on|at|during|of))? (?:the )?$"
_LEAVING_OUT = (
    r"except(?:ing)?(?: for)?|excluding|without|apart(?: from)?|aside(?: from)?|other than|outside(?: of)?"
    r"|(?:all|everything|everyone|anything) but|but(?= (?:those|the ones)\b)|minus"
)
NOT = re.compile(
    rf"(?:(?:,? (?:but|just|only) (?=not ))?\b(?:at no time|(?:not|never)(?: only| just| merely)?|instead|rather than"
    rf"|as opposed to|nor|besides|if not|{_LEAVING_OUT}"
    r"|(?:no|none|nothing|neither)"
    r"(?: (?:photo(?:graph)?s?|pictures?|pics|images|memories|ones?|of (?:them|those|these)))?)"
    rf"|(?<=[a-z])n't(?: (?:taken|made|shot|dated))?){_OF_THEM}{_TO_THE_TIME}",
    re.I,
)
"""What stands before a time that is not meant."""
EXCEPT = re.compile(
    rf"\b(?:{_LEAVING_OUT}|(?:but|just|only) not"
    r"|(?:^|photo(?:graph)?s|pictures|pics|images|snaps|shots|memories|ones|those|everything|anything|all)"
    r"(?: (?:that|which) (?:are|were))? not(?: (?:taken|made|shot|dated))?|n't (?:taken|made|shot|dated|from))"
    rf"{_OF_THEM}{_TO_THE_TIME}|^not{_TO_THE_TIME}",
    re.I,
)
"""What stands before a time that is left out of a list."""
_MOVABLE = re.compile(rf"\b{MOVABLE_FEAST}(?:,| of| in)? ?$", re.I)
_UNITS = r"(?:days?|weeks?|weekends?|months?|half|part|quarter|third|term|semester|trimester)"
_PART_BEFORE = re.compile(
    rf"\b(?:first|second|third|fourth|last|latter|former|final|opening|closing|other|middle|penultimate)"
    rf"(?: \w+)?(?: \w+)? {_UNITS} (?:of|in)? ?(?:the )?$|\b{_UNITS} \d+ (?:of|in)? ?$",
    re.I,
)
"""A part of the time that follows which was not understood: the whole would be another time."""
_TIME_BEFORE = re.compile(
    rf"\b(?:{_UNITS}|nights?|years?|hours?|decades?|spring|summer|autumn|fall|winter|christmas|easter|[a-z]+day|birthday"
    rf"|{'|'.join(MONTH_NAMES)})(?:e?s)? $",
    re.I,
)
"""What lies before or after the time that follows, and was not understood: "two summers after 2010"."""
_NTH_BEFORE = re.compile(r"\b(?:\d{1,2}(?:st|nd|rd|th)|\d+ days) (?:of )?(?:the )?$", re.I)
"""Days of the time that follows."""
_DAY_BEHIND = re.compile(
    r",? (?:the )?\d{1,2}(?:st|nd|rd|th)\b| (?:week|fortnight|between|of (?:that|the same|every|each))\b", re.I
)
"""What makes a weekday one of another week."""
_DEED_BEHIND = re.compile(
    r" (?:before|after) (?!work|school|class|breakfast|lunch|dinner|supper|noon|midnight|mass|church)", re.I
)
"""What makes a weekday one beside a deed: "the Saturday after my birthday"."""
_AFTER_A_TIME = re.compile(
    r" (?:in|at|on|by|of|to|for|with|from|and|or|but|as|a|an|the|my|our|his|her|their|your|i|we|you|he|she|they|it|who"
    r"|what|which|where|when|that|how|why|did|do|does|was|were|is|are|had|has|have|not|before|after|last|this|until|till"
    r"|since|during|together|again|too|there|here|then|only|so|please|months?|weeks?|days?|nights?|evenings?|mornings?"
    r"|term|time|season|sometime|somewhere|\d\S*)\b",
    re.I,
)
"""What may stand behind "the summer" when it is a time; else it is a summer house, a Christmas market."""
_STREETS = re.compile(r" (?:islands?|street|st|road|rd|avenue|ave|lane|hill|hotel|park|square|carol|tree)\b", re.I)
_TOLD_BY = re.compile(
    r" (?:when|that|in which|where|after|before|we|i|you|he|she|they|it"
    r"|of (?:my|our|his|her|their|the|your)|(?:my|our|his|her|their)(?= \w+ \w)|(?-i:[A-Z]\w+)(?= [a-z]))\b",
    re.I,
)
"""What tells which summer is meant, after "in the summer"."""


class MeantPhrases(NamedTuple):
    """The phrases of a sentence by what they are to it."""

    phrases: Sequence[Phrase]
    """Those that say when."""
    told: Sequence[Phrase]
    """Those that say when not."""
    half_read: Sequence[Phrase]
    """Those that would say when, but beside something that was not understood."""


def of_movable_feast(text: str, phrase: Phrase) -> bool:
    """Whether the year is that of a feast of which is not known when it is."""
    return has_a_year(phrase) and bool(_MOVABLE.search(text, 0, phrase.start))


def meant(written: Spelled, phrases: Sequence[Phrase]) -> list[Phrase]:
    """The phrases that mean a time, without those whose year only the user knows.

    A year alone, without a preposition, is the year of what has none: "at Christmas with Anna, 2019". Raises ValueError
    where such a number may be no year: nothing is known then.
    """
    text = written.text
    meant = [
        one for one in phrases if (means_a_time(one) and not _names_a_thing(text, one)) or of_movable_feast(text, one)
    ]
    undated = [one for one in meant if any(a.part for g in one.groups for a in g) and not has_a_year(one)]
    years = [one for one in phrases if one not in meant and has_a_year(one)]
    if undated and years and not any(has_a_year(one) for one in meant):
        if len(years) > 1 or not re.match(
            r"\s*(?:$|[,.;:?!)]|(?:with|at|in|on|by|and|or|when|where)\b)", text[years[0].end :]
        ):
            raise ValueError("a number that may be the year")
        return sorted((*meant, *years), key=lambda one: one.start)
    if any(has_a_year(one) for one in meant):
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


def has_a_year(phrase: Phrase) -> bool:
    return any(atom.year for group in phrase.groups for atom in group)


def is_a_feast(phrase: Phrase) -> bool:
    """Whether it is a season or a feast, whose names are no others' names."""
    return all(atom.part and not atom.ambiguous for group in phrase.groups for atom in group)


def _told_by_words(text: str, phrase: Phrase) -> bool:
    """Whether "in the summer we moved" or the like says which one is meant."""
    definite = re.search(r"\b(?:the|that) $", text[: phrase.said[0]], re.I)
    return bool(definite and phrase.how not in ("since", "until") and _TOLD_BY.match(text, phrase.end))


def means_a_time(phrase: Phrase) -> bool:
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


_LASTS = re.compile(r"(?: onwards?)?,? for (?:\w+ ){1,2}(?:days?|weeks?|months?|nights?)\b", re.I)
_FOR_SO_LONG = re.compile(
    r"\b(?:days?|weeks?|weekends?|months?|nights?) (?:in a row |running |straight )?"
    r"(?:from|starting|beginning)?(?: on)?(?: the)? ?$",
    re.I,
)


_FROM_A_DEED = re.compile(rf"\b(?:{_UNITS}|years?|[a-z]+day) (?:after|before) [^,.;?!]{{1,40}}$", re.I)
_WEEKS_FROM_A_DEED = re.compile(
    rf"\b(?:{NUMBER}|the|few|couple of|some|several|many) (?:weeks?|months?|years?|spring|summer|autumn|fall|winter)s?"
    r" (?:after|before) [^,.;?!\d]{1,40}$",
    re.I,
)
_BETWEEN_DEEDS = re.compile(r"\bbetween [^,.;?!]{1,40}$", re.I)
_ANOTHER_ONE = re.compile(r"\b(?:before|after|than|like|from) the (?:ones?|times?) $", re.I)
_BOTH_SIDES = re.compile(r"\b(?:before|after) (?:and|or|,) $", re.I)


def is_half_read(text: str, phrase: Phrase, *, alone: bool) -> bool:
    """Whether words beside the phrase say that only a part of it, or another one, is meant: "Tuesday the 12th".

    `alone`: no other phrase of the text means a time.
    """
    how, start, (said, said_to) = phrase.how, phrase.start, phrase.said
    last = phrase.groups[-1][-1]
    of_days = any(atom.part and atom.sure for atom in phrase.groups[-1])
    weekday = last.weekday is not None or (last.span and (last.span[1] - last.span[0]).days == 1)
    reasons = (
        how in ("", "in", "of") and _PART_BEFORE.search(text, 0, said),
        how in ("", "of") and _NTH_BEFORE.search(text, 0, said),
        how in ("before", "after") and (_TIME_BEFORE.search(text, 0, start) or _BOTH_SIDES.search(text, 0, start)),
        how in ("since", "until", "on") and _FROM_A_DEED.search(text, 0, start),
        how in ("in", "at", "on", "of") and _ANOTHER_ONE.search(text, 0, start),
        how in ("in", "at", "during") and _WEEKS_FROM_A_DEED.search(text, 0, start),
        how in ("in", "on") and alone and " and " in text[phrase.end :] and _BETWEEN_DEEDS.search(text, 0, start),
        how == "from" and not phrase.is_range and _FOR_SO_LONG.search(text, 0, start),
        (how in ("from", "since") or of_days) and not phrase.is_range and _LASTS.match(text, phrase.end),
        all(atom.weekday is not None for group in phrase.groups for atom in group) and text[:said].endswith("the "),
        last.weekday is not None and _DEED_BEHIND.match(text, said_to),
        weekday and _DAY_BEHIND.match(text, said_to),
    )
    return any(reasons)
