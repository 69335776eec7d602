"""Names in small letters, as people type and dictate: "this is biscuit, my sisters corgi". English patterns, no model.

Without its capital letter a name looks like any word, so something beside it has to say that it is one: who that is,
what it is called, or that other words of the same user surely say the name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from memory.naming.categories import BEARERS, PERSONS
from memory.naming.sentence_words import Word
from memory.naming.word_lists import ADJECTIVES, DOING, NO_NAMES, NOT_SOMEBODY, PLACE_PREPOSITIONS
from memory.text import worth_looking_up

_COPULAS = frozenset("is are".split())
_POINTERS = frozenset("this that these here".split())
_PRONOUNS = frozenset("it he she they".split())
_WHOSE = frozenset("my our his her their the a an".split())
_GO_ON = PLACE_PREPOSITIONS | frozenset(
    "and or but with when while as who whom that which he she it they we i last this yesterday today again here".split()
)
"""Words with which something else begins after a name, or after who that is."""
_NO_NAME = (
    NO_NAMES
    | NOT_SOMEBODY
    | ADJECTIVES
    | DOING
    | _GO_ON
    | _WHOSE
    | _POINTERS
    | frozenset(
        """after so what how away off up back out work home school church lunch dinner breakfast brunch supper tea
    coffee food soup town love life written sewn worn spelt woven drawn torn hidden forgotten known given taken stuck
    underneath upside""".split()
    )
)
_IS_SAID = frozenset("is has loves likes hates lives sleeps belongs always".split())
_NO_FORM = re.compile(r".*(?:ing|ed|ous|ful|less|est|ly|ish|[ai]ble|tic|ive)")
_OF_A_BEARER = frozenset(
    """food bowl bed basket collar lead leash coat house kennel tree toy treat blanket brush cage box hair fur tail nose
    paw photo picture drawing painting mug cup bag shop show walk park stuff things clothes room bump""".split()
)
"""Words that go on after somebody who owns it, and name nobody: "my dog bowl"."""


def with_capitals(words: Sequence[Word], known: Collection[str]) -> list[Word]:
    """The words of a sentence, those with a capital letter that are names in small letters. `known`: names, `folded`,
    that other texts of this user surely say."""
    at = {i for i in range(len(words) - 1) if _may_be_name(words[i]) and _is_told(words, i, known)}
    also = {i + 2 for i in at if words[i + 1].key == "and" and i + 3 < len(words) and _may_be_name(words[i + 2])}
    also = {i for i in also if _called(words, i + 1) or words[i].key in known}  # "this is biscuit and pepper, our dogs"
    named = at | also
    return [one._replace(text=one.text.capitalize()) if i in named else one for i, one in enumerate(words)]


def bears_a_name(noun: str) -> bool:
    """Whether a noun, also in the plural, is of persons, animals, toys or vehicles."""
    return any(one in BEARERS for one in (noun, noun.removesuffix("s"), noun.removesuffix("ies") + "y"))


def _may_be_name(word: Word) -> bool:
    key = word.key
    plain = word.text.islower() and word.text.isalpha() and len(key) > 1 and worth_looking_up(key)
    return plain and key not in _NO_NAME and not bears_a_name(key) and not _NO_FORM.fullmatch(key)


def _is_told(words: Sequence[Word], at: int, known: Collection[str]) -> bool:
    before = [word.key for word in words[max(0, at - 3) : at]]
    sure, ends = words[at].key in known, _ends(words[at + 1])
    if words[at].before.strip(" ,\"'“"):
        return False
    if before[-1:] in (["called"], ["named"], ["meet"]) or before[-2:] == ["name", "is"]:
        return ends or sure
    if len(before) > 1 and before[-2] in ("call", "called", "named", "name") and before[-1] in ("him", "her", "it"):
        return ends or sure
    if len(before) > 1 and before[-1] in _COPULAS and before[-2] in _POINTERS | _PRONOUNS:
        return sure or (before[-2] in _POINTERS and _followed_by_who(words, at + 1))
    if before and before[-1] in BEARERS and not words[at - 1].owns and not words[at].before.strip():
        return (sure or (ends and words[at].key not in _OF_A_BEARER)) and _pointed_at(words, at - 1)
    return sure and at == 0 and (words[at].owns or words[1].key in DOING | _GO_ON or ends)


def _followed_by_who(words: Sequence[Word], at: int) -> bool:
    """Whether who or what somebody is follows the name that ends before `at`, or what he or she does."""
    if words[at].key == "and" and at + 2 < len(words) - 1 and _may_be_name(words[at + 1]):
        at += 2  # "biscuit and pepper, our dogs"
    if words[at].key in ("we", "i") and at + 2 < len(words) and words[at + 2].key in ("him", "her"):
        return True  # "this is pepper we adopted her"
    if words[at].key in ("he", "she"):
        return words[min(at + 1, len(words) - 1)].key in _IS_SAID
    return _called(words, at + (words[at].key == "and" and words[at].before == " "))


def _called(words: Sequence[Word], at: int) -> bool:
    """Whether a noun phrase at `at` says who somebody is, and ends with it: "my sister's old corgi"."""
    if words[at].key not in _WHOSE and not _owns(words[at]):
        return False
    for i in range(at + 1, min(at + 6, len(words) - 1)):
        if words[i].before.strip() or words[i].key in _GO_ON:
            return False
        if bears_a_name(words[i].key) and not words[i].owns and _ends(words[i + 1]):
            return True
    return False


def _owns(word: Word) -> bool:
    """Whether a word is an owner, also typed without the apostrophe: "ziggy, jos cat", "ziggy sarahs cat"."""
    owner = word.key.removesuffix("s")
    typed = owner != word.key and not owner.endswith("s") and (owner in PERSONS or word.before.strip() == ",")
    return word.owns or (typed and word.key not in _NO_NAME and not bears_a_name(word.key))


def _pointed_at(words: Sequence[Word], at: int) -> bool:
    """Whether the noun at `at` is the user's own, and shown: "this is our border collie"."""
    first = next((i for i in range(at - 1, max(-1, at - 5), -1) if words[i].key in ("my", "our")), -1)
    if first < 0 or any(word.before.strip() for word in words[first + 1 : at + 1]):
        return False
    before = [word.key for word in words[max(0, first - 2) : first]]
    return before[-1:] == ["meet"] or (len(before) > 1 and before[0] in _POINTERS and before[1] in _COPULAS)


def _ends(word: Word) -> bool:
    """Whether something else begins with a word, or the sentence is over before it."""
    return word.key == "\0" or bool(word.before.strip()) or word.key in _GO_ON | _WHOSE
