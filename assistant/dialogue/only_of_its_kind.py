"""Corrections that say what is right alone: "no sorry, it was 2017", "his right ear", "size 40 actually".

What they mean is the only thing of its kind in the words: the only year, number with that unit, side, day, date, size,
age, number of so many digits or behind that noun, name behind that preposition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from assistant.dialogue.taken_back import LEAD, SECOND_THOUGHTS, TAKEN_BACK, TAKES_BACK
from memory.naming.categories import of_one_category
from memory.times.calendar_names import MONTH_NAMES, WEEKDAYS
from memory.times.number_words import NUMBER, ORDINALS, TENS

_IT_WAS = (
    r"(?:(?:it|that|this|he|she|they|we)(?:'s| is| are| was| were| must have been| has| had| paid| costs?| lost| loses"
    r"| gains| weighs| takes| holds| lasts)?|its|thats|hes|shes)"
)
_TOOK_BACK = rf"(?:i think|i believe|actually|sorry|in fact|my (?:mistake|bad)|{SECOND_THOUGHTS})"
_AFTER_IT = rf"(?: now)?(?P<after>,? {_TOOK_BACK}|,? (?:for|because|as|since) [^.]*)?[\s.!]*"
_ONLY = re.compile(
    rf"(?P<lead>{LEAD})(?:{_IT_WAS} |(?<= )|(?=[^,]*,? {_TOOK_BACK}[\s.!]*$))"
    rf"(?:about |in |back in |only )?(?P<new>(?:19|20)\d\d|(?!an? )(?:\d[\d.,:]*|{NUMBER}) [^\W\d]+){_AFTER_IT}",
    re.IGNORECASE,
)
""" "No wait, it was 2017": the year, or the number of these units, that the words have."""
_NTH = (
    rf"(?:\d{{1,3}}(?:st|nd|rd|th)|(?:(?:{'|'.join(TENS)})[ -])?(?:{'|'.join(ORDINALS)}"
    r"|(?:fort|fift|sixt|sevent|eight|ninet)ieth|hundredth))"
)
_ONLY_NTH = re.compile(
    rf"(?P<lead>{LEAD})(?:it|that|this)(?:'s| is| was)(?: on| in| at| for)? (?:my|our|her|his|their|the|your|\w+'s)"
    rf" (?P<new>{_NTH} [^\W\d]+)(?: (?!not\b)[^\W\d]+){{0,2}}[\s.!]*",
    re.IGNORECASE,
)
""" "I tell a lie, it was her forty-first birthday": which one, for the only one of its kind that the words have."""
_SIDES = (
    "once twice thrice",
    "left right",
    "upper lower",
    "front back rear",
    "top bottom",
    "older younger elder",
    "eldest youngest middle",
)
"""Kinds of words of which one stands before a thing or somebody."""
_KINDS = (
    " ".join(MONTH_NAMES),
    " ".join(WEEKDAYS),
    "spring summer autumn winter",
    "morning afternoon evening",
    "red blue green yellow orange purple violet pink brown black white grey gray beige turquoise",
    "small medium large",
)
"""Kinds of words of which one takes the place of the only other."""
_A_SIDE = rf"(?:{'|'.join(' '.join(_SIDES).split())}) [^\W\d]+"
_COUNTED = r"(?:size|number|room|flat|house|gate|platform|seat|row|bus|line|year|grade|class|page|floor|locker|shelf)"
_PAIR = rf"{NUMBER}(?:[:.]\d\d)?(?: ?[ap]m)? and {NUMBER}(?:[:.]\d\d)?(?: ?[ap]m)?"
""" "At 8 and 5"."""
_CLOCK = r"(?:\d{1,2}[:.]\d\d(?: ?[ap]m)?|\d{1,2} ?[ap]m)"
_AT = r"at \d{1,2}(?![\d:.]| ?[ap]m)"
_ONLY_KIND = re.compile(
    rf"(?P<lead>{LEAD})(?:{_IT_WAS} )?(?:(?:only|really|actually) )?(?:(?:on|in|at|from) )?"
    r"(?:(?:my|our|her|his|its|their|the|your|a) )?"
    rf"(?P<new>{_A_SIDE}|{_PAIR}|{_CLOCK}|{_AT}|{_COUNTED} (?:\d+[a-z]?|{NUMBER})"
    rf"|{'|'.join(' '.join(_KINDS).split())}){_AFTER_IT}",
    re.IGNORECASE,
)
""" "No sorry it was his right ear", "size 40 actually": for the only one of its kind that the words have."""
_ONLY_AGE = re.compile(
    rf"(?P<lead>{LEAD})(?:(?:he|she|it)(?:'s| is| was)|hes|shes|its) (?:(?:only|really|already|actually) )?"
    rf"(?P<new>\d{{1,2}}|(?!an?\b){NUMBER})(?: (?:years? old|yo|now))?{_AFTER_IT}",
    re.IGNORECASE,
)
_YEARS = rf"(?:\d{{1,2}}|(?!an?\b){NUMBER})"
_AGE = (
    rf"(?:(?:(?<=\bis )|(?<=\bwas )|(?<=['’]s )|(?<=\b[hH]es )|(?<=\bturned )|(?<=\baged )){_YEARS}"
    rf"(?=\W*(?:$|[,.;!]|and\b|years?\b|yrs?\b|yo\b|now\b))|{_YEARS}(?= (?:years? old|yo)\b))"
)
"""An age in years, in words that tell it."""
_PAID = r"(?:(?<=\bpaid )|(?<=\bcost )|(?<=\bcosts )|(?<=\bworth ))\d{1,3}(?=\W*(?:$|[,.;!]|for\b|at\b|in\b))"
"""A price without a unit."""
MONTH = rf"(?:{'|'.join(MONTH_NAMES)})"
_DATE = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}|{MONTH}(?: the)? \d{{1,2}}(?:st|nd|rd|th)?)(?![\d:]|\.\d)"
_ONLY_DATE = re.compile(
    rf"(?P<lead>{LEAD})(?:{_IT_WAS} )?(?:(?:on|only|really) )?(?:the )?(?P<new>{_DATE}){_AFTER_IT}", re.IGNORECASE
)
""" "13 March, sorry"."""
_BARE = re.compile(
    rf"(?P<lead>{LEAD})(?:{_IT_WAS} )?(?P<new>\d{{3,}}|(?!(?:an?|one)\b){NUMBER}){_AFTER_IT}", re.IGNORECASE
)
""" "Sorry, 4421", "no, eight": for the only number of so many digits, or the only age or price."""
_PART = (
    r"(?:(?:(?:an?|one) )?(?:half|quarter|third|whole|full)|(?:two thirds|three quarters)|½|¼|¾)(?: of)?(?: an?| one)?"
)
_ONLY_PART = re.compile(
    rf"(?P<lead>{LEAD})(?:{_IT_WAS} )?(?:(?:only|really|actually|just) )?(?P<new>{_PART} [^\W\d]+){_AFTER_IT}",
    re.IGNORECASE,
)
""" "No, a whole tablet": how much of it, for the only amount of it that the words have."""
_NUMERAL = r"\d(?:[\d.,:]*\d)?[a-z]?"
_NUMBERED = re.compile(
    rf"(?P<lead>{LEAD})(?:(?:my|our|her|his|its|their|the|your) )?(?:[^\W\d]+ )?"
    rf"(?P<noun>[^\W\d]{{3,}})(?: is|'s| was|:)? (?P<new>{_NUMERAL}){_AFTER_IT}",
    re.IGNORECASE,
)
""" "The gate code is 4421": the number behind this noun."""
_NAME = rf"(?!(?i:{'|'.join((*MONTH_NAMES, *WEEKDAYS))})\b)[A-Z][\w'-]+(?: [A-Z][\w'-]+)*"
_PLACED = re.compile(
    rf"(?P<lead>(?i:{LEAD}))(?:(?i:{_IT_WAS}) )?(?i:(?P<behind>from|in|at|with|by|for|to|near)) (?P<new>{_NAME})[\s.!]*"
)
""" "No, from Stephen": the name behind this preposition."""
_WRONG_PLACE = re.compile(
    rf"(?P<lead>(?i:(?:{TAKEN_BACK}[\s,.!:;–—-]+)?wrong (?:city|town|place|country)[\s,.!:;–—-]+))"
    rf"(?:(?i:{_IT_WAS}) )?(?:(?i:in|from|at|near) )?(?P<new>{_NAME})[\s.!]*"
)


_SAYING = (
    _WRONG_PLACE,
    _ONLY_PART,
    _ONLY,
    _ONLY_NTH,
    _ONLY_DATE,
    _ONLY_KIND,
    _ONLY_AGE,
    _BARE,
    _NUMBERED,
    _PLACED,
)


class Only(NamedTuple):
    """What is right, and what finds all that it may take the place of."""

    new: str
    its_kind: re.Pattern[str]


def only(new: str) -> Only:
    """What takes the place of the only thing of its kind, by itself: "2017", "fifteen minutes", "4421"."""
    return Only(new, all_of_its_kind(new))


def said_alone(text: str, takes_back: bool = False) -> Only | None:
    """What a line says is right, without what is wrong; None where it takes nothing back, or names nothing of a kind.

    `takes_back`: whether what stood behind it takes something back: "..., sorry".
    """
    for pattern in _SAYING:
        found = pattern.fullmatch(text)
        if not found:
            continue
        if takes_back or found.groupdict().get("after") or TAKES_BACK.search(text[: found.start("new")]):
            its_kind = _BEHIND[pattern](found) if pattern in _BEHIND else all_of_its_kind(found["new"])
            return Only(found["new"], its_kind)
    return None


def _behind(what: str, *words: str) -> re.Pattern[str]:
    """What finds `what` behind one of these words and a space."""
    return re.compile(rf"(?:{'|'.join(rf'(?<=(?i:{re.escape(word)} ))' for word in words)}){what}")


_BEHIND: Final[dict[re.Pattern[str], Callable[[re.Match[str]], re.Pattern[str]]]] = {
    _WRONG_PLACE: lambda found: _behind(_NAME, "in", "from", "at", "near", "to"),
    _PLACED: lambda found: _behind(_NAME, found["behind"]),
    _NUMBERED: lambda found: _behind(
        rf"{_NUMERAL}(?!\w)", *(found["noun"] + way for way in ("", " is", "'s", " was", ":"))
    ),
}
"""What finds all of a kind that is told by the words before it."""


def same_kind(one: str, other: str) -> bool:
    """Whether two words are of one kind: two weekdays, colours, sides, relatives, breeds of dogs."""
    kinds = (set(kind.split()) for kind in (*_SIDES, *_KINDS))
    return any({one.lower(), other.lower()} <= kind for kind in kinds) or of_one_category(one, other)


def before_a_thing(word: str) -> bool:
    """Whether a word is one of those that stand before a thing or somebody: "left", "older"."""
    return any(word.lower() in kind.split() for kind in _SIDES)


def all_of_its_kind(new: str) -> re.Pattern[str]:
    """What finds the years in a text, or the numbers of the units of `new`: "12 euros", for "fifteen euros"; or what
    else is of one kind with it: "left ear", "Thursday", "size 39", an age."""
    first, unit = new.split()[0].lower(), new.split()[-1]
    if kind := next((kind.split() for kind in (*_SIDES, *_KINDS) if first in kind.split()), None):
        noun = rf" {re.escape(unit)}" if " " in new else ""
        return re.compile(rf"(?<!\w)(?:{'|'.join(kind)}){noun}(?!\w)", re.IGNORECASE)
    for kind_of_time in (_DATE, _PAIR, _CLOCK, _AT):
        if re.fullmatch(kind_of_time, new, re.IGNORECASE):
            return re.compile(rf"(?<!\w){kind_of_time}(?!\w)", re.IGNORECASE)
    if re.fullmatch(_COUNTED, first) and unit.lower() != first:
        return re.compile(rf"(?<!\w){first} (?:\d+[a-z]?|(?!an?\b){NUMBER})(?!\w)", re.IGNORECASE)
    if re.fullmatch(rf"\d{{1,2}}|{NUMBER}", new, re.IGNORECASE):
        return re.compile(rf"{_AGE}|{_PAID}", re.IGNORECASE)
    if re.match(rf"{_NTH}\b", new, re.IGNORECASE):
        return re.compile(rf"(?<!\w){_NTH} {re.escape(unit)}(?!\w)", re.IGNORECASE)
    if new.isdecimal() and not re.fullmatch(r"(?:19|20)\d\d", new):
        return re.compile(rf"(?<![\w.,:/-])\d{{{len(new)}}}(?![\w/:-]|[.,]\d)")
    one = rf"(?:{_PART}|\d[\d.,:]*|{NUMBER}) {re.escape(unit.removesuffix('s'))}s?" if unit != new else r"(?:19|20)\d\d"
    return re.compile(rf"(?<!\w){one}(?!\w)", re.IGNORECASE)
