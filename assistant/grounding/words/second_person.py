"""The user's words as the app says them: "my dog" becomes "your dog", and what is left of a quotation goes."""

from __future__ import annotations

import re

from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.run_on import with_commas
from assistant.grounding.words.tokens import tokens
from memory.times.calendar_names import MONTH_NAMES
from memory.times.number_words import NUMBER

_YOU = {
    "my": "your", "our": "your", "mine": "yours", "ours": "yours", "i": "you", "we": "you", "me": "you", "us": "you",
    "myself": "yourself", "ourselves": "yourselves", "i'm": "you're", "im": "you're", "i've": "you've", "ive": "you've",
    "i'd": "you'd", "i'll": "you'll", "we're": "you're", "we've": "you've", "weve": "you've", "we'd": "you'd",
    "we'll": "you'll",
}  # fmt: skip
_WORDS = "|".join(word.replace("'", "['’]") for word in sorted(_YOU, key=len, reverse=True))
_OF_THE_USER = re.compile(rf"(?<![\w'’-])(?:{_WORDS})(?![\w'’-])", re.IGNORECASE)
_NO_OWNER = re.compile(
    r"\bUS$|\b(?:an?|the|old|coal|gold|salt|tin|silver|copper|iron|slate|disused|abandoned|deep) mine$"
)
""" "In the US", "the old salt mine"."""
_NEAR = 24
"""Characters before a word that say whether it is somebody's."""
_AS_I = re.compile(
    r"\W*(?:(?:yes|no|sorry|but|and|so|maybe|because)\b[, ]*)*"
    r"(?:I (?:(?:can(?:not|['’]t)?|do(?: not|n['’]t)?|did(?: not|n['’]t)?|would|will) )*"
    r"(?:see|think|believe|remember|know|tell|say)|I(?:['’]m| am) (?:not sure|not certain|sorry|afraid))\b",
    re.IGNORECASE,
)
""" "I do not know this one": what the assistant says of itself."""
_FOREIGN = frozenset(
    """das ist sind ein eine mein meine mir mich und der den dem nicht mit wir er sie vom zum im bei auf el los las lo
    una este esta mi mis es con por que del y je j'ai c'est mon ma mes il elle les des une est avec dans sur le la du
    et qui della gli che sono questo questa jest moja mój moje nie w na z minha meu uma o os um com não het een mijn
    op""".split()
)
_ENGLISH = frozenset(
    """the a an is was were are i it he she we they you my your his her our of in on at to and with from for this that
    has had have not who which when""".split()
)
"""Small words of English, and of other languages that are written in the same letters."""
_SPEECH = re.compile(r"[\"“][^\"“”]*[\"”]")
""" "Yes, I do", she said: somebody else's "I"."""
_ONE_OF_MANY = re.compile(r"\b([Tt]h)is ((?!is\b|was\b|has\b|does\b)(?:\w+ )?\w*[^\W\ds]s (?:are|were)\b)")
""" "This boots are", as a small model writes."""
_BE = (
    (re.compile(r"\b(you) was(n['’]?t)?\b", re.IGNORECASE), r"\1 were\2"),
    (re.compile(r"\b(you) am\b", re.IGNORECASE), r"\1 are"),
    (
        re.compile(r"\bi(d|ll) (?=(?:be|do|go|get|give|have|keep|like|love|make|never|rather|say|take|tell)\b)"),
        r"you'\1 ",
    ),
    (_ONE_OF_MANY, r"\1ese \2"),
    (re.compile(r"^(\W*)(?:please )?remind you\b", re.IGNORECASE), r"\1You asked me to remind you"),
)


def to_the_user(sentence: str) -> str:
    """A sentence that repeats the user's "my", "I" and "I'd" to the user, with "your", "you" and "you'd"; what it has
    between quotation marks stays."""
    if _AS_I.match(sentence) or not _english(sentence):
        return sentence

    spoken = [found.span() for found in _SPEECH.finditer(sentence)]

    def other(match: re.Match[str]) -> str:
        start, end = match.span()
        if _NO_OWNER.search(sentence[max(0, end - _NEAR) : end]) or any(begin < start < last for begin, last in spoken):
            return match[0]
        word = _YOU[match[0].lower().replace("’", "'")]
        return word.capitalize() if start == 0 else word

    changed = _OF_THE_USER.sub(other, sentence)
    for pattern, right in _BE:
        changed = pattern.sub(right, changed)
    return changed


