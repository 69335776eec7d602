"""Questions for whatever was told: about somebody or something ("What do you know about Ravi?"), about what is in view
("Do you know this guy?"), or about whose that is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import VAGUE
from assistant.grounding.quotes.quotation import Quotable, Quote, beginning, introduction, quoted
from assistant.grounding.words.lexicon import CHATTED_PERSONS
from assistant.grounding.words.phrases import named
from assistant.grounding.words.tokens import alike, tokens

_ABOUT = re.compile(
    r"\W*(?:(?:and|so|but|please|ok|hey) )*(?:(?:can|could|would|will) you )?(?:please )?"
    r"(?:(?:what|anything|everything|all)(?: else)?(?: (?:that )?(?:do|did|have|can))? (?:you|i) (?:ever )?"
    r"(?:know|tell|told|say|said|remember|recall|have)(?: you| me)?"
    r"|do you (?:know|remember|have) (?:anything|something|everything)"
    r"|(?:did|have) i (?:ever )?(?:tell|told|say|said|mention(?:ed)?)(?: you)?(?: (?:anything|something))?"
    r"|what|how|(?:tell|remind) me(?: (?:more|again|all|everything|anything|something"
    r"|a (?:bit|little)|what you know|what i (?:said|told you)))*"
    r"|anything|more) (?:about|(?<!what )(?<!how )(?:of|on)) (?P<what>[^?!.]+)\W*$"
    r"|\W*(?:(?:and|so|but|ok)[, ]+)*(?:what(?:['’]?s| is| was) the (?:whole )?(?:story|deal) (?:with|of|behind|about)"
    r"|what happened (?:to|with|on|in|at|during)) (?P<event>[^?!.]+)\W*$"
    r"|\W*and (?P<name>[^\W\d_]+)\W*$",
    re.IGNORECASE,
)

YOU_REMEMBER = (
    r"(?:(?:i (?:dare ?say|expect|trust|hope|suppose|imagine|take it|am sure)(?: that)?|i['’]?m sure(?: that)?"
    r"|no doubt|surely|of course)[, ]+)*you(?: (?:will|may|must|might|surely|no doubt|do|still|already|probably|would)"
    r"|['’]ll)* (?:remember|know|recogni[sz]e|recall|have (?:met|seen)) (?:this|that|these|those|him|her|it|them)"
    r"(?: \w+){0,2}"
)
""" "I dare say you remember this one": asks who is in view."""
_WHO = re.compile(
    r"\W*(?:(?:and|so|but|hey|ok)[, ]+)*(?:(?:do|can|did) (?:you|u) (?:still )?(?:know|recogni[sz]e|remember) "
    r"(?:this|that|these|those|him|her|it|them)(?: [a-z]+)?"
    r"|(?:have|had) (?:you|u|we) (?:ever )?(?:seen|met|had) (?:this|that|him|her|it|them)(?: \w+)?"
    r"(?: (?:before|already))?"
    r"|(?:what|anything|everything)(?: else)? (?:do|can|did|would) (?:you|i|u) (?:know|tell|say|remember|recall)"
    r"(?: you| me)? (?:about|of) (?:this|that|these|those|him|her|it|them)(?: \w+){0,2}"
    rf"|{YOU_REMEMBER}"
    r"|which \w+ is (?:this|that|it|he|she))\W*$",
    re.IGNORECASE,
)
""" "Do you know this guy?", "which dog is that": asks who or what is in view."""
_WHO_NAMED = re.compile(
    r"\W*(?:(?:and|so|but|ok|hey)[, ]+)*who(?:['’]?s| is| was| were| are) "
    r"(?P<name>(?!(?:this|that|he|she|it|they|these|those|there|here|you|we|i|the|my|our|a|an|with|in|on|at)\b)[^\W\d_]{2,}"
    r"(?: [^\W\d_]{2,})?)(?: again| then)?\W*$",
    re.IGNORECASE,
)
""" "Who is Yusuf?": what was told of somebody with that name, where nothing says who that is."""
_POINTS = re.compile(r"(?:this|that|these|those|him|her|it|them)\b", re.IGNORECASE)
_WHOSE = re.compile(
    r"\W*(?:(?:and|so|but|hey|ok|wait)[, ]+)*(?:whose (?:is|are|was|were) (?:this|that|these|those|it|they|he|she)"
    r"|who (?:owns|owned) (?:this|that|these|those|it|them)|who do(?:es)? (?:this|that|these|those|it|they) belong to"
    r"|(?:is|are|was|were|isn['’]?t|aren['’]?t) (?:this|that|these|those|it|they|he|she) (?:(?:really|still|even) )?"
    r"(?:mine|(?:my|our) (?:own )?[\w'’-]+|[^\W\d_]+['’]?s)"
    r"|do(?:es)? (?:this|that|these|those|it|they|he|she) belong to [\w'’-]+)(?: (?:again|then|actually|or what))?\W*$",
    re.IGNORECASE,
)
""" "Are these mine?", "whose are these": to whom belongs what is in view."""
_OWNED = (
    re.compile(
        r"(?:^|\b(?:this|that|these|those|it|they|he|she)(?:['’]s|['’]re| is| are| was| were| r) "
        r"|\b(?:thats|its|hes|shes|theyre) )(?:[\w'-]+,? ){0,2}?"
        rf"(?:(?:my|our) (?!(?:{'|'.join(sorted(CHATTED_PERSONS))})\b(?!['’]?s))"
        r"|(?!(?:it|that|this|there|he|she|what|who)\b)[^\W\d_]+['’]s (?!(?:been|got|had|not|so|a|the|in|on|at)\b))",
        re.IGNORECASE,
    ),
    re.compile(r"\bbelong|\bown(?:s|ed)?\b|\bmine\b|\bours\b", re.IGNORECASE),
    re.compile(
        r"(?:^|[,;.!?] ?|\b(?:i|we) (?:\w+ )?|\bnew \w+\W+)(?:got|bought|found|adopted|ordered|inherited|won|made"
        r"|thrifted)\b",
        re.IGNORECASE,
    ),
)
"""How words tell to whom something belongs, the plainest first: by an owner, by a verb, or as what the user got."""
MOST_QUOTED = 2
"""Memories that are quoted about one thing."""


def asked_about(question: str) -> str:
    """The words for whom or what such a question asks about: "my mother"; "" where it is another question, or for
    what happened."""
    found = _ABOUT.match(question)
    what = (found["what"] or found["name"] or "") if found else ""
    return "" if _POINTS.match(what) else what


def what_was_told(question: str, recalled: Sequence[Quotable]) -> list[Quote]:
    """The user's words about what such a question names, from the memories that have all of its words, or about what is
    in view: what it is, or whose; none where the question is another one, or nothing was told."""
    in_view = [one for one in recalled if one.in_view]
    if _WHO.match(question):
        return [one] if (one := introduction(in_view)) else []
    if _WHOSE.match(question):
        return _whose(in_view or recalled)
    if who := _WHO_NAMED.match(question):
        name = {t.stem for t in tokens(who["name"])}
        telling = [one for one in recalled if name <= _named(one.episode.words)]
        return _about([t.stem for t in tokens(who["name"])], telling)[:1]
    wanted = topic(question)
    return _about(wanted, recalled) if wanted else []


def _named(words: str) -> set[str]:
    """The stems of the names in words, without owners: not "Tom's aunt"."""
    return {t.stem for s in sentences(words) for t in named(tokens(s)) if t.kind == "name" and not t.possessive}


def topic(question: str) -> list[str]:
    """The stems of what such a question names: "ravi", of "what do you know about Ravi"; empty for any other one."""
    found = _ABOUT.match(question)
    what = found and (found["what"] or found["event"] or found["name"])
    return [t.stem for t in tokens(what) if t.content and t.stem not in VAGUE] if what else []


def tells_of(one: Quotable, wanted: Sequence[str]) -> bool:
    """Whether a memory has all of these words, by their stems."""
    told = [t for t in tokens(one.episode.words) if t.content]
    return all(any(alike(stem, t.stem) for t in told) for stem in wanted)


def _whose(recalled: Sequence[Quotable]) -> list[Quote]:
    """The first sentence that tells to whom belongs what is in view."""
    lines = [(one, line) for one in recalled for line in sentences(one.episode.words)]
    told = (quoted(one, line) for owned in _OWNED for one, line in lines if owned.search(line))
    return list(islice(told, 1))


def _about(wanted: Sequence[str], recalled: Sequence[Quotable]) -> list[Quote]:
    """What some memories tell with all of these words, those first that say more than "It was Mia"."""
    found: list[tuple[bool, Quote]] = []
    for one in recalled:
        if tells_of(one, wanted):
            lines = list(sentences(one.episode.words))
            told = [t for t in tokens(one.episode.words) if t.content]
            first = next(n for n, line in enumerate(lines) if any(alike(t.stem, wanted[0]) for t in tokens(line)))
            found.append((len(told) <= len(wanted), quoted(one, beginning(lines[first:]))))
    quotes = [quote for bare, quote in sorted(found, key=lambda pair: pair[0]) if not bare or len(found) == 1]
    return quotes[:MOST_QUOTED]
