"""How well a sentence of a memory fits a question, by rules: its words, and whether it has what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from assistant.grounding.quotes.quotation import LONGEST
from assistant.grounding.words import lexicon
from assistant.grounding.words.families import asks_whose, related, same_sense
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import PERSONS, Token, alike, stem, tokens

DIS = frozenset(map(stem, "dis dat photo picture image pic".split()))
"""Words that only point to what is in view."""
VAGUE = DIS | frozenset(
    stem(w)
    for w in "get make happen tell say know remember mean go come see take thing photo picture call name much many "
    "long far kind do have be special old here place time day year about story anything something else more like "
    "own".split()
)
_LIKING = frozenset(map(stem, "love like enjoy favourite hate fear afraid scare best adore".split()))
_BECAUSE = re.compile(
    r"\b(?:because|for|since|so|that's why|thats why|to|when|as|instead|won|gave|from)\b", re.IGNORECASE
)


WHOSE = re.compile(
    r"\W*whose (\w+)(?: (?:is|are|was|were) (?:this|that|these|those|it|he|she|they)\b|\W*$)", re.IGNORECASE
)
_COST = frozenset(map(stem, "cost price pay".split()))
_CALLED = re.compile(
    r"^\W*(?:this|that|it|here|these|those)(?:['’]s| is| are| was| were) (?:called )?(\w+)", re.IGNORECASE
)
_PLACING = frozenset("in at on near from to into by behind inside under".split())
WHERE = frozenset("inside outside behind under near".split())


def asks(asked: Sequence[Token]) -> str:
    """The kind of a question: who, where, when, number, why, what, liking, or yes."""
    words = [t.text.lower() for t in asked]
    if not words:
        return ""
    if asked[0].kind in ("be", "aux"):
        return "yes"
    for i, w in enumerate(words):
        if w in ("who", "whose", "whom", "where", "when", "why"):
            return "who" if w.startswith("who") else w
        if w == "how":
            after = words[i + 1] if i + 1 < len(words) else ""
            return "number" if after in ("many", "much", "old", "far", "long", "often", "big", "tall") else "what"
        if w in ("what", "which"):
            if any(t.stem in _COST for t in asked):
                return "number"
            after = words[i + 1] if i + 1 < len(words) else ""
            if after in ("year", "day", "month", "date", "time"):
                return "when"
            if after in ("place", "city", "country", "town"):
                return "where"
            how = any(t.kind == "be" for t in asked[:3])  # "What was the weather like?" asks for nobody's liking
            return "liking" if any(t.stem in _LIKING and not (how and t.text == "like") for t in asked) else "what"
    return "what"


_TWO = re.compile(r"\band (?:who|whom|whose|what|which|where|when|why|how)\b", re.IGNORECASE)


def two_in_one(question: str) -> bool:
    """Whether a question asks two things: "What is he not allowed to have, and why?"."""
    return bool(_TWO.search(question, len("and ")))


def speaks_of(question: str, words: str) -> bool:
    """Whether the words name anybody whom the question names; so they do where it names nobody."""
    names = [t.stem for t in tokens(question) if t.kind == "name"]
    said = {t.stem for t in tokens(words)}
    return not names or any(name in said for name in names)


def deed(asked: Sequence[Token]) -> bool:
    """Whether the question is about a deed ("where did I buy it") and not about the photo ("where was this")."""
    return any(t.kind == "aux" and t.stem == "do" for t in asked) and any(
        t.stem == stem("get") or alike(t.stem, stem("get")) for t in asked
    )


class Question(NamedTuple):
    """A question, as the rules read it."""

    text: str
    tokens: Sequence[Token]
    kind: str
    """What `asks` says of it."""
    wanted: Sequence[Token]
    """The words by which a sentence can answer it."""


def fit(question: Question, line: str, stems: Iterable[str], n: int) -> float:
    """How well the sentence at `n` of a memory fits a question: 0 where it does not, 2 for each word that both have,
    some more where it has what the kind of question asks for. `stems`: those of all the memory's words."""
    text, asked, kind, wanted = question
    found = named(tokens(line))
    here = {t.stem for t in found if t.content or t.stem in WHERE}
    whose = kind == "who" and asks_whose(t.stem for t in asked) and any(t.possessive or t.kind == "mine" for t in found)
    overlap: float = sum(any(alike(w.stem, s) for s in here) for w in wanted)
    elsewhere = sum(any(alike(w.stem, s) for s in stems) for w in wanted) - overlap
    if not overlap and (whose or any(related(t.stem, s) for t in _telling(asked, wanted) for s in here)):
        overlap = 0.75  # what speaks of the matter, after what says it
    score = 2.0 * overlap + 0.5 * elsewhere
    has = whose or _typed(kind, found, line)
    if kind in ("where", "when", "number", "who"):
        if not has:  # "he bit the postman", to "who bit the postman?"
            deed = kind == "who" and n and overlap == len(wanted) and found[0].kind != "me" and not identity(asked)
            return score if deed and any(t.kind == "other" for t in found) else 0
        if WHOSE.match(text) and len([t for t in found if t.kind != "stop"]) < 2:
            return 0  # "Biscuit!", to "whose dog is this?"
        if kind == "who" and wanted and all(t.kind == "name" for t in wanted):
            return score + (1 if n == 0 else 0)
        says = overlap or elsewhere or whose or same_sense(kind, text, found) or WHOSE.match(text)
        if kind == "who" and not says and any(t.kind == "word" and t.stem not in DIS for t in asked):
            return 0  # "Who made it?", of "the boots from Lena's wedding"
        verbs = [t for t in wanted if t.kind == "word"]
        if kind == "who" and any(not t.possessive for t in verbs) and not (whose or _another(asked, found, line)):
            return 0
        if verbs and not overlap and not (elsewhere and len(verbs) == 1 and kind in ("where", "when")):
            return 0.0 if not same_sense(kind, text, found) else 1.2 + score
        day = kind == "when" and any(t.kind == "day" for t in found)  # "the 17th of May", rather than "for forty years"
        return score + 1.5 + 0.5 * day + same_sense(kind, text, found)
    if kind == "why":
        return score + 1.5 if has and (overlap or elsewhere or not wanted) else 0.0
    if kind == "liking":
        return score + 2 if has else 0.0
    if kind == "yes":
        return score if overlap >= max(1, (len(wanted) + 1) // 2) - 0.25 else 0.0
    if not wanted:
        return 1.0 + score + (0.5 if n == 0 else 0)
    return score if overlap else 0.0


def _telling(asked: Sequence[Token], wanted: Sequence[Token]) -> list[Token]:
    """The words of a question that say what it is about: those wanted or, where none is, its verbs ("Who owns it?")."""
    return [t for t in wanted if t.kind == "word"] or [t for t in asked if t.kind == "word"]


def identity(asked: Sequence[Token]) -> bool:
    """Whether a question asks who is in view and nothing else: "Who is this?", "who dis"."""
    asked = asked[1:] if asked and asked[0].text.lower() in ("and", "but", "so") else asked
    return bool(asked) and asked[0].stem == "who" and not any(t.kind == "word" and t.stem not in DIS for t in asked)


def _another(asked: Sequence[Token], found: Sequence[Token], line: str) -> bool:
    """Whether a sentence names somebody whom the question does not name, and who is not the thing in the photo."""
    called = stem(match[1].lower()) if (match := _CALLED.match(line)) else ""
    known = {t.stem for t in asked} | {called}
    return any((t.kind == "name" or t.stem in PERSONS or t.possessive) and t.stem not in known for t in found)


def _typed(kind: str, found: Sequence[Token], line: str) -> bool:
    """Whether a sentence has what the kind of question asks for."""
    if kind == "where":
        for i, t in enumerate(found[:-1]):
            if t.kind == "prep" and t.stem in _PLACING:
                rest = [x for x in found[i + 1 : i + 4] if x.kind not in ("light", "mine", "other")]
                if (
                    rest
                    and rest[0].kind in ("name", "word")
                    and rest[0].text.lower() not in lexicon.TIMES
                    and rest[0].stem not in PERSONS
                ):
                    return True
        return "everywhere" in line.lower() or "home" in line.lower()
    if kind == "when":
        return any(
            t.kind == "day" or t.text.lower() in lexicon.TIMES or (t.stem == "when" and n) for n, t in enumerate(found)
        )
    if kind == "number":
        return any(t.kind == "number" or t.text.lower() in ("every", "twice", "until") for t in found)
    if kind == "who":
        there = {t.at for prep, t in pairwise(found) if prep.text.lower() in lexicon.PLACING}  # "in Antwerp"
        return any((t.kind == "name" and t.at not in there) or t.stem in PERSONS or t.possessive for t in found)
    if kind == "why":
        return bool(_BECAUSE.search(line))
    if kind == "liking":
        return any(t.stem in _LIKING or t.text.lower() in ("always", "whenever", "steals", "best") for t in found)
    return True


def led(lines: Sequence[str], n: int) -> str:
    """The sentence with those before it that name its "he": "Biscuit! He lives next door. He bit the postman."."""
    if not n or _typed("who", named(tokens(lines[n])), lines[n]):
        return lines[n]
    return max((text for first in range(n + 1) if len(text := " ".join(lines[first : n + 1])) <= LONGEST), key=len)
