"""What is said of a recalled memory: its day, its headline, and the question whether it is the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.days import day_words
from memory.episode import Episode, Recall
from ui.input_parser import name_said
from ui.telling_strings import NOT_THE_SAME, NOT_THIS

THE_PHOTO = "the same photo"  # the memory's reason for the very photo that is in view
SAME_PHOTO_AS = "This is {photo}:"
SAME_AS, MAYBE_AS = "This is {why} as in {photo}:", "Maybe {why} as in {photo}:"
IS_THIS, IS_THIS_SAME, YES_NO = "Is this {name}?", "Is it?", "y / n"
NO_WORDS = "no words yet"
FIRST = 5
"""So many words name a memory whose day is not known."""
ASKED_HERE = "{keys}:  {question}   ·   or ask"


def day(episode: Episode) -> str:
    """ "12 May 2025 · Lisbon" """
    where = f" · {episode.place}" if episode.place else ""
    return f"{day_words(episode.day)}{where}"


def memory_of(episodes: Sequence[Episode]) -> str:
    """Memories in a sentence: "the memory of 12 May 2025 with Zuri", "the memory “an old clock …”", "3 memories"."""
    if len(episodes) != 1:
        return f"{len(episodes)} memories"
    (episode,) = episodes
    name = name_said(episode.words)
    if episode.day:
        return f"the memory of {day_words(episode.day)}{f' with {name}' if name else ''}"
    first = " ".join(episode.words.split()[:FIRST])
    more = " …" if len(episode.words.split()) > FIRST else ""
    return f"the memory of {name}" if name else f"the memory “{first}{more}”" if first else "a photo without words"


def asked_about(recalls: Sequence[Recall]) -> Recall | None:
    """The recall to ask about: the first that is not sure; none when the user has said what is in this very photo."""
    told = any(recall.why == THE_PHOTO for recall in recalls)
    return None if told else next((recall for recall in recalls if recall.certainty == "maybe"), None)


def offered(recalls: Sequence[Recall]) -> Recall | None:
    """The sure recall by sight that one key denies; none while one is asked about, or when this very photo was told."""
    told = any(recall.why == THE_PHOTO for recall in recalls)
    return None if told or asked_about(recalls) else next((recall for recall in recalls if headline(recall)), None)


def meant(recalls: Sequence[Recall], denied: str = "") -> Recall | None:
    """The recall of which the user says "that's not Leo" (`denied`: "leo"), or that it is (not) the same; None: none.

    Only a memory whose words have one of the denied words can be meant by them.
    """
    by_sight = [r for r in recalls if headline(r) and r.why != THE_PHOTO]
    if not denied:
        return asked_about(recalls) or next(iter(by_sight), None)
    words = set(re.findall(r"\w{2,}", denied.casefold())) - {"my", "our", "the", "his", "her", "their"}
    return next((r for r in by_sight if words & set(re.findall(r"\w+", r.episode.words.casefold()))), None)


def not_this(episode: Episode) -> str:
    """How one key denies a sure recall, for the empty input."""
    name = name_said(episode.words)
    return NOT_THIS.format(name=name) if name else NOT_THE_SAME


def asked(episode: Episode) -> str:
    """ "Is this Zuri?", by what was said; "Is it?" when no name was said."""
    name = name_said(episode.words)
    return IS_THIS.format(name=name) if name else IS_THIS_SAME


def asked_here(episode: Episode) -> str:
    """The question in the empty input."""
    return ASKED_HERE.format(keys=YES_NO, question=asked(episode))


def headline(recall: Recall) -> str:
    """What a recall says before the words: "This is the same thing as in your photo of 12 May 2025:".

    "" for a recall that is not by sight: its reason comes after the words.
    """
    why = recall.why.removeprefix("maybe ")
    if why == THE_PHOTO:
        return SAME_PHOTO_AS.format(photo=_photo(recall.episode))
    if not why.startswith("the same "):
        return ""
    return (SAME_AS if recall.certainty == "sure" else MAYBE_AS).format(why=why, photo=_photo(recall.episode))


def _photo(episode: Episode) -> str:
    """ "your photo of 12 May 2025 · Lisbon", "your photo (day unknown · Lisbon)" """
    return f"your photo of {day(episode)}" if episode.day else f"your photo ({day(episode)})"


def recalled_as(recall: Recall) -> str:
    """A recall in one line: "This is the same thing as in your photo of 12 May 2025: “This is Zuri.”"."""
    said, head = f"“{recall.episode.words}”", headline(recall)
    return f"{head} {said}" if head else f"{day(recall.episode)}: {said} {recall.why}."
