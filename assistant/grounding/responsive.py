"""Whether a sentence can answer a question at all: "how much" asks for a number, "when" for a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.grounding.other_subjects import WHO_IS_ONE, of_another
from assistant.grounding.words import lexicon
from assistant.grounding.words.families import related
from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import PERSONS, Token, stem, tokens

_HOW = re.compile(r"\W*how (?P<what>old|many|much|far|often|long|tall|big)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:when|ago|yesterday|today|tonight|morning|noon|evening|night|midnight|day|days|week|weekend|months?|years?"
    r"|summer|winter|spring|autumn|fall|christmas|easter|birthday|wedding|holidays?|until|since|before|after|during"
    r"|always|every|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|once|first|last|while)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:at|by|around|about) \w+|o['’]clock|\d ?(?:am|pm)\b|\d:\d\d", re.IGNORECASE
)
_MOMENT = re.compile(r"\b(?:when|day|date|month|year|time)\b", re.IGNORECASE)
_SPAN = re.compile(r"\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b", re.IGNORECASE)
_WHO_IS = re.compile(
    r"\W*(?:who|what|which|tell|describe|show)\b.*\b(?:this|that|these|those|here|name|called|about|photo(?:graph)?|picture"
    r"|(?:is|are|was|were) (?:it|he|she|they))\b|\W*(?:is|are|was|were|do|does|did|can|could)\b",
    re.IGNORECASE,
)
_NAME_ASKED = re.compile(rf"\W*(?:and |but |so )?whom?\b|{_WHO_IS.pattern}", re.IGNORECASE)
_WHO_DID = re.compile(r"\W*(?:and |but |so )?whom?\b(?!['’]s|.*\b(?:owns?|owner|belongs?|this|that)\b)", re.IGNORECASE)
_OPEN = re.compile(
    r"\W*(?:and |but |so )?(?:what|why|how|where|when)\b(?!.*\bor\b)|\W*and [^\W\d_]+\W*$", re.IGNORECASE
)
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
    r"|(?:(?:this |that )?(?:in|on) (?:this|that|the|my) (?:photo(?:graph)?|picture|pic|image)))\W*$",
    re.IGNORECASE,
)
"""Asks who is in view, and nothing else."""
_WHERE_OR_WHEN = re.compile(r"\W*(where|when|what (?:year|day|date|month))\b", re.IGNORECASE)
_WHO_AND_WORD = re.compile(r"\W*(?:and |but |so )?who(?:['’]?s| is| was| are) [^\W\d_]+", re.IGNORECASE)
_UNTOLD_OF = re.compile(
    r"\b(?:did not|didn['’]t|never) (?:tell|told) me (?P<rest>(?:who|whose|where|when|why|how)\b.*)", re.I
)
_UNTOLD_WORD = re.compile(
    r"\b(?:did not|didn['’]t|never) (?:tell|told) me (?!(?:who|whose|which|what|where|when|why|how|if|whether|that"
    r"|this|it|so|about|of|the|an?|any|his|her|its|their|my|your|much|more)\b|[^\W\d_]+['’]s\b)\w",
    re.IGNORECASE,
)
_HIS_NAME = re.compile(r"\b(?:his|her|its|their) name\b", re.IGNORECASE)
_NAMES = re.compile(r"\b(?:names?|called|who(?: is|['’]?s)? (?:this|that|he|she|it|they))\b", re.IGNORECASE)
_ODD = re.compile(
    r"\b(?:(?:did not|didn['’]t|never) (?:tell|told|know)\b"
    r".*\b(?:did not|didn['’]t|never) (?:tell|told|know|write|wrote|say|said)"
    r"|never (?:came|come|went|go)\b)",
    re.IGNORECASE,
)
"""Refusals in which small models lose their thread."""


class Names(NamedTuple):
    """The names that an answer may have, as stems."""

    things: frozenset[str] = frozenset()
    """What the recalled things are called."""
    in_view: frozenset[str] = frozenset()
    """Of these, the names of those surely in view."""
    beside: frozenset[str] = frozenset()
    """Other names that were told."""


def responsive(question: str, sentence: str, names: Names) -> bool:
    """Whether a sentence has what the question asks for."""
    one = _Answer(question, sentence, names)
    return not one.misses_the_name() and not one.repeats() and one.fits_question_word()


class _Answer:
    """A sentence beside the question that it answers."""

    def __init__(self, question: str, sentence: str, names: Names) -> None:
        self.question, self.sentence, self.names = question, sentence, names
        self.found, self.asked = tokens(sentence), tokens(question)
        self.prep = self.found[0] if self.found and self.found[0].kind == "prep" else None
        """The preposition that the sentence begins with."""

    def misses_the_name(self) -> bool:
        """Whether a name is asked for and another one said, or a name said and something else asked for."""
        called = bool(_CALLED.match(self.question))
        if called or _WHO_IN_VIEW.match(self.question):
            wanted = self.names.in_view or (self.names.things if called else frozenset())
            # "Oscar", to "what is it called?", where it is Zog; "Emma's bear", where it is Bruno
            return bool(wanted and self.found) and not any(t.stem in wanted for t in self.found)
        spelt = _spelt(self.question)
        only = _only_names(self.found, self.names.things) and not _WHO_IS.match(spelt)
        return only or (_bare_name(self.found, self.names.things) and not _NAME_ASKED.match(spelt))

    def repeats(self) -> bool:
        """Whether a sentence has only the question's own words: "Ellie was ill.", to "why was Ellie ill?"."""
        known = {t.stem for t in self.asked}
        if _WHO_AND_WORD.match(self.question) and _only_echoes(self.found, known):
            return True  # "Nguyễn Thị Hoa.", to "who's Hoa?"
        if of_another(self.question, self.sentence) or _name_and_deed(self.question, self.sentence):
            return True
        nothing_new = all(t.stem in known or t.kind in _EMPTY for t in self.found)
        return bool(_OPEN.match(self.question) and self.found) and nothing_new

    def fits_question_word(self) -> bool:
        """Whether a sentence has what the question's first words ask for: a number, a time, a place, somebody."""
        if self._begins("why") and re.search(r"\banyway\b", self.sentence):
            return False  # "She comes anyway.", to "why isn't she allowed in?"
        if self.prep and self.asked and self.asked[0].kind in ("be", "aux"):
            # not "With 3 throws", to "Did I win?"
            return any(t.kind == "prep" and t.stem == self.prep.stem for t in self.asked)
        if how := _HOW.match(self.question):
            return _measures(how["what"].lower(), self.sentence, self.found)
        if where_or_when := _WHERE_OR_WHEN.match(self.question):
            return self._has_place() if where_or_when[1].lower() == "where" else self._has_time()
        if only_day(self.sentence):
            return bool(_MOMENT.search(self.question))
        if self._begins("whose") and not _owner(self.found, self.names.things):
            return False
        if self._begins(r"what\b(?! happened)") and _somebody(self.found, self.names.beside):
            return bool(_NAME_ASKED.match(_spelt(self.question)))
        if self.prep and _what_does(self.asked):
            return False  # "At Landmannalaugar.", to "What broke?"
        if _WHO_DID.match(self.question) and self.found and _last(self.found).possessive:
            return False  # "Grandma Edith's", to "Who broke it?"
        return self._has_somebody_new() if self._begins("(?:who|whose|whom)") else True

    def _begins(self, words: str) -> bool:
        """Whether the question begins so, but for "and" or the like."""
        return bool(re.match(rf"\W*(?:and |but |so )?{words}\b", self.question, re.IGNORECASE))

    def _has_place(self) -> bool:
        content = [t for t in self.found if t.content]
        if content and all(t.stem in self.names.beside for t in content):
            return False  # "Nguyễn Thị Hoa.", to "where's it from?"
        return any(t.kind in ("word", "name") for t in self.found)

    def _has_time(self) -> bool:
        day = any(t.kind == "day" for t in self.found)
        return day or bool(_TIME.search(self.sentence) or _CLOCK.search(self.sentence))

    def _has_somebody_new(self) -> bool:
        """Whether a sentence has a word that the question lacks, which may be somebody's."""
        if self.prep and not any(_person(t) for t in self.found[1:]):
            return False  # "In up to the knee.", to "who fell in?"
        known = {t.stem for t in self.asked}
        return any((t.kind in ("name", "word") or t.possessive) and t.stem not in known for t in self.found)


