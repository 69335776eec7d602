"""What belongs together in a told sentence stays together in a claim: owner and thing, deed and place.

The words of a claim may all have been told and the claim still be wrong: "Bruno's bear" where Bruno is the bear,
"Jonas dropped the vase in Lyon" where it was bought in Lyon and dropped at home.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.grounding import claims
from assistant.grounding.entailment.doers import left_out, named_behind, not_the_user, other_sex, other_subject
from assistant.grounding.entailment.premise import Premise
from assistant.grounding.entailment.support import FRAMES, phrases
from assistant.grounding.words.phrases import heads, is_verb, phrase
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_SETTING = FRAMES | {stem(w) for w in "go come drive fly travel walk arrive stay spend live sit stand lie have".split()}
"""Verbs that only say where somebody was: what else happened, happened there."""
_HAS = frozenset(stem(w) for w in "have own get belong".split())


def torn_apart(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim joins what the source tells of different owners, moments or subjects."""
    return (
        not all(_owned_as_told(words, i, told) for i, t in enumerate(words) if t.possessive and t.kind != "day")
        or any(_other_moment(part, told) for part in claims.clauses(words))
        or other_subject(words, told)
        or not_the_user(words, told)
        or named_behind(words, told)
        or other_sex(words, told)
        or _too_often(words, _known(told))
        or _with_or_without(words, told)
        or _anothers(words, told)
        or _denied(words, told)
    )


def only_lists(words: Sequence[Token], told: Premise) -> bool:
    """Whether a clause of a caption is a thing or a number of which nothing is said, and not what the photo shows:
    "Ben's lucky sneakers: 4 hours 12.", "Sam, the boat and Julia."."""
    known = told.about | GENERIC | {t.stem for t in told.place}
    for clause in claims.clauses(words):
        part = clause[1:] if len(clause) > 1 and clause[0].text.lower() == "and" else clause
        said = phrase(part)
        named = {t.stem for t in heads(said)}
        after = next((n for n, t in enumerate(part) if t.text.lower() == "that"), len(part))  # "the fish that is funny"
        does = any(t.kind in ("be", "aux") or is_verb(t) or _acts(b, t) for b, t in pairwise([part[0], *part[:after]]))
        if said and not does and not any(alike(one, k) for one in named for k in known):
            return True
    return False


def _acts(before: Token, t: Token) -> bool:
    """Whether a word may be a verb in the present, "Nora hates it", or a participle."""
    text = t.text.lower()
    acts = text.endswith("s") and before.kind in ("name", "word", "other")
    return t.kind == "word" and (acts or (text.endswith("ing") and before.kind not in ("light", "mine", "prep")))


def _head(words: Sequence[Token], i: int) -> Token | None:
    """What an owner owns: the last noun before anything else."""
    head = None
    for t in words[i + 1 :]:
        if t.kind not in ("word", "name", "number") or (head and is_verb(t)):
            break
        head = t
        if t.possessive:
            break
    return head


def _owned_as_told(words: Sequence[Token], i: int, told: Premise) -> bool:
    """Whether the source gives to an owner what the claim gives."""
    head = _head(words, i)
    thing = told.about | GENERIC

    def same(other: Token | None) -> bool:
        return (
            head is None
            or other is None
            or alike(head.stem, other.stem)
            or (other.stem in told.about and head.stem in thing)
        )

    for source in (*told.sentences, told.place):
        for j, t in enumerate(source):
            if t.content and t.stem == words[i].stem:
                if (t.possessive or _as_typed(words[i], t)) and (
                    same(_head(source, j)) or any(same(x) for x in source[j + 1 : j + 4] if x.content)
                ):
                    return True
                if any(x.stem in _HAS for x in (*source[max(0, j - 4) : j], *source[j + 1 : j + 4])):
                    return True
    after = [t for n, t in enumerate(told.tokens) if any(x.stem == words[i].stem for x in told.tokens[:n])]
    his = [n for n, t in enumerate(after) if t.text.lower() in ("his", "her", "their", "its")]
    owned = [noun for n in his if (noun := _head(after, n))]  # not the "her" of "got her from a farm"
    return head is not None and any(map(same, owned))


def _as_typed(owner: Token, t: Token) -> bool:
    """Whether a word is an owner whose apostrophe was left out: "debbies", for "Debbie's"."""
    return t.text.lower() == owner.text.lower().replace("'", "")


def _anothers(words: Sequence[Token], told: Premise) -> bool:
    """Whether "his birthday" is said where the source has only "my birthday"."""
    for owner, thing in pairwise(words):
        if owner.text.lower() not in ("his", "her", "their", "its") or not thing.content or thing.possessive:
            continue
        there = [_owner(s, j) for s in told.sentences for j, t in enumerate(s) if t.stem == thing.stem]
        if there and all(one is not None and one.kind == "mine" for one in there):
            return True
    return False


def _owner(source: Sequence[Token], j: int) -> Token | None:
    """The word before a noun and its adjectives: "my", of "my old boots"."""
    before = [t for t in source[max(0, j - 3) : j] if t.kind not in ("word", "number") or t.possessive]
    return before[-1] if before else None


def _denied(words: Sequence[Token], told: Premise) -> bool:
    """Whether "your cat Momo" is said where the source has only "this is not your cat Momo"."""
    if any(t.kind == "not" for t in words):
        return False
    for claimed in words:
        there = [_behind_not(s, j) for s in told.sentences for j, t in enumerate(s) if t.stem == claimed.stem]
        if claimed.content and there and all(there):
            return True
    return False


