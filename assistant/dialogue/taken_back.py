"""How people take back what they said, and what they take back in the same sentence: "in 2019, no wait, 2020"."""

from __future__ import annotations

import re

from memory.times.number_words import NUMBER

SECOND_THOUGHTS = (
    r"i tell a lie|i stand corrected|(?:i )?beg (?:your )?pardon|(?:forgive|pardon) me|silly me|what am i saying"
    r"|(?:now i )?come to think of it|on second thoughts"
)
"""How polite people take back what they said, as alternatives of a pattern."""
_OF_WHAT = "(?:year|date|day|month|name|age|size|price|number|code|time|place|city|town|country|colou?r|side|way round)"
TAKEN_BACK = (
    r"no+|nope|nah|wrong|sorry|oops|actually|wait(?: an? (?:moment|minute|second|bit))?|i think|i made a mistake"
    rf"|my mistake|my bad|correction|{SECOND_THOUGHTS}|how silly of me"
    r"|i(?:'m| am| was| must have been) (?:mistaken|wrong|confused)|i got that wrong|or rather"
    r"|to be (?:precise|exact)"
    rf"|wrong {_OF_WHAT}|(?:the )?{_OF_WHAT} (?:is|was) wrong"
    r"|(?:(?:it|that) )?should (?:be|say|read|have been)|make (?:that|it)|typo|(?:i )?meant|i mean"
)
LEAD = (
    rf"(?:(?:{TAKEN_BACK}|please|pls|well|oh|ah|hm+|but|and|ok|okay|can you|could you|you should|excuse me)"
    r"[\s,.!:;–—-]+)*"
)
"""What may stand before what is right: "no sorry, ..."."""
_BEHIND = re.compile(
    rf"(?:[\s,.!:;–—-]+(?:{TAKEN_BACK}|rather|please|pls|plz|thanks?|thank you|thx|lol|haha|though|tho))+[\s.!]*",
    re.IGNORECASE,
)
TAKES_BACK = re.compile(rf"\b(?:{TAKEN_BACK})\b", re.IGNORECASE)
A_NUMBER = re.compile(rf"(?:\d[\d.,:]*(?:st|nd|rd|th|am|pm|[a-z])?|{NUMBER})(?: [^\W\d]+)?", re.IGNORECASE)
"""A whole text that is a number, alone or with a word behind it."""
_ONE = rf"(?:\d[\d.,:]*\d|\d|{NUMBER}|[A-Z][\w'-]+)"
_OTHERWISE = re.compile(
    rf"\b(?P<old>{_ONE})(?P<unit> [^\W\d]+)?,? (?:no+,? wait|wait,? no+|wait,|(?:no+,? )?sorry,?"
    r"|(?:no+,? )?[iI] meant?,?|scratch that,|(?:no+,? )?make that|(?:er+m?,? )?no+,|(?:no+,? )?actually),?"
    rf" (?:in |on |at |with |from |for )?(?P<new>{_ONE})\b"
)
""" "In 2019, no wait, 2020"."""


def core(text: str) -> tuple[str, bool]:
    """A line without what stands behind what it says, "code 4421, sorry", and whether that takes something back."""
    for found in re.finditer(r"(?<=[\w'])[\s,.!:;–—-]", text):
        if behind := _BEHIND.fullmatch(text, found.start()):
            return text[: found.start()], bool(TAKES_BACK.search(behind[0]) or "rather" in behind[0].lower())
    return text, False


def settled(words: str) -> str:
    """Words without what the same sentence takes back at once: "in 2019, no wait, 2020" is "in 2020"."""

    def right(found: re.Match[str]) -> str:
        old, new = (bool(A_NUMBER.fullmatch(found[which])) for which in ("old", "new"))
        return found["new"] if old == new and (old or not found["unit"]) else found[0]

    return _OTHERWISE.sub(right, words)
