"""Finds the phrases of time in a sentence: atoms with nothing but small words between them, and what stands before.

A month and a year beside each other narrow each other, "to" makes a range, "or" joins. Which phrases mean a time is
decided in `meant_times.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from memory.times.atoms.atom import Atom
from memory.times.atoms.atom_patterns import TO
from memory.times.calendar_names import WEEKDAYS
from memory.times.number_words import NUMBER
from memory.times.phrases.phrase_days import Phrase

_HOW = re.compile(
    rf"\b(?:(?P<beside>(?:the )?(?:(?:{NUMBER}|few|couple of) )?(?:day|week|month|year)s?|night|evening|morning"
    rf"|fortnight|(?:(?:the )?(?:first|second|third|next|last) )?(?:week|weekend|month|day|{'|'.join(WEEKDAYS)}))"
    r" (?=before |after ))?"
    r"(?P<how>before|until|till|after|since|in|on|at|from|during|over|around|between|within|throughout|circa|ca\.?|of)"
    r" (?:the )?$",
    re.I,
)
_TOGETHER = re.compile(r"/|\s*,?\s*(?:of|in|on|at|from|of the|in the|on the)?\s*", re.I)
_RANGE = re.compile(rf"\s*{TO}(?: the)?\s*", re.I)
_EITHER = re.compile(
    r"\s*,?\s*(?:(?:or|and|&)(?: (?:was it|maybe|perhaps|possibly|even|rather|else|also))?|maybe|perhaps|possibly"
    r"|no,?|i mean|versus|vs\.?|than|compared (?:with|to))(?: in| on| at| from)?(?: the)?\s*",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(?:since\b|(?:after|(?P<until>before|until|till)) (?:we|i|you|he|she|they|it|(?-i:[A-Z][a-z]+)) "
    r"|(?<!day )(?<!days )(?<!\bnight )(?<!morning )(?<!evening )(?:after|(?P<before>before|until|till)) "
    r"(?:the|an?|our|my|his|her|their|your) "
    r"|(?:seit(?:dem)? (?:wir|ich|er|sie|es)|depuis qu\w*|desde que|da quando|sinds (?:we|ik|hij|ze)|odkąd)\b"
    r"|(?:(?P<ahead>antes|prima|avant)|dopo|después|depois|après|nach (?=de[mnr])|na (?=de |het )) ?)[^,.;?!]{1,40}$",
    re.I,
)
"""What happened in a time after, "since we got him in 2017": the time has no limit on one side."""
_BETWEEN_A_DEED = re.compile(r"\bbetween (?!one |both )[^,.;?!\d]{1,40} and (?:the )?$", re.I)
_ONWARDS = re.compile(r" (?:onwards?\b|on(?=\s*[?.!,]|\s*$))", re.I)


class _Run(NamedTuple):
    """Atoms that stand together."""

    groups: list[list[Atom]]
    """The atoms of a group narrow each other."""
    is_range: bool
    """Whether the groups are the ends of a range; else they are alternatives."""

    @property
    def first(self) -> Atom:
        return self.groups[0][0]

    @property
    def end(self) -> int:
        return self.groups[-1][-1].end

    @property
    def sure(self) -> bool:
        """Whether one of the atoms means a time whatever stands before it."""
        return any(atom.sure for group in self.groups for atom in group)


def find_phrases(text: str, atoms: Sequence[Atom]) -> Iterator[Phrase]:
    """The phrases that the atoms of a text make, in their order."""
    rest, known = list(atoms), 0
    while rest:
        head = _HOW.search(text, 0, rest[0].start)
        run = _together(text, rest, head)
        phrase = _phrase(text, run, head, known)
        yield phrase
        known = phrase.end
        del rest[: sum(map(len, run.groups))]


def _together(text: str, atoms: Sequence[Atom], head: re.Match[str] | None) -> _Run:
    """The first of the atoms, and those that belong to it."""
    groups, is_range = [[atoms[0]]], False
    for last, atom in pairwise(atoms):
        gap = text[last.end : atom.start]
        if not head and last.ambiguous and gap.lower() == " in ":
            break  # "with May in 2020" may be of a person
        if gap and _TOGETHER.fullmatch(gap) and (last.weekday is None or atom.weekday is None):
            groups[-1].append(atom)
        elif _RANGE.fullmatch(gap) or (_preposition(head) == "between" and _EITHER.fullmatch(gap)):
            groups.append([atom])
            is_range = True
        elif _EITHER.fullmatch(gap) or gap == ", ":
            groups.append([atom])
        else:
            break
    return _Run(groups, is_range)


def _phrase(text: str, run: _Run, head: re.Match[str] | None, known: int) -> Phrase:
    """The phrase of a run with the preposition `head` before it; the phrases before it end at `known`."""
    how, start, end = _preposition(head), _start(text, run, head), run.end
    if how == "from" and (onwards := _ONWARDS.match(text, end)):
        how, end = "since", onwards.end()
    if how in ("in", "on", "at", "during") and (clause := _CLAUSE.search(text, 0, start)):
        how = "until" if clause["until"] or clause["before"] or clause["ahead"] else "since"
    if not head and (between := _BETWEEN_A_DEED.search(text, known, run.first.start)):  # "between my birthday and May"
        how, start = "until", between.start()
    beside = (head["beside"] or "").lower() if head else ""
    return Phrase(how, start, end, (run.first.start, run.end), tuple(map(tuple, run.groups)), run.is_range, beside)


def _preposition(head: re.Match[str] | None) -> str:
    how = head["how"].lower() if head else ""
    return "around" if how.startswith("c") else how  # circa


def _start(text: str, run: _Run, head: re.Match[str] | None) -> int:
    """Where the phrase begins: at its preposition or, where nothing but the article leads to it, at that."""
    start = head.start() if head else run.first.start
    has_article = bool(head["beside"]) if head else run.sure
    return start - len("the ") if has_article and text[:start].lower().endswith("the ") else start
