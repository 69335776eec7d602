"""Whether a sentence can answer a question at all: "how much" asks for a number, "when" for a time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.grounding.words import lexicon
from assistant.grounding.words.families import related
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import PERSONS, Token, stem, tokens

_HOW = re.compile(r"\W*how (?P<what>old|many|much|far|often|long|tall|big)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:when|ago|yesterday|today|tonight|morning|noon|evening|night|midnight|day|days|week|weekend|months?|years?|summer"
    r"|winter|spring|autumn|fall|christmas|easter|birthday|wedding|holidays?|until|since|before|after|during|always|every"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|once|first|last|while)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:at|by|around|about) \w+|o['’]clock|\d ?(?:am|pm)\b|\d:\d\d", re.IGNORECASE
)
_MOMENT = re.compile(r"\b(?:when|day|date|month|year|time)\b", re.IGNORECASE)
_SPAN = re.compile(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b", re.IGNORECASE)


_WHO_IS = re.compile(
    r"\W*(?:who|what|which|tell|describe|show)\b.*\b(?:this|that|these|those|here|name|called|about|photo|picture"
    r"|(?:is|are|was|were) (?:it|he|she|they))\b|\W*(?:is|are|was|were|do|does|did|can|could)\b",
    re.IGNORECASE,
)
_NAME_ASKED = re.compile(rf"\W*(?:and |but |so )?whom?\b|{_WHO_IS.pattern}", re.IGNORECASE)
_WHO_DID = re.compile(r"\W*(?:and |but |so )?whom?\b(?!['’]s|.*\b(?:owns?|owner|belongs?|this|that)\b)", re.IGNORECASE)
_OPEN = re.compile(r"\W*(?:and |but |so )?(?:what|why|how|where|when)\b(?!.*\bor\b)", re.IGNORECASE)
_EMPTY = ("stop", "light", "be", "aux", "other", "me")
_CALLED = re.compile(
    r"\W*(?:and |but |so )?"
    r"(?:what(?:['’]?s| is| was) (?:(?:it|this|that|he|she) (?:called|named)|(?:its|his|her|the) name)"
    r"|what (?:do|did) (?:i|we|you) (?:call|name) (?:it|this|that|him|her))\W*$",
    re.IGNORECASE,
)
"""Asks what the thing in view is called, and not a person beside it."""
_WHO_IN_VIEW = re.compile(
    r"\W*(?:and |but |so )?who(?:['’]?s|['’]?re| is| are| was| were)? "
    r"(?:(?:this|that|these|those|dis|dat|it|he|she|they)(?: here| again| then)?"
    r"|(?:(?:this |that )?(?:in|on) (?:this|that|the|my) (?:photo|picture|pic|image)))\W*$",
    re.IGNORECASE,
)
"""Asks who is in view, and nothing else."""


def responsive(
    question: str,
    sentence: str,
    names: frozenset[str] = frozenset(),
    own: frozenset[str] = frozenset(),
    people: frozenset[str] = frozenset(),
) -> bool:
    """Whether a sentence has what the question asks for. `names`: stems of what the recalled things are called; `own`:
    of these, the names of those surely in view; `people`: of names that were told beside them."""
    found, asked = tokens(sentence), tokens(question)
    return (
        not _misses_the_name(question, found, names, own)
        and not _repeats(question, asked, found)
        and _fits_question_word(question, sentence, asked, found, names, people)
    )


def _misses_the_name(question: str, found: Sequence[Token], names: frozenset[str], own: frozenset[str]) -> bool:
    """Whether a name is asked for and another one said, or a name said and something else asked for."""
    called = bool(_CALLED.match(question))
    if called or _WHO_IN_VIEW.match(question):
        wanted = own or (names if called else own)
        # "Oscar", to "what is it called?", where it is Zog; "Emma's bear", where it is Bruno
        return bool(wanted and found) and not any(t.stem in wanted for t in found)
    spelt = _spelt(question)
    only = _only_names(found, names) and not _WHO_IS.match(spelt)
    return only or (_bare_name(found, names) and not _NAME_ASKED.match(spelt))


def _repeats(question: str, asked: Sequence[Token], found: Sequence[Token]) -> bool:
    """Whether a sentence has only the question's own words: "Ellie was ill.", to "why was Ellie ill?"."""
    known = {t.stem for t in asked}
    if _WHO_IS_NAMED.match(question) and _only_echoes(found, known):
        return True  # "Nguyễn Thị Hoa.", to "who's Hoa?"
    return bool(_OPEN.match(question) and found) and all(t.stem in known or t.kind in _EMPTY for t in found)


