"""Questions in the word order of another language, asked in English: "What animals I have told you about?", "How calls
the dog?", "Tell me please everything what you know about Anna". Most people who write English learnt it second.
"""

from __future__ import annotations

import re

_THING = r"(?P<thing>(?:(?:the|this|that|my|our|his|her|their) )?[\w'-]+(?: [\w'-]+){0,2}?)"
_SELF = r"(?: (?:him|her|it|them) ?sel(?:f|ves))?"
_NO_THING = r"(?!(?:is|was|are|were|do|does|did|has|have|of|in|on|for|not|and)\b)"
_RULES = tuple(
    (re.compile(pattern, re.IGNORECASE), right)
    for pattern, right in (
        (r"^(say|explain)(?= me\b)", "tell"),
        (r"^((?:tell|show|give|remind|forget|list|find|remember)(?: me)?),? please,? (?=\w)", r"\1 "),
        (r"\b(?:all|everything|anything) (?:(?:what|that) )?(you know|i (?:have )?(?:told|said))\b", r"what \1"),
        (r"^(what (?:do )?you know) (?:from|over|on)\b", r"\1 about"),
        (
            rf"^((?:what|which|how many)(?: {_NO_THING}[\w'-]+){{1,2}}) (?:i|we) (?:have |had |already |ever )*"
            r"(?:told|tell|showed|shown)(?: to)?(?: you)?(?: (?:about|of))?"
            r"(?= (?:until|till|so far|already|up to)\b|$)",
            r"\1 have I told you about",
        ),
        (r"\bhave I told you about (?:until|till) now$", "have I told you until now"),
        (rf"^how (?:is |are )?call(?:s|ed)?{_SELF} {_NO_THING}{_THING}$", r"what is \g<thing> called"),
        (rf"^how (?:is|are) {_THING} call(?:s|ed)?$", r"what is \g<thing> called"),
        (rf"^how (?:do )?(?:you|we|i|people) call {_THING}$", r"what is \g<thing> called"),
        (rf"^how (?:does )?(?P<thing>it|he|she|this|that) call(?:s|ed)?{_SELF}$", r"what is \g<thing> called"),
        (rf"^how (does [\w' ]+? call) {_THING}$", r"what \1 \g<thing>"),
        (rf"^(?:how old|how many years|what age|which age) (?:has|have) {_THING}$", r"how old is \g<thing>"),
        (rf"^(?:what|which)(?: is|'s)? name (?:of |has |have )?{_NO_THING}{_THING}$", r"what is the name of \g<thing>"),
        (r"^of who(?:m)? is (this|that) ([\w'-]+)$", r"whose \2 is \1"),
        (r"^(who|what) is$", r"\1 is it"),
    )
)


def in_english_order(asked: str) -> str:
    """A line that asks or wants something, without what ends it, in the order and the small words of English; any other
    as it is."""
    for pattern, right in _RULES:
        asked = pattern.sub(right, asked, count=1)
    return asked
