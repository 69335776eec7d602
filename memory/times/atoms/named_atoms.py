"""Atoms that name a year or a part of one, or a share of it: "2024", "last year", "the end of May", "last summer"."""

from __future__ import annotations

import re
from datetime import date

from memory.times.atoms.atom import Atom, Kind, Words, kind_of_days
from memory.times.atoms.atom_days import SHARES, WEEKS, bare_name, latest, relative, shared, written_year
from memory.times.atoms.atom_patterns import NAME, WEEKDAY, YEAR
from memory.times.calendar_names import MONTHS, Span, part_of_year

_DAYS_IN_IT = (
    rf"(?:{'|'.join((*WEEKS, 'last'))}) (?:week|weekend|days?|{WEEKDAY}"
    r"|(?:\d{1,2}|few|couple of) (?:day|week|month)s)(?= (?:of|in)\b)"
)
_SHARE = rf"(?:(?P<share>{'|'.join(map(re.escape, SHARES))}|{_DAYS_IN_IT})(?:[ -](?:of|in))?[ -](?:the )?)?"
_YEARS_BACK = {"last": 1, "past": 1, "this": 0, "next": -1}


def _relative_year(words: Words, today: date) -> Atom:
    which = words["which"]
    return Atom(*words.place, year=today.year - _YEARS_BACK[which], share=words["share"], sure=which != "next")


def _year_before_last(words: Words, today: date) -> Atom:
    return Atom(*words.place, year=today.year - 2, share=words["share"], sure=True)


def _year(words: Words, today: date) -> Atom:
    share = words["share"]
    return Atom(*words.place, year=written_year(words["year"], today), share=share, sure=bool(share))


def _relative_part(words: Words, today: date) -> Span:
    part = part_of_year(bare_name(words["part"]))
    return shared(latest(part, today, over=words["which"] == "last"), words["share"])


def _part_before_last(words: Words, today: date) -> Span:
    part = part_of_year(bare_name(words["part"]))
    last = latest(part, today, over=True)
    return shared(latest(part, last[0], over=True), words["share"])


def _part(words: Words, _today: date) -> Atom:
    share, name = words["share"], bare_name(words["part"])
    ambiguous = name in (*MONTHS, "fall")
    return Atom(*words.place, part=part_of_year(name), share=share, sure=bool(share), ambiguous=ambiguous)


def _relative_days(words: Words, today: date) -> Span:
    return shared(relative(words["which"], words["unit"], today), words["share"])


RELATIVE_YEAR = Kind(
    _SHARE + r"(?P<which>last|this|past|(?<!the )next) year\b(?:'s)?(?! of\b)",
    _relative_year,
)
YEAR_BEFORE_LAST = Kind(_SHARE + r"year before last\b", _year_before_last)
WRITTEN_YEAR = Kind(_SHARE + rf"(?P<year>{YEAR})", _year)
RELATIVE_PART = kind_of_days(
    _SHARE + r"(?P<which>(?<!the )last|last(?! \w+ (?:with|before|when|that|we|i)\b)|this) " + rf"(?P<part>{NAME})",
    _relative_part,
)
PART_BEFORE_LAST = kind_of_days(_SHARE + rf"(?P<part>{NAME}) before last\b", _part_before_last)
PART = Kind(_SHARE + rf"(?P<part>{NAME})", _part)
RELATIVE_DAYS = kind_of_days(
    _SHARE + rf"(?P<which>last|this|past) (?P<unit>night|morning|week|weekend|month|{WEEKDAY})\b", _relative_days
)
