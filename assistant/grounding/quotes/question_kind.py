"""What a question asks for, by rules: its kind ("who", "when", ...), whom it names, and by which words it is known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.grounding.words.tokens import Token, alike, stem, tokens

POINTING = frozenset(map(stem, "dis dat photo picture image pic".split()))
"""Words that only point to what is in view."""
VAGUE = POINTING | frozenset(
    stem(w)
    for w in "get make happen tell say know remember mean go come see take thing photo picture call name much many "
    "long far kind do have be special old here place time day year about story anything something else more like "
    "own".split()
)
"""Words by which no sentence can be known as an answer."""
LIKING = frozenset(map(stem, "love like enjoy favourite hate fear afraid scare best adore".split()))
WHERE = frozenset("inside outside behind under near".split())
"""Prepositions that say as much as a word does: "What is behind the door?"."""
WHOSE = re.compile(
    r"\W*whose (\w+)"
    r"(?: (?:is|are|was|were) (?:(?:this|that|these|those|it|he|she|they)\b|(?-i:[A-Z])[\w'’-]+\W*$)|\W*$)",
    re.IGNORECASE,
)
_TWO = re.compile(r"\band (?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)

_KIND = {
    **{"who": "who", "whose": "who", "whom": "who", "where": "where", "when": "when", "why": "why"},
    **{"how": "how", "what": "what", "which": "what"},
}
"""The kind of question that the first of these words makes; "how" and "what" depend on what follows."""
_COUNTED = frozenset("many much old far long often big tall".split())
"""Words behind "how" that ask for a number."""
_BEHIND_WHAT = {
    **dict.fromkeys("year day month date time".split(), "when"),
    **dict.fromkeys("place city country town".split(), "where"),
}
_COST = frozenset(map(stem, "cost price pay".split()))


class Question(NamedTuple):
    """A question, as the rules read it."""

    text: str
    tokens: Sequence[Token]
    kind: str
    """What `asks` says of it."""
    wanted: Sequence[Token]
    """The words by which a sentence can answer it."""


def asks(asked: Sequence[Token]) -> str:
    """The kind of a question: who, where, when, number, why, what, liking, or yes; "" of no words."""
    words = [t.text.lower() for t in asked]
    if not words:
        return ""
    if asked[0].kind in ("be", "aux"):
        return "yes"
    first = next((i for i, word in enumerate(words) if word in _KIND), None)
    if first is None:
        return "what"
    kind, behind = _KIND[words[first]], "".join(words[first + 1 : first + 2])
    if kind == "how":
        return "number" if behind in _COUNTED else "what"
    return _asks_what(asked, behind) if kind == "what" else kind


def _asks_what(asked: Sequence[Token], behind: str) -> str:
    """The kind of a question with "what" or "which"; `behind`: the word behind that."""
    if any(t.stem in _COST for t in asked):
        return "number"
    if kind := _BEHIND_WHAT.get(behind):
        return kind
    how = any(t.kind == "be" for t in asked[:3])  # "What was the weather like?" asks for nobody's liking
    return "liking" if any(t.stem in LIKING and not (how and t.text == "like") for t in asked) else "what"


def identity(asked: Sequence[Token]) -> bool:
    """Whether a question asks who is in view and nothing else: "Who is this?", "who dis"; not "who is it from"."""
    asked = asked[1:] if asked and asked[0].text.lower() in ("and", "but", "so") else asked
    said = [t for t in asked if t.kind != "stop"]
    return bool(said) and asked[0].stem == "who" and said[-1].kind != "prep" and not names_a_matter(asked)


def names_a_matter(asked: Sequence[Token]) -> bool:
    """Whether a question has a word that says what it is about: "who made it", not "who is this in the photo"."""
    return any(t.kind == "word" and t.stem not in POINTING for t in asked)


def getting(asked: Sequence[Token]) -> bool:
    """Whether a question asks for where or when something was got ("where did I buy it"), not for the photo's place or
    day ("where was this")."""
    return any(t.kind == "aux" and t.stem == "do" for t in asked) and any(alike(t.stem, stem("get")) for t in asked)


def two_in_one(question: str) -> bool:
    """Whether a question asks two things: "What is he not allowed to have, and why?"."""
    return bool(_TWO.search(question, len("and ")))


def speaks_of(question: str, words: str) -> bool:
    """Whether the words name anybody whom the question names; so they do where it names nobody."""
    names = [t.stem for t in tokens(question) if t.kind == "name"]
    said = {t.stem for t in tokens(words)}
    return not names or any(name in said for name in names)
