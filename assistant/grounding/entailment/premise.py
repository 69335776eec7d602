"""What an episode tells, ready for comparison: its tokens, what it is about, its day and place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from assistant.grounding.entailment.topics import topics
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import heads, named
from assistant.grounding.words.tokens import Day, Token, alike, stem, tokens
from memory.relative_days import relative_days

_ANOTHERS = re.compile(r"\bnot (?:ours|mine|my|our)\b|\bbelongs? to (?!me\b|us\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Premise:
    """What one episode tells, or what the user wrote otherwise: claims are judged by it (a premise of NLI)."""

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
    id: str = ""
    """The episode's; "" for the photo's own data and for what the user wrote otherwise."""
    sure: bool = True
    """Whether recall is sure of the episode."""
    photo: str = ""
    """The hash of the episode's photo."""

    @property
    def stems(self) -> set[str]:
        """All stems of the words and the place."""
        return {t.stem for t in (*self.tokens, *self.place) if t.content}


@dataclass(frozen=True)
class Evidence:
    """All that a text may say."""

    told: tuple[Premise, ...]
    """The recalled episodes, and without an id the photo's own data and what the user wrote."""
    question: str = ""
    """What the text answers; empty: it is a caption."""
    sees: bool = False
    """Whether the model's descriptions of what it sees are worth keeping."""

    @cached_property
    def asked(self) -> tuple[Token, ...]:
        """The question's words."""
        return tokens(self.question)

    @property
    def yes_no(self) -> bool:
        """Whether the question is to be answered by yes or no."""
        return bool(self.asked) and self.asked[0].kind in ("be", "aux")


def read(words: str, day: date | None = None, place: str | None = None, told: date | None = None) -> Premise:
    """The premise that these words, `told` on a day, give, with the day and the place of their photo."""
    found = _with_days(named(tokens(words)), words, told)
    sentences = tuple(_sentences(found))
    phrases = list(topics(sentences))
    called = [heads(one) for one in phrases]
    about = [t for one in called for t in one]
    return Premise(
        found,
        sentences,
        about=frozenset(t.stem for t in about),
        names=frozenset(t.stem for t in about if t.kind == "name"),
        nouns=frozenset(one[-1].stem for one in called if one),
        owned=any(t.possessive for one in phrases for t in one) or bool(_ANOTHERS.search(words)),
        day=Day.of(day) if day else None,
        place=tokens(place) if place else (),
    )


def _with_days(found: tuple[Token, ...], words: str, told: date | None) -> tuple[Token, ...]:
    """The tokens of some words; of "last Saturday", told on a day, the last one has the day that it was."""
    out = list(found)
    for one in relative_days(words, told) if told else ():
        said = [t.text for t in tokens(one.text)]
        day = Day.of_span(*one.days) if one.days else Day()
        for n in range(len(said), len(out) + 1 if day.year else 0):
            if [t.text for t in out[n - len(said) : n]] == said:
                out[n - 1] = replace(out[n - 1], day=day)
    return tuple(out)


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


def excluded(stems: Iterable[str], told: Premise) -> bool:
    """Whether a word of a kind contradicts what the thing was called: "dog" of a cat, "blue" of a red thing."""
    for group in lexicon.KINDS:
        kinds = {stem(word) for word in group}
        mine = {k for s in stems for k in kinds if alike(s, k)}
        known = {k for s in told.about for k in kinds if alike(s, k)}
        if mine and known and not mine & known:
            return True
    return False


def _sentences(found: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    one: list[Token] = []
    for t in found:
        if t.kind != "stop" or t.text not in ".!?\n":
            one.append(t)
        elif one:
            yield tuple(one)
            one = []
    if one:
        yield tuple(one)
