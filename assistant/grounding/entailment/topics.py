"""What the user's words call the thing in the photo: "This is Biscuit", "Zuri, the neighbours' puppy", "meet Zog"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb, phrase
from assistant.grounding.words.tokens import Token, stem

_POINTING = frozenset("this these those".split())
_INTRODUCING = frozenset("meet named called introducing".split())
_EVENTS = frozenset(map(stem, "birthday party wedding walk bath day trip visit swim christmas game concert".split()))
_GETS = frozenset(
    map(stem, "got gave bought made sent brought knitted painted drew carved found won chose built sewed".split())
)
"""Deeds by which somebody is no part of the photo, but of how the thing came about."""
_IT = frozenset("it him her them".split())


def topics(sentences: Sequence[Sequence[Token]]) -> Iterator[list[Token]]:
    """The phrases of an episode's sentences that name or describe the thing in the photo; some are empty."""
    for sentence in sentences:
        for i in range(len(sentence) - 1):
            yield from _introduced_at(sentence, i)
    if sentences and not any(t.text.lower() in _POINTING for t in sentences[0][:-1]):
        yield from _begun_with(sentences[0])


def _introduced_at(sentence: Sequence[Token], i: int) -> Iterable[list[Token]]:
    """What a word in the middle of a sentence introduces: "this", "it" with "is", "know", "called", "name is"."""
    t, after = sentence[i], sentence[i + 1 :]
    low = t.text.lower()
    if low in lexicon.THIS and not (low == "that" and i):
        return _pointed_at(after)
    if t.kind == "other" and t.stem in ("he", "she", "it", "they") and after[0].kind == "be" and i < 2:
        return _said_of_it(after[1:])
    if low == "know" and after[0].kind == "name":
        return [phrase(after)]
    if low in _INTRODUCING or (low == "is" and i and sentence[i - 1].stem == stem("name")):
        return _with_appositions(after[1:] if after[0].kind == "other" else after)
    return ()


def _pointed_at(after: Sequence[Token]) -> Iterable[list[Token]]:
    """What "this" means: "this is Biscuit", "this old lamp"."""
    if after[0].kind == "be":
        return _with_appositions(after[1:])
    return [phrase(after)] if after[0].kind in ("word", "name") and not is_verb(after[0]) else ()


def _said_of_it(after: Sequence[Token]) -> Iterable[list[Token]]:
    """What "it is" says, where that is a name or somebody's: "he is my brother's dog", not "he is old"."""
    denied = any(t.kind in ("not", "prep") for t in after[:1])
    said = [] if denied else phrase(after)
    return [said] if any(t.kind in ("mine", "name") or t.possessive for t in said) else ()


def _begun_with(first: Sequence[Token]) -> Iterator[list[Token]]:
    """What the first sentence begins with, where it points at nothing: "Biscuit at the lake"."""
    if first[0].kind == "me" or (is_verb(first[0]) and first[0].text.lower() != "read"):
        return
    subject = phrase(first)
    rest = first[len(subject) :]
    if not _does_with_it(rest):
        yield from _with_appositions(first)
    if len(rest) > 1 and rest[0].kind == "be":
        yield [t for t in phrase(rest[1:]) if t.kind == "name"]  # "The blue one is Grumble"
    if subject and subject[0].possessive and any(t.stem in _EVENTS for t in subject):
        yield [replace(subject[0], kind="name", possessive=False)]  # "Luna's first birthday!"


def _with_appositions(found: Sequence[Token]) -> Iterator[list[Token]]:
    """The phrase at the beginning and, after a comma, others that say the same ("Zuri, the neighbours' puppy")."""
    said = phrase(found)
    yield said
    rest = found[len(said) :]
    while rest and (rest[0].kind == "stop" or rest[0].text.lower() == "and"):
        said = phrase(rest[1:])
        after = rest[1 + len(said) :]
        if not said or (after and (after[0].kind in ("be", "aux", "me", "other") or is_verb(after[0]))):
            return
        yield said
        rest = after


def _does_with_it(rest: Sequence[Token]) -> bool:
    """Whether what follows a subject says that it does something with the thing in the photo, and so is none itself:
    "Lucy drew this", "Grandpa always wound it", "Emma got Mr Buttons"."""
    after = [
        t for n, t in enumerate(rest) if t.kind not in ("light", "not") or any(o.kind != "light" for o in rest[:n])
    ]
    if not after or not is_verb(after[0]) or after[0].kind != "word":
        return False
    gets = after[0].stem in _GETS and len(after) > 1 and after[1].kind in ("name", "mine", "light", "number")
    return gets or any(t.text.lower() in lexicon.THIS | _IT for t in after[1:4])