def _fits_question_word(
    question: str,
    sentence: str,
    asked: Sequence[Token],
    found: Sequence[Token],
    names: frozenset[str],
    people: frozenset[str],
) -> bool:
    """Whether a sentence has what the question's first words ask for: a number, a time, a place, somebody."""
    if re.match(r"\W*(?:and |but |so )?why\b", question, re.IGNORECASE) and re.search(r"\banyway\b", sentence):
        return False  # "She comes anyway.", to "why isn't she allowed in?"
    prep = found[0] if found and found[0].kind == "prep" else None
    if prep and asked and asked[0].kind in ("be", "aux"):
        return any(t.kind == "prep" and t.stem == prep.stem for t in asked)  # "With 3 throws", to "Did I win it?"
    if how := _HOW.match(question):
        return _measures(how["what"].lower(), sentence, found)
    if where_or_when := re.match(r"\W*(where|when|what (?:year|day|date|month))\b", question, re.IGNORECASE):
        if where_or_when[1].lower() == "where":
            content = [t for t in found if t.content]
            if content and all(t.stem in people for t in content):
                return False  # "Nguyễn Thị Hoa.", to "where's it from?"
            return any(t.kind in ("word", "name") for t in found)
        day = any(t.kind == "day" for t in found)
        return day or bool(_TIME.search(sentence) or _CLOCK.search(sentence))
    if only_day(sentence):
        return bool(_MOMENT.search(question))
    if re.match(r"\W*(?:and |but |so )?whose\b", question, re.IGNORECASE) and not _owner(found, names):
        return False
    if re.match(r"\W*(?:and |but |so )?what\b(?! happened)", question, re.IGNORECASE) and _somebody(found, people):
        return bool(_NAME_ASKED.match(_spelt(question)))
    if prep and _what_does(asked):
        return False  # "At Landmannalaugar.", to "What broke?"
    if _WHO_DID.match(question) and found and _last(found).possessive:
        return False  # "Grandma Edith's", to "Who broke it?"
    if re.match(r"\W*(?:and |but |so )?(?:who|whose|whom)\b", question, re.IGNORECASE):
        if prep and not any(_person(t) for t in found[1:]):
            return False  # "In up to the knee.", to "who fell in?"
        known = {t.stem for t in asked}
        return any((t.kind in ("name", "word") or t.possessive) and t.stem not in known for t in found)
    return True


def _measures(what: str, sentence: str, found: Sequence[Token]) -> bool:
    """Whether a sentence tells how old, how much, how long ... something is."""
    number = any(t.kind == "number" for t in found)
    if what in ("often", "long"):
        day = any(t.kind == "day" for t in found)
        return number or day or bool(_TIME.search(sentence) or _SPAN.search(sentence))
    return number and not (what == "much" and _SPAN.search(sentence))


def _spelt(question: str) -> str:
    """The question with "is" in place of 's: "who's this" becomes "who is this"."""
    return question.replace("'s", " is").replace("’s", " is")


_UNTOLD_OF = re.compile(
    r"\b(?:did not|didn['’]t|never) (?:tell|told) me (?P<rest>(?:who|whose|where|when|why|how)\b.*)", re.I
)


_UNTOLD_WORD = re.compile(
    r"\b(?:did not|didn['’]t|never) (?:tell|told) me (?!(?:who|whose|which|what|where|when|why|how|if|whether|that"
    r"|this|it|so|about|of|the|an?|any|his|her|its|their|my|your|much|more)\b|[^\W\d_]+['’]s\b)\w",
    re.IGNORECASE,
)


_ODD = re.compile(
    r"\b(?:(?:did not|didn['’]t|never) (?:tell|told|know)\b.*\b(?:did not|didn['’]t|never) (?:tell|told|know)"
    r"|never (?:came|come|went|go)\b)",
    re.IGNORECASE,
)
"""Refusals in which small models lose their thread."""


