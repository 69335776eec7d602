"""Who did it: a deed is told of nobody but those of whom it was told, and of no other sex."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.grounding.entailment.premise import Premise
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import heads, is_verb, phrase, sex, without_it_was
from assistant.grounding.words.tokens import Token, alike, stem

_PRONOUNS = frozenset("i we he she they".split())
_RAINS = frozenset(map(stem, "rain snow pour hail drizzle thunder freeze".split()))


def other_subject(words: Sequence[Token], told: Premise) -> bool:
    """Whether "Mia won it and sits on the desk" is said where the source has "and it sits"."""
    for i in range(2, len(words)):
        if words[i - 1].text.lower() != "and" or words[i].kind != "word":
            continue
        doer = next((t for t, v in pairwise(words) if t.kind == "name" and is_verb(v)), None)
        if doer is None or doer.stem in told.about:
            continue
        for source in told.sentences:
            if any(t.stem == words[i].stem and b.text.lower() == "it" for b, t in pairwise(source)):
                return True
    return False


def not_the_user(words: Sequence[Token], told: Premise) -> bool:
    """Whether somebody else does what only the user did: "Pepper looks after her", where the source has "we look after
    her"; "the boots danced", where it has "I danced in the mud". It is the weather, and nobody, that rains."""
    for i, claimed in enumerate(words):
        if claimed.kind != "word":
            continue
        low = claimed.text.lower()
        there = [
            (b, t, a) for source in told.sentences for b, t, a in _with_neighbours(source) if t.stem == claimed.stem
        ]
        mine = bool(there) and all(b.text.lower() in ("i", "we") for b, _, _ in there)
        if mine and low.endswith("s") and not any(t.text.lower().endswith("s") for _, t, _ in there):
            return True
        doer = _doer(words, i)
        if doer is None or not is_verb(claimed):
            continue
        if sex(doer) and there and all(sex(b) not in ("", sex(doer)) for b, _, _ in there):
            return True  # "he pulled down", where the source has "she pulled him down"
        if mine and doer.kind != "me" and all(a is None or a.kind in ("prep", "stop") for _, _, a in there):
            return True  # with an object it may be "the lamp found in Rome": then it is the user who found it
        nobody = bool(there) and all(b.text.lower() == "it" for b, _, _ in there)
        if nobody and claimed.stem in _RAINS and doer.text.lower() != "it":
            return True
    return False


def named_behind(words: Sequence[Token], told: Premise) -> bool:
    """Whether "Colin calls this one" is said, of "she calls this one Colin": who is named behind a deed with a "she"
    before it is not who did it."""
    for doer, deed in pairwise(words):
        if not doer.text[:1].isupper() or deed.kind != "word":
            continue
        there = [(s[j - 1], s[j + 1 :]) for s in told.sentences for j, t in enumerate(s) if j and t.stem == deed.stem]
        if there and all(
            before.text.lower() in _PRONOUNS and any(t.kind == "name" and t.stem == doer.stem for t in after)
            for before, after in there
        ):
            return True
    return False


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


def _with_neighbours(source: Sequence[Token]) -> Iterator[tuple[Token, Token, Token | None]]:
    """The words of a sentence, each between its neighbours; the first has none before it."""
    return zip(source, source[1:], [*source[2:], None], strict=False)


def _doer(words: Sequence[Token], i: int) -> Token | None:
    """Who does what a verb says: the word before it or, behind "and", before the verb before it; None if unclear.

    A passive has no doer: "was found".
    """
    j = i - 1
    while j >= 0 and words[j].kind in ("aux", "light", "not") and words[j].text.lower() != "and":
        j -= 1
    if j < 0 or words[j].kind in ("be", "stop", "prep"):
        return None
    if words[j].text.lower() == "and":
        before = [n for n in range(j) if words[n].kind == "word" and is_verb(words[n])]
        return _doer(words, before[-1]) if before else None
    return words[j]


def other_sex(words: Sequence[Token], told: Premise) -> bool:
    """Whether "while he was in Portugal" is said where the source has only "she was in Portugal"."""
    for i, t in enumerate(words):
        after = [a.stem for a in words[i + 1 :] if a.kind not in ("light", "stop")][:3]
        if not sex(t) or t.text.lower() not in ("he", "she") or len(after) < 2:
            continue
        there = {sex(source[j]) for source in told.sentences for j in _before(source, after) if sex(source[j])}
        if there and sex(t) not in there:
            return True
    return False


