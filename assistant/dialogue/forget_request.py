"""A wish to forget that is typed in words: "forget Mr Tibbs", "please delete the photos of my ex".

Nothing is forgotten by such a line: app and plain mode list what the words find, and each memory asks before it goes.
"""

from __future__ import annotations

import re

_LEAD = r"\W*(?:(?:please|pls|can you|could you|you can|you should|i want you to|i'd like you to|now) )*"
_END = r"(?:[\s,]+(?:please|pls|thanks|thank you))*[\s.!?]*$"
_WISH = re.compile(
    rf"{_LEAD}(?:(?P<forget>forget)|delete|erase|remove|wipe|get rid of)(?: about)?"
    r"(?P<all> (?:everything|all|what)(?: (?:that )?(?:you know|i (?:said|told you|ever told you)))?(?: about| of)?"
    r"| anything (?:you know )?(?:about|of))?"
    r"(?P<kept> (?:the |my |our |that |all |those |every |any )*(?:memor(?:y|ies)|photo(?:graph)?s?|pictures?|pics?)"
    r"(?: (?:of|with|about)| from(?! (?:\d|last|this|in|the (?:summer|winter|spring|autumn))))?)?"
    r"(?: (?:the |my |our |that |all (?:the )?)?(?:(?:very )?(?:last|latest|first|other) )?"
    r"(?:things?|one|ones|stuff|bit|part|story|stories)"
    r"(?: i (?:said|told you))? (?:about|of|with|from|where|when|that))?"
    rf" (?P<what>\S.*?)(?: in (?:it|them))?{_END}",
    re.IGNORECASE,
)
_OUT_OF_MEMORY = re.compile(
    rf"{_LEAD}(?:delete|erase|remove|wipe|take|drop) (?P<what>\S.*?) (?:from|out of) (?:(?:your|my) (?:memory"
    rf"|memories|head|mind)|the memory){_END}"
    r"|\W*(?:i )?(?:don'?t|do not) want you to (?:remember|know|keep)(?: anything| things?)?(?: (?:about|of))?"
    rf" (?P<who>\S.*?)(?: any ?more| any longer)?{_END}"
    rf"|{_LEAD}(?:delete|erase|remove|wipe|forget) (?:anything|everything|all) with (?P<whom>\S.*?) in it{_END}",
    re.IGNORECASE,
)
""" "Remove Sam from your memory", "I don't want you to remember Sam any more"."""
_POINTING = re.compile(r"(?:it|this|that|them|these|those|him|her|me|us|i (?:said|asked)|to\b|how\b)", re.IGNORECASE)
"""What no search can find: what is meant is in view, or was just said."""


def words_to_forget(text: str) -> str:
    """The words of what a line wants forgotten: "Mr Tibbs"; "" where it is no such wish.

    "Delete" alone may be meant of anything, and needs a photo, a memory or "everything about" beside it.
    """
    text = " ".join(text.replace("’", "'").split())
    if found := _OUT_OF_MEMORY.match(text):
        what = found["what"] or found["who"] or found["whom"]
        return "" if _POINTING.match(what) else what
    found = _WISH.match(text)
    if not found or not (found["forget"] or found["all"] or found["kept"]) or _POINTING.match(found["what"]):
        return ""
    return found["what"]
