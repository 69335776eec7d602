"""Words about a thing that another photo shows: "the clock stopped working yesterday", with a backpack in view.

Whether they are about the photo in view cannot be known, so the app asks. Of names `memory/naming/told_elsewhere.py`
knows it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from assistant.dialogue.photo_subject import subject
from memory.episode import Recall
from memory.store import Memory
from memory.text import folded

_OF_A_THING = re.compile(
    r"\W*(?:(?:today|yesterday|also|and|oh|ah|btw|by the way|so|well|ok|update)[,: ]+)*"
    r"(?:(?:i|we)(?:['’]ve| have)? (?:had to )?"
    r"(?:[^\W\d_]+ed|sold|broke|lost|found|gave|bought|put|threw|sent) (?:away )?)?"
    r"(?:the|my|our) (?P<noun>[^\W\d_]{3,})"
    r"(?:[\s.!]*$| (?:is|are|was|were|has|had|isn['’]t|doesn['’]t|won['’]t|broke|fell|went|came|got|finally|still|now"
    r"|again|today|yesterday|last|this|[^\W\d_]{2,}ed|[^\W\d_]{3,}s)\b.*)",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:this(?! (?:morning|week|year|month|time))|that|these|those|it|its|here|there)\b", re.IGNORECASE
)
_LOOKED_AT = 20
"""Memories with the noun that are looked at."""


def thing_elsewhere(memory: Memory, words: str, recalls: Sequence[Recall], here: Collection[str]) -> bool:
    """Whether `words` are about a thing that another photo shows, by what was told of that, and of which nothing was
    told in view. `here`: hashes of the photos in view. Raises KeepsakeError when the memory cannot be read."""
    found = _OF_A_THING.match(words)
    told = [folded(recall.episode.words) for recall in recalls]
    if not found or not told or _POINTS.search(words):
        return False
    noun = folded(found["noun"])
    if any(re.search(rf"\b{re.escape(noun)}", text) for text in told):
        return False
    others = (recall.episode for recall in memory.search(noun, k=_LOOKED_AT))
    return any(one.photo.sha256 not in here and folded(subject(one.words)).split()[-1:] == [noun] for one in others)
