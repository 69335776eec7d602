"""What is said of a recalled memory: its day, its headline, and the question whether it is the same."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.dialogue.denials import THE_PHOTO
from assistant.dialogue.photo_subject import named_subject, subject
from memory.days import day_words
from memory.episode import Episode, Recall
from memory.relative_days import dated_words
from ui.telling_strings import NOT_AS, NOT_SHOWN, NOT_THE_SAME, NOT_THIS

SAME_PHOTO_AS = "This is {photo}:"
SAME_AS, MAYBE_AS = "This is {why} as in {photo}:", "Maybe {why} as in {photo}:"
ONE_OF = "one of {n} photos"
IS_THIS, IS_THIS_SAME, YES_NO = "Is this {name}?", "Is this the same as in “{words}”?", "y/n"
IS_IT_THE_SAME = "Is it the same?"
NO_WORDS = "no words yet"
FIRST = 5
"""So many words name a memory whose day or name is not known."""
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
    name = named_subject(episode.words)
    if episode.day:
        return f"the memory of {day_words(episode.day)}{f' with {name}' if name else ''}"
    first = _first(episode.words)
    return f"the memory of {name}" if name else f"the memory “{first}”" if first else "a photo without words"


def _first(words: str) -> str:
    """The first words of what was said."""
    said = words.split()
    return " ".join(said[:FIRST]) + (" …" if len(said) > FIRST else "")


def not_this(episode: Episode) -> str:
    """How one key denies a sure recall, for the empty input."""
    name = subject(episode.words)
    return NOT_THIS.format(name=name) if name else NOT_THE_SAME


def asked(episode: Episode) -> str:
    """ "Is this Zuri?", "Is this your old clock?", by what was said; else with the first words that were said."""
    name = subject(episode.words)
    return IS_THIS.format(name=name) if name else IS_THIS_SAME.format(words=_first(episode.words))


def asked_below(episode: Episode) -> str:
    """The question where the words of the memory stand right before it."""
    return asked(episode) if subject(episode.words) else IS_IT_THE_SAME


def asked_here(episode: Episode) -> str:
    """The question in the empty input."""
    return ASKED_HERE.format(keys=YES_NO, question=asked(episode))


def counted(recalls: Sequence[Recall]) -> str:
    """How many memories were recalled, and how: "1 sure, 2 maybe, 1 by words"; "" for none."""
    by_sight = [r for r in recalls if headline(r)]
    sure = sum(r.certainty == "sure" for r in by_sight)
    parts = ((sure, "sure"), (len(by_sight) - sure, "maybe"), (len(recalls) - len(by_sight), "by words"))
    return ", ".join(f"{n} {how}" for n, how in parts if n)


def headline(recall: Recall) -> str:
    """What a recall says before the words: "This is the same thing as in your photo of 12 May 2025:".

    "" for a recall that is not by sight: its reason comes after the words.
    """
    why = recall.why.removeprefix("maybe ")
    if why == THE_PHOTO:
        return SAME_PHOTO_AS.format(photo=_photo(recall))
    if not why.startswith("the same "):
        return ""
    return (SAME_AS if recall.certainty == "sure" else MAYBE_AS).format(why=why, photo=_photo(recall))


def denied(episode: Episode) -> str:
    """What was said against a recalled memory: "this is not Leo", "it is not the same as your photo of 12 May 2025"."""
    name = subject(episode.words)
    return NOT_SHOWN.format(name=name) if name else NOT_AS.format(photo=_photo(Recall(episode, 0.0, "")))


def _photo(recall: Recall) -> str:
    """ "your photo of 12 May 2025 · Lisbon", "your photo (day unknown · Lisbon)", "…, one of 5 photos" """
    more = f", {ONE_OF.format(n=recall.photos)}" if recall.photos > 1 else ""
    photo = f"your photo of {day(recall.episode)}" if recall.episode.day else f"your photo ({day(recall.episode)})"
    return photo + more


def recalled_as(recall: Recall) -> str:
    """A recall in one line: "This is the same thing as in your photo of 12 May 2025: “This is Zuri.”"."""
    said, head = f"“{dated_words(recall.episode)}”", headline(recall)
    return f"{head} {said}" if head else f"{day(recall.episode)}: {said} {recall.why}."
