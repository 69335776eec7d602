"""What stands beside a phrase of time, says something of the time too, and was not understood.

"From June through to the end of the year" without its end is June: another time, silently. So such words make the
range wider, where they say on which side it goes on ("since June"), and else the phrase is of no account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from memory.times.atoms.atom import Atom
from memory.times.calendar_names import WEEKDAYS
from memory.times.languages.names_elsewhere import EVERY_YEAR, LIMITS_AHEAD, OTHER_END
from memory.times.number_words import NUMBER
from memory.times.phrases.phrase_days import Phrase
from memory.times.spelling_parts import WEEKDAY

_UNIT = (
    rf"(?:seconds?|minutes?|hours?|days?|nights?|mornings?|evenings?|weekdays?|weeks?|weekends?|fortnights?|months?"
    rf"|quarters?|years?|decades?|centur(?:y|ies)|seasons?|terms?|semesters?|springs?|summers?|autumns?|winters?"
    rf"|christmas(?:es)?|easters?|birthdays?|(?:{WEEKDAY})s?)"
)
_NTH = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|last|next|previous|preceding|following|penultimate|other|another"
    r"|same|early|late|mid|opposite|subsequent|\d{1,2}(?:st|nd|rd|th))"
)
_MANY = rf"(?:every|each|any|both|either|all|some|several|many|alternate|odd|even|few|couple of|{NUMBER})"
_SMALL = r"(?:,|and|or|&|but|to|one|the|of|in|a|an|that|this|its|our|my|on|from|other|half|maybe|even|perhaps|possibly)"
_AHEAD = re.compile(rf"\b(?:(?P<nth>{_NTH})|{_MANY})(?: {_SMALL})* $", re.I)
"""Which one, or how many, of what follows: "the last but one September", "the first and third weekend of May"."""
_LIMIT_AHEAD = re.compile(
    r"\b(?P<how>before|until|till|prior|older|preceding|ending(?! of)|after|since|newer|following"
    r"|(?:starting|beginning)(?! of)|anniversary|between|(?<!all )(?<!all the way )through|than|except|not|ago"
    r"|(?:earlier|later)(?= (?:or|and|to|than)))"
    r"(?:,? (?:and|or|to|in|on|at|of|with|the|about|around|sometime|somewhere|just|right|then|maybe|perhaps"
    r"|only|even|rather|already))*,? $",
    re.I,
)
_SMALL_ELSEWHERE = "d[eiou]l?|de[mnr]|d[ao]s?|della|van|l[aeo]|[ei]l|het|i[mn]|e[nm]|a[olu]?|aos|à|zum|o"
_ELSEWHERE_AHEAD = {
    side: re.compile(
        rf"\b(?:{words})(?: (?:{_SMALL_ELSEWHERE}))* $",
        re.I,
    )
    for side, words in LIMITS_AHEAD.items()
}
_BETWEEN_A_DEED = re.compile(
    r"\b(?:zwischen|entre|tra|fra|tussen|między|od) [^,.;?!\d]{1,40} (?:und|y|e|et|en|a|i|do)(?: \w{1,3})? $", re.I
)
_NEAR_AHEAD = re.compile(r"\b(?:round ?about|roughly|approximately|close to|near)(?: the)? $", re.I)
_OTHER_END = re.compile(OTHER_END, re.I)
_OF_A_YEAR_TOLD = re.compile(
    rf"^[^.;?!]*\b(?:the|that) (?:same |very )?(?:{_UNIT}) (?!of\b|and\b|or\b|in\b|at\b|on\b|with\b|to\b|[.,?!])\w",
    re.I,
)
"""What tells which one is meant: "on Christmas Day the year Grandma died"."""
_MINE = re.compile(r"\b(?:my|our|his|her|their|your|\w+'s) $", re.I)
_SO_LONG_AHEAD = re.compile(
    rf"\b(?P<within>within )?(?:the |a )?(?:{NUMBER}|the|few|couple of|several|next|first) (?P<unit>{_UNIT})"
    r"(?: (?:in a row|running))?(?: (?:of|from))?(?: the)? ?$",
    re.I,
)
_SO_LONG_BEHIND = re.compile(rf"(?: onwards?)?,? for (?:the )?(?:\w+ ){{1,2}}{_UNIT}\b", re.I)
_OF_A_YEAR = re.compile(r" (?!or\b|and\b|to\b|in\b|on\b|at\b|with\b|when\b)[^\W\d]")
"""What makes "before the 2024 election" a time in that year."""
_FROM_A_DEED = re.compile(
    r"\bfrom (?:the|an?|our|my|his|her|their|your|when|[A-Z])[^,.;?!\d]{1,40} (?:to|-|–)(?: the)? $"
)
_UP_TO = re.compile(
    r",?(?: right| all the way| on| up| and)*(?: through(?:out)?(?: (?:to|until|till))?| until| till| up to| right to"
    r"| ?[-–—] ?| to)"
    r" (?=(?:about |around |almost |nearly |roughly |at least |maybe )*(?:the |this |that |my |our |his |her |its |a )?"
    rf"(?:{_NTH} |very |{_MANY} )*(?:end|start|beginning|middle|close|turn|eve|{_UNIT}|now|present|today|tomorrow|when"
    r"|(?:19|20)\d\d|\d))",
    re.I,
)
"""The other end of a range, behind the phrase."""
_TO_A_DEED = re.compile(r" (?:to|-|–) (?:the|an?|our|my|his|her|their|your|when) ", re.I)
_ANOTHER_BEHIND = re.compile(
    rf"\b(?:the|and|or|a|an|its|this|that)(?: {_SMALL})*(?: (?:{_NTH}|{_MANY}))*(?: (?:ones?|times?|{_UNIT}))?"
    r" (?P<side>(?:before|after)(?: (?:that|it|this|last))?|earlier|later|previously|afterwards?|prior)"
    r"(?=\s*(?:[,.;:?!)]|$))",
    re.I,
)
_NEXT_BEHIND = re.compile(
    rf",? (?:and|or|&)(?: also| then| maybe)?(?: the| its| that| a)? (?P<side>next|following|subsequent|previous"
    rf"|preceding)(?: (?:{NUMBER}|few|couple of))?(?: {_UNIT}| ones?)\b",
    re.I,
)
_LOOSELY = re.compile(
    r",? (?:or so|or thereabouts|or around then|give or take|plus or minus|\+/-|-ish|ish|more or less)\b", re.I
)
_ALL_YEARS = re.compile(
    rf",?(?: of| in| on)? (?:every|each|any|all|other|odd|even|various|different|some|certain|several) {_UNIT}\b"
    r"|,? (?:year (?:after|in,?) year|as a rule|in general|and so on|etc|every time|each time)\b",
    re.I,
)
_HABIT = re.compile(
    r"\b(?:usually|normally|generally|typically|always|often|sometimes|ever|mostly|tends? to|used to|traditionally)\b"
    r"|\b(?:what|where|who|when|how|why) do(?:es)? (?:we|i|you|she|he|they|(?-i:[A-Z]\w+)) "
    r"(?!have|know|see|remember|recall|look|think|say|get|mean)"
    r"|^do(?:es)? (?:we|you|she|he|they|(?-i:[A-Z]\w+)) (?!have|know|see|remember|recall|own|keep|hold|mean|say)"
    rf"|{EVERY_YEAR}",
    re.I,
)
"""What is asked of every year."""
_LAST_UNIT = re.compile(r"\blast (?:night|week|weekend|month)$", re.I)
_GLUED = re.compile(r"\d ?[-–/.:~] ?$"), re.compile(r" ?[-–/:~] ?\d|[-–~]\w")
_PART_BEHIND = re.compile(r" (?:half|part|third|quarter)\b", re.I)
_SIDES = {
    side: how
    for how, sides in {
        "until": "before until till prior earlier older previous previously preceding ending",
        "since": "after since later newer next following subsequent afterward afterwards starting beginning"
        " anniversary",
    }.items()
    for side in sides.split()
}
_NO_SIDE = ("", "in", "on", "at", "from", "during", "over", "within", "throughout", "of")


def made_wider(text: str, phrase: Phrase, every: Sequence[Phrase]) -> Phrase | None:
    """The phrase with the days that words beside it may add; None where they may make it another time.

    `every`: all phrases of the text; words beyond the next one belong to that.
    """
    begins = max((one.end for one in every if one.end <= phrase.start), default=0)
    ends = min((one.start for one in every if one.start >= phrase.end), default=len(text))
    ahead, behind = text[begins : phrase.start], text[phrase.end : ends]
    if _is_another_time(text, phrase, ahead, behind):
        return None
    if phrase.beside in WEEKDAYS and re.search(r"\b(?:an?|one|some|any) $", ahead, re.I):  # "a Saturday before Easter"
        return replace(phrase, beside="")
    if ahead.lower().endswith("long ") and phrase.groups[0][0].share.lower() == "weekend":
        return replace(phrase, how="around")
    if _MINE.search(ahead):  # "my first day in January"
        phrase = replace(phrase, groups=_whole(phrase))
    which = _AHEAD.search(ahead) if phrase.how in ("", "of") or phrase.beside else None
    if which and not (phrase.beside and which["nth"] is None and which[0].lower() in ("a ", "an ")):
        if not phrase.dated:
            return None
        phrase = replace(phrase, groups=_whole(phrase), beside="")
    side = next(_sides_ahead(text, phrase, ahead), None)
    if side is None:
        return _with_what_follows(phrase, ahead, behind)
    return replace(phrase, how=side, beside="") if side else None


def _is_another_time(text: str, phrase: Phrase, ahead: str, behind: str) -> bool:
    """Whether the words beside a phrase make another time of it, whatever else they say."""
    if phrase.start == phrase.said[0] and _GLUED[0].search(ahead):
        return True
    if _GLUED[1].match(behind) or _OTHER_END.match(behind):
        return True
    if _LAST_UNIT.search(text, 0, phrase.end) and behind.startswith(" of "):  # "the last night of our holiday"
        return True
    told = _HABIT.search(text) or _ALL_YEARS.match(behind) or _OF_A_YEAR_TOLD.match(behind)
    return not phrase.dated and bool(told or _PART_BEHIND.match(behind))


def _sides_ahead(text: str, phrase: Phrase, ahead: str) -> Iterator[str]:
    """On which side the range goes on by the words ahead, the surest first: "since", "until"; "": nobody can say."""
    if limit := _LIMIT_AHEAD.search(ahead):
        yield (_SIDES.get(limit["how"].lower()) or "") if phrase.how in _NO_SIDE else ""
    for side, words in _ELSEWHERE_AHEAD.items():
        if phrase.how in _NO_SIDE and words.search(ahead):
            yield side
    if phrase.how in ("before", "after") and _is_of_a_year(text, phrase):
        yield "until" if phrase.how == "before" else "since"
    if phrase.how in ("", "in") and (_FROM_A_DEED.search(ahead) or _BETWEEN_A_DEED.search(ahead)):
        yield "until"


def _with_what_follows(phrase: Phrase, ahead: str, behind: str) -> Phrase | None:
    """The phrase with the days that the words behind it add, or an amount of time ahead: "three weeks from May"."""
    if found := _ANOTHER_BEHIND.search(behind) or _NEXT_BEHIND.match(behind):
        side = _SIDES[found["side"].lower().split()[0]]
        return replace(phrase, how=side, beside="") if phrase.how in (*_NO_SIDE, side) else None
    if phrase.is_range or phrase.how not in _NO_SIDE:
        return phrase
    if _NEAR_AHEAD.search(ahead):
        return replace(phrase, how="around")
    so_long = _SO_LONG_AHEAD.search(ahead) if phrase.how in ("from", "of") else None
    if so_long and so_long["within"]:
        return None
    if _UP_TO.match(behind):
        return replace(phrase, how="since")
    if phrase.how == "from" and (so_long or _TO_A_DEED.match(behind) or _SO_LONG_BEHIND.match(behind)):
        return replace(phrase, how="since")
    return replace(phrase, how="around") if _LOOSELY.match(behind) else phrase


def _whole(phrase: Phrase) -> tuple[tuple[Atom, ...], ...]:
    """The groups, without the share that the first begins with: another one is meant, or more."""
    first, *others = phrase.groups[0]
    said = first.year or first.part or first.span
    return ((replace(first, share="") if said else first, *others), *phrase.groups[1:])


def _is_of_a_year(text: str, phrase: Phrase) -> bool:
    ((atom, *others), *groups) = phrase.groups
    named = _OF_A_YEAR.match(text, phrase.end) and text[: phrase.said[0]].endswith("the ")
    return bool(atom.year and named and not (others or groups))
