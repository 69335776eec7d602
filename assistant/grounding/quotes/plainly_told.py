"""What rules find in a sentence where no reader does: from whom a thing is, who came along, when somebody was there.

People who chat drop the verb: "old teddy from leo", "took it to lisbon w/ mia in may". The reader looks for a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.quotes.question_kind import Question, identity
from assistant.grounding.words import lexicon
from assistant.grounding.words.tokens import alike, tokens
from memory.naming.categories import PERSONS
from memory.naming.name_extraction import names

_THING = r"(?:this|that|these|those|it|them|(?:the|my) (?:\w+ )?\w+)"
_GIVEN_BY = re.compile(
    r"\W*(?:(?:and|so|but|ok|wait)[, ]+)*(?:who (?:gave|got|bought|brought|sent|gifted)(?: (?:me|us))?"
    rf" {_THING}(?: (?:to|for) (?:me|us))?|who(?:['’]?s| is| was|['’]?re| are| were) (?:{_THING}|they|he|she) from"
    rf"|(?:from whom|who) (?:did|do) (?:i|we) (?:get|have) {_THING}(?: from)?"
    rf"|who(?:['’]?s| is| was) {_THING} an? (?:gift|present) (?:from|of)"
    r"|whose (?:gift|present) (?:is|was) \w+)(?: again| then)?\W*",
    re.IGNORECASE,
)
""" "Who gave it to me", "whos it from": somebody from whom the thing is."""
_GIVEN_WHAT = re.compile(
    r"\W*(?:(?:and|so|but|ok)[, ]+)*what (?:did (?:my |our )?(?P<who>[\w'-]+)(?: [\w'-]+)? (?:give|get|buy|bring|send)"
    r"(?: (?:to )?(?:me|us))?(?: for \w.*)?|(?:did|do) (?:i|we) (?:get|have) from (?:my |our )?(?P<of>[\w'-]+))\W*",
    re.IGNORECASE,
)
""" "What did leo give me", "what do I have from Nan"."""
_BOUGHT_WHERE = re.compile(
    r"\W*(?:(?:and|so|but|ok)[, ]+)*(?:where|(?:from )?(?:which|what) (?:shop|store|place)) (?:did|do|have) (?:i|we) "
    r"(?:buy|get|find|bought|got|found) (?P<thing>[\w' -]+?)(?: from| in| at)?\W*",
    re.IGNORECASE,
)
""" "Where did I buy them": a shop from which the thing is, "new boots, £65 from Schuh"."""
_COMPANY = re.compile(
    r"\W*(?:(?:and|so|but|ok)[, ]+)*(?:who(?:m| else)?(?:['’]?s| was| were| is)? .*\b(?:with|w/?)(?!\w) ?(?:me|us"
    r"|you|it)?(?: .*)?"
    r"|who (?:came|went|was|were|tagged|joined) .*\b(?:along|with (?:me|us)|there|too)|with whom\b.*"
    r"|(?:who|whom) (?:did|was|were|have) (?:i|we) .*\bwith)\W*",
    re.IGNORECASE,
)
""" "Who came along", "who did we go with"."""
_LEAD = r"\W*(?:(?:and|so|but|ok|wait)[, ]+)*"
_PRICE = re.compile(
    rf"{_LEAD}how much (?:(?:is|are|was|were) {_THING}|(?:did|do|does|have) (?:(?:i|we) (?:pay|paid|spend|spent)"
    rf"(?: (?:for|on) {_THING})?|{_THING} cost(?: (?:me|us))?))\W*",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£¥]\s?\d|\d\s?(?:[€£$]|(?:euros?|eur|dollars?|bucks|pounds?|quid|pence|cents?|francs?|chf|z[łl]|kr(?:oner|onor)?"
    r"|yen|usd|gbp)\b)",
    re.IGNORECASE,
)
""" "How much were these?", of "Cost me $180"."""
_MADE_BY = re.compile(
    rf"{_LEAD}who (?P<deed>made|drew|painted|knitted|knit|crocheted|sewed|sewn|carved|built|baked|wrote|designed)"
    rf" {_THING}(?: (?:for|again|then)\b.*)?\W*",
    re.IGNORECASE,
)
_MADE = re.compile(
    r"\b(?:made|drew|painted|knit(?:ted)?|crocheted|sewed|carved|built|baked|wrote|designed)"
    r" (?:this|that|it|these|those|them|him|her)\b",
    re.IGNORECASE,
)
""" "Who made this?", of "I drew this at a workshop"."""
_WHICH_ONE = re.compile(
    rf"{_LEAD}(?:(?:in|at|on|from|to) )?(?:which|what) (?P<what>[^\W\d_]{{3,}})"
    r"(?: (?:is|was|were|are) (?:it|that|this|he|she|they)(?: (?:from|in|at|on))?)?\W*",
    re.IGNORECASE,
)
""" "Which shelter?", of "from a shelter in Valencia"."""
_HOW_LONG = re.compile(
    rf"{_LEAD}how long (?:have|has|had) (?:i|we|he|she|they|you|[\w' ]{{2,30}}?) (?:had|got|owned|known|kept|been)\b.*",
    re.IGNORECASE,
)
_BEGAN = re.compile(
    r"\b(?:got|adopted|bought|found|had|have|has|owned|since|moved in|came to us|met|known|rescued)\b", re.IGNORECASE
)
""" "How long have we had her?", of "we adopted her last spring"."""
_INSIDE = re.compile(
    rf"{_LEAD}what(?:['’]?s| is| are| was| were| do (?:i|we) (?:keep|have)| did (?:i|we) (?:put|hide))"
    r" (?:kept |hidden )?"
    rf"(?P<where>in|inside|under|behind|on) (?:{_THING}|here|there)\W*",
    re.IGNORECASE,
)
_IS_INSIDE = re.compile(
    r"\b(?:is|are|was|were|keep|kept|put|hid|hidden|live|lives)\b[^.!?;]*"
    r"\b(?P<where>in|inside|under|behind|on) (?:this|that|these|it|there|here)\b",
    re.IGNORECASE,
)
""" "What's in the vase?", of "the spare key is inside this vase"."""
_WHAT_DOES = re.compile(
    rf"{_LEAD}(?:what|who|which(?: (?:one|thing|[\w'’-]+))?)(?: else)?"
    r" (?P<does>(?!(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|shall|may|might)\b)"
    r"[\w'’-]+(?: [\w'’-]+){1,6}?)(?: again| then)?\W*",
    re.IGNORECASE,
)
""" "What goes to Nina?", of "the clock goes to Nina when we move": the sentence says just that of something."""
_PHONE = re.compile(rf"{_LEAD}(?:what(?:['’]?s| is| was)|give me|tell me) .*\bnumber\b.*", re.IGNORECASE)
_DIGITS = re.compile(r"(?:\d[\s-]?){5,}")
""" "What is the phone number of the vet?", of "Vet is Greenfield on 01632 960123"."""
_REASON = re.compile(r"\b(?:so|because|cos|coz|cause|since|that['’]?s why|otherwise)\b", re.IGNORECASE)
_AFTER_ALL = re.compile(r"\W*(?:it|that) was [^.,;]+?,? (?:after all|in the end|actually)\W*", re.IGNORECASE)
""" "It was Darren after all", told later of the same photo."""
_NUMBERED = [t.stem for t in tokens("phone telephone mobile number call")]
_FROM = re.compile(r"\b(?:from|off) ((?:(?!(?:in|at|on|for|and|to|when|last)\b)[\w'’]+ ?){1,3})", re.IGNORECASE)
_WITH = re.compile(r"(?<!\w)(?:with |w/ ?|w )((?:[\w'’]+,? ?){1,4})", re.IGNORECASE)
_SOMEBODY = PERSONS | lexicon.CHATTED_PERSONS | set("roomie roommate housemate bestie guy lady boss".split())


def plainly_told(asked: Question, line: str) -> bool:
    """Whether the sentence tells what such a question asks for, of all that it names."""
    if _PRICE.fullmatch(asked.text):
        return bool(_MONEY.search(line)) and _all_but_verbs(asked, line)
    if _MADE_BY.fullmatch(asked.text):
        return bool(_MADE.search(line)) and _all_but_verbs(asked, line)
    if which := _WHICH_ONE.fullmatch(asked.text):
        named = rf"\b{re.escape(which['what'])},? (?:in|at|near|called|named|of|on) \w"
        return bool(re.search(named, line, re.IGNORECASE))
    if _HOW_LONG.fullmatch(asked.text):
        times = any(t.kind == "day" or t.text.lower() in (*lexicon.TIMES, "years", "months") for t in tokens(line))
        return times and bool(_BEGAN.search(line)) and _all_but_verbs(asked, line)
    if asked.kind == "who" and _AFTER_ALL.fullmatch(line):
        return not identity(asked.tokens)
    if _GIVEN_BY.fullmatch(asked.text):
        return _all_but_verbs(asked, line) and any(_somebody(part) for part in _FROM.findall(line))
    if _BOUGHT_WHERE.fullmatch(asked.text):
        return _all_but_verbs(asked, line) and any(not _somebody(part) for part in _FROM.findall(line))
    if given := _GIVEN_WHAT.fullmatch(asked.text):
        giver = (given["who"] or given["of"]).lower()
        gave = rf"\b{re.escape(giver)}\b[^.;!?]*\b(?:gave|got|bought|brought|sent|made|lent)\b[^.;!?]*\b(?:me|us)\b"
        from_whom = any(giver in re.findall(r"\w+", part.lower()) for part in _FROM.findall(line))
        return from_whom or bool(re.search(gave, line, re.IGNORECASE))
    if inside := _INSIDE.fullmatch(asked.text):
        there = {"in": "in", "inside": "in"}
        same = (there.get(one["where"].lower(), one["where"].lower()) for one in _IS_INSIDE.finditer(line))
        return there.get(inside["where"].lower(), inside["where"].lower()) in same
    if (does := _WHAT_DOES.fullmatch(asked.text)) and asked.wanted and _says(does["does"], line):
        return True
    if _PHONE.fullmatch(asked.text) and _DIGITS.search(line):
        return _all_but(asked, line, _NUMBERED)
    if asked.kind == "why" and asked.wanted:
        return _has_all(asked, line) and bool(_REASON.search(line))
    if asked.kind == "who" and _COMPANY.fullmatch(asked.text):
        return _has_all(asked, line) and any(_somebody(part) for part in _WITH.findall(line))
    if asked.kind == "when" and asked.wanted:
        return _has_all(asked, line) and sum(t.kind == "day" for t in tokens(line)) == 1
    return False


def _says(words: str, line: str) -> bool:
    """Whether a sentence has these very words, not denied, behind whatever it says them of."""
    found = re.search(rf"\w[^.!?;]*\b{re.escape(words)}\b", line, re.IGNORECASE)
    denied = found and re.search(r"\b(?:not|never|no longer|nobody|nothing|if)\b|n['’]t\b", found[0], re.IGNORECASE)
    return found is not None and not denied


def _somebody(words: str) -> bool:
    """Whether words behind "from" or "with" begin with somebody: "my ex leo", "jonas"; not "anna's shop"."""
    said = names(words)
    people = {part.lower() for name in (*said.mentioned, *said.shown) for part in name.split()} | _SOMEBODY
    return any(word in people for word in re.findall(r"[\w'’]+", words.lower()))


def _has_all(asked: Question, line: str) -> bool:
    """Whether a sentence has all words by which it can answer."""
    here = [t.stem for t in tokens(line)]
    return all(any(alike(t.stem, stem) for stem in here) for t in asked.wanted)


def _all_but_verbs(asked: Question, line: str) -> bool:
    """The same, of a question whose verb ("gave") the word "from" stands for."""
    return _all_but(asked, line, _GIVING)


def _all_but(asked: Question, line: str, these: Sequence[str]) -> bool:
    """Whether a sentence has all words by which it can answer, but for some stems."""
    here = [t.stem for t in tokens(line)]
    things = [t for t in asked.wanted if not any(alike(t.stem, one) for one in these)]
    return all(any(alike(t.stem, stem) for stem in here) for t in things)


_GIVING = [
    t.stem for t in tokens("give get buy bring send gift make present have own know keep draw paint pay cost spend")
]
