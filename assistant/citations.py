"""Which memories a text repeats, found by comparing words; the model is not asked.

A memory is cited when the text has a name that was said in the memory, or several of its less common words. A citation
is no judgement: a text may be right without one, and wrong with one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.episode import Episode
from memory.text import folded, terms

SEVERAL = 3
"""So many shared words that are no names make a citation."""
_WORD = re.compile(r"\w[\w'’-]*")


def cited(text: str, episodes: Sequence[Episode]) -> tuple[str, ...]:
    """Ids of the episodes whose words or place `text` repeats, in the given order."""
    terms = _terms(text)
    return tuple(
        one.id
        for one in episodes
        if (_names(one.words) | _terms(one.place or "")) & terms or len(_terms(one.words) & terms) >= SEVERAL
    )


def _terms(text: str) -> set[str]:
    """The words of a text that are no stop words, without letter case, accents and the "'s" of names."""
    words = (re.sub(r"['’]s$", "", word) for word in _WORD.findall(folded(text)))
    return {word for word in words if terms(word)}


def _names(text: str) -> set[str]:
    """Words with a capital letter inside a sentence, as `_terms` spells them."""
    inside = re.findall(r"(?<![.!?\n“\"])(?<![.!?]\s)\s+(\w[\w'’-]*)", text)
    return _terms(" ".join(word for word in inside if word[0].isupper() and len(word) > 1))
