"""Ranges and alternatives in other languages, in English: "von Mai bis Juli 2021", "2019 ou 2020"."""

from __future__ import annotations

import re

from memory.times.languages.foreign_parts import ARTICLE, DAY, FEAST, MONTH, OF, OR, SHARE
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE
from memory.times.languages.other_language_words import SHARES
from memory.times.spelling_parts import YEAR, Rules

_AGO = r"(?:last|this) [a-z]+\b|yesterday\b|today\b|(?:\d+|an?|a few) [a-z]+ ago\b"
_END = (
    rf"(?:{SHARE})?(?:{DAY} ?(?:de )?)?(?:{_AGO}|{MONTH}|{YEAR}\b|\d\d?[./-]\d\d?[./-]?\d*|{FEAST})"
    rf"(?:{OF} {YEAR}\b|(?: d[eiou]l?)? (?:last|this) year\b)?"
)
"""An end of a range: Anfang Juli, 3. August 2021, 12.8.2021."""
_RANGE = (
    rf"(?:(?P<between>zwischen|entre|tra|fra|tussen|między|pomiędzy)"
    rf"|(?P<from>vom|von|du|de|del|dal|dall['’]|da|van|desde|od)){ARTICLE} "
    rf"(?P<first>{_END}|{DAY}) (?:bis zum|bis|au|al|all['’]|à|ao|ad?|até|tot en met|tot|hasta|fino al|do|und|et|y|e|en"
    rf"|a){ARTICLE} (?P<last>{_END})"
)
_OR_OR_TO = rf" bis |[ ]?[/–-][ ]?| {OR} | oraz "
_AND_THE_DAY = "und|oder|bis|auf|ou|et|o|y|e|en|of|op|à|a|al|au|tot"


def _in_english(end: str) -> str:
    """An end of a range, "Anfang Juli", with what is said of a month in English."""
    end = re.sub(rf"\b({DAY}) ?(?:de )?(?={MONTH})", lambda m: f"{re.sub(r'[^0-9]', '', m[1])} ", end, flags=re.I)
    end = re.sub(rf"\b({FOREIGN_MONTH}){OF}", lambda m: MONTHS_ELSEWHERE[m[1].lower()], end, flags=re.I)
    named = rf"({FEAST})(?:{OF}(?= {YEAR}))?"
    end = re.sub(named, lambda m: FEASTS_AND_SEASONS[m[1].lower()], end, flags=re.I)
    for english, words in SHARES.items():
        end = re.sub(rf"(?:\ba )?\b(?:{words})(?: de| di| van)?[ -]", f"{english} ", end, flags=re.I)
    return end


def _both_ends(match: re.Match[str]) -> str:
    first, last = _in_english(match["first"]), _in_english(match["last"])
    return f"between {first} and {last}" if match["between"] else f"from {first} to {last}"


def _joined(match: re.Match[str]) -> str:
    to = " to " if match[2].strip() in ("bis", "-", "–") else " or "
    return f"{MONTHS_ELSEWHERE[match[1].lower()]}{to}"


SEVERAL_TIMES: Rules = (
    (_RANGE, _both_ends),
    (rf"({YEAR}) {OR} (?={YEAR}\b)", r"\1 or "),
    (r"(\d\d?\.\d\d?\.(?:\d{2,4})?) ?(?:bis(?: zum)?|tot|au|al|até) (?=\d\d?\.\d\d?\.)", r"\1 - "),
    (rf"({FOREIGN_MONTH})({_OR_OR_TO})(?=(?:{SHARE})?{MONTH}{OF} {YEAR})", _joined),
    (
        rf"({DAY}) (?:{_AND_THE_DAY}) (?:le |el |il |den |zum |de |o )?(?={DAY} (?:de )?{MONTH})",
        r"\1 to ",
    ),
)
"""Ranges, and times joined by "or"."""
