"""Text as tokens that can be compared: one form for I and you, for run and ran, for 4 and four, for all dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from assistant.grounding.words import lexicon
from assistant.grounding.words.lexicon import MONTHS, NUMBERS, ORDINALS
from memory.text import folded

Kind = Literal["me", "mine", "other", "be", "aux", "not", "prep", "light", "number", "day", "name", "word", "stop"]


class Day(NamedTuple):
    """A date as far as a text tells it; None for what it leaves open."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    turned: bool = False
    """Whether day and month may be the other way round (03/04/2025)."""

    def within(self, other: Day) -> bool:
        """Whether all that this one tells is also told by `other`."""
        pairs = [self] + ([Day(self.year, self.day, self.month)] if self.turned else [])
        return any(all(a is None or a == b for a, b in zip(one[:3], other[:3], strict=True)) for one in pairs)

    @classmethod
    def of(cls, day: date) -> Day:
        """The whole day."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def of_span(cls, first: date, end: date) -> Day:
        """What all days from the first on and before `end` have in common."""
        last = end - timedelta(days=1)
        month = first.month if (first.year, first.month) == (last.year, last.month) else None
        return cls(first.year if first.year == last.year else None, month, first.day if first == last else None)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text."""

    text: str
    """As written."""
    stem: str
    kind: Kind
    possessive: bool = False
    """Whether it ended with 's."""
    day: Day | None = None
    at: int = 0
    """Position of its first character."""

    @property
    def content(self) -> bool:
        """Whether the word is part of what a sentence claims."""
        return self.kind in ("word", "name", "number", "day")


