"""How amounts of time are written: "2 yrs ago", "a decade or so ago", "more than three weeks ago"."""

from __future__ import annotations

import re

from memory.times.number_words import NUMBER, number_of
from memory.times.spelling_parts import MONTH, UNIT, UNITS, Rules

_WHOLE = "years?|months?|weeks?|days?"
_SEASONS = rf"(?:{MONTH}|spring|summer|autumn|fall|winter|christmas|easter|weekend|[a-z]+day)(?:e?s)?"
_AMOUNT_AGO = rf"(?={NUMBER} (?:{UNIT}) (?:ago|back)\b)"
_AMOUNT_OR_HALF_AGO = rf"(?={NUMBER} (?:{UNIT})(?: and a half)? (?:ago|back)\b)"
_NEARLY = (
    "about|approximately|approx\\.?|roughly|some|nearly|almost|not quite|not even|barely|close to"
    "|just over|just under|like"
)


def _unit(match: re.Match[str]) -> str:
    """ "2 yrs" as "2 years"."""
    unit = match[2].lower()
    return f"{match[1]} {UNITS[unit.removesuffix('s')]}{'s' if unit.endswith('s') else ''}"


def _in_digits(match: re.Match[str]) -> str:
    return match[0] if match[0].lower() in ("a", "an") else str(number_of(match[0]))


def _years_in_months(match: re.Match[str]) -> str:
    """ "A year and two months" as "14 months"."""
    return f"{12 * number_of(match[1]) + number_of(match[2])} months"


def _one_or_two(match: re.Match[str]) -> str:
    """ "The last week or so" as "last 1 weeks", "the last week or two" as "last 2 weeks"."""
    return f"last {1 if match[2].lower() == 'so' else 2} {match[1]}s"


def _decades_in_years(match: re.Match[str]) -> str:
    return f"around {10 * number_of(match[1])} years "


def _fortnights_in_weeks(match: re.Match[str]) -> str:
    return f"{2 * number_of(match[1])} weeks "


def _last_decade_or_fortnight(match: re.Match[str]) -> str:
    return "last 10 years" if match[1].lower() == "decade" else "last 2 weeks"


def _or_so_ago(match: re.Match[str]) -> str:
    """ "Two weeks or so" as "around two weeks", "two weeks or three" as "two weeks ago or 3 weeks"."""
    if " or so" in match[0].lower():
        return f"around {match[1]} {match[2]} "
    return f"{match[1]} {match[2]} ago or {number_of(match[1]) + 1} {match[2]} "


_NUMBERS: Rules = (
    (rf"(\d+|an?|the|last|this|few|of) ?((?:{'|'.join(UNITS)})s?)\b\.?", _unit),
    (rf"({NUMBER})[.,]5 ({_WHOLE})\b", r"\1 \2 and a half"),
    (rf"({NUMBER}) and (?:a )?half ({_WHOLE})\b", r"\1 \2 and a half"),
    (rf"({_WHOLE}) and half\b", r"\1 and a half"),
    (rf"(?:({NUMBER}) years?,? (?:and )?({NUMBER}) months?)(?= (?:ago|back)\b)", _years_in_months),
    (rf"({NUMBER})(?= (?:years?|months?|weeks?|days?|nights?|decades?|[a-z]+day|[a-z]+er)s?\b)", _in_digits),
)
_LAST_SEVERAL: Rules = (
    (r"(?:the )?(?:last|past) (year|month|week) or (so|two)\b", _one_or_two),
    (rf"((?:last|past) )(?:{NUMBER}) or (?={NUMBER} (?:{UNIT}))", r"\1"),
    (r"((?:last|past) (?:decade|(?:\d+|few|couple of) (?:years|months|weeks|days))) or so\b", r"\1"),
    (rf"a (?:little|bit) (?:over|under|more than|less than) {_AMOUNT_AGO}", "around "),
    (r"couple (?!of)(?=(?:years|months|weeks|days)\b)", "couple of "),
    (r"(?:about |around )?(\d+|a) decades? (?=ago\b|back\b)", _decades_in_years),
    (r"(\d+|a) fortnights? (?=ago\b|back\b)", _fortnights_in_weeks),
    (r"(?:the |this )?(?:last|past) (decade|fortnight)\b(?! of)", _last_decade_or_fortnight),
    (
        r"(?:(?<=in )|(?<=over )|(?<=within )|(?<=during )|(?<=throughout )|(?<=for )|(?<=from ))"
        r"the last (year|month|week)\b(?! (?:of|in|before)\b)",
        r"last 1 \1s",
    ),
    (r"(?:the |this )?past (year|month|week)\b(?! (?:of|in|before)\b)", r"last 1 \1s"),
    (r"this past (?=[a-z])", "last "),
)
_TWO_AMOUNTS: Rules = (
    (rf"({NUMBER}) ({_WHOLE}) or (?:so|two|three) (?=ago\b)", _or_so_ago),
    (rf"({NUMBER}) ?(?:-|–|to|or) ?(?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "),
    (rf"({NUMBER}) ?(?:-|–|to|or) ?(?={NUMBER} ({_SEASONS}) (?:ago|back)\b)", r"\1 \2 ago or "),
    (rf"(today|yesterday|last [a-z]+day) ({NUMBER}) ({UNIT}) (ago|back)\b", r"\2 \3 \4 \1"),
    (rf"(?<=between )({NUMBER}) and (?=\d+ (year|month|week|day)s? (?:ago|back)\b)", r"\1 \2s ago or "),
    (r"(\d+|an?|few|of) night(s?) (?=ago\b|back\b)", r"\1 day\2 "),
    (
        rf"(?:more than|over) ({NUMBER})(?: {UNIT})? (?:but|and) (?:less than|under) "
        rf"(?={NUMBER} (year|month|week|day)s? ago)",
        r"\1 \2s ago or ",
    ),
)
_MORE_OR_LESS: Rules = (
    (rf"(?:more than|over|at least|well over) {_AMOUNT_AGO}", "until "),
    (rf"(?:no more than|not more than|less than|under|at most) {_AMOUNT_AGO}", "since "),
    (rf"(?:{_NEARLY}) {_AMOUNT_OR_HALF_AGO}", "around "),
    (rf"(\d{{1,3}}|(?:a )?few|(?:a )?couple of) ({_SEASONS}) back\b", r"\1 \2 ago"),
)
AMOUNTS: Rules = (*_NUMBERS, *_LAST_SEVERAL, *_TWO_AMOUNTS, *_MORE_OR_LESS)
"""How long ago: numbers in words, parts of years, and about, more than or less than that."""
