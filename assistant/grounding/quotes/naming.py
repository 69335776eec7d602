"""Questions for what somebody or something is called, and sentences that say it: "What does Poppy call the bear?" is
answered by "..., who calls him Old Humphrey".

The reader knows few of the ways in which names are told.
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\W*(?:(?:and|but|so) )*(?:"
    r"(?:what|which|by what)(?: name)? (?:do|does|did|have|has|had) .+? (?:call|name|named|called|christen(?:ed)?"
    r"|nickname[d]?|know)\b.*"
    r"|(?:what|how)(?:['’]?s| is| was| are| were| has| have)? .+ (?:called|named|known as|known|christened|nicknamed)"
    r"|what(?:['’]?s| is| was| are| were) (?:the )?(?:.+ )?names?\b.*"
    r"|(?:by )?what name .+|what .+ (?:answers?|goes?|respond(?:s)?) (?:to|by)"
    r"|what does .+ (?:answer|go|respond) (?:to|by))\W*$",
    re.IGNORECASE,
)
_NAME = r"(?-i:[A-Z])[\w'’-]+"
_TELLS = re.compile(
    r"\b(?:(?:call(?:s|ed|ing)?|nam(?:ed|es|ing)|christened|nicknamed|dubbed)"
    rf" (?:(?:him|her|it|them|this|that|the \w+|me|us) )?{_NAME}"
    rf"|(?:known as|by the name of|answers? to|goes? by|responds? to)(?: the name(?: of)?)? {_NAME}"
    rf"|names? (?:is|was|are|were) {_NAME}|(?:this|that|it|he|she|fellow|chap|one|\w+) (?:is|was) {_NAME}(?=[,.;:!]|$)"
    rf"|(?:my|our|his|her|their|the) (?:\w+ )?\w+, (?:the )?{_NAME}(?=[,.;:!]|$))",
    re.IGNORECASE,
)


def asks_for_name(question: str) -> bool:
    """Whether a question asks what somebody or something is called."""
    return bool(_ASKS.match(question))


def tells_name(line: str) -> bool:
    """Whether a sentence tells what somebody or something is called."""
    return bool(_TELLS.search(line))
