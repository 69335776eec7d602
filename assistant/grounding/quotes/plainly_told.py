"""What rules find in a sentence where no reader does: from whom a thing is, who came along, when somebody was there.

People who chat drop the verb: "old teddy from leo", "took it to lisbon w/ mia in may". The reader looks for a sentence.
"""

from __future__ import annotations

import re

from assistant.grounding.quotes.question_kind import Question
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
_FROM = re.compile(r"\b(?:from|off) ((?:(?!(?:in|at|on|for|and|to|when|last)\b)[\w'’]+ ?){1,3})", re.IGNORECASE)
_WITH = re.compile(r"(?<!\w)(?:with |w/ ?|w )((?:[\w'’]+,? ?){1,4})", re.IGNORECASE)
_SOMEBODY = PERSONS | lexicon.CHATTED_PERSONS | set("roomie roommate housemate bestie guy lady boss".split())


def plainly_told(asked: Question, line: str) -> bool:
    """Whether the sentence tells what such a question asks for, of all that it names."""
    if _GIVEN_BY.fullmatch(asked.text):
        return _all_but_verbs(asked, line) and any(_somebody(part) for part in _FROM.findall(line))
    if _BOUGHT_WHERE.fullmatch(asked.text):
        return _all_but_verbs(asked, line) and any(not _somebody(part) for part in _FROM.findall(line))
    if given := _GIVEN_WHAT.fullmatch(asked.text):
        giver = (given["who"] or given["of"]).lower()
        return any(giver in re.findall(r"\w+", part.lower()) for part in _FROM.findall(line))
    if asked.kind == "who" and _COMPANY.fullmatch(asked.text):
        return _has_all(asked, line) and any(_somebody(part) for part in _WITH.findall(line))
    if asked.kind == "when" and asked.wanted:
        return _has_all(asked, line) and sum(t.kind == "day" for t in tokens(line)) == 1
    return False


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
    here = [t.stem for t in tokens(line)]
    things = [t for t in asked.wanted if not any(alike(t.stem, verb) for verb in _GIVING)]
    return all(any(alike(t.stem, stem) for stem in here) for t in things)


_GIVING = [t.stem for t in tokens("give get buy bring send gift make present")]
