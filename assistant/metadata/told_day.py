"""The day of a photo in what is said about it: "14th June 2022, our wedding in Graz", "taken on Boxing Day in 2021".

A day counts only where a sentence says that the photo is of that day: not a day on which something was bought or
somebody was born, and not a day without its year. "Last Sunday" counts where the photo itself is said to be of then.
English patterns, no model.
"""

from __future__ import annotations

import re
from datetime import datetime

from memory.days import UNKNOWN
from memory.times.spelling_parts import MONTH, NTH, YEAR
from memory.times.typed_day import typed_day

_FEAST = (
    r"(?:christmas (?:eve|day)|boxing day|new year'?s (?:eve|day)|easter (?:sunday|monday)|good friday|bonfire night"
    r"|guy fawkes night|hallowe'?en|valentine'?s day|whit (?:sunday|monday)|mothering sunday|shrove tuesday)"
)
_DAY = (
    r"(?P<day>(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
    rf"(?:(?:the )?{NTH}(?: of)? {MONTH},? {YEAR}|{MONTH} {NTH},? {YEAR}|{YEAR}-\d\d-\d\d|\d\d?\.\d\d?\.{YEAR}"
    rf"|{_FEAST},? (?:(?:in|of) )?{YEAR})\b)"
)
_PHOTO = r"(?:photo(?:graph)?|picture|pic|selfie|snap(?:shot)?|scan)"
_LATELY = (
    r"(?P<lately>yesterday|last (?:mon|tues|wednes|thurs|fri|satur|sun)day)(?: (?:morning|afternoon|evening|night))?"
)
_WHERE = r"(?:,? (?:by|in|on|at|near|from|outside|behind|beside) (?:(?:my|our|the|his|her) )?(?!\d)[\w' -]{1,30}?)?,?"
"""Between "taken" and the day: who took it, and where."""
_LEAD = r"(?:(?:and|so|oh|ah|btw|by the way|actually|also|no|yes|ok|okay|um|uh)[,: ]+)*"
_OF_IT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf".*\b(?:taken|shot|photographed){_WHERE}(?: on| back on| the)* (?:{_DAY}|{_LATELY}\b)",
        rf".*\b{_PHOTO}(?: (?:here|is|was|from|of|dated|taken|made|on))* (?:{_DAY}|{_LATELY}\b)",
        rf"{_LEAD}(?:this|that|it|these|those)(?:'?s| is| was| are| were)(?: from| on| back on| dated)* {_DAY}[.!]*$",
        rf"{_LEAD}(?:this|that|these)(?: one| photo(?:graph)?| picture)?(?:'?s| is| was| are| were)"
        rf"(?P<trail>(?: (?!that\b|which\b|who\b|where\b|i\b|we\b|he\b|she\b)[\w',-]+)*?),? {_LATELY}[.!]*$",
        rf"{_LEAD}(?:on |from |dated |taken )*{_DAY}\s*(?:[.!]*$|[,:;–—-]\s*(?P<lead>.*)|(?P<there>(?:in|at) .*))",
        rf"{_LEAD}(?:(?:this|that|these|here|me)(?:'?s| is| are| and) )?(?P<trail>[^.!?;]+?),? (?:on )?{_DAY}[.!]*$",
    )
)
"""Sentences that say of which day a photo is."""
_DEED = re.compile(
    r"\b(?:bought|got(?! (?:married|engaged))|get|found|inherited|received|gave|gives|given|ordered|born|birth|died"
    r"|made|built|adopted|won|broke|lost|since|until|before|after|from|for|by|turns?|will|due|expires?|starts?|ends?|deadline"
    r"|appointment|moved|sold|paid|done|changed|replaced|cleaned|serviced|renewed|washed|valid|guarantee|warranty)\b",
    re.IGNORECASE,
)
"""A day beside these words may be the day of something else than the photo."""
_DOES = re.compile(r"\b(?:is|are|was|were|has|had|have|does|did|(?!bed\b|red\b)\w{2,}ed)\b", re.IGNORECASE)


def day_told(words: str) -> datetime | None:
    """Noon UTC of the one day that the words give the photo they are about; None where they give none, or several."""
    found: dict[str, datetime] = {}
    for sentence in re.split(r"(?<=[a-z0-9][.!?])\s+(?=\D)|\n", words.replace("’", "'")):
        if said := _said_in(sentence.strip()):
            try:
                day = typed_day(re.sub(r"^the ", "", said, flags=re.IGNORECASE))
            except ValueError:  # 31 February, or one that has not come yet
                continue
            if day != UNKNOWN:
                found[day.isoformat()] = day
    return next(iter(found.values())) if len(found) == 1 else None


def _said_in(sentence: str) -> str:
    for pattern in _OF_IT:
        if match := pattern.match(sentence):
            parts = match.groupdict()
            beside = " ".join(parts.get(one) or "" for one in ("lead", "there", "trail"))
            if not (_DEED.search(beside) or re.search(YEAR, beside)) and not (
                "trail" in parts and _DOES.search(parts["trail"])
            ):
                return parts.get("day") or parts.get("lately") or ""
    return ""
