"""A wish to forget that is typed in words: "forget Mr Tibbs", "please delete the photos of my ex".

Nothing is forgotten by such a line: app and plain mode list what the words find, and each memory asks before it goes.
"""

from __future__ import annotations

import re

_WISH = re.compile(
    r"\W*(?:(?:please|pls|can you|could you|i want you to|i'd like you to|now) )*"
    r"(?:(?P<forget>forget)|delete|erase|remove|get rid of)(?: about)?"
    r"(?P<all> (?:everything|all|what)(?: (?:that )?(?:you know|i (?:said|told you|ever told you)))?(?: about| of)?)?"
    r"(?P<kept> (?:the |my |our |that |all |those )*(?:memor(?:y|ies)|photo(?:graph)?s?|pictures?|pics?)"
    r"(?: (?:of|with|about)| from(?! (?:\d|last|this|in|the (?:summer|winter|spring|autumn))))?)?"
    r"(?: (?:the |my |our |that |all (?:the )?)?(?:(?:very )?(?:last|latest|first|other) )?"
    r"(?:things?|one|ones|stuff|bit|part|story|stories)"
    r"(?: i (?:said|told you))? (?:about|of|with|from|where|when|that))?"
    r" (?P<what>\S.*?)(?:[\s,]+(?:please|pls|thanks|thank you))?[\s.!?]*$",
    re.IGNORECASE,
)
_POINTING = re.compile(r"(?:it|this|that|them|these|those|him|her|me|us|i (?:said|asked)|to\b|how\b)", re.IGNORECASE)
"""What no search can find: what is meant is in view, or was just said."""


def words_to_forget(text: str) -> str:
    """The words of what a line wants forgotten: "Mr Tibbs"; "" where it is no such wish.

    "Delete" alone may be meant of anything, and needs a photo, a memory or "everything about" beside it.
    """
    found = _WISH.match(" ".join(text.split()))
    if not found or not (found["forget"] or found["all"] or found["kept"]) or _POINTING.match(found["what"]):
        return ""
    return found["what"]
