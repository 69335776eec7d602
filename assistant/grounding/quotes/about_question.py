"""Questions for whatever was told about somebody or something: "What do you know about Ravi?"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import VAGUE
from assistant.grounding.quotes.quotation import Quotable, Quote, beginning, introduction, quoted
from assistant.grounding.words.tokens import alike, tokens

_ABOUT = re.compile(
    r"\W*(?:(?:and|so|but|please|ok|hey) )*(?:(?:can|could|would|will) you )?(?:please )?"
    r"(?:(?:what|anything|everything|all)(?: else)?(?: (?:that )?(?:do|did|have|can))? (?:you|i) (?:ever )?"
    r"(?:know|tell|told|say|said|remember|recall|have)(?: you| me)?"
    r"|do you (?:know|remember|have) (?:anything|something|everything)"
    r"|(?:did|have) i (?:ever )?(?:tell|told|say|said|mention(?:ed)?)(?: you)?(?: (?:anything|something))?"
    r"|(?:tell|remind) me(?: (?:more|again|all|everything|anything|what you know|what i (?:said|told you)))*"
    r"|anything|more) (?:about|of|on) (?P<what>[^?!.]+)\W*$"
    r"|\W*(?:(?:and|so|but|ok)[, ]+)*(?:what(?:['’]?s| is| was) the (?:whole )?(?:story|deal) (?:with|of|behind|about)"
    r"|what happened (?:to|with|on|in|at|during)) (?P<event>[^?!.]+)\W*$",
    re.IGNORECASE,
)

_WHO = re.compile(
    r"\W*(?:(?:and|so|but|hey|ok)[, ]+)*(?:(?:do|can|did) (?:you|u) (?:still )?(?:know|recogni[sz]e|remember) "
    r"(?:this|that|these|those|him|her|it|them)(?: (?:here|guy|man|woman|one|thing|fellow|face|[a-z]+))?"
    r"|(?:have|had) (?:you|u|we) (?:ever )?(?:seen|met|had) (?:this|that|him|her|it|them)(?: \w+)?"
    r"(?: (?:before|already))?"
    r"|(?:what|anything|everything)(?: else)? (?:do|can|did|would) (?:you|i|u) (?:know|tell|say|remember|recall)"
    r"(?: you| me)? (?:about|of) (?:this|that|these|those|him|her|it|them)(?: \w+){0,2}"
    r"|(?:(?:i (?:dare ?say|expect|trust|hope|suppose|take it)|i['’]?m sure|no doubt|surely)(?: that)?[, ]+)?you"
    r"(?:['’]ll)?(?: (?:will|may|must|might|still|would|do))* (?:remember|know|recogni[sz]e|recall)"
    r" (?:this|that|these|those|him|her|it|them)(?: \w+){0,2}"
    r"|which \w+ is (?:this|that|it|he|she))\W*$",
    re.IGNORECASE,
)
""" "Do you know this guy?", "which dog is that": asks who or what is in view."""
_POINTS = re.compile(r"(?:this|that|these|those|him|her|it|them)\b", re.IGNORECASE)


def asked_about(question: str) -> str:
    """The words for whom or what such a question asks about: "my mother"; "" where it is another question, or for
    what happened."""
    found = _ABOUT.match(question)
    what = (found["what"] or "") if found else ""
    return "" if _POINTS.match(what) else what


def what_was_told(question: str, recalled: Sequence[Quotable]) -> Quote | None:
    """The user's words about what such a question names, from the first memory that has all of its words, or about what
    is in view; None where the question is another one, or nothing was told."""
    if _WHO.match(question):
        return introduction([one for one in recalled if one.in_view])
    found = _ABOUT.match(question)
    what = (found["what"] or found["event"]) if found else ""
    wanted = [t.stem for t in tokens(what) if t.content and t.stem not in VAGUE]
    if not wanted:
        return None
    for one in recalled:
        told = [t for t in tokens(one.episode.words) if t.content]
        if all(any(alike(stem, t.stem) for t in told) for stem in wanted):
            lines = list(sentences(one.episode.words))
            first = next(n for n, line in enumerate(lines) if any(alike(t.stem, wanted[0]) for t in tokens(line)))
            return quoted(one, beginning(lines[first:]))
    return None
