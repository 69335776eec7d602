"""Sentences that speak of somebody or something else than a question: "Tomasz's mum", to "who is Tomasz?", and "box
12", to "what is in box 3?"."""

from __future__ import annotations

import re

from memory.times.number_words import NUMBER, number_of

WHO_IS_ONE = re.compile(
    r"\W*(?:and |but |so )?who(?:['’]?s| is| was) (?!(?:this|that|these|those|it|he|she|they|there"
    r"|here)\b)(?P<who>[^\W\d_]+)\W*",
    re.IGNORECASE,
)
_KINDS = (
    r"(?P<kind>box|carton|crate|bag|suitcase|drawer|shelf|cupboard|cabinet|locker|room|flat|apartment|house|door|gate"
    r"|platform|seat|row|bus|tram|train|line|route|class|grade|page|chapter|volume|part|floor|level|key|plot|bed|pot|jar"
    r"|tin|shed|stall|pitch|bay|lane|folder|file|album|building|block|unit|number|team|group|ward|lot)"
)
_NUMBERED = re.compile(
    rf"\b{_KINDS} (?:no\.? ?|number |nr\.? ?|#)?(?P<number>\d+[a-z]?|(?!an?\b){NUMBER}|[b-hj-z](?![\w'’]))\b"
    r"(?! ?(?:%|:\d))",
    re.IGNORECASE,
)
""" "Box 12", "platform nine", "flat C"."""
_YES_OR_NO = re.compile(r"\W*(?:(?:and|but|so|ok) )*(?:is|are|was|were|do|does|did|has|have|can|could|should)\b", re.I)


def of_another(question: str, sentence: str) -> bool:
    """Whether a sentence is of another person or numbered thing than the question is for."""
    return _of_somebody_else(question, sentence) or _of_another_number(question, sentence)


def _of_somebody_else(question: str, sentence: str) -> bool:
    """Whether a sentence names another person by the one who is asked about: "Tomasz's mum.", to "who is tomasz?"."""
    asked = WHO_IS_ONE.fullmatch(question)
    if not asked:
        return False
    theirs = rf"\W*(?:from |the )?{re.escape(asked['who'])}['’]?s (?!(?:my|our|your|his|her|the|an?|not|in|from)\b)\w"
    return bool(re.match(theirs, sentence, re.IGNORECASE))


def _of_another_number(question: str, sentence: str) -> bool:
    """Whether a sentence has no number of a kind that the question has, and another of that kind: to "is it in box 3?"
    "box 12" is an answer, but not to "what is in box 3?"."""
    if _YES_OR_NO.match(question):
        return False
    asked, said = _numbers(question), _numbers(sentence)
    return any(said.get(kind) and not said[kind] & numbers for kind, numbers in asked.items())


def _numbers(text: str) -> dict[str, set[str]]:
    """The numbers in a text, by the kind of thing that they number."""
    found: dict[str, set[str]] = {}
    for one in _NUMBERED.finditer(text.replace("’", "'")):
        said = one["number"].lower()
        number = str(number_of(said)) if re.fullmatch(NUMBER, said) else said
        found.setdefault(one["kind"].lower(), set()).add(number)
    return found