def _english(sentence: str) -> bool:
    """Whether small words of English outnumber those of other languages, in which "me" and "im" are other words."""
    said = re.findall(r"[\w'’]+", sentence.lower())
    return sum(word in _ENGLISH for word in said) >= sum(word in _FOREIGN for word in said)


_HOW_LONG = re.compile(r"\W*(?:and |so |but )?how (?:long|much|many)\b", re.IGNORECASE)
_FOR_WHOM = re.compile(rf"(?:her|him|them|us|you) (?=(?:about |only |over |nearly )?(?:\d|{NUMBER}\b))", re.IGNORECASE)
""" "Took her three weeks": not "her", but the three weeks, answer "how long did it take?"."""
_DID_IT = re.compile(r"^(?P<who>[^,.;]+?) did it(?P<end>[.!]?)$")
_SOMEBODY_ELSE = re.compile(
    r"\W*(?:and |but |so )?whom? (?:did|do|does|was|were|is|are) (?:i|we|you|he|she|they)\b", re.IGNORECASE
)


_AND = re.compile(r",? and (?=(?:it|he|she|they|we|i|you)\b)", re.IGNORECASE)
_AND_OTHER = re.compile(r"(?:,? and|,) (?=(?:the|this|that|my|your|his|her)\b)", re.IGNORECASE)
_OF_SOMEBODY = re.compile(r"[^\W\d_]+['’]s (?:for|from|in|at|on|since|by)\b", re.IGNORECASE)
_SINCE = re.compile(r"(?:since|until|before|after|because) (?:you|i|we|he|she|it|they)\b", re.IGNORECASE)
_IT_IS = re.compile(r", (?=(?:the|my|your|this|that) (?:\w+ ){1,3}(?:is|was|are|were)\b)", re.IGNORECASE)


def _one_clause(sentence: str, question: str) -> str:
    """Of an answer that begins in the middle of the user's words and goes on with another clause that which has more
    words of the question: "Niamh's boots and it was Siobhan's party" says "Niamh's boots.", to "whose boots?"."""
    since, other = _SINCE.match(sentence), _IT_IS.search(sentence)
    pattern = _IT_IS if other else _AND_OTHER if since or _OF_SOMEBODY.match(sentence) else _AND
    first, *rest = pattern.split(sentence, maxsplit=1)
    found = tokens(first)
    if not rest or not any(t.content or t.kind == "me" for t in found):
        return sentence
    if not since and any(t.kind in ("be", "aux", "me", "other") or is_verb(t) for t in found):
        return sentence
    asked = {t.stem for t in tokens(question) if t.content}
    shared = [len(asked & {t.stem for t in part}) for part in (found, tokens(rest[0]))]
    if shared[1] > shared[0]:
        return rest[0]
    return sentence if since or other else f"{first.rstrip(' ,')}."


_BEGINS_WITH_AND = re.compile(
    r"^(?:and|but)\s+(?=\w)"
    rf"|^when\s+(?=(?:in |on )?(?:\d|(?:{'|'.join(name[:3] for name in MONTH_NAMES)})[a-z]*\.? \d))",
    re.IGNORECASE,
)
""" "And in May", "when Sept 2024": no answer begins so."""


def as_a_sentence(sentence: str, question: str) -> str:
    """A sentence that begins with a capital letter, whatever the user's words did; "Jonas did it." to "who did I run
    with" is "Jonas.", and "her three weeks" to "how long did it take" is "Three weeks.". An answer does not begin with
    "And"."""
    if question:
        sentence = _BEGINS_WITH_AND.sub("", sentence)
    if _HOW_LONG.match(question) and (whom := _FOR_WHOM.match(sentence)):
        sentence = sentence[whom.end() :]
    sentence = with_commas(_one_clause(sentence, question) if question else sentence)
    if _SOMEBODY_ELSE.match(question) and (found := _DID_IT.match(sentence)):
        sentence = found["who"] + found["end"]
    first = re.match(r"[^\W\d_]+", sentence)
    return sentence[0].upper() + sentence[1:] if first and first[0].islower() else sentence


_STRAY = re.compile(r"[\"”]([.!?]*)$")


def without_stray_quote(sentence: str, before: str) -> str:
    """A sentence behind the text `before`, without a quotation mark at its end that ends no quotation: small models
    leave one behind."""
    opened = before.count('"') % 2
    straight = (sentence.count('"') + opened) % 2 == 0
    curly = (before + sentence).count("“") >= (before + sentence).count("”")
    return sentence if straight and curly else _STRAY.sub(r"\1", sentence)
