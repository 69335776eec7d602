"""Text as it is compared and looked up: folding of case and accents, FTS5 expressions, and counts in words."""

from __future__ import annotations

import unicodedata

MAX_TERMS = 64
"""Words of a query that are looked up; further words would slow the word index down and change little."""
_STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before but by can could d did do does doing don for from
    had has have having he her here hers him his how i if in into is it its just ll m me my no nor not of off on or our
    ours out over own re s she should so some such t than that the their them then there these they this those to too
    under up us ve very was we were what when where which while who whom whose why will with would you your yours
    """.split()
)


def folded(text: str) -> str:
    """`text` without letter case and accents, for comparison."""
    text = text.casefold()
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))


def terms(text: str) -> list[str]:
    """The words of `text` worth looking up, each as an FTS5 string; empty when only stop words are left.

    Only letters, digits and marks survive, and each word is quoted: nothing a user writes is ever FTS syntax.
    """
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text.lower())
    words = dict.fromkeys(w for w in kept.split() if w not in _STOP_WORDS)
    return [f'"{w}"' for w in list(words)[:MAX_TERMS]]


def match_expression(text: str) -> str:
    """An FTS5 expression that finds any word of `text`; empty when only stop words are left."""
    return " OR ".join(terms(text))


def count(n: int, noun: str) -> str:
    """A number with its noun: "1 turn", "2 turns"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