def declines(question: str, refusal: str) -> bool:
    """Whether a refusal speaks of what was asked: not "You did not tell me who gave it.", to "Is it accurate?"."""
    if _UNTOLD_WORD.search(refusal) or _ODD.search(refusal):
        return False  # "You did not tell me Japanese.", "You did not tell me what you did not tell me."
    found = _UNTOLD_OF.search(refusal)
    if (
        found
        and any(t.kind == "me" for t in tokens(question))
        and not any(t.kind == "me" for t in tokens(found["rest"]))
    ):
        return False  # "You did not tell me where she got her.", to "where did we get her?"
    if not found or tokens(found["rest"])[0].stem in {t.stem for t in tokens(question)}:
        return True
    asked = [t.stem for t in tokens(question) if t.content]
    return all(any(related(t.stem, other) for other in asked) for t in tokens(found["rest"])[1:] if t.content)


_WHO_IS_NAMED = re.compile(r"\W*(?:and |but |so )?who(?:['’]?s| is| was| are) [^\W\d_]+", re.IGNORECASE)


def _only_echoes(found: Sequence[Token], asked: set[str]) -> bool:
    """Whether an answer is a name, part of which the question has, and nothing else."""
    words = [t for t in found if t.kind not in ("stop", "light")]
    return bool(words) and all(t.text[:1].isupper() for t in words) and any(t.stem in asked for t in words)


def _last(found: Sequence[Token]) -> Token:
    """The last word that is not there for the sentence's sake."""
    return next((t for t in reversed(found) if t.kind not in ("stop", "light")), found[-1])


def _what_does(asked: Sequence[Token]) -> bool:
    """Whether a question asks for the subject of a deed: "What broke?"; not "What did I break?" or "What happened?"."""
    words = [t for t in asked if t.kind != "stop"]
    if len(words) < 2 or words[0].stem != "what" or words[1].kind != "word":
        return False
    return is_verb(words[1]) and words[1].stem != stem("happen")


def _owner(found: Sequence[Token], names: frozenset[str]) -> bool:
    """Whether an answer says whose something is: not only what it is called."""
    return any(
        t.possessive or t.kind == "mine" or t.stem == "belong" or (_person(t) and t.stem not in names) for t in found
    )


def _person(t: Token) -> bool:
    return t.kind == "name" or t.text[:1].isupper() or t.stem in PERSONS


def _somebody(found: Sequence[Token], people: frozenset[str]) -> bool:
    """Whether an answer is somebody and nothing else: "Your brother Paul", to "What is in it?"."""
    words = [t for t in found if t.kind not in ("stop", "light", "mine")]
    if words and all(t.stem in people for t in words):
        return True  # "Tomasz.", to "What broke?"
    return any(t.stem in PERSONS for t in words) and all(_person(t) and not t.possessive for t in words)


def _bare_name(found: Sequence[Token], names: frozenset[str]) -> bool:
    """Whether an answer is the name of what was recalled and nothing else: "Rocky", to "What did he eat?"."""
    words = [t for t in found if t.kind != "stop"]
    return bool(words) and all(t.text[:1].isupper() and t.stem in names and not t.possessive for t in words)


def only_day(sentence: str) -> bool:
    """Whether a sentence says no more than a day: "You were together on 12 May 2024."."""
    found = tokens(sentence)
    said = [t for t in found if t.content and t.text.lower() != "together"]
    return bool(said) and all(t.kind == "day" for t in said)


def _only_names(found: Sequence[Token], names: frozenset[str]) -> bool:
    """Whether a sentence says no more than "This is X", with a name of what was recalled."""
    words = [t for t in found if t.kind != "stop"]
    if len(words) < 3 or words[1].kind != "be" or words[0].text.lower() not in lexicon.THIS | {"it", "he", "she"}:
        return False
    content = [t for t in words[2:] if t.content]
    plain = all(t.kind in ("mine", "light") or t.content for t in words[2:])
    return bool(content) and plain and all(t.stem in names for t in content) and not any(t.possessive for t in content)