def _behind_not(source: Sequence[Token], j: int) -> bool:
    """Whether what a word ends is denied: "is not your cat Momo", "not Momo"; "not only" denies nothing."""
    i = j - 1
    while i >= 0 and (source[i].kind in ("mine", "light") or (source[i].kind == "word" and not is_verb(source[i]))):
        i -= 1
    only = any(t.text.lower() in ("only", "just", "even", "yet", "than") for t in source[i + 1 : j])
    return i >= 0 and source[i].text.lower() == "not" and not only and (i == 0 or source[i - 1].kind == "be")


def _deeds(clause: Sequence[Token]) -> set[str]:
    return {t.stem for t in clause if t.kind == "word" and is_verb(t)} - _SETTING


def _sources(told: Premise) -> Iterator[Sequence[Token]]:
    for sentence in told.sentences:
        yield from claims.clauses(sentence)


def _other_moment(clause: Sequence[Token], told: Premise) -> bool:
    """Whether a place or time is said of a deed, and the source tells it of another deed only."""
    homes = [(home, _deeds(home)) for home in _sources(told)]
    deeds = {t.stem for t in clause} & set().union(*(deeds for _, deeds in homes))
    if not deeds:
        return False
    for one in [[t] for t in clause if t.kind == "day"] + [list(p) for p in phrases(clause)[1:]]:
        said = [t for t in one if t.content and t.stem not in told.about | deeds]
        there = [done for home, done in homes if said and all(any(_equal(t, x) for x in home) for t in said)]
        if there and all(done and not done & deeds for done in there):
            return True
    return False


def other_preposition(words: Sequence[Token], told: Premise) -> bool:
    """Whether a short answer has another preposition than the source: "On 2019" for "in 2019"."""
    said = [t for t in words if t.kind not in ("light", "mine", "stop")]
    if len(said) < 2 or said[0].kind != "prep":
        return False
    near = [[t for t in s if t.kind not in ("light", "mine", "stop")] for s in told.sentences]
    there = {b.stem for s in near for b, t in pairwise(s) if b.kind == "prep" and _equal(said[1], t)}
    return bool(there) and said[0].stem not in there


def _equal(one: Token, other: Token) -> bool:
    if one.day:
        return other.day is not None and one.day.within(other.day)
    return other.content and alike(one.stem, other.stem)


def _too_often(words: Sequence[Token], known: Counter[str]) -> bool:
    """Whether a claim says a name or a number again that was told once: "Erika left it on the step by Erika"."""
    once = {t.stem for t in words if t.kind in ("name", "number")}
    said = Counter(t.stem for t in words if t.stem in once)
    return any(n > max(1, known[one]) for one, n in said.items())


def _known(told: Premise) -> Counter[str]:
    """How often an episode tells each word."""
    return Counter(t.stem for t in (*told.tokens, *told.place))


def _with_or_without(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim has "with a map" where the source has "without a map", or "off the shears" where it has "off with
    shears"."""
    said = [t for t in words if t.kind not in ("light", "mine", "stop")]
    plain = [[t for t in s if t.kind not in ("light", "mine", "stop")] for s in told.sentences]
    for prep, thing in pairwise(said):
        if prep.kind != "prep" or not thing.content:
            continue
        there = [s[max(0, n - 2) : n] for s in plain for n, t in enumerate(s) if _equal(thing, t)]
        if there and all(
            near and near[-1].stem != prep.stem and (near[-1].stem == "without" or _swallows(prep, near))
            for near in there
        ):
            return True
    return False


def _swallows(prep: Token, near: Sequence[Token]) -> bool:
    return near[-1].stem == "with" and near[0].stem == prep.stem


def says_twice(words: Sequence[Token], told: Sequence[Premise]) -> bool:
    """Whether a sentence says three times what was told once, or twice a phrase of place, "you found it in the cellar:
    2019 in the cellar", or a word: "Thursday, Thursday"; or a name or a number more often than it was told."""
    said = Counter(t.stem for t in words if t.kind == "word" and t.stem not in GENERIC)
    placed = Counter((a.stem, c.stem) for a, b, c in zip(words, words[1:], words[2:], strict=False) if a.kind == "prep")
    known = Counter[str]()
    for one in told:
        known |= _known(one)
    if _too_often(words, known) or (_stammers(words) and not any(_stammers(one.tokens) for one in told)):
        return True
    often = {word for word, n in said.items() if n > 1 and n > known[word] > 0}
    return any(said[word] > 2 for word in often) or any(n > 1 and where[1] in often for where, n in placed.items())


def _stammers(words: Sequence[Token]) -> bool:
    return any(
        a.stem == b.stem and a.content and b.kind != "day" for a, b in pairwise(t for t in words if t.text != ",")
    )


def takes_the_users_place(words: Sequence[Token], told: Premise) -> bool:
    """Whether "she got her from a farm" is said where the user left out the "I": "my dog Pippa, got her"."""
    return any(
        (who.text.lower() in ("he", "she", "they") or who.stem in told.about) and left_out(deed, told)
        for who, deed in pairwise(words)
    )


def partitive(words: Sequence[Token], told: Premise) -> bool:
    """Whether the number of an answer is "one" of "one of his arms", which counts nothing."""
    ones = [a for s in told.sentences for t, a in pairwise([*s, Token(".", ".", "stop")]) if t.text.lower() == "one"]
    numbers = [t.text.lower() for t in words if t.kind == "number"]
    return numbers == ["one"] and bool(ones) and all(a.text.lower() == "of" for a in ones)
