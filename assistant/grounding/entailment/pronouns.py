"""Whom a pronoun of the user's words means: whether "he" may be whom a claim calls by name."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding.entailment.premise import Premise
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import is_verb, sex
from assistant.grounding.words.tokens import Token, alike, stem

NEVER = 9.0
"""The price of a word that cannot stand for another."""


def stands_for(one: Token, pronoun: Token, source: Sequence[Token], j: int, told: Premise) -> float:
    """How doubtful it is that a pronoun at `source[j]` means what a claim names by `one`: `NEVER`, it does not."""
    own = sex(pronoun)
    near = [(t, source[i - 1] if i else t) for i, t in enumerate(source[:j]) if t.content and alike(t.stem, one.stem)]
    if any(_of_other_sex(own, t, before) for t, before in near):
        return NEVER
    if one.stem in told.about and any(t.stem == one.stem for t, _ in near):
        return _as_the_topic(one, own, near[-1][0], source, j)
    if near and one.kind == "name":
        return 0.2 if near[-1][0].possessive or source.index(near[-1][0]) == 0 or not told.names else 0.8
    return NEVER


def _as_the_topic(one: Token, own: str, last: Token, source: Sequence[Token], j: int) -> float:
    """The same where the thing in the photo is called so; `last`: where that was said last before the pronoun."""
    nearer = _rivals(source, last, j, own) if own else []
    if one.kind != "name":
        return 0.1
    if any(_does_something(t, source) for t in nearer):
        return NEVER  # "Grumpf guards the door, says Emil. He ...": nobody knows who
    owners = any(t.kind == "name" and t.possessive for t in source[:j])
    return 1.2 if nearer else 0.8 if owners and own else 0.1


def _of_other_sex(own: str, t: Token, before: Token) -> bool:
    """Whether somebody is called "Mr", "sister" or the like, which a pronoun of the sex `own` cannot mean."""
    known = {lexicon.IRREGULAR.get(k, k).removesuffix("'s") for k in (before.text.lower().rstrip("."), t.text.lower())}
    return bool((own == "she" and known & lexicon.MALE) or (own == "he" and known & lexicon.FEMALE))


def _rivals(source: Sequence[Token], since: Token, j: int, own: str) -> list[Token]:
    """Names between a name and a pronoun of the sex `own`, which the pronoun may mean instead."""
    wrong, right = (lexicon.FEMALE, lexicon.MALE) if own == "he" else (lexicon.MALE, lexicon.FEMALE)
    between = [(source[i], _kin(source[i], source[i - 1])) for i in range(source.index(since) + 1, j)]
    return [
        t
        for t, kin in between
        if t.kind == "name" and t.stem != since.stem and not kin & wrong and (kin & right or _does_something(t, source))
    ]


def _does_something(t: Token, source: Sequence[Token]) -> bool:
    """Whether a name is somebody who does something, as far as its neighbours tell: "says Emil", "Mia won it"."""
    before, after = source[source.index(t) - 1], source[source.index(t) + 1 :][:1]
    return not t.possessive and (
        before.stem == stem("say") or (bool(after) and is_verb(after[0]) and after[0].kind == "word")
    )


def _kin(t: Token, before: Token) -> set[str]:
    """The words that may tell whose relative a name is, each in its base form: "my aunt Klara"."""
    return {lexicon.IRREGULAR.get(w, w) for w in (t.text.lower(), before.text.lower())}
