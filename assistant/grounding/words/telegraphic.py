"""Notes in pieces: "Rex - labrador - b. 2016 - rescued, Dublin", "trainers = birthday gift from Marcus".

A small model, which has learnt sentences, leaves out pieces of them, the name first; the user's own words say it all.
"""

from __future__ import annotations

import re

from assistant.grounding.words.phrases import is_verb
from assistant.grounding.words.tokens import tokens

_BETWEEN = re.compile(r"\s+(?:(?P<sure>[/|=•·]|[-=]>)|[–—-]+)\s+")
_MOST = 3
"""Words of the first piece, where a dash alone stands behind it."""


def telegraphic(text: str) -> bool:
    """Whether a text is a note in pieces, with dashes, strokes or equals signs between them and no sentence before."""
    found = _BETWEEN.search(text)
    if not found:
        return False
    first = tokens(text[: found.start()])
    sentence = any(t.kind in ("be", "aux", "me", "other", "stop") or is_verb(t) for t in first)
    return not sentence and (bool(found["sure"]) or len(first) <= _MOST)


def first_piece(text: str) -> str:
    """What such a note begins with: who or what it is of."""
    return _BETWEEN.split(text, maxsplit=1)[0].strip()
