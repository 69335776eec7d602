"""What the app says instead of a generated text: the user's own words with their day, or a line of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from assistant.grounding.claims import sentences
from memory.episode import Certainty, Episode, printable
from memory.naming.named_things import names_of
from memory.relative_days import with_days

LONGEST = 240
"""Characters of a quotation."""
USUAL = 120
"""Characters after which no further sentence is quoted."""
UNTOLD = "You did not tell me that."
UNDATED = "I do not know when."
GENERAL = "I answer from what you told me about your photos; questions about anything else I cannot answer."
NOBODY = "I do not know anybody or anything here."
NOT_SEEN = "I do not recognise it in this photo."
"""To "Is this Biscuit?", when Biscuit was found by name alone."""

_SAYS_WHAT = re.compile(
    r"\W*(?:no+,? )?(?:(?:this|that|these|those|it|he|she|they)(?:['’]s| is|['’]re| are)|thats|its|hes|shes|theyre"
    r"|(?:these|those) r|meet) (?!(?:in|at|on|from|not|so|very|too|really|been|just|like|\w+(?:ing|ed))\b)\w",
    re.IGNORECASE,
)
""" "This is ...", and not "it's in Porto" or "she is sleeping"."""


class Quotable(NamedTuple):
    """A recalled episode, whose words may be quoted."""

    episode: Episode
    day: date | None
    certainty: Certainty
    in_view: bool = False
    """Whether the photo shows it, as surely as what it shows most surely."""


class Quote(NamedTuple):
    """What the app says instead of a generated text: the user's own words, or what the photo's data say."""

    text: str
    episode: str
    """Id of the episode."""


def introduction(recalled: Sequence[Quotable]) -> Quote | None:
    """The first sentences of the surest recalled memory, quoted: what a caption says where the model's is no use. Of
    several about its photo that one counts which introduces what the photo shows."""
    for one in sorted(recalled, key=lambda q: q.certainty != "sure"):
        if list(sentences(one.episode.words)):
            one = of_its_photo(one, recalled)
            return quoted(one, beginning(list(sentences(one.episode.words))))
    return None


def of_its_photo(one: Quotable, recalled: Sequence[Quotable]) -> Quotable:
    """Of the recalled memories of the photo of `one` that which introduces what it shows."""
    same = [other for other in recalled if other.episode.photo.sha256 == one.episode.photo.sha256]
    shows = introducing([other.episode for other in same])
    return next(other for other in same if other.episode is shows)


def introducing(episodes: Sequence[Episode]) -> Episode:
    """Of memories of one photo the one that says what it shows: the latest that says "this is ..." or names it, else
    the first that was told, as people begin with what a thing is ("my backpack", then "Tom spilled beer on it")."""
    told = sorted((one for one in episodes if one.words.strip()), key=lambda one: one.order) or list(episodes)
    naming = [one for one in told if _SAYS_WHAT.match(one.words) or names_of(one.words).shown]
    return max(naming, key=lambda one: one.order) if naming else told[0]


def beginning(lines: Sequence[str]) -> str:
    """The first of some sentences and those behind it that still fit a quotation of `USUAL` characters."""
    text = ""
    for line in lines:
        if text and len(text) + len(line) > USUAL:
            break
        text = f"{text} {line}".strip()
    return text


def quoted(one: Quotable, words: str) -> Quote:
    """The user's words with the day when they were said or, where that is not known, of their photo; behind "last
    Saturday" stands which day that was."""
    words = " ".join(printable(words).split())
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit(" ", 1)[0] + " …"
    if told := one.episode.told_on:
        words = with_days(words, told, marks="[]", only_known=True)
    about = f" on {spoken_date(told)}" if told else f" about your photo of {spoken_date(one.day)}" if one.day else ""
    start = "Maybe this: you" if one.certainty == "maybe" else "You"
    return Quote(f"{start} told me{about}: “{words}”", one.episode.id)


def spoken_date(day: date | None) -> str:
    """ "12 May 2025"; "" where the day is not known."""
    return f"{day.day} {day:%B %Y}" if day else ""


def place_of(one: Quotable) -> Quote:
    """Where the photo was taken, by its data."""
    of = f" of {spoken_date(one.day)}" if one.day else ""
    return Quote(f"The place of your photo{of}: {printable(one.episode.place or '')}.", one.episode.id)
