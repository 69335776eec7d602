"""What the user told later that speaks against an answer: "It was fifteen euros", after "It cost twelve euros".

Both are shown, the later words quoted behind the answer: which of the two is right only the user knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from assistant.grounding.quotes.question_kind import VAGUE
from assistant.grounding.quotes.quotation import Quotable, Quote, quoted
from assistant.grounding.words.lexicon import PERSONS
from assistant.grounding.words.tokens import Token, alike, stem, tokens
from memory.naming.named_things import names_of
from memory.times.number_words import NUMBER, number_of

_DENIES = re.compile(
    r"\b(?:not|never|no longer|any ?more|instead|actually|wrong|mistaken|misremembered"
    r"|(?:is|was|are|were|did|does|do|has|had|ca|could|would)n['’]?t)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:now|moved|changed|switched|swapped|replaced|nowadays|these days|from now on|since then|used to be)\b",
    re.IGNORECASE,
)
""" "We moved the key to the side pocket", "she now gets half a tin"."""
_AMOUNT = re.compile(
    r"\bhow (?!come|did|do|does|is|are|was|were|about)\w|\b(?:price|costs?|age|number of|what time)\b", re.IGNORECASE
)
"""A question for a number."""
_AGED = re.compile(
    rf"(?:\b(?:is|was|am|are|turn(?:s|ed|ing)?|now|aged?|only|s?hes)|['’]s) (?P<years>\d{{1,3}}|{NUMBER})\b"
    r"(?! (?:euros?|dollars?|pounds?|quid|kilos?|km|miles?|minutes?|hours?|days?|weeks?|months?|people|of)\b)",
    re.IGNORECASE,
)
""" "She turned 10 in March", "shes 9"."""
_WHO = re.compile(r"\W*(?:and |but |so )?(?:who|whom|what happened)\b", re.IGNORECASE)
_IT_WAS = re.compile(
    r"\W*(?:(?:no|wait|sorry|actually|i mean|oh)[\s,]+)*(?:(?:it|that) was"
    r"|i meant?) (?:actually )?(?P<who>[^\W\d_]+(?: [^\W\d_]+)?)"
    r"(?:,? (?:not|who|that) .*)?[\s.!]*",
    re.IGNORECASE,
)
""" "It was Mia", "no i meant my brother": who did it, after all."""
_YEAR = re.compile(r"(?:19|20)\d\d")


def later_words(question: str, answer: str, cited: Collection[str], recalled: Sequence[Quotable]) -> Quote | None:
    """What was told later against an answer that rests on the `cited` memories (ids), quoted; None where nothing is."""
    basis = [one for one in recalled if one.episode.id in cited]
    if not basis:
        return None
    newest, photos = max(one.episode.order for one in basis), {one.episode.photo.sha256 for one in basis}
    said = tokens(f"{question} {answer}")
    for one in sorted(recalled, key=lambda one: -one.episode.order):
        here = one.certainty == "sure" and (one.in_view or one.episode.photo.sha256 in photos)
        amounts = tokens(answer) if _AMOUNT.search(question) else []
        against = (
            _against(one.episode.words, said, amounts)
            or _of_another_age(question, answer, one.episode.words)
            or _somebody_else(question, said, one.episode.words)
        )
        if here and one.episode.order > newest and against:
            text, id = quoted(one, one.episode.words)
            return Quote(f"But {text[:1].lower()}{text[1:].replace(' told me', ' told me later,', 1)}", id)
    return None


def _against(words: str, said: Sequence[Token], amounts: Sequence[Token]) -> bool:
    """Whether later words deny something that was said, or give another number of the same, or another year."""
    later = tokens(words)
    mine, before = _measured(later), _measured(amounts)
    if any(alike(unit, other) and n != m for unit, n in mine for other, m in before):
        return True
    years = {t.text for t in later if _YEAR.fullmatch(t.text)}
    if years and (told := {t.text for t in said if _YEAR.fullmatch(t.text)}) and not years & told:
        return True
    telling = [t.stem for t in said if t.content and t.stem not in VAGUE]
    shared = any(alike(t.stem, other) for t in later if t.content and t.stem not in VAGUE for other in telling)
    things = [t.stem for t in said if t.kind == "word" and t.content and t.stem not in VAGUE]
    of_things = any(alike(t.stem, other) for t in later if t.kind == "word" and t.content for other in things)
    return (bool(_DENIES.search(words)) and shared) or (bool(_CHANGED.search(words)) and of_things)


def _of_another_age(question: str, answer: str, words: str) -> bool:
    """Whether later words tell another age than the answer to "how old is she?"."""
    if not re.search(r"\bhow old\b|\bage\b", question, re.IGNORECASE):
        return False
    before, now = ({number_of(one["years"]) for one in _AGED.finditer(text)} for text in (answer, words))
    return bool(before and now) and not before & now


def _somebody_else(question: str, said: Sequence[Token], words: str) -> bool:
    """Whether later words say no more than who it was, somebody else than the answer to "who ...?" says."""
    found = _IT_WAS.fullmatch(words) if _WHO.match(question) else None
    if not found:
        return False
    who = found["who"].lower().split()
    told = names_of(words)
    known = bool(told.mentioned or told.shown) or who[-1] in PERSONS or who == ["me"]
    return known and not {stem(word) for word in who} & {t.stem for t in said}


def _measured(found: Sequence[Token]) -> set[tuple[str, str]]:
    """What is counted, and its number: ("eur", "12")."""
    return {(after.stem, t.stem) for t, after in pairwise(found) if t.kind == "number" and after.kind == "word"}