_MONTH = "|".join([*MONTHS, *(m[:3] for m in MONTHS if m != "may"), "sept"])
_DATE = re.compile(
    rf"""\b(?:(?P<iso>(?:19|20)\d\d)-(?P<isom>\d\d)-(?P<isod>\d\d)
    |(?P<d1>\d\d?)[./](?P<m1>\d\d?)[./](?P<y1>(?:19|20)\d\d)
    |(?:the\s+)?(?P<d2>\d\d?)(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>(?:19|20)\d\d))?
    |(?P<m3>{_MONTH})\b\.?\s+(?P<d3>\d\d?)(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+(?P<y3>(?:19|20)\d\d))?
    |(?P<m4>{_MONTH})\b\.?(?:,|\sof)?\s+(?P<y4>(?:19|20)\d\d)
    |(?P<m5>{"|".join(m for m in MONTHS if m not in ("may", "march"))})\b
    |(?<=in\s)(?P<m6>may|march)\b
    |(?P<y5>(?:19|20)\d\d))(?![\w%]|[.,]\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTRACTION = (  # what is written in another way, and its plain form
    (re.compile(r"\b(can|won|shan)['’]t\b", re.I), r"\1 not"),
    (re.compile(r"n['’]t\b", re.I), " not"),
    (re.compile(r"['’]m\b", re.I), " am"),
    (re.compile(r"['’]re\b", re.I), " are"),
    (re.compile(r"['’]ve\b", re.I), " have"),
    (re.compile(r"['’]ll\b", re.I), " will"),
    (re.compile(r"\b(?:(he|she|that|there|here|what|who|where)['’]?|(it|this)['’])s\b", re.I), r"\1\2 is"),
    (re.compile(r"\b(i|you|we|he|she|they)['’]d\b", re.I), r"\1 would"),
    (re.compile(r"(?<![\w'])'?em\b"), "them"),  # "get 'em"
    (re.compile(r"(?<![\w'])w/o\b"), "without"),
    (re.compile(r"(?<![\w'])w(?:/(?=\s|\w\w)| (?=\w))"), "with "),  # "w/ Anna", "w/milk", "w Anna"; not "w/c"
    (re.compile(r"€\s?(\d[\d.,]*)"), r"\1 euro"),
    (re.compile(r"£\s?(\d[\d.,]*)"), r"\1 pound"),
    (re.compile(r"\$\s?(\d[\d.,]*)"), r"\1 dollar"),
    (re.compile(r"(\d)\s?€"), r"\1 euro"),
    (re.compile(r"(\d)(km|cm|kg|m|euros?|pounds?)\b", re.I), r"\1 \2"),
)
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)*(?:st|nd|rd|th)?\b|[^\W\d_]+(?:[-'][^\W\d_]+)*(?:(?<=s)'(?!\w))?|[.!?;:,—–()\n\"“”]"
)
_TITLES = frozenset("mr mrs ms dr st".split())
_WORDS = re.compile(r"[^\W_]+")
_NUMBER_WORDS = frozenset((*NUMBERS, "hundred", "thousand"))
_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("me", lexicon.ME),
    ("mine", lexicon.MINE),
    ("not", lexicon.NEGATION),
    ("other", lexicon.OTHERS - {"one"}),
    ("be", lexicon.BE),
    ("aux", lexicon.AUXILIARY),
    ("prep", lexicon.PREPOSITION),
    ("light", lexicon.LIGHT | lexicon.THIS),
    ("number", _NUMBER_WORDS),
)
"""The kinds of the closed words; of a word in several, the first counts."""
_KIND = {word: kind for kind, words in reversed(_KINDS) for word in words}


def spaced(text: str) -> str:
    """The words of a text in small letters, each between spaces, without other signs: so a phrase is found in another
    text."""
    return f" {' '.join(_WORDS.findall(text.lower()))} "


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """The common part of a word's forms: "driving", "drove" and "drives" are "driv"."""
    word = lexicon.IRREGULAR.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif re.search(r"(?:[sxz]|ch|sh)es$", word):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    word = lexicon.IRREGULAR.get(word, word)
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 1 and re.search(r"[aeiouy]", rest) and len(word) > 4:
            word = rest[:-1] if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "ls" else rest
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return word[:-1] + "i" if word.endswith("y") and len(word) > 2 else word


PERSONS = frozenset(map(stem, lexicon.PERSONS))
"""Stems of nouns for persons."""
GENERIC = frozenset(map(stem, "dog cat pet animal person man woman child toy thing photo baby boy girl puppy".split()))
"""Words for kinds of things, which a person uses of what a photo shows whether they were told or not."""
_SAME = {stem(word): stem(group[0]) for group in lexicon.SAME for word in group}


def alike(one: str, other: str) -> bool:
    """Whether two stems say nearly the same."""
    return one == other or (one in _SAME and _SAME[one] == _SAME.get(other))


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text; a token of the kind "stop" ends a sentence or a clause."""
    text = text.replace("’", "'")
    for pattern, plain in _CONTRACTION:
        text = pattern.sub(plain, text)
    found: list[Token] = []
    at, start = 0, True
    for match in _DATE.finditer(text):
        start = _add(found, text, at, match.start(), start)
        found.append(Token(match[0], "", "day", day=_day(match), at=match.start()))
        at, start = match.end(), False
    _add(found, text, at, len(text), start)
    return tuple(_with_numbers(found))


def _add(found: list[Token], text: str, begin: int, end: int, start: bool) -> bool:
    """Add the tokens between two positions; returns whether a sentence begins there."""
    for match in _WORD.finditer(text, begin, end):
        raw = match[0]
        if not (raw[0].isalnum()):
            if raw == "." and found and found[-1].stem in _TITLES:
                continue
            found.append(Token(raw, raw, "stop", at=match.start()))
            start = start if raw in ',"“”' else True
            continue
        found.append(_token(raw, start, match.start()))
        start = False
    return start


def _token(raw: str, start: bool, at: int) -> Token:
    low = folded(raw)
    possessive = low.endswith(("'s", "s'")) and len(low) > 2
    low = re.sub(r"'s?$", "", low)
    if low[0].isdigit():
        return Token(raw, low.replace(",", "") if low[-1].isdigit() else re.sub(r"\D+$", "o", low), "number", at=at)
    kind = _KIND.get(low)
    if kind is None and low in ORDINALS:
        return Token(raw, f"{ORDINALS[low]}o", "number", at=at)
    kind = kind or ("name" if raw[0].isupper() and not start else "word")
    return Token(raw, stem(low) if kind in ("be", "aux", "name", "word") else low, kind, possessive, at=at)


def _day(match: re.Match[str]) -> Day:
    def month(text: str) -> int:
        return next(n for m, n in MONTHS.items() if m.startswith(text.lower()[:3]))

    if match["iso"]:
        return Day(int(match["iso"]), int(match["isom"]), int(match["isod"]))
    if match["d1"]:
        return Day(int(match["y1"]), int(match["m1"]), int(match["d1"]), turned=True)
    for d, m, y in (("d2", "m2", "y2"), ("d3", "m3", "y3")):
        if match[d]:
            return Day(int(match[y]) if match[y] else None, month(match[m]), int(match[d]))
    if match["m4"]:
        return Day(int(match["y4"]), month(match["m4"]))
    if named := match["m5"] or match["m6"]:
        return Day(None, month(named))
    return Day(int(match["y5"]))


def _with_numbers(found: Sequence[Token]) -> Iterator[Token]:
    """Number words as digits: "two thousand nineteen" is 2019, and that is a year."""
    i = 0
    while i < len(found):
        n, end = _number_at(found, i)
        if end == i:
            yield found[i]
        else:
            year = Day(n) if 1900 <= n <= 2099 else None
            yield Token(found[i].text, str(n), "day" if year else "number", day=year, at=found[i].at)
        i = max(end, i + 1)


def _number_at(found: Sequence[Token], i: int) -> tuple[int, int]:
    """The number in words that begins at a token, and the index of the token behind it: `i` where none begins."""
    total, part = 0, 0
    for j in range(i, len(found)):
        word = found[j].stem
        if found[j].kind != "number" or word not in _NUMBER_WORDS:
            return total + part, j
        if word == "hundred":
            part = max(part, 1) * 100
        elif word == "thousand":
            total, part = (total + max(part, 1)) * 1000, 0
        elif part % 100 and not (part % 100 >= 20 and part % 10 == 0 and NUMBERS[word] < 10):
            return total + part, j  # "ten twelve" are two numbers, "twenty two" is one
        else:
            part += NUMBERS[word]
    return total + part, len(found)
