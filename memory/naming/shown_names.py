"""Which of the names in a sentence the photo shows: "Zuri", of "This is Zuri, the zebra Anna got"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from memory.naming.sentence_words import Word
from memory.naming.small_letters import bears_a_name
from memory.naming.word_lists import DOING, KIN, ROLES


class FoundName(NamedTuple):
    """A name in a sentence: its words from `first` on and before `end`."""

    first: int
    end: int
    text: str


THESE_DAYS = frozenset("today tomorrow tonight yesterday".split())
_NOW = THESE_DAYS | {"now", "here", "there", "again"}
MINE = frozenset(["my", "our"])
COPULAS = frozenset("is are was were".split())
POINTERS = frozenset("this that these those here it he she they".split())
ADVERBS = frozenset("also again still just my our his her little old dear young baby big sweet good poor late".split())
OF_NOUN = frozenset("my our the a an his her their your".split())
MAY_FOLLOW = frozenset(
    """and or at in on with by from near before after during when while as again the my our a his her who whose whom
    last this for next too here there now today asleep under beside behind between inside outside to""".split()
)
"""Words that may follow somebody who is shown: "Luna on the sofa"; not "Anna gave me this"."""
_SIDES = frozenset("left right middle front back centre center photo picture".split())
NAMING = frozenset("meet called named introducing introduce".split())
ANSWERS_TO = frozenset([("answers", "to"), ("goes", "by")])
HANDS_OVER = frozenset("gave got made sent brought bought lent knitted baked says said thinks wants found took".split())


def shown_names(words: Sequence[Word], found: Sequence[FoundName], first: bool) -> set[FoundName]:
    """Those of the names `found` in a sentence that the photo shows. `first`: it is the first sentence."""
    by_start = {name.first: name for name in found}
    starts = [at + 2 for at in range(len(words) - 2) if _points(words, at)]
    starts += [at + 1 for at in range(len(words) - 1) if words[at].key in NAMING]
    starts += [at + 2 for at in range(len(words) - 2) if (words[at].key, words[at + 1].key) in ANSWERS_TO]
    starts += [
        at + 2
        for at in range(len(words) - 2)
        if words[at].key in ("photo", "picture", "pic", "selfie", "portrait") and words[at + 1].key in ("of", "with")
    ]
    seen: set[FoundName] = set()
    for at in starts:
        seen |= _from(words, by_start, at)
    if first:
        at = 2 if [word.key for word in words[:2]] == ["me", "and"] else 0
        at = _of_somebody(words, by_start) or at
        seen |= _from(words, by_start, at) if words[at].key in MINE else _listed(words, by_start, at)
    return seen


def _of_somebody(words: Sequence[Word], by_start: dict[int, FoundName]) -> int:
    """Where the name stands in "Mum's dog Winnie", with which a text begins; 0 where it begins otherwise."""
    owner = by_start[0].end if 0 in by_start else 1
    if not (words[owner - 1].owns or words[0].key.removesuffix("s") in KIN):
        return 0
    at = next((n for n in range(owner, min(owner + 4, len(words))) if n in by_start), 0)
    kind = words[at - 1]
    plain = all(not (word.capital or word.before.strip()) for word in words[owner:at])
    return at if at > owner and plain and bears_a_name(kind.key) and words[at].before.strip() in ("", ",") else 0


def _points(words: Sequence[Word], at: int) -> bool:
    """Whether "This is" or the like stands at `at`, and no "not" follows."""
    here = words[at].key in POINTERS and words[at + 1].key in COPULAS
    named = words[at].key in {"name", *_SIDES} and words[at + 1].key in ("is", "are")
    past = words[at + 1].key in ("was", "were") and words[at].key in ("it", "he", "she", "they")
    return (here and not past and words[at + 2].key != "not") or named


def _from(words: Sequence[Word], by_start: dict[int, FoundName], at: int) -> set[FoundName]:
    """The names that a noun phrase beginning at `at` consists of or ends with: "Zuri", "our cat, Luna"."""
    if at in by_start:
        return _listed(words, by_start, at)
    noun = words[at].key in OF_NOUN or words[at].key in ADVERBS
    for to in range(at + 1, min(at + 6, len(words))):
        if to in by_start:
            comma = words[to].before.strip()
            whole = _listed(words, by_start, to)
            return whole if comma in ("", ",") and noun else set()
        if words[to].key in MAY_FOLLOW - OF_NOUN or words[to].key == "\0" or words[to].before.strip(" ,"):
            return set()
        if words[to].capital:
            return set()
    return set()


def _listed(words: Sequence[Word], by_start: dict[int, FoundName], at: int) -> set[FoundName]:
    """The names at `at` and in the list that they begin, "Anna, Leo and Ben"; none where they do something."""
    found: list[FoundName] = []
    while at in by_start:
        name = by_start[at]
        if words[name.end - 1].owns:
            return set(found) if words[at].before.strip() == "," else set()  # "Waffles, Noor's puppy", "Anna and Leo's"
        found.append(name)
        after = words[name.end]
        both = after.key in ("and", "und", "with") and _next_of(words, by_start, name.end + 1)
        at = both if both else name.end if after.before.strip() in (",", "&", "+") else -1
    if not found:
        return set()
    after = words[found[-1].end]
    rest = after.before.strip()
    if after.key == "and" and words[found[-1].end + 1].key in ("me", "i", "us"):
        after = words[found[-1].end + 2]
        rest = after.before.strip()
    ends = bool(rest) or after.key in MAY_FOLLOW or after.key.endswith("ing") or after.key == "\0"
    next_three = {word.key for word in words[found[-1].end + 1 : found[-1].end + 4]}
    if after.key in ("is", "was", "are") and next_three & {"my", "our", *_SIDES}:
        ends = True
    if after.key in _NOW and does_something(words[min(found[-1].end + 1, len(words) - 1)]):
        return set()  # "Winnie now gets half a tin"
    return set(found) if ends and (rest or after.key not in HANDS_OVER) else set()


def _next_of(words: Sequence[Word], by_start: dict[int, FoundName], at: int) -> int:
    """Where the next name of a list stands, at `at` or behind "his wife"; 0 where none does."""
    if at in by_start:
        return at
    kin = (
        words[at].key in ("his", "her", "their", "my", "our") and words[min(at + 1, len(words) - 1)].key in KIN | ROLES
    )
    return at + 2 if kin and at + 2 in by_start and not words[at + 2].before.strip() else 0


def does_something(word: Word) -> bool:
    """Whether a word says that the one before it does something: "Bryan paid"."""
    return not word.before.strip() and (word.key in DOING or (word.key.endswith("ed") and not word.capital))
