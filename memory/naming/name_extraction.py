"""Name extraction: names in what a user says about a photo, and which of them it shows. English patterns, no model.

"This is Zuri, the zebra Anna got" shows Zuri and mentions Anna. A wrong name looks silly and a missed one is told
again, so what could be a place, a brand or the first word of a sentence is no name unless something says that it is.
Names of places are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from memory.naming.sentence_words import Word, sentences_of
from memory.naming.shown_names import (
    ADVERBS,
    ANSWERS_TO,
    COPULAS,
    HANDS_OVER,
    MAY_FOLLOW,
    MINE,
    NAMING,
    OF_NOUN,
    POINTERS,
    THESE_DAYS,
    FoundName,
    does_something,
    shown_names,
)
from memory.naming.small_letters import bears_a_name, with_capitals
from memory.naming.word_lists import (
    ADJECTIVES,
    ALSO_WORDS,
    DOING,
    GIVEN,
    KIN,
    NO_NAMES,
    PLACE_PREPOSITIONS,
    PLACES,
    ROLES,
    TITLES,
)
from memory.text import folded, worth_looking_up


class NamesInText(NamedTuple):
    """The names in a text, as it spells them, each once."""

    shown: tuple[str, ...] = ()
    """Of those that the photo shows."""
    mentioned: tuple[str, ...] = ()
    """All others."""


_EXCLAIMED = re.compile(
    r".*(?:ous|ful|ing|ed|less|est|ly|ish|[ai]ble|tic|ive|ant)|perfect|cute|sweet|tasty|yummy|funny|sad|crazy|lucky|poor|great"
    r"|nice|cool|legend|fun|genius"
)
_DETERMINERS = frozenset("the a an this that some any no every another your".split())
_NEVER = (
    NO_NAMES | POINTERS | OF_NOUN | MAY_FOLLOW | _DETERMINERS | PLACE_PREPOSITIONS | frozenset("for but so".split())
)
"""Words that are no part of a name, even with a capital letter: "Our Emma", "For Priya"."""
_ALSO_KINDS, _ARTICLES = frozenset("tom billy nanny jenny".split()), frozenset("a an the".split())


def names(text: str, known: Collection[str] = ()) -> NamesInText:
    """The names in `text`. `known`: names, `folded`, that other texts of this user surely say."""
    shown: dict[str, str] = {}
    mentioned: dict[str, str] = {}
    sentences = list(sentences_of(text))
    known = {*known, *_called_out(sentences)}
    sentences = [with_capitals(sentence, known) for sentence in sentences]
    for number, sentence in enumerate(sentences):
        found = list(_found(sentence, known))
        seen = shown_names(sentence, found, number == 0)
        for name in found:
            (shown if name in seen else mentioned).setdefault(folded(name.text), name.text)
    rest = tuple(name for key, name in mentioned.items() if key not in shown)
    return NamesInText(tuple(shown.values()), rest)


def _called_out(sentences: Sequence[list[Word]]) -> Iterator[str]:
    """The name that a text calls out, before it says who that is, "Biscuit! He belongs to Maureen", or whom the next
    sentence speaks of: "Marmalade. We called him after the jam", "Orla's bag. She left it on the bus"."""
    if len(sentences) < 2 or not sentences[0][0].capital or _EXCLAIMED.fullmatch(sentences[0][0].key):
        return
    word, rest = sentences[0][0], [one.key for one in sentences[1]]
    calls = any(did in ("called", "named", "adopted") and whom in ("him", "her") for did, whom in pairwise(rest))
    kind = word.key in KIN | TITLES | ROLES | _NEVER | THESE_DAYS or bears_a_name(word.key)
    owner = word.owns and not kind and rest[0] in ("he", "she")
    says = rest[0] in ("he", "she") and rest[1] in (*COPULAS, "belongs", "lives")
    if owner or (len(sentences[0]) == 2 and (says or calls)):
        yield word.key


# -- which words are names ----------------------------------------------------------------------------------------


def _found(words: Sequence[Word], known: Collection[str]) -> Iterator[FoundName]:
    """The names of a sentence, in its order."""
    at = 0
    while at < len(words) - 1:
        end = _run(words, at)
        if end > at and _is_name(words, at, end, known):
            yield FoundName(at, end, " ".join(_spelled(word) for word in words[at:end]))
        at = max(end, at + 1)


def _run(words: Sequence[Word], at: int) -> int:
    """Where the words end that could together be one name beginning at `at`; `at` where none begins."""
    if not _may_be_part(words[at]):
        return at
    end = at + 1
    while end < len(words) - 1 and not words[end - 1].owns and words[end].before == " ":
        one = words[end]
        if not (one.capital and _may_be_part(one)):
            break
        end += 1
    return end


def _may_be_part(word: Word) -> bool:
    if word.key in _NEVER or len(word.text) < 2 or not word.text[0].isalpha() or not worth_looking_up(word.text):
        return False
    return word.capital or (word.key in GIVEN and word.key not in ALSO_WORDS)


def _is_name(words: Sequence[Word], at: int, end: int, known: Collection[str]) -> bool:
    """Whether the words from `at` on and before `end` name somebody or something, and no place."""
    part, before, after = words[at:end], words[at - 1] if at else None, words[end]
    keys = {word.key for word in part}
    if keys & PLACES or (after.before == " " and after.key in PLACES and not part[-1].owns):
        return False
    sure = bool(keys & GIVEN) or " ".join(word.key for word in part) in known or bool(keys & set(known))
    if (
        part[0].text in _ALSO_KINDS
        and after.key not in HANDS_OVER | DOING
        and _ARTICLES & {w.key for w in words[:at][-2:]}
    ):
        return False  # "the ginger tom from next door"
    if part[0].key in TITLES | KIN and (len(part) > 1 or part[0].key in KIN):
        return part[0].capital
    if at == 0 or re.search(r"[:“\"(–—]", part[0].before):
        return sure or (len(part) == 1 and _called_mine(words, end)) or _named_after(words, at)
    assert before is not None
    if _named_after(words, at):
        return True
    if (part[0].before.strip() in ("&", "+") and before.key in GIVEN | set(known)) or _role_follows(words, end):
        return True  # "Priya & Shreya", "from Hoa, my teacher"
    if before.key in _DETERMINERS or (before.key in PLACE_PREPOSITIONS and not part[-1].owns):
        return sure
    if before.key in OF_NOUN | {"dear", "little", "old"}:
        return sure
    return sure or _like_somebody(words, at, end) or (end == at + 1 and _mine_of_a_kind(words, at, end))


def _called_mine(words: Sequence[Word], end: int) -> bool:
    """Whether ", my" or ", our" follows: "Pip, our rabbit"."""
    return words[end].before.strip() == "," and words[end].key in ("my", "our")


def _role_follows(words: Sequence[Word], end: int) -> bool:
    """Whether ", my teacher" follows."""
    whose, role = words[end], words[min(end + 1, len(words) - 1)]
    return (
        whose.before.strip() == "," and whose.key in MINE | {"his", "her", "their"} and role.key in ROLES | KIN | TITLES
    )


def _named_after(words: Sequence[Word], at: int) -> bool:
    """Whether the words before introduce a name: "This is", "meet", "called"."""
    if not words[at].capital or words[at].before.strip(" \"'“"):
        return False
    last = [word.key for word in words[max(0, at - 3) : at]]
    if last[-2:] and len(last) > 1 and last[-1] in COPULAS and last[-2] in {*POINTERS, "name"}:
        return True
    if last[-2:-1] in (["named"], ["call"], ["called"]) and last[-1] in ("him", "her", "it"):
        return True
    if tuple(last[-2:]) in ANSWERS_TO:
        return True
    return bool(last) and last[-1] in NAMING


def _like_somebody(words: Sequence[Word], at: int, end: int) -> bool:
    """Whether a capital word inside a sentence stands where people and pets stand."""
    part, before, after = words[at:end], words[at - 1], words[end]
    if len(part) > 1:
        return False  # "Super Bowl", "New York"
    if part[-1].owns or (before.key in ROLES | KIN | TITLES and not part[0].before.strip()):
        return True
    if part[0].before.strip() in ("", ",") and before.key not in PLACE_PREPOSITIONS and does_something(after):
        return True
    if before.key in ("with", "and", "&", "by", "for", "meet") and not part[0].before.strip():
        return before.key in ("with", "by") or after.key in ("and", "\0") or after.before.strip() != ""
    return False


def _mine_of_a_kind(words: Sequence[Word], at: int, end: int) -> bool:
    """Whether the words before say of what kind it is, and whose: "This is our corgi Biscuit"."""
    kind, after = words[at - 1], words[end]
    if kind.capital or kind.owns or words[at].before != " " or kind.key in _NEVER | NO_NAMES | ADVERBS | ADJECTIVES:
        return False
    if len(kind.key) < 3 or kind.key.endswith(("ed", "ish", "ful", "less", "est")) or kind.before.strip():
        return False
    whose = [word.key for word in words[max(0, at - 4) : at - 1]]
    while whose and whose[-1] in (ADVERBS - OF_NOUN) | ADJECTIVES:
        whose.pop()
    if bears_a_name(kind.key) and whose and whose[-1] not in _NEVER:  # "our border collie Nala"
        whose.pop()
    return whose[-1:] in (["my"], ["our"]) and (
        after.before.strip() != "" or after.key in MAY_FOLLOW or after.key == "\0"
    )


def _spelled(word: Word) -> str:
    """The word as a name is written: "tariq" as "Tariq"."""
    return word.text if word.text[0].isupper() else word.text[0].upper() + word.text[1:]
