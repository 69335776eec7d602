"""Whether a date in the words is that of the photo: "Anna's birthday is on 12 May" does not say when it was taken."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_ASKS = re.compile(
    r"\W*(?:when|(?:on |in )?(?:what|which) (?:day|date|year|month))(?: was|'s| is| were| did (?:you|we|i) take)?"
    r"(?: (?:this|that|it|these|those|the|my|our))?(?: (?:photo(?:graph)?|picture|image|shot|one)s?)?"
    r"(?: of)?(?: taken| from| shot)?\W*",
    re.IGNORECASE,
)
_LAST_SEEN = re.compile(r"\W*when\b(?=.*\blast\b).*\b(?:see|saw|seen|meet|met|visit(?:ed)?)\b", re.IGNORECASE)
_OCCASIONS = frozenset(
    stem(w)
    for w in "birthday anniversary wedding deadline exam appointment concert party holiday flight nameday".split()
)
_NOW = frozenset("is are am has have turns will starts ends begins comes leaves gets".split())


def asks_for_the_photo(question: str) -> bool:
    """Whether a question asks when the photo was taken, and for nothing else: "When was this?"."""
    return bool(_ASKS.fullmatch(question.replace("’", "'")))


def photo_s_day_answers(question: str) -> bool:
    """Whether the day of the photo is all the answer: "When was this?", "When did I last see them?"."""
    return asks_for_the_photo(question) or bool(_LAST_SEEN.match(question))


def of_another_moment(sentence: Sequence[Token]) -> bool:
    """Whether the date in a told sentence is that of something else than the photo, as far as the words show.

    So is a date said of an occasion in the present or the future, or of somebody's birth: "her birthday is on 12 May".
    A photo *of* an occasion is of that day: "Anna's birthday on 12 May", "This is Anna's birthday, 12 May".
    """
    words = list(sentence)
    for n, t in enumerate(words):
        if t.text.lower() in ("born", "due"):
            return True
        if t.stem in _OCCASIONS and any(w.text.lower() in _NOW for w in words[n + 1 :]):
            return True
        if t.text.lower() in ("will", "turns", "starts", "leaves", "tomorrow"):
            return True
        if t.stem == "next" and any(w.stem in ("week", "month", "year") for w in words[n + 1 : n + 2]):
            return True
    return False


def may_date(sentence: Sequence[Token], claim: Sequence[Token]) -> bool:
    """Whether a date in a told sentence may be that of a claim: it is of the photo's moment, or of what is claimed."""
    if not of_another_moment(sentence):
        return True
    said = {t.stem for t in sentence if t.kind == "word"} - GENERIC
    claimed = [t for t in claim if t.kind == "word" and not is_verb(t)]
    born = any(t.text.lower() in ("born", "due") for t in claim)
    return born or any(alike(t.stem, s) for t in claimed for s in said)
