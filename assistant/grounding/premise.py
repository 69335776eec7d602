"""What an episode tells, ready for comparison: its tokens, what it is about, its day and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import heads, is_verb, named, phrase, sex
from assistant.grounding.words.tokens import Day, Token, alike, stem, tokens

_EVENTS = frozenset(map(stem, "birthday party wedding walk bath day trip visit swim christmas game concert".split()))
_GETS = frozenset(
    map(stem, "got gave bought made sent brought knitted painted drew carved found won chose built sewed".split())
)
"""Deeds by which somebody is no part of the photo, but of how the thing came about."""
NEVER = 9.0
"""The price of a word that cannot stand for another."""


@dataclass(frozen=True)
class Premise:
    """What one episode tells, or what the user wrote otherwise: claims are judged by it (a premise of NLI)."""

    id: str
    tokens: tuple[Token, ...]
    sentences: tuple[tuple[Token, ...], ...]
    about: frozenset[str]
    """Stems that name or describe the thing in the photo."""
    names: frozenset[str]
    """Of these, the names."""
    nouns: frozenset[str]
    """Of these, the last of each phrase: a "tomato tin" is a tin, and no tomato."""
    owned: bool
    """Whether the thing belongs to somebody else than the user: "Paula's boots", "he belongs to uncle Karl"."""
    day: Day | None
    place: tuple[Token, ...]
    sure: bool = True
    photo: str = ""

    @property
    def stems(self) -> set[str]:
        """All stems of the words and the place."""
        return {t.stem for t in (*self.tokens, *self.place) if t.content}


def read(id: str, words: str, day: date | None, place: str | None, *, sure: bool = True, photo: str = "") -> Premise:
    """The premise that an episode with these words gives."""
    found = named(tokens(words))
    sentences = tuple(_sentences(found))
    phrases = list(_topics(sentences))
    about = frozenset(t.stem for one in phrases for t in heads(one))
    names = frozenset(t.stem for one in phrases for t in heads(one) if t.kind == "name")
    owned = any(t.possessive for one in phrases for t in one) or bool(
        re.search(r"\bnot (?:ours|mine|my|our)\b|\bbelongs? to (?!me\b|us\b)", words, re.IGNORECASE)
    )
    there = tokens(place) if place else ()
    nouns = frozenset(heads(one)[-1].stem for one in phrases if heads(one))
    return Premise(id, found, sentences, about, names, nouns, owned, Day.of(day) if day else None, there, sure, photo)


def left_out(deed: Token, told: Premise) -> bool:
    """Whether the user left out the "I" before a deed: "my dog Pippa, got her from a farm"."""
    for source in told.sentences:
        for j, (t, after) in enumerate(pairwise(source)):
            if t.stem != deed.stem or t.kind != "word" or not is_verb(t) or (j and source[j - 1].kind != "stop"):
                continue
            others = any(
                b.kind in ("me", "other") or (b.kind == "name" and b.stem not in told.about) for b in source[:j]
            )
            if after.text.lower() in lexicon.THIS | {"him", "her", "it", "them"} and not others:
                return True
    return False


def groups(told: Sequence[Premise]) -> list[frozenset[str]]:
    """Ids of episodes about one thing: they share a name or a photo."""
    found: list[tuple[set[str], set[str]]] = []
    for one in told:
        keys, ids = {*one.names, f"photo {one.photo}" if one.photo else f"id {one.id}"}, {one.id}
        for other in [g for g in found if g[0] & keys]:
            found.remove(other)
            keys, ids = keys | other[0], ids | other[1]
        found.append((keys, ids))
    return [frozenset(ids) for _, ids in found]


def _sentences(found: Sequence[Token]) -> Iterable[tuple[Token, ...]]:
    one: list[Token] = []
    for t in found:
        if t.kind == "stop" and t.text in ".!?\n":
            if one:
                yield tuple(one)
            one = []
        else:
            one.append(t)
    if one:
        yield tuple(one)


def _topics(sentences: Sequence[tuple[Token, ...]]) -> Iterable[list[Token]]:
    shown = False
    for s in sentences:
        for i, t in enumerate(s):
            after = s[i + 1 :]
            low = t.text.lower()
            if low in lexicon.THIS and after and not (low == "that" and i):
                shown = shown or (s is sentences[0] and low in ("this", "these", "those"))
                if after[0].kind == "be":
                    yield from _with_appositions(after[1:])
                elif after[0].kind in ("word", "name") and not is_verb(after[0]):
                    yield phrase(after)
            elif (
                t.kind == "other"
                and t.stem in ("he", "she", "it", "they")
                and after
                and after[0].kind == "be"
                and i < 2
            ):
                if not any(a.kind in ("not", "prep") for a in after[1:2]) and (found := phrase(after[1:])):
                    yield found if any(a.kind == "mine" or a.possessive or a.kind == "name" for a in found) else []
            elif low == "know" and after and after[0].kind == "name":
                yield phrase(after)
            elif low in ("meet", "named", "called", "introducing") or (
                low == "is" and i and s[i - 1].stem == stem("name")
            ):
                skip = 1 if after and after[0].kind == "other" else 0
                yield from _with_appositions(after[skip:])
    if sentences and not shown:
        first = sentences[0]
        if first[0].kind != "me" and not (is_verb(first[0]) and first[0].text.lower() not in ("read",)):
            found = phrase(first)
            rest = first[len(found) :]
            if not _does_with_it(rest):
                yield from _with_appositions(first)
            if len(rest) > 1 and rest[0].kind == "be":
                yield [t for t in phrase(rest[1:]) if t.kind == "name"]  # "The blue one is Grumble"
            if found and found[0].possessive and any(t.stem in _EVENTS for t in found):
                yield [replace(found[0], kind="name", possessive=False)]  # "Luna's first birthday!"


def _does_with_it(rest: Sequence[Token]) -> bool:
    """Whether what follows a subject says that it does something with the thing in the photo, and so is none itself:
    "Lucy drew this", "Grandpa always wound it", "Emma got Mr Buttons"."""
    after = [
        t for n, t in enumerate(rest) if t.kind not in ("light", "not") or any(o.kind != "light" for o in rest[:n])
    ]
    if not after or not is_verb(after[0]) or after[0].kind != "word":
        return False
    gets = after[0].stem in _GETS and len(after) > 1 and after[1].kind in ("name", "mine", "light", "number")
    return gets or _object(after)


def _object(rest: Sequence[Token]) -> bool:
    """Whether a verb at the beginning has an object that is the thing in the photo ("Lucy drew this")."""
    return any(t.text.lower() in lexicon.THIS | {"it", "him", "her", "them"} for t in rest[1:4])


def _with_appositions(found: Sequence[Token]) -> Iterable[list[Token]]:
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


def excluded(stems: Iterable[str], told: Premise) -> bool:
    """Whether a word of a kind contradicts what the thing was called: "dog" of a cat, "blue" of a red thing."""
    for group in lexicon.KINDS:
        kinds = {stem(word) for word in group}
        mine = {k for s in stems for k in kinds if alike(s, k)}
        known = {k for s in told.about for k in kinds if alike(s, k)}
        if mine and known and not mine & known:
            return True
    return False


def stands_for(one: Token, pronoun: Token, source: Sequence[Token], j: int, told: Premise) -> float:
    """How doubtful it is that a pronoun at `source[j]` means what a claim names by `one`: `NEVER`, it does not."""
    own = sex(pronoun)
    near = [(t, source[i - 1] if i else t) for i, t in enumerate(source[:j]) if t.content and alike(t.stem, one.stem)]
    for t, before in near:
        kind = {before.text.lower().rstrip("."), t.text.lower()}
        known = {lexicon.IRREGULAR.get(k, k).removesuffix("'s") for k in kind}
        if (own == "she" and known & lexicon.MALE) or (own == "he" and known & lexicon.FEMALE):
            return NEVER
    if one.stem in told.about and any(t.stem == one.stem for t, _ in near):
        rivals = [t for t in source[:j] if t.kind == "name" and t.possessive]
        nearer = [t for t, _ in _rivals(source, near[-1][0], j, own)] if own else []
        if one.kind == "name" and any(_doer(t, source) for t in nearer):
            return NEVER  # "Grumpf guards the door, says Emil. He ...": nobody knows who
        return 1.2 if nearer and one.kind == "name" else 0.8 if rivals and own and one.kind == "name" else 0.1
    if near and one.kind == "name":
        return 0.2 if near[-1][0].possessive or source.index(near[-1][0]) == 0 or not told.names else 0.8
    return NEVER


def _rivals(source: Sequence[Token], since: Token, j: int, own: str) -> list[tuple[Token, Token]]:
    """Names between a name and a pronoun, which the pronoun may mean instead."""
    at = source.index(since)
    pairs = [(source[i], source[i - 1]) for i in range(at + 1, j) if i and source[i].kind == "name"]
    wrong = lexicon.FEMALE if own == "he" else lexicon.MALE
    right = lexicon.MALE if own == "he" else lexicon.FEMALE
    return [
        (t, b)
        for t, b in pairs
        if t.stem != since.stem and not _kin(t, b) & wrong and (_kin(t, b) & right or _doer(t, source))
    ]


def _doer(t: Token, source: Sequence[Token]) -> bool:
    """Whether a name is somebody who does something, as far as its neighbours tell: "says Emil", "Mia won it"."""
    before, after = source[source.index(t) - 1], source[source.index(t) + 1 :][:1]
    return not t.possessive and (
        before.stem == stem("say") or (bool(after) and is_verb(after[0]) and after[0].kind == "word")
    )


def _kin(t: Token, before: Token) -> set[str]:
    return {lexicon.IRREGULAR.get(w, w) for w in (t.text.lower(), before.text.lower())}
