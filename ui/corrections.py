"""What app and plain mode do with a line that says which of the user's words are wrong.

`assistant/dialogue/word_corrections.py` reads the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from assistant.dialogue.word_corrections import corrected, correction_of, in_view
from memory.episode import Episode, Recall
from memory.store import Memory
from ui.telling_strings import CORRECTED, NOTHING_SAYS, SEVERAL_SAY

SEARCHED = 50
"""Memories that are looked through for the words to be corrected, where none in view has them."""


class Change(NamedTuple):
    """A memory with other words; without a memory only the line for the user, which says why."""

    line: str
    old: Episode | None = None
    new: Episode | None = None


def find(text: str, recalls: Sequence[Recall], memory: Memory) -> Change | None:
    """What a line corrects, with these recalls in view; None: nothing, or it does not say which words are wrong."""
    wanted = correction_of(text)
    if wanted is None:
        return None
    found = corrected(wanted, in_view(recalls))
    if not found and wanted.wish:
        found = corrected(wanted, [recall.episode for recall in memory.search(wanted.old, k=SEARCHED)])
    if len(found) == 1:
        ((old, new),) = found
        return Change(CORRECTED.format(words=new.words), old, new)
    if wanted.wish:
        line = SEVERAL_SAY if found else NOTHING_SAYS
        return Change(line.format(n=len(found), old=wanted.old))
    return None
