"""What is said of a recalled memory: its day, its headline, and the question whether it is the same."""

from __future__ import annotations

from collections.abc import Sequence

from memory.days import day_words
from memory.episode import Episode, Recall
from ui.input_parser import name_said

THE_PHOTO = "the same photo"  # the memory's reason for the very photo that is in view
SAME_PHOTO_AS = "This is your photo of {day}:"
SAME_AS, MAYBE_AS = "This is {why} as in your photo of {day}:", "Maybe {why} as in your photo of {day}:"
IS_THIS, IS_THIS_SAME, YES_NO = "Is this {name}?", "Is it?", "y / n"
ASKED_HERE = "{keys}:  {question}   ·   or ask"


def day(episode: Episode) -> str:
    """ "12 May 2025 · Lisbon" """
    where = f" · {episode.place}" if episode.place else ""
    return f"{day_words(episode.day)}{where}"


def asked_about(recalls: Sequence[Recall]) -> Recall | None:
    """The recall to ask about: the first that is not sure; none when the user has said what is in this very photo."""
    told = any(recall.why == THE_PHOTO for recall in recalls)
    return None if told else next((recall for recall in recalls if recall.certainty == "maybe"), None)


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
        return SAME_PHOTO_AS.format(day=day(recall.episode))
    if not why.startswith("the same "):
        return ""
    return (SAME_AS if recall.certainty == "sure" else MAYBE_AS).format(why=why, day=day(recall.episode))


def recalled_as(recall: Recall) -> str:
    """A recall in one line: "This is the same thing as in your photo of 12 May 2025: “This is Zuri.”"."""
    said, head = f"“{recall.episode.words}”", headline(recall)
    return f"{head} {said}" if head else f"{day(recall.episode)}: {said} {recall.why}."
