"""Whom the user means by "that's not Leo": which of the recalled memories are denied by one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from memory.episode import Episode, Recall
from memory.naming.name_extraction import names
from memory.text import folded

THE_PHOTO = "the same photo"
"""The reason for which a memory of the very photo in view comes."""
_NOT_MEANT = frozenset("my our the his her their your this that a an".split())


class OnRecall(NamedTuple):
    """What the user says of a recalled memory."""

    episode: Episode
    same: bool
    """Whether the photo in view shows what the memory's photo shows."""
    denied: str = ""
    """Who or what the photo in view does not show, as in `Act.denied`: all memories of it are denied."""


def by_sight(recalls: Sequence[Recall]) -> list[Recall]:
    """The recalls that came by sight, of other photos than the one in view."""
    seen = [r for r in recalls if r.why.removeprefix("maybe ").startswith("the same ")]
    return [r for r in seen if r.why != THE_PHOTO]


def called(recalls: Sequence[Recall], denied: str) -> list[Recall]:
    """The recalls of somebody or something (`denied`: "leo", "my backpack"), in their order; none when it is not said.

    Those that show it come alone, if there are any: "not Leo" says nothing of Anna, who has Leo's ball. Else a name
    means the first memory that has it, and any other word all memories that have as many of the words.
    """
    wanted = {word for word in re.findall(r"\w{2,}", folded(denied)) if word not in _NOT_MEANT}
    fits = [(len(wanted & set(re.findall(r"\w+", folded(r.episode.words)))), r) for r in by_sight(recalls)]
    most = max((n for n, _ in fits), default=0)
    best = [r for n, r in fits if n and n == most]
    said = [names(r.episode.words) for r in best]
    shown = [r for r, one in zip(best, said, strict=True) if wanted & _words(one.shown)]
    if shown:
        return shown
    return best[:1] if any(wanted & _words(one.mentioned) for one in said) else best


def another(episode: Episode, words: str) -> bool:
    """Whether `words` tell that the photo in view shows somebody of another name than a memory does: "That's Winston",
    said to "Is this Biscuit?"."""
    here, there = names(words).shown, names(episode.words).shown
    return bool(here and there) and not _words(here) & _words(there)


def _words(said: Sequence[str]) -> set[str]:
    return {word for name in said for word in folded(name).split()}
