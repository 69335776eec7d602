"""Whether a question is about the world and not about what the user told: "How many legs does a spider have?"."""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.grounding.words import lexicon
from assistant.grounding.words.tokens import stem, tokens

_ADVICE = re.compile(
    r"\W*(?:what|where|how|which \w+|who)? ?(?:should|shall) (?:i|we)\b|\W*can you (?:help|recommend|suggest"
    r"|give me (?:an? )?(?:idea|tip)"
    r"|calculate|solve|sing|drive|order|buy|book|call)\b|\W*(?:what|who) are you\b|\W*what can you (?:do|answer)\b",
    re.IGNORECASE,
)
""" "What should I cook tonight?", "What can you do?": no memory tells it, though "I" or "you" stands there."""
_PAST = frozenset("was were did had".split())
_OPENS = re.compile(
    r"\W*(?:and |but |so |ok |hey |please )*(?:who|what|where|when|why|which|how|is|are|do|does|can|could|will"
    r"|would)\b",
    re.I,
)
_OF_THE_WORLD = re.compile(r"\bthe (?:capital|population|weather|difference|time|president|king|queen) ", re.IGNORECASE)
_ANY = re.compile(
    r"\b(?:an?|most|all|every|some|people|humans|the (?:capital|weather|meaning|difference|population|time|date|news"
    r"|sun|moon|world|earth|sky))\b",
    re.IGNORECASE,
)
"""What stands for any of a kind: "a spider"."""
_SOME = re.compile(r"\b(?:do|are|can|will) (?!you\b|i\b|we\b|they\b|the\b)([a-z]+s)\b", re.IGNORECASE)
"""What stands for any of a kind or, where it was told of, for these: "what do tickets cost"."""


def general(question: str, told: Collection[str] = ()) -> bool:
    """Whether nothing in the question points to the photo in view, or to the user's people, things and days.

    `told`: the stems of what memories tell of.
    """
    if _ADVICE.match(question):
        return True
    some = _SOME.search(question)
    if not _OPENS.match(question) or not (_ANY.search(question) or (some and stem(some[1].lower()) not in told)):
        return False
    found = tokens(question)
    if any(t.kind in ("me", "mine", "other") or t.text.lower() in lexicon.THIS or t.possessive for t in found):
        return False
    if found[0].text.lower() == "who" and any(t.kind == "word" and t.content and t.stem in told for t in found):
        return False  # "Who has a rash?", where somebody's was told
    if any(t.text.lower() in _PAST or (t.kind == "day") for t in found):
        return False
    named = [t.text for t in found if t.kind == "name"]
    if any(not re.search(rf"\b[Aa]n? (?:\w+ )?{re.escape(name)}", question) for name in named):  # "a Labrador" is any
        return bool(_OF_THE_WORLD.search(question))
    return not re.search(
        r"\b(?:photo(?:graph)?s?|pictures?|pics?|images?|memor(?:y|ies)|here|there|in view)\b", question, re.IGNORECASE
    )
