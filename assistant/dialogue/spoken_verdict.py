"""What a line says of the recalled memory, "yes", "no" or "that's not Leo", and what is left of the line after it.

All patterns are for text as `plain_text.plain` makes it.
"""

from __future__ import annotations

import re

from assistant.dialogue.sentences.act_lexicon import IS, JUDGEMENT, POINTER
from assistant.dialogue.sentences.left_out import HOW_IT_IS
from assistant.dialogue.sentences.plain_text import mended, plain
from assistant.dialogue.sentences.sentence_kinds import talks
from assistant.dialogue.taken_back import SECOND_THOUGHTS

IS_NOT = (
    r"(?:(?:'s| is| are|'re| was| were) (?:definitely|certainly|really|clearly|surely|actually|also) not"
    r"|'s not| is not| isn't| are not| aren't|'re not| was not| wasn't| were not| weren't)"
)
LEADS = re.compile(
    r"(?:hi|hello|hey|ok|okay|right(?= (?:so|then)\b)|al(?:l )?right|now then"
    r"|k+|yo+|bro|bruh|dude|wait|so|well|oh|ah|look|haha+|lol|lmf?ao|rofl|omf?g|tbh"
    r"|ngl|ugh+"
    r"|aw+|yay|btw|by the way|fyi|actually"
    rf"|in fact|as a matter of fact|{SECOND_THOUGHTS}|i must (?:say|admit)"
    r"|sorry|my (?:mistake|bad)|i (?:got|had) (?:that|it|this) wrong|i made a mistake"
    r"|(?:scrap|scratch|strike) that|hm+|u+h+m*|u+m+|e+rm+"
    r"|(?:thanks|thank you)(?! to\b)(?: a lot| so much| very much)?"
    r"|and|but|also|please(?! (?:remember|keep|save|note))|i mean|you know|nice|great|cool|wow|aber|und)"
    r"(?:[\s,.!:;–—-]+(?=\S)|$)"
)
"""What may stand before what is meant."""
YES = re.compile(
    r"(?:y ?:|yes|the same(?: one)?(?=[,.!]|$)|correct|exactly|that's (?:right|correct|true|it)|you(?:'re| are"
    r"| were) right|(?:right|true)(?=[,.!:;]|$))(?:[\s,.!:;–—-]+|$)"
)
NO = re.compile(
    r"(?:n ?:|no+(?! (?:idea|clue|one|body|way|matter|doubt|problem|thanks?|thank)\b)|wrong(?: \w+)?(?=[,.!:;–—-]|$)"
    r"|incorrect|not (?:right|true|correct)"
    r"|(?:this|that|it)(?:'s| is|'s all| was) (?:all |completely |totally )?(?:wrong|incorrect|false"
    r"|not (?:right|true|correct))"
    r"|you(?:'re| are) (?:wrong|mistaken)|(?:i think )?you (?:got|have|had) (?:it|this|that|him|her|them) wrong"
    r"|(?:i think )?you(?:'ve| have)? (?:mixed|confused|swapped) (?:it|this|that|him|her|them)(?: up)?"
    r"|(?:a )?different \w+(?=[,.!:;–—-])|(?:close|nearly|almost|nice try|good (?:guess|try)),? but (?:no|wrong)\b"
    r"|nice try(?=[,.!]|$))(?:[\s,.!:;–—-]+|$)"
)
"""A verdict on what was recalled, at the beginning of a line."""
DENIED = re.compile(
    rf"(?:(?:this|that|these|those|it|he|she|they|here){IS_NOT}|(?:isn't|is not|aren't|are not)(?= )|not) "
    rf"(?P<who>[^,.;:!?–—-]+?)(?:\s*[,.;:!–—-]+\s*(?:but |that's |it's )?|\s+but\s+|\s+(?=(?:this|that|it|he"
    rf"|she|they|these)(?:'s|s| is| was)\b)|$)"
)
""" "That's not Leo, ..." """
ANYBODY = re.compile(
    r"(?:him|her|it|them|he|she|me|us|right|true|correct|the same(?: \w+)?|the one|that one|this one|that|this"
    r"|one|mine)$"
)
"""What is denied when no name is said."""
OF_ANOTHER = re.compile(
    r"(?:[^,]*'s?|(?:the|my|our|his|her|their|a) (?P<what>\w+) of .*"
    r"|\w+s(?=\n(?:it|that|this|he|she)(?:'s|s| is| was) (?:\w+ ){0,3}?\w+s \w))(?:\n|$)"
)
""" "Tom's", "the wedding of Lena": what is denied, before a line with what is so, tells of a thing and is none."""
NO_ONE = re.compile(
    rf"{JUDGEMENT}$|(?:sure|now|really|only|so|very|from|a|an|in|at|on|as|for|to|with|yet|just|well|like)\b"
)
""" "It is not working": nobody is denied."""
SOMEONE_ELSE = re.compile(
    rf"(?!here\b)(?:{POINTER}{IS} )?(?:someone|somebody|something|another|an other|a different)(?: \w+)?(?: else)?$"
)
CONFIRMS = re.compile(
    r"(?:(?:not )?(?:this|that|these|those|him|her|them)(?: ones?| guy| thing)? again"
    r"|(?:(?:this|that|it|these|those|they)(?:'s|s| is|'re| are) )?(?:the )?same(?: (?:ones?|guy|thing))?"
    r"(?:(?<=one|guy)|(?<=ones)|(?<=thing)| again| as (?:before|always|last time|ever))"
    r"|(?:that|this|it|he|she|these|those|they)(?:'s| is|'s really|'re| are|s)"
    r"(?: (?:him|her|it|them|right|correct|the same(?: ones?)?|the ones?|mine|ours))?)$"
)
ISNT = re.compile(r"(?:it|this|that|he|she)(?: isn't| is not|'s not| wasn't)$")

