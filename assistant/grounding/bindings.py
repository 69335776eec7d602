"""What belongs together in a told sentence stays together in a claim: owner and thing, deed and place.

The words of a claim may all have been told and the claim still be wrong: "Bruno's bear" where Bruno is the bear,
"Jonas dropped the vase in Lyon" where it was bought in Lyon and dropped at home.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from assistant.grounding import claims
from assistant.grounding.premise import Premise, left_out
from assistant.grounding.support import FRAMES, phrases
from assistant.grounding.words.phrases import heads, is_verb, phrase, sex
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_SETTING = FRAMES | {stem(w) for w in "go come drive fly travel walk arrive stay spend live sit stand lie have".split()}
"""Verbs that only say where somebody was: what else happened, happened there."""
_RAINS = frozenset(map(stem, "rain snow pour hail drizzle thunder freeze".split()))
_HAS = frozenset(stem(w) for w in "have own get belong".split())


def torn_apart(words: Sequence[Token], told: Premise) -> bool:
    """Whether a claim joins what the source tells of different owners, moments or subjects."""
    return (
        not all(_owned_as_told(words, i, told) for i, t in enumerate(words) if t.possessive and t.kind != "day")
        or any(_other_moment(part, told) for part in claims.clauses(words))
        or _other_subject(words, told)
        or _not_the_user(words, told)
        or _other_sex(words, told)
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
                if t.possessive and (
                    same(_head(source, j)) or any(same(x) for x in source[j + 1 : j + 4] if x.content)
                ):
                    return True
                if any(x.stem in _HAS for x in (*source[max(0, j - 4) : j], *source[j + 1 : j + 4])):
                    return True
    after = [t for n, t in enumerate(told.tokens) if any(x.stem == words[i].stem for x in told.tokens[:n])]
    his = [n for n, t in enumerate(after) if t.text.lower() in ("his", "her", "their", "its")]
    return head is not None and any(same(_head(after, n)) for n in his)


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


def _other_subject(words: Sequence[Token], told: Premise) -> bool:
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


def _not_the_user(words: Sequence[Token], told: Premise) -> bool:
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
        if mine and doer.kind != "me" and all(a is None or a.kind in ("prep", "stop") for _, _, a in there):
            return True  # with an object it may be "the lamp found in Rome": then it is the user who found it
        nobody = bool(there) and all(b.text.lower() == "it" for b, _, _ in there)
        if nobody and claimed.stem in _RAINS and doer.text.lower() != "it":
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


def _other_sex(words: Sequence[Token], told: Premise) -> bool:
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


def takes_the_users_place(words: Sequence[Token], told: Premise) -> bool:
    """Whether "she got her from a farm" is said where the user left out the "I": "my dog Pippa, got her"."""
    return any(
        (who.text.lower() in ("he", "she", "they") or who.stem in told.about) and left_out(deed, told)
        for who, deed in pairwise(words)
    )


def other_doer(words: Sequence[Token], asked: Sequence[Token], told: Premise) -> bool:
    """Whether an answer to "who cut it off?" names somebody of whom another deed was told, or who only stands by.

    "Oscar", to "who sewed it on?" where Nana sewed; and to "who made this?" where Oscar cut something off.
    """
    question = [t for t in asked if t.kind not in ("stop", "light") or t.text.lower() == "who"]
    if len(question) < 2 or question[0].text.lower() != "who" or question[1].kind == "aux":
        return False
    named = [t for t in words if t.kind != "stop"]
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


def partitive(words: Sequence[Token], told: Premise) -> bool:
    """Whether the number of an answer is "one" of "one of his arms", which counts nothing."""
    ones = [a for s in told.sentences for t, a in pairwise([*s, Token(".", ".", "stop")]) if t.text.lower() == "one"]
    numbers = [t.text.lower() for t in words if t.kind == "number"]
    return numbers == ["one"] and bool(ones) and all(a.text.lower() == "of" for a in ones)
