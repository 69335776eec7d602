"""Parts of patterns that times in other languages share: a day, a month, an article, the share of a year."""

from __future__ import annotations

from memory.times.calendar_names import MONTHS
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE
from memory.times.languages.other_language_words import SHARES
from memory.times.spelling_parts import YEAR

MONTH = rf"(?:{'|'.join(sorted((*MONTHS_ELSEWHERE, *MONTHS), key=len, reverse=True))})\b"
OF = r"(?: de| del| di| d['’]|,| van)?"
DAY = r"\d\d?(?:\.|er|º|°)?"
A_TIME = (
    rf"(?=(?:(?:early|mid|end of) )?(?:{'|'.join((*MONTHS, *sorted(set(FEASTS_AND_SEASONS.values()))))})\b"
    rf"|(?:early |mid |end of )?{YEAR}\b|\d\d?[./-]\d\d?[./-]|\d\d? (?:{'|'.join(MONTHS)})\b)"
)
ARTICLE = r"(?: de[mnr]| aos?| al| au| das| des| le| la| el| il| lo| o| os| de| het| l['’])?"
FEAST = rf"(?:{'|'.join(FEASTS_AND_SEASONS)})\b"
OR = r"(?:oder|und|et|ou|y|o|e|en|of|i|lub|ve|veya)"
SHARE = rf"(?:a )?(?:{'|'.join(SHARES.values())})(?: de| di| van)?[ -]"


def longest_first(words: str) -> str:
    """Alternatives of a regular expression: "bis zum" is tried before "bis"."""
    return "|".join(sorted(words.split("|"), key=len, reverse=True))
