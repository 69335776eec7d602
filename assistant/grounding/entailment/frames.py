"""Sentences that models write over and over, and what makes them true: "This is X", "You were at X", and the user's
own words, said to the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from assistant.grounding.entailment import support
from assistant.grounding.entailment.premise import Premise, excluded
from assistant.grounding.entailment.support import ENOUGH, Ask
from assistant.grounding.words import lexicon
from assistant.grounding.words.phrases import heads, is_verb, phrase
from assistant.grounding.words.tokens import GENERIC, Token, alike, stem

_LEAST = 4
"""Words of a sentence that is known by them."""
_TURNING = frozenset("if unless whether or than like almost nearly maybe perhaps except but instead until".split())
_SAID = frozenset(
    map(stem, "say tell think thought believe dream wish hope claim pretend suppose guess seem want plan".split())
)
"""What makes another clause of its sentence untrue, or somebody's opinion."""
_YOU = frozenset("i me we us you".split())
_YOUR = frozenset("my our your".split())
_YOURS = frozenset("mine ours yours".split())
_BE = {"am": "are", "was": "were", "i'm": "you are", "we're": "you are", "you're": "you are"}


def names_it(words: Sequence[Token], told: Premise, *, where: bool) -> bool | None:
    """Whether "This is X" says what the thing is called; None: the words are no such sentence."""
    left = [t for t in words if t.kind != "stop"]
    if len(left) < 3 or left[1].kind != "be" or left[0].text.lower() not in lexicon.THIS | {"they"}:
        return None
    said = phrase(left[2:])
    if not said:
        return None
    named = heads(said)
    there = {t.stem for t in heads(told.place)}
    known = told.about | (there if where or any(t.kind == "word" for t in named) else set())
    if not named:
        return not any(t.kind == "mine" for t in said) or not told.owned
    ok = all(
        any(alike(t.stem, k) for k in known) or (t.stem in GENERIC and t.kind == "word")
        for t in named
        if t.kind != "number"
    )
    last = named[-1].stem
    thing = told.nouns | told.names | there | GENERIC
    adjective = left[0].text.lower() in ("it", "they")  # "It is red"
    ok = ok and (adjective or any(alike(last, k) for k in thing))
    return ok and not excluded([t.stem for t in named], told)


def equates(words: Sequence[Token], told: Premise) -> bool | None:
    """Whether "Emma is Klara" says what was told of the two; None: the words do not call one name another.

    Told are names side by side or with "is" between them: "Klara, my aunt" and "Klara is my aunt".
    """
    left = [t for t in words if t.kind != "stop"]
    at = next((i for i, t in enumerate(left) if t.kind == "be"), 0)
    first, second = left[:at], left[at + 1 :]
    if not first or not all(t.kind in ("name", "word") and t.text[0].isupper() and not t.possessive for t in first):
        return None
    if not (names := [t for t in second if t.kind == "name"]) or any(t.possessive or t.kind == "prep" for t in second):
        return None
    known = {t.stem for t in first}
    for sentence in told.sentences:
        plain = [t for t in sentence if t.kind not in ("stop", "light", "mine", "be")]
        places = [i for i, t in enumerate(plain) if t.stem in known]
        if any(abs(i - j) <= 2 for i in places for j, t in enumerate(plain) if t.stem == names[-1].stem):
            return True
    return False


def makes_a_habit(words: Sequence[Token], told: Premise) -> bool:
    """Whether "Tom always eats" is said of what was told as one event: "Tom ate"."""
    for often, verb in pairwise(words):
        if often.text.lower() in lexicon.FREQUENCY and often.stem not in told.stems and not _past(verb):
            there = [t for s in told.sentences for t in s if t.stem == verb.stem]
            if there and all(_past(t) for t in there):
                return True
    return False


def _past(verb: Token) -> bool:
    return verb.text.lower() in lexicon.PAST or verb.text.lower().endswith("ed")