def _before(source: Sequence[Token], after: Sequence[str]) -> Iterator[int]:
    """Where in the source a word stands right before these stems."""
    for j in range(len(source)):
        if [a.stem for a in source[j + 1 :] if a.kind not in ("light", "stop")][: len(after)] == list(after):
            yield j


def thing_as_person(words: Sequence[Token], told: Premise) -> bool:
    """Whether "Ruth's clock, which stood there, gave it to you" is said where "it stood there, she gave it to me"."""
    lead = phrase(words)
    if not any(t.possessive for t in lead) or not heads(lead) or heads(lead)[-1].stem not in told.about:
        return False
    pairs = [(b.text.lower(), t) for source in told.sentences for b, t in pairwise(source)]
    if not any(b == "it" and is_verb(t) for b, t in pairs):
        return False  # nobody calls the thing "it": it may be the dog who gave the paw
    for b, t in pairwise(words):
        if (
            t.kind != "word"
            or not is_verb(t)
            or b.kind in ("name", "me", "other")
            or b.text.lower() in ("which", "that")
        ):
            continue
        doers = {before for before, verb in pairs if verb.stem == t.stem}
        if doers and doers <= {"he", "she", "i", "we", "they"}:
            return True
    return False


def other_doer(words: Sequence[Token], asked: Sequence[Token], told: Premise) -> bool:
    """Whether an answer to "who cut it off?" names somebody of whom another deed was told, or who only stands by.

    "Oscar", to "who sewed it on?" where Nana sewed; and to "who made this?" where Oscar cut something off.
    """
    question = [t for t in asked if t.kind not in ("stop", "light") or t.text.lower() == "who"]
    if len(question) < 2 or question[0].text.lower() != "who" or question[1].kind == "aux":
        return False
    named = without_it_was([t for t in words if t.kind != "stop"])
    named = named[: next((n for n, t in enumerate(named) if t.kind != "name" and not t.text[:1].isupper()), len(named))]
    if not named or any(t.possessive or t.stem in told.about for t in named):
        return False
    people = {t.stem for t in named}
    deed = next((t for t in question[1:] if t.kind == "word" and t.stem not in told.about), None)
    if deed is None or (question[1].kind == "be" and any(t.kind in ("other", "mine") for t in question[2:3])):
        return False
    there = [(source, j) for source in told.sentences for j, t in enumerate(source) if alike(t.stem, deed.stem)]
    doers = [_doers(source, j) for source, j in there]
    if any(one and one & people for one in doers):
        return False
    if doers and all(doers):
        return True
    apart = [(source, j) for source in told.sentences for j, t in enumerate(source) if t.stem == named[-1].stem]
    if doers:  # "he was sick": not Henry, with whom somebody else was
        return bool(apart) and bool(told.names) and all(j and source[j - 1].stem == "with" for source, j in apart)
    acts = [source[j + 1 : j + 3] for source, j in apart if len(source) > j + 1 and _does(source[j + 1])]
    return bool(acts) and len(acts) == len(apart) and not any(_on_it(after, told) for after in acts)


def told_doer(words: Sequence[Token], asked: Sequence[Token], told: Premise) -> bool:
    """Whether the name that answers "who let us stay?" stands right before that deed: "a man called Kofi let us"."""
    deed = next((t for t in asked[1:] if t.kind not in ("stop", "light", "aux", "be")), None)
    people = {t.stem for t in words if t.content}
    return deed is not None and any(
        people <= _doers(source, j)
        for source in told.sentences
        for j, t in enumerate(source)
        if alike(t.stem, deed.stem)
    )


def _does(t: Token) -> bool:
    return t.kind == "word" and (is_verb(t) or t.text.lower().endswith("ed"))


def _on_it(after: Sequence[Token], told: Premise) -> bool:
    """Whether a verb has the thing in the photo as its object: "sewed it", "crocheted him"."""
    return any(t.text.lower() in ("it", "him", "her", "them", "this") or t.stem in told.about for t in after[1:])


def _doers(source: Sequence[Token], j: int) -> set[str]:
    """Stems of the name right before a deed; none where it is a pronoun, or nobody."""
    j -= 1
    while j >= 0 and source[j].kind in ("be", "aux", "not", "light"):
        j -= 1
    out: set[str] = set()
    while j >= 0 and source[j].kind == "name" and not source[j].possessive:
        out.add(source[j].stem)
        j -= 1
    return out