def _measures(what: str, sentence: str, found: Sequence[Token]) -> bool:
    """Whether a sentence tells how old, how much, how long ... something is."""
    number = any(t.kind == "number" for t in found)
    if what in ("often", "long"):
        day = any(t.kind == "day" for t in found)
        return number or day or bool(_TIME.search(sentence) or _SPAN.search(sentence))
    return number and not (what == "much" and _SPAN.search(sentence))


def _name_and_deed(question: str, sentence: str) -> bool:
    """Whether a sentence has the name that is asked about and what its bearer does, not who that is: "Poppy, who calls
    him Old Humphrey.", to "who is Poppy?"."""
    asked = WHO_IS_ONE.fullmatch(question)
    does = asked and re.match(
        rf"\W*{re.escape(asked['who'])}, (?:who|which|whom|whose) (?!is\b|was\b)(.*)", sentence, re.I
    )
    return does is not None and not any(t.stem in PERSONS for t in tokens(does[1]))


def _spelt(question: str) -> str:
    """The question with "is" in place of 's: "who's this" becomes "who is this"."""
    return question.replace("'s", " is").replace("’s", " is")


def declines(question: str, refusal: str) -> bool:
    """Whether a refusal speaks of what was asked: not "You did not tell me who gave it.", to "Is it accurate?"."""
    if _HIS_NAME.search(refusal) and not _NAMES.search(question):
        return False  # "You did not tell me his name.", to "who is tom"
    if _UNTOLD_WORD.search(refusal) or _ODD.search(refusal):
        return False  # "You did not tell me Japanese.", "You did not tell me what you did not tell me."
    found = _UNTOLD_OF.search(refusal)
    if found and _speaks_of_me(question) and not _speaks_of_me(found["rest"]):
        return False  # "You did not tell me where she got her.", to "where did we get her?"
    if not found:
        return True
    asked = [t.stem for t in tokens(question) if t.content]
    return all(any(related(t.stem, other) for other in asked) for t in tokens(found["rest"]) if t.content)


def _speaks_of_me(text: str) -> bool:
    return any(t.kind == "me" for t in tokens(text))


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
