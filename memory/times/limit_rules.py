"""How the words are written that say how a time limits: "no later than", "up to", "2015 or earlier", "by Easter"."""

from __future__ import annotations

import re

from memory.times.number_words import NUMBER
from memory.times.spelling_parts import DATED, MONTH, UNIT, YEAR, Rules

_DOING = "".join(f"(?<!{word} )" for word in "we you he she they i get got been".split())
"""No deed stands before: "what we were up to"."""
_BESIDE = rf"({UNIT}|fortnight|weekend|[a-z]+day)"
_A_TIME = rf"(?={DATED}|\d|christmas|easter|last )"
_ABOUT = r"(?:around|about|circa|ca\.?|c\.)"


def _since_or_until(word: str) -> str:
    return "until" if word.lower() in ("earlier", "older", "before") else "since"


def _at_the_latest(match: re.Match[str]) -> str:
    """ "2019 at the latest" as "until 2019"."""
    return f"{'until' if match[2] == 'latest' else 'since'} {match[1]}"


def _in_or_before(match: re.Match[str]) -> str:
    """ "In or before" as "until "."""
    return f"{_since_or_until(match[1])} "


def _or_earlier(match: re.Match[str]) -> str:
    """ "2015 or earlier" as "until 2015"."""
    return f"{_since_or_until(match[2])} {match[1]}"


_NOT_BEFORE: Rules = (
    (r"(?:not before|no earlier than|not earlier than|ever since)\b", "since"),
    (rf"(?:starting|beginning)(?: in| from| with)? (?={DATED})", "since "),
    (rf"as (?:of|from) (?={DATED})", "since "),
    (r"to the day (?=(?:after|before) (?!yesterday))", ""),
    (r"(?:not after|no later than|not later than)\b", "until"),
    (r"(?:from )?(?:prior to|earlier than)\b", "before"),
    (rf"pre[- ](?={DATED})", "before "),
    (rf"post[- ](?={DATED})|(?:later|newer|more recent) than (?={DATED})|later than\b ?", "after "),
    (rf"older than (?={DATED}|(?:last|this) )", "before "),
    (r"(?:newer|more recent|later) than (?=(?:last|this) )", "after "),
    (rf"older than ({NUMBER} (?:{UNIT}))", r"until \1 ago"),
    (rf"(?:newer|more recent) than ({NUMBER} (?:{UNIT}))", r"since \1 ago"),
)
_UP_TO: Rules = (
    (r"(days?|weeks?|months?) (?:leading|running|coming) up to\b", r"\1 before"),
    (r"(?:the |a )?(?:run|build|lead)[- ]?up to\b", "the weeks before"),
    (r"(?:up )?(?:to|until|till),? (?:but )?(?:not including|excluding),?\b", "before"),
    (rf"{_DOING}up (?:un)?(?:to|til|till)(?: and including)?\b", "until"),
    (r"thru\b", "through"),
    (rf"(?:ending|finishing) (?:in|on|with) (?={DATED}|\d)", "until "),
    (rf"by (?=(?:the )?(?:{MONTH} )?{YEAR}\b|(?:christmas|easter|thanksgiving|halloween|new year)\b)", "until "),
)
_BESIDE_A_TIME: Rules = (
    (
        r"within (?:(?:an?|1|one) (?:day|week|month|year)|(?:a few|a couple of|[2-7]) days) of (?=\d|[a-z])",
        "around ",
    ),
    (rf"{_BESIDE} (?:following|succeeding) {_A_TIME}", r"\1 after "),
    (rf"{_BESIDE} preceding {_A_TIME}", r"\1 before "),
    (rf"(?:(?:a )?(?:{NUMBER}|few|couple of) (?:days?|weeks?|months?) )?(?:on )?either side of ", "around "),
)
_ENDS_OF_TIMES: Rules = (
    (rf"(?:in )?({DATED}) at the (latest|earliest)\b", _at_the_latest),
    (r"(?:until )?at (?:the latest|least)(?: in| by)? (?=(?:19|20)\d\d\b)", "until "),
    (r"before the (?:mid|late)[ -](?='?\d0|[a-z]+ties)", "until the "),
    (r"after the (?:early|mid)[ -](?='?\d0|[a-z]+ties)", "since the "),
    (r"by (?:the )?end of\b|before (?:the )?end of\b", "until"),
    (r"after (?:the )?(?:beginning|start) of\b", "since"),
    (r"(?<= )(?:(?:un)?till?|to|and) (?:now|date|the present(?: day)?|this day)\b(?=\s*[?.!,]|$)", "to today"),
)
_OR_EARLIER: Rules = (
    (rf"(?:in|on) (?:or|and) (before|after) (?={DATED}|\d)", _in_or_before),
    (rf"(before|after) (?:or|and) (?:in|on) (?={DATED}|\d)", _in_or_before),
    (
        rf"(?:(?:in|from) )?({DATED}) (?:(?:or|and|&) )?"
        r"(earlier|older|later|newer|onwards?|(?:(?<=or )|(?<=and )|(?<=& ))(?:before|after))\b(?=\s*[?.!,]|$)",
        _or_earlier,
    ),
)
_AROUND: Rules = (
    (rf"(?:(?:in|from) )?({DATED})(?: or so|-ish)\b", r"around \1"),
    (rf"({YEAR})ish\b", r"around \1"),
    (
        rf"(?:in |from )?(?:about |approximately |approx\.? |roughly |~ ?)(?:in )?"
        rf"(?={DATED}|{MONTH} {YEAR}|(?:spring|summer|autumn|fall|winter|christmas|easter) (?:of )?{YEAR})",
        "around ",
    ),
    (rf"from {_ABOUT} (?=['\w])(?!.* (?:to|until|till)\b)", "around "),
    (rf"(since|until|till|before|after|from|between|to|and) {_ABOUT} (?=['\w])", r"\1 "),
)
LIMITS: Rules = (*_NOT_BEFORE, *_UP_TO, *_BESIDE_A_TIME, *_ENDS_OF_TIMES, *_OR_EARLIER, *_AROUND)
"""Before, until, after, since, around: what else is said for these words."""
