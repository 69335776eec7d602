"""Whether a sentence can answer a question at all: how much asks for a number, where for no day, when for a time."""

from __future__ import annotations

import re

from assistant.grounding.words import tokens

_HOW = re.compile(r"\W*how (?P<what>old|many|much|far|often|long|tall|big)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:when|ago|yesterday|today|tonight|morning|noon|evening|night|midnight|day|days|week|weekend|months?|years?|summer"
    r"|winter|spring|autumn|fall|christmas|easter|birthday|wedding|holidays?|until|since|before|after|during|always|every"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|once|first|last|while)\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b", re.IGNORECASE)


def responsive(question: str, sentence: str) -> bool:
    """Whether a sentence has what the question asks for."""
    found = tokens(sentence)
    number, day = (any(t.kind == kind for t in found) for kind in ("number", "day"))
    if how := _HOW.match(question):
        what = how["what"].lower()
        if what in ("often", "long"):
            return number or day or bool(_TIME.search(sentence) or _SPAN.search(sentence))
        if what == "much":
            return number and not _SPAN.search(sentence)
        return number
    asked = re.match(r"\W*(where|when|what (?:year|day|date|month))\b", question, re.IGNORECASE)
    if asked and asked[1].lower() == "where":
        return any(t.kind in ("word", "name") for t in found)
    if asked:
        return day or number or bool(_TIME.search(sentence))
    return True
