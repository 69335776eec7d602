"""Several questions in one line: "who is this and where did we get her?". Each is answered by itself. In English.

A line is taken apart only where every part asks by its grammar: "When we were in Rome, where did we stay?" is one.
"""

from __future__ import annotations

import re

from assistant.dialogue.sentences.plain_text import plain
from assistant.dialogue.sentences.remarks import ASKS_YOU, PLEASANT
from assistant.grounding.words.lexicon import PAST
from memory.naming.courtesy import plainly

MOST = 4
"""A line with more questions than this is left as it is."""
_AUX = r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|might|must)(?:n'?t)?"
_PRONOUN = r"(?:i|we|you|he|she|it|they|this|that|these|those|there|my|our|your|his|her|its|their|the|an?|one)"
_IT = r"(?:i|we|you|he|she|it|they|this|that|there)"
_WORDS = rf"(?: (?!{_AUX}\b)(?!{_PRONOUN}\b)[\w'-]+)"
_PHRASE = (
    r"(?:(?:with|from|for|to|by|in|at|of|on|about|since) )?(?:when|where|why|who|whom"
    rf"|how{_WORDS}{{0,2}}?|(?:what|which|whose){_WORDS}{{0,3}}?)"
)
""" "Where", "with whom", "how old", "what kind of dog"."""
_LEAD = r"(?:(?:and|but|so|also|ok|okay|hey|hi|please|well|then|now|oh)\b[\s,]*)*"
_BARE = re.compile(rf"{_LEAD}(?P<phrase>{_PHRASE}(?: with| from| for)?)", re.IGNORECASE)
""" "When", "how old": what is asked about stands in the question beside it."""
_SHORT = r"(?:(?<=who|how|why)|(?<=what|when)|(?<=where))"
_INVERTED = re.compile(
    rf"{_LEAD}{_PHRASE}(?: (?P<verb>{_AUX})|{_SHORT}'?(?P<short>s|re|d))(?P<rest> .+)", re.IGNORECASE
)
""" "Where did we get her", "whats his name": the verb stands before what is asked about."""
_YES_OR_NO = re.compile(rf"{_LEAD}(?P<verb>{_AUX})(?P<rest> .+)", re.IGNORECASE)
_OF_SUBJECT = re.compile(
    rf"{_LEAD}(?:who(?! (?:{_PRONOUN}|about|else|for|with|from|to|now|if|and|or)\b) [\w'-]+(?: .+)?"
    r"|what (?:happen\w*|made|makes|came|went|broke)\b.*|(?:which|whose) [\w'-]+ [\w'-]+ .+)",
    re.IGNORECASE,
)
""" "Who gave us this", "what happened then"."""
_DOER = re.compile(
    rf"{_LEAD}(?:(?P<who>who|(?:which|whose) [\w'-]+)|what)"
    r" (?P<did>(?:(?:first|once|actually) )?(?P<verb>[\w-]+)(?: .+)?)",
    re.IGNORECASE,
)
""" "Who gave us this": who did something that is past, with the verb as it is asked."""
_HOW_IT_WAS = re.compile(rf"{_LEAD}(?P<phrase>when|where|why|how)", re.IGNORECASE)
_CLAUSE = rf"(?:{_PHRASE}|if|whether)\b .+"
_TOLD_WHAT = re.compile(
    r"(?P<lead>(?:.*\b)?(?:(?:do|did|can|could|would|will) you (?:still )?(?:know|remember|tell me|say|recall)"
    r"|tell me|remind me|i(?: wonder|'d like to know| want to know| would like to know)))"
    rf" (?P<clause>{_CLAUSE})",
    re.IGNORECASE,
)
""" "Can you tell me who this is": the clause keeps the order of a sentence."""
_TOLD_THING = re.compile(
    r"(?P<lead>(?:(?:can|could|would|will) you (?:please )?)?(?:please )?(?:tell me|remind me of)"
    r"|do you (?:know|remember)) (?:my|our|his|her|its|their|the) [\w' -]+",
    re.IGNORECASE,
)
""" "Tell me her name", beside "where she is from"."""
_ALONE = {"who": "who is this", "what": "what is this", "when": "when was this", "where": "where was this"}
"""What a line means that is nothing but these words: "who, when and where?"."""
_JOINT = re.compile(
    rf"(?:\s*[?!]+\s+{_LEAD}(?=(?:{_PHRASE}|{_AUX})\b)"
    rf"|\s*[,;.]*\s+(?:and|&|\+|plus)(?: also)?\s+(?=(?:{_PHRASE}|{_AUX} {_IT})\b)"
    rf"|\s*[,;]\s*(?=(?:{_PHRASE}|{_AUX} {_IT})\b))",
    re.IGNORECASE,
)
"""Where another question may begin."""
_TAGGED = re.compile(
    rf"{_LEAD}(?P<who>this|that|these|those|it|he|she|they)(?P<verb>'?s|'?re| is| are| was| were) (?P<what>.+?),?"
    rf" (?:right|correct|yeah|yes|innit|{_AUX} (?:it|he|she|they|this|that|these|those))",
    re.IGNORECASE,
)
""" "That's Pickle, right?", "thats pickle isnt it"."""
_REMARKS = (ASKS_YOU, PLEASANT)


def questions_in(line: str) -> tuple[str, ...]:
    """The questions of a line, each as a line of its own; the line as it is where it has one, or that is not sure.
    A claim that asks ("that's Pickle, right?") is "is that Pickle?"."""
    line = plainly(_without_remarks(line))
    said = " ".join(line.replace("’", "'").split()).rstrip(" ?!.")
    if tagged := _TAGGED.fullmatch(said):
        return (f"{_verb(tagged['verb'])} {tagged['who'].lower()} {tagged['what']}?",)
    parts = [one for one in _JOINT.split(said) if one]
    if not 1 < len(parts) <= MOST:
        return (line,)
    if told := _TOLD_WHAT.fullmatch(parts[0]):
        clauses = [told["clause"], *parts[1:]]
        whole = _clauses(told["lead"], clauses)
    elif thing := _TOLD_THING.fullmatch(parts[0]):
        whole = [parts[0], *_clauses(thing["lead"].removesuffix(" of"), parts[1:])]
    elif all(one.lower() in _ALONE for one in parts):
        whole = [_ALONE[one.lower()] for one in parts]
    else:
        whole = _completed(parts)
    return tuple(dict.fromkeys(plainly(f"{one}?") for one in whole)) if all(whole) else (line,)


def _clauses(lead: str, parts: list[str]) -> list[str]:
    """Each clause behind what leads to it: "tell me who this is"; "" where a part is none."""
    return [f"{lead} {one}" if re.fullmatch(_CLAUSE, one, re.IGNORECASE) else "" for one in parts]


def _without_remarks(line: str) -> str:
    """A line without the sentences beside its question that ask nothing more: "I dare say you remember this one."."""
    parts = re.split(r"(?<=[.!])\s+", line)
    left = [one for one in parts if not any(remark.match(plain(one).rstrip(" .!")) for remark in _REMARKS)]
    return " ".join(left) or line


def _completed(parts: list[str]) -> list[str]:
    """Each part as a whole question: "when" beside "where did we get her" is "when did we get her", beside "who
    gave us her" "when was it that they gave us her". "" where a part is none."""
    asks = [_INVERTED.fullmatch(one) or _YES_OR_NO.fullmatch(one) for one in parts]
    doers = [None if asked else _of_past(one) for asked, one in zip(asks, parts, strict=True)]
    whole = []
    for n, part in enumerate(parts):
        beside = next((one for one in (asks[n - 1] if n else None, *asks[n + 1 : n + 2]) if one), None)
        if asks[n] or _OF_SUBJECT.fullmatch(part):
            whole.append(part)
        elif beside and (bare := _BARE.fullmatch(part)):
            verb = beside["verb"] or _verb(beside["short"])
            whole.append(f"{bare['phrase']} {verb}{beside['rest']}")
        elif (doer := next(filter(None, doers), None)) and (how := _HOW_IT_WAS.fullmatch(part)):
            whole.append(f"{how['phrase']} was it that {'they' if doer['who'] else 'it'} {doer['did']}")
        else:
            whole.append("")
    return whole


def _verb(short: str) -> str:
    """A verb in full: "is" for "'s"."""
    verb = short.strip(" '").lower()
    return {"s": "is", "re": "are", "d": "did"}.get(verb, verb)


def _of_past(part: str) -> re.Match[str] | None:
    """A question for who did something, or what did: of the past, as only then "was it that they did" is right."""
    found = _DOER.fullmatch(part)
    if found is None or not _OF_SUBJECT.fullmatch(part):
        return None
    verb = found["verb"].lower()
    return found if verb in PAST or (verb.endswith("ed") and len(verb) > 4) else None
