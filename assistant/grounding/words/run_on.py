"""Run-on sentences, as people type: "sarahs old bike we found it in the cellar" gets the comma that it lacks.

Only where what follows says again, by a pronoun, what stands before: no clause that belongs to its noun is cut off.
And sentences of small models, which leave out commas that were told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.grounding.words.lexicon import PAST
from memory.naming.categories import bears_life

_WORD = re.compile(r"[^\W_]+")
_LEFT_OUT = re.compile(r"\s?[,;:]\s|\s[–—-]\s")
_GETS = r"(?:got|bought|found|made|won|lost|inherited|borrowed|built|stole|had)"
_STARTS = re.compile(
    r"(?<=[\w'’]) (?=(?:i|we|you|he|she|they|it) (?:always |still |never |only |just )?[a-z]+ (?:it|them|him)\b"
    r"|(?:his|her|its|their) name (?:is|was)\b"
    r"|(?:she|he|it)['’]?s (?:\d|an?\b|the\b|my\b|your\b|not\b|so\b|very\b|called\b)"
    r"|(?P<of_her>(?:i|we|you|he|she|they) (?:always |still |only |just )?[a-z]+ her (?:as|from|in|at|on|last|when)\b)"
    rf"|(?P<deed>{_GETS} (?:it|them|him|her)\b))",
    re.IGNORECASE,
)
_NO_END = frozenset(
    """and or but so because since when while if as than then that who which what where how why whether until before
    after though tho although think thinks know knows say says hope hopes guess bet like way time day moment first last
    the a an my your our his her its their this these those i we you he she they it to of in on at for from with by not
    is are was were be been am do does did have has had can could will would may might must shall should never always
    all both me him them us mum dad nan gran everyone everybody nobody somebody someone""".split()
)
"""Words with which no clause ends, or which may be whose deed it is."""


def with_commas(sentence: str) -> str:
    """A sentence with a comma where another clause begins after a noun."""
    out, at = "", 0
    for found in _STARTS.finditer(sentence):
        before = re.findall(r"[\w'’]+", sentence[: found.start()])[-1]
        low = before.lower()
        does = low in PAST or low.endswith("ed")
        doer = found["deed"] and (before != low or before[0].isdigit() or bears_life(low))  # "class 7B bought it"
        not_hers = found["of_her"] and not bears_life(low)  # "the bike you got her in May" was for her
        if low not in _NO_END and not does and not doer and not not_hers:
            out, at = f"{out}{sentence[at : found.start()]},", found.start()
    return out + sentence[at:]


def with_told_commas(sentence: str, told: Iterable[str]) -> str:
    """A sentence with the commas, colons and dashes that stand between the same words in what was told: small models
    leave them out ("to the charity shop check the pockets first")."""
    words = list(_WORD.finditer(sentence))
    said = [word[0].lower() for word in words]
    for text in told:
        theirs = list(_WORD.finditer(text))
        low = [word[0].lower() for word in theirs]
        at = next((n for n in range(len(low) - len(said) + 1) if low[n : n + len(said)] == said), -1) if said else -1
        if at < 0:
            continue
        for n in range(len(words) - 2, -1, -1):  # from behind, so that places before stay as they are
            one, other = words[n].end(), words[n + 1].start()
            gap = text[theirs[at + n].end() : theirs[at + n + 1].start()]
            if sentence[one:other] == " " and _LEFT_OUT.fullmatch(gap):
                sentence = sentence[:one] + gap.replace("\n", " ") + sentence[other:]
        break
    return sentence
