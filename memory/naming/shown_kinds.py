"""Whether words about a photo name something of a kind as what it shows, or mention it beside another thing.

"The vase that stood here until the cat pushed it" is of a vase. English patterns; what is not sure counts as shown.
"""

from __future__ import annotations

import re
from functools import lru_cache

from memory.naming.categories import bears_life
from memory.naming.word_lists import DOING

_OWN = r"(?:an?|the|my|our|his|her|their|your|this|that|these|those|[^\W\d_]+['’]s)"
_BREAK = (
    r"(?:is|are|was|were|has|had|have|from|in|at|on|by|that|which|who|whom|when|where|while|with|to|for|of|and|until|till"
    r"|because|since|after|before|as|but|so|i|we|he|she|it|they|you|my|our|his|her|their|the|an?|hes|shes)"
)
_FIRST = re.compile(
    rf"\W*(?:(?:this|that|here|these|those|it)(?:['’]?s| is| are| was| were) )?{_OWN}"
    r" (?P<thing>(?:[\w'’-]+ ){0,4}?[\w'’-]+)"
    rf"(?=\s*(?:[,.;:!?()\n–—]|$)| {_BREAK}\b| [\w-]+(?:ed|ing)\b)",
    re.IGNORECASE,
)
"""The thing that words begin with, up to where something is said about it."""
_NO_THING = frozenset(
    """photo photos picture pictures pic pics image shot selfie snapshot view day morning evening afternoon night week
    month year time moment birthday party holiday trip walk visit first last one ones best same""".split()
)
"""Nouns with which no thing is named: "the first time the puppy saw snow" shows the puppy."""


def shows(words: str, kind: frozenset[str]) -> bool:
    """Whether words about a photo name what a word of `kind` (in the singular) means as what it shows.

    False only where they begin with a thing of another kind and have that word in what is told about it.
    """
    first = _FIRST.match(words)
    if first is None:
        return True
    named = [_singular(word) for word in re.findall(r"[\w-]+", first["thing"].lower())]
    if not named or named[-1] in _NO_THING or named[-1] in DOING or bears_life(named[-1]) or kind.intersection(named):
        return True
    return bool(_as_shown(kind).search(words[first.start("thing") :]))


@lru_cache(maxsize=64)
def _as_shown(kind: frozenset[str]) -> re.Pattern[str]:
    """The pattern of something of a kind that is shown beside the thing that the words begin with."""
    one = rf"(?:{'|'.join(sorted(map(re.escape, kind), key=len, reverse=True))})s?"
    phrase = rf"{_OWN} (?:[\w'’-]+ ){{0,3}}?{one}\b(?!['’-])"
    beside = rf"\b(?:with|and|of|[\w-]+ing) {phrase}"
    called = rf"(?:['’]s|\b(?:is|are|was|were|hes|shes)) {phrase}"
    besides = (
        rf"[,:(–—] ?(?:{phrase}|{one}\b)(?: ever)?(?=\s*(?:[,.;:!?)\n–—]|$)"
        r"| (?:from|in|at|on|beside|behind|under|next|that|who|which|with|of|and|we|i)\b)"
    )
    present = rf"(?:^|[.!?;\n][^\S\n]*){phrase}(?= (?:is|are|[\w-]+ing)\b)"
    return re.compile(f"{beside}|{called}|{besides}|{present}", re.IGNORECASE)


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
