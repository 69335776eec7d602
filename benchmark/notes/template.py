"""The marks inside a note: slots, which can be filled anew, and spans, which say what kind of fact stands where.

    {NICK:Zuri}                 a slot: its kind and the value it was written with
    {Zuri}                      the same value again, there and in captions, questions and answers
    [event: got lost {DAY:12 May}]   a span: the kind of the fact and its words, with slots inside it or not

A reference keeps its own capitals: {zuri} fills in small letters, {ZURI} in capitals. "a" and "an" before a slot are
put right. This module knows nothing of files or of where values come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FACTS = ("name", "place", "day", "person", "event", "attribute", "number", "feeling", "reminder")
"""The kinds of facts that a span can hold."""
SLOTS = {
    "F": "person",
    "M": "person",
    "P": "person",
    "SURNAME": "person",
    "PET": "name",
    "NICK": "name",
    "CITY": "place",
    "COUNTRY": "place",
    "STREET": "place",
    "DAY": "day",
    "MONTH": "day",
    "WEEKDAY": "day",
    "YEAR": "day",
    "TIME": "day",
    "NUM": "number",
}
"""The kinds of slots and the kind of fact each holds. F and M are first names of women and men, P of anybody where the
note has no he or she; NICK is the name of a thing (a boat, a toy, a cactus)."""
MARK = re.compile(r"\[(?P<fact>[a-z]+): |(?P<end>\])|\{(?:(?P<slot>[A-Z]+):)?(?P<value>[^{}]+)\}|(?P<stray>[\[\]{}])")
SENTENCE_BEGINS = re.compile(r"(?:^|(?<!\bno)(?<!\bNo)[.!?] )[\"“]?$")
ARTICLE = re.compile(r"(?:^|(?<=[^\w']))(an?|An?)( [\"“']?)$")


@dataclass(frozen=True, slots=True)
class Span:
    """A fact in a text: its kind and where it stands, as offsets of characters."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its marks taken out, and the facts in it, ordered by their end."""

    text: str
    spans: tuple[Span, ...]

    def words_of(self, span: Span) -> str:
        """The words of a fact."""
        return self.text[span.start : span.end]


def slots(template: str) -> Iterator[tuple[str, str]]:
    """Kind and value of every slot of a template, in order; references are none."""
    for mark in MARK.finditer(template):
        if mark["slot"]:
            yield mark["slot"], mark["value"]


def references(template: str) -> Iterator[str]:
    """The value of every reference of a template, in order."""
    for mark in MARK.finditer(template):
        if mark["value"] and not mark["slot"]:
            yield mark["value"]


def render(
    template: str, kinds: Mapping[str, str], values: Mapping[str, str] | None = None, *, sentences: bool = False
) -> Rendered:
    """A template as plain text. Raises ValueError, in one line, for a mark that makes no sense.

    `kinds`: for each value as it was written, in small letters, the kind of its slot. `values`: for each such value the
    one that takes its place; without, the text is as it was written. `sentences`: a value that begins a sentence gets a
    capital.
    """
    out, at, opened = "", 0, None
    spans: list[Span] = []
    for mark in MARK.finditer(template):
        out += template[at : mark.start()]
        at = mark.end()
        if mark["value"]:
            key = mark["value"].casefold()
            if key not in kinds:
                raise ValueError(f"{{{mark['value']}}} refers to no slot of the note")
            value = as_written(values[key] if values else mark["value"], mark["value"], kinds[key])
            if sentences and SENTENCE_BEGINS.search(out):
                value = value[:1].upper() + value[1:]
            out = _with_article(out, value) + value
            spans.append(Span(SLOTS[kinds[key]], len(out) - len(value), len(out)))
        elif mark["fact"]:
            if mark["fact"] not in FACTS or opened:
                raise ValueError(f"[{mark['fact']}: is no kind of fact, or stands inside another span")
            opened = (mark["fact"], len(out))
        elif mark["end"] and opened:
            spans.append(Span(opened[0], opened[1], len(out)))
            opened = None
        else:
            raise ValueError(f"a stray {mark[0]} at character {mark.start()}")
    if opened:
        raise ValueError(f"a span [{opened[0]}: that never ends")
    return Rendered(out + template[at:], tuple(spans))


def as_written(value: str, like: str, kind: str) -> str:
    """A value with the capitals of the one it replaces: anna for "mia", FOUR for "SIX", May for "June"."""
    if like.islower() and kind != "TIME":
        return value.lower()
    if like.isupper() and len(like) > 1:
        return value.upper()
    return value[:1].upper() + value[1:] if like[:1].isupper() else value


def _with_article(before: str, value: str) -> str:
    """The text before a slot, its last "a" or "an" put right for the value."""
    article = ARTICLE.search(before)
    if not article:
        return before
    right = article[1][0] + ("n" if starts_with_vowel(value) else "")
    return before[: article.start(1)] + right + article[2]


def starts_with_vowel(value: str) -> bool:
    """Whether a value is spoken with a vowel first, as "8", "eleven" and "Anna" are, and "Europe" is not."""
    low = value.lower()
    if low[:1].isdigit():
        number = re.match(r"\d+", low)
        return low[0] == "8" or (number is not None and number[0] in ("11", "18"))
    return low[:1] in tuple("aeiou") and not low.startswith(("eu", "uni", "one", "once"))
