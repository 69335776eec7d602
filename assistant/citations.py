"""Which of the memories a text repeats: found in the words themselves, whatever the model would say of itself.

It is a comparison of words, no judgement: a memory is cited when the text has a name that was said in it, or several
of its less common words. A text may be right without, and wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.episode import Episode
from memory.text import folded, terms

SEVERAL = 3
"""So many words that are no names make a citation."""
_WORD = re.compile(r"\w[\w'’-]*")


def cited(text: str, episodes: Sequence[Episode]) -> tuple[str, ...]:
    """Ids of the episodes whose words, or place, `text` repeats; in their order."""
    said = _terms(text)
    return tuple(
        one.id
        for one in episodes
        if (_names(one.words) | _terms(one.place or "")) & said or len(_terms(one.words) & said) >= SEVERAL
    )


def _terms(text: str) -> set[str]:
    """Words that say something, without letter case, accents and the "'s" of names."""
    words = (re.sub(r"['’]s$", "", word) for word in _WORD.findall(folded(text)))
    return {word for word in words if terms(word)}


def _names(text: str) -> set[str]:
    """Words with a capital letter that do not only begin a sentence."""
    inside = re.findall(r"(?<![.!?\n“\"])(?<![.!?]\s)\s+(\w[\w'’-]*)", text)
    return _terms(" ".join(word for word in inside if word[0].isupper() and len(word) > 1))