DENIED_AFTER = re.compile(rf"^{POINTER}{IS} .*?(?P<rest>,? (?:and |but )?not (?P<who>[^\W\d]+))$")
""" "That's Snow, not Shadow"."""


def verdict_of(text: str) -> tuple[bool | None, str, str]:
    """The verdict at the beginning of a line, who it is not, and what is left of the line, as the user wrote it."""
    verdict: bool | None = None
    rest, led = text, True
    while rest and led:
        led = False
        low, origin = mended(rest)
        for pattern, said in ((YES, True), (NO, False), (LEADS, None)):
            found = pattern.match(low)
            if found and not (said is None and talks(low.rstrip(" .!"))):
                verdict = verdict if said is None else said
                rest, led = rest[origin[found.end()] :], True
                break
    low, origin = mended(rest)
    bare = low.rstrip(" .!")
    if ISNT.match(bare) or SOMEONE_ELSE.match(bare):
        return False, "", ""
    if verdict is not False and CONFIRMS.match(bare) and (verdict or not bare.endswith(("'s", " is"))):
        return True, "", ""
    if (found := DENIED.match(low)) and (who := _denied(found, rest[origin[found.start("who")] :], low)):
        after = rest[origin[found.end("who")] :].lstrip(" ,.;:!?–—-").removeprefix("but ")
        return False, "" if ANYBODY.match(who) else who, after
    if (found := DENIED_AFTER.match(bare)) and not ANYBODY.match(found["who"]):
        return False, found["who"], rest[: origin[found.start("rest")]]
    return verdict, "", rest


def _denied(found: re.Match[str], written: str, low: str) -> str:
    """Who or what a sentence denies to be in the photo; "" when it says how somebody is not: "he is not friendly"."""
    who, named = found["who"].strip(), written[:1].isupper()
    words = who.split()
    if words and words[0][:1].isdigit():
        return ""  # "Not 80, I paid 95" says nothing of who or what is in the photo
    if ANYBODY.match(who):
        return who
    if NO_ONE.match(who) or (found[0].startswith(("he", "she", "they")) and not named):
        return ""
    if found[0].startswith(("is", "are")) and not named and (len(words) > 1 or re.match(HOW_IT_IS, who)):
        return ""  # "is not waterproof"
    if found[0].endswith("but ") and not says_who(low[found.end() :]):
        return ""  # "it isn't expensive but it was my mother's"
    return who if named or len(words) == 1 or words[0] in _WHOSE else ""


_WHOSE = frozenset("the my our your his her their".split())


def says_who(words: str) -> bool:
    """Whether `words` say who or what is in the photo, and not where, when or how it was."""
    low = plain(words)
    if re.match(r"(?:it|he|she|this|that|they)(?:'s| is| are) (?:in|at|on|from|with|near|not|\d+)\b", low):
        return False
    return not re.match(r"(?:it|he|she|we|they|i)\b(?!'s| is|'re| are)", low)
