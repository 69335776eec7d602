"""Questions for what somebody or something is called, and sentences that say it: "What does Poppy call the bear?" is
answered by "..., who calls him Old Humphrey".

The reader knows few of the ways in which names are told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import Token, tokens
from memory.naming.named_things import names_of

_ASKS = re.compile(
    r"\W*(?:(?:and|but|so) )*(?:"
    r"(?:what|which|by what)(?: name)? (?:do|does|did|have|has|had) .+? (?:call|name|named|called|christen(?:ed)?"
    r"|nickname[d]?|know)\b.*"
    r"|(?:what|how)(?:['’]?s| is| was| are| were| has| have)? .+ (?:called|named|known as|known|christened|nicknamed)"
    r"|what(?:['’]?s| is| was| are| were) (?:the )?(?:.+ )?names?\b.*"
    r"|(?:by )?what name .+|what .+ (?:answers?|goes?|respond(?:s)?) (?:to|by)"
    r"|what does .+ (?:answer|go|respond) (?:to|by))\W*$",
    re.IGNORECASE,
)
_ITS_NAME = re.compile(r"\W*what(?:['’]?s| is| was| are| were) (?:\S+ )*(?:names?|called)\W*$", re.IGNORECASE)
_NAME = r"(?-i:[A-Z])[\w'’-]+"
_TELLS = re.compile(
    r"\b(?:(?:call(?:s|ed|ing)?|nam(?:ed|es|ing)|christened|nicknamed|dubbed)"
    rf" (?:(?:him|her|it|them|this|that|the \w+|me|us) )?{_NAME}"
    rf"|(?:known as|by the name of|answers? to|goes? by|responds? to)(?: the name(?: of)?)? {_NAME}"
    rf"|names? (?:is|was|are|were) {_NAME}|(?:this|that|it|he|she|fellow|chap|one|\w+) (?:is|was) {_NAME}(?=[,.;:!]|$)"
    rf"|(?:my|our|his|her|their|the|that|a) (?:[\w-]+ ){{0,3}}?[\w-]+, (?:the )?{_NAME}(?: {_NAME})*(?=[,.;:!]|$))",
    re.IGNORECASE,
)

_WHO_IS = re.compile(
    rf"\W*(?:(?:and|but|so)[, ]+)*who(?:['’]?s| is| was| are| were) (?P<who>{_NAME}(?: {_NAME})*)(?: again| then)?\W*",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"\b(?:(?:call(?:s|ed)?|named|christened|nicknamed) (?:(?:him|her|it) )?|answers to |goes by (?:the name of )?)"
    rf"(?P<name>{_NAME}(?: {_NAME})*)",
    re.IGNORECASE,
)


def introduces(question: str, line: str) -> bool:
    """Whether a sentence says who somebody is, where that is asked: "my godmother Agatha", to "who was Agatha?"."""
    if not (asked := _WHO_IS.fullmatch(question)):
        return False
    name = re.escape(asked["who"])
    before = rf"\b(?:my|our|his|her|their|the|\w+['’]s) (?P<kin>(?:[\w-]+,? ){{1,4}}?)(?-i:{name})\b"
    after = rf"\b(?-i:{name}),? (?:(?:is|was|who is|who was) )?(?:my|our|his|her|their|the|an?) [\w-]+"
    kin = [tokens(found["kin"]) for found in re.finditer(before, line, re.IGNORECASE)]
    said = any(not any(is_verb(t) or t.kind in ("be", "aux", "prep") for t in one) for one in kin)
    return said or bool(re.search(after, line, re.IGNORECASE))


def called(words: str) -> frozenset[str]:
    """The names that words give by calling: "whom we all call Percy"."""
    return frozenset(found["name"] for found in _CALLED.finditer(words))


def asks_for_name(question: str) -> bool:
    """Whether a question asks what somebody or something is called."""
    return bool(_ASKS.match(question))


def tells_name(line: str) -> bool:
    """Whether a sentence tells what somebody or something is called."""
    return bool(_TELLS.search(line))


def names_thing(question: str, asked: Sequence[Token], line: str) -> bool:
    """Whether a question asks for a name, and a sentence names what the photo shows, with the word of the question
    beside the name, if it has one: "my cat Smudge" and "Smudge is our cat", to "what is the cat's name?"; not "Rex,
    from our vet", to "what's the vet's name?"."""
    if not _ITS_NAME.match(question):
        return False
    stems = {t.stem for t in asked}
    words = "|".join(re.escape(t.text) for t in tokens(line) if t.stem in stems and not t.possessive)
    if not asked or not words:
        return not asked and bool(names_of(line).shown)
    name = "|".join(map(re.escape, names_of(line).shown)) or "(?!)"
    owner = r"(?:my|our|the|an?|his|her|their|\w+['’]s)"
    return bool(
        re.search(rf"\b(?:{words}),? (?:{name})\b", line, re.IGNORECASE)
        or re.search(rf"\b(?:{name})(?:,| is| was) {owner} (?:[\w-]+ )?(?:{words})\b(?!['’]s)", line, re.IGNORECASE)
    )
