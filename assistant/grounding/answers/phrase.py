"""A short answer and its question, as the rules about short answers read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.grounding.premise import Premise
from assistant.grounding.support import FRAMES
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb, without_it_was
from assistant.grounding.words.tokens import GENERIC, PERSONS, Token, stem
from memory.naming.word_lists import ALSO_WORDS, GIVEN

Words = Sequence[Token]


def stems(words: str) -> frozenset[str]:
    """The stems of some words."""
    return frozenset(map(stem, words.split()))


WHO = ("who", "whose", "whom")
NAMED = stems("name call")
PEOPLE = (
    PERSONS
    | GENERIC
    | stems("one child kid twin lady gentleman guest neighbour player driver nurse doctor team pair couple family")
)
"""Nouns that a name may stand for: "Which of the twins ...?"."""
EMPTY = FRAMES | stems("do go come get make have tell know remember call name mean look this here who whose whom")
"""Words of a question that say nothing of what it is about."""
_SORT = stems("kind sort type")
_NO_KIND = _SORT | stems("part way thing one bit") | EMPTY
_PLACED = frozenset("in at near to through above on the".split())
_BESIDE = frozenset("mr mrs ms miss dr called from with and for by".split())
_MOVED = frozenset(("from", "for", "by"))


def asked_words(question: Words) -> list[Token]:
    """The words of a question without those that only lead to it: "And on what day", "so"."""
    found = [t for t in question if t.kind != "stop"]
    while found and (found[0].text.lower() in ("and", "but", "so") or found[0].kind == "prep"):
        found = found[1:]
    return found


def short(words: Words) -> list[Token]:
    """The phrase that an answer is, without "It was" before it and "did" behind it; [] where it is a whole sentence."""
    said = list(without_it_was([t for t in words if t.kind != "stop"]))
    if len(said) > 1 and said[-1].kind in ("aux", "be"):
        said = said[:-1]
    if any(t.kind in ("me", "be", "aux", "not") for t in said):
        return []
    if any(is_verb(t) and b.kind in ("name", "word", "other") for b, t in pairwise(said)):
        return []
    return said


def kind_asked(question: Words) -> str:
    """Stem of the noun that a question asks an instance of: "ship", of "Which ship was it on?"; "" for none."""
    if question[0].text.lower() not in ("which", "what") or question[1].kind != "word" or is_verb(question[1]):
        return ""
    if question[1].stem in _SORT and len(question) > 3 and question[2].text.lower() == "of":
        return question[3].stem if question[3].kind == "word" else ""
    goes_on = all(t.kind in ("be", "aux") or is_verb(t) for t in question[2:3])
    return question[1].stem if goes_on and question[1].stem not in _NO_KIND - stems("make day") else ""


def somebody(own: Words, told: Premise, *, where: bool = False) -> bool:
    """Whether an answer is the name of a person or pet, or a word for one, and nothing else.

    `where`: the question asks for a place, and what somebody is or comes "from" may be one.
    """
    return all(t.stem in PERSONS or (may_be_person(t, told) and _surely(t, told, where=where)) for t in own)


def may_be_person(name: Token, told: Premise) -> bool:
    """Whether a name is nowhere told as that of a place or a day."""
    there = [(b, t) for s in told.sentences for b, t, _ in beside(s) if t.stem == name.stem]
    if not there or name.text.lower() in lexicon.TIMES:
        return False
    capital = name.text[:1].isupper() and all(t.text[:1].isupper() for _, t in there)
    return capital and not any(b and b.text.lower() in _PLACED for b, _ in there)


def _surely(name: Token, told: Premise, *, where: bool) -> bool:
    """Whether the words beside a name say that it is somebody's: "Mr Fry", "with Ben", "Ben waved"."""
    beside_people = _BESIDE - _MOVED if where else _BESIDE
    return name.text.lower().removesuffix("'s") in GIVEN - ALSO_WORDS or any(
        t.possessive
        or (b is not None and (b.stem in PERSONS or b.text.lower() in beside_people))
        or (a is not None and ((a.kind == "word" and is_verb(a)) or a.text.lower() == "who"))
        for s in told.sentences
        for b, t, a in beside(s)
        if t.stem == name.stem
    )


def beside(s: Words) -> Iterator[tuple[Token | None, Token, Token | None]]:
    """The words of a sentence, each between its neighbours."""
    return zip([None, *s], s, [*s[1:], None], strict=False)