def puts_user(words: Sequence[Token], told: Premise) -> bool | None:
    """Whether "You were at X" is true of the user; None: the words are no such sentence."""
    left = [t for t in words if t.kind not in ("stop",) and t.stem not in ("together", "also", "there")]
    days = [t for t in left if t.kind == "day"]
    left = support.without_days(left)
    if len(left) < 2 or left[0].kind != "me" or left[1].kind != "be":
        return None
    if any(not _moment_of_user(d, told) for d in days):
        return False
    if len(left) > 3 and left[2].stem == "with":
        return any(t.stem in told.names for t in left[3:]) or _with(left[3:], told)
    if len(left) < 4 or left[2].stem not in lexicon.PLACING:
        return None
    place = left[2:]
    content = [t for t in place if t.content]
    if not content or any(t.kind == "number" for t in content):
        return False
    if any(t.text.lower() in lexicon.TIMES for t in content[:2]):
        return any(_time_of_user(place, s, told) for s in told.sentences)
    there = {t.stem for t in told.place}
    if any(t.stem in there for t in content) and all(t.stem in told.stems for t in content):
        return True
    whole = support.align(tuple(place), told.tokens, told, Ask()) <= 0.8  # the time may stand in another sentence
    return any(
        (whole or support.align(tuple(place[1:]), s, told, Ask()) <= 0.8) and _user_there(s, content)
        for s in told.sentences
    )


def _moment_of_user(day: Token, told: Premise) -> bool:
    """Whether a day is that of the photo, or one of which the user told something they did themselves."""
    if told.day and day.day and day.day.within(told.day):
        return True
    mine = [s for s in told.sentences if any(t.text.lower() in ("i", "we") for t in s)]  # not "he gave it to me"
    return any(support.cost([day], replace(told, tokens=s, sentences=(s,), place=()), Ask()) <= ENOUGH for s in mine)


def _time_of_user(time: Sequence[Token], source: Sequence[Token], told: Premise) -> bool:
    """Whether a sentence tells of a time that the user was there: of a deed of their own, or only what is shown.

    "We met on a Sunday" and "Emma at Christmas" do; "Grandpa always wound it on Sundays" is a habit of his.
    """
    mine = any(t.text.lower() in ("i", "we") for t in source)
    said = [t for n, t in enumerate(source) if t.kind == "word" and not any(b.kind == "prep" for b in source[:n])]
    shown = all(t.stem in told.about for t in said) and not any(t.text.lower() in lexicon.FREQUENCY for t in source)
    return (mine or shown) and support.align(tuple(time), tuple(source), told, Ask()) <= 0.5


def _with(company: Sequence[Token], told: Premise) -> bool:
    """Whether the source says "with" of this company."""
    stems = {t.stem for t in company if t.content}
    return any(
        t.stem == "with" and stems & {x.stem for x in s[i + 1 : i + 4]} for s in told.sentences for i, t in enumerate(s)
    )


def _user_there(source: Sequence[Token], content: Sequence[Token]) -> bool:
    """Whether it is the user of whom the source tells the place."""
    at = next((i for i, t in enumerate(source) if t.content and t.stem == content[0].stem), None)
    if at is None:
        return False
    near = list(source[max(0, at - 3) : at])
    before = [t for n, t in enumerate(near) if t.kind == "prep" and not any(x.content for x in near[n:])]
    if not before or before[-1].stem not in lexicon.PLACING:
        return False
    if any(t.kind == "mine" for t in source[max(0, at - 2) : at]):
        return before[-1].stem in ("in", "at")
    for i in range(at - 1, -1, -1):
        t = source[i]
        if t.text.lower() in lexicon.SUBJECTS - {"it"} or (
            t.kind == "name" and not t.possessive and i + 1 < len(source) and is_verb(source[i + 1])
        ):
            return t.kind == "me"
    return True


def repeats(words: Sequence[Token], told: Premise) -> bool:
    """Whether a sentence is whole clauses of a told one, in order and without a gap but an article or a breath.

    What it leaves out of that sentence may not turn it round: no "not", no "if", nobody who said or thought it.
    """
    claim = list(_plain(words))
    if len(claim) < _LEAST or not any(t.content for t in words):
        return False
    for sentence in told.sentences:
        ends = [-1, *(n for n, t in enumerate(sentence) if t.kind == "stop"), len(sentence)]
        for first, last in ((i, j) for n, i in enumerate(ends) for j in ends[n + 1 :]):
            left = [*sentence[: first + 1], *sentence[last:]]
            if list(_plain(sentence[first + 1 : last])) == claim and not any(
                t.kind in ("not", "aux") or t.text.lower() in _TURNING or t.stem in _SAID for t in left
            ):
                return True
    return False


def _plain(words: Sequence[Token]) -> Iterator[str]:
    """Words in small letters without articles and punctuation; the user is "you", whoever speaks."""
    for t in words:
        low = t.text.lower().replace("’", "'")
        if t.kind == "stop" or low in ("a", "an", "the"):
            continue
        if low in _YOU:
            yield "you"
        elif low in _YOUR:
            yield "your"
        elif low in _YOURS:
            yield "yours"
        else:
            yield from _BE.get(low, low).split()
