"""What was typed in one spelling, for rules: lower case, straight apostrophes, slips in small words mended."""

from __future__ import annotations

import re

APOSTROPHES = {0x2018: "'", 0x2019: "'", 0xB4: "'", 0x60: "'"}
"""Characters that are typed for an apostrophe."""
TYPOS = {
    "thsi": "this",
    "tihs": "this",
    "htis": "this",
    "taht": "that",
    "waht": "what",
    "wht": "what",
    "wat": "what",
    "hwat": "what",
    "whre": "where",
    "wehre": "where",
    "hwo": "how",
    "wot": "what",
    "wots": "what's",
    "hoo": "who",
    "wich": "which",
    "whitch": "which",
    "wher": "where",
    "whear": "where",
    "whent": "when",
    "whos": "who's",
    "whats": "what's",
    "wheres": "where's",
    "whens": "when's",
    "hows": "how's",
    "thats": "that's",
    "thts": "that's",
    "hes": "he's",
    "shes": "she's",
    "theyre": "they're",
    "youre": "you're",
    "im": "i'm",
    "ive": "i've",
    "isnt": "isn't",
    "arent": "aren't",
    "wasnt": "wasn't",
    "werent": "weren't",
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "cant": "can't",
    "wont": "won't",
    "hasnt": "hasn't",
    "havent": "haven't",
    "pls": "please",
    "plz": "please",
    "u": "you",
    "r": "are",
    "dis": "this",
    "dat": "that",
    "wut": "what",
    "wats": "what's",
    "wuts": "what's",
    "idk": "i don't know",
    "abt": "about",
    "rly": "really",
    **dict.fromkeys("bc cuz coz bcs".split(), "because"),
    **dict.fromkeys("yep yeah yup yea yess ja oui".split(), "yes"),
    **dict.fromkeys("nope nah nein non".split(), "no"),
}
"""Slips and short forms of the small words that decide; names and nouns are left as they are."""
_UNMISTAKABLE = (
    "u r dis dat wut wat wats wuts abt bc cuz coz bcs pls plz rly thsi tihs htis taht waht wht wher whre hwo wot"
    " wots hoo wich whitch whear whent"
)
SHORT = {
    **{word: TYPOS[word] for word in _UNMISTAKABLE.split()},
    "ur": "your",
    "ppl": "people",
    "whr": "where",
}
"""Short forms that no name and no other word has."""
_SHORT = re.compile(rf"(?<![\w'’@./-])(?:{'|'.join(SHORT)})(?![\w'’@/-]|\.\w)", re.IGNORECASE)
_ASKS = r"(?=(?:is|are|was|were|did|do|does|have|has|will|can)\b)"
_BY_EAR = {
    "where": re.compile(rf"(?i:were|ware|wear) {_ASKS}"),
    "when": re.compile(rf"wen {_ASKS}"),
    "whose": re.compile(
        r"(?i:who['’]?s) (?=(?:is|are|was|were)\b|\w+ (?:is|are|was|were) (?:it|this|that|these|those)\b)"
    ),
}
""" "Were is it from", "whos clock was it": words that begin a question, spelled as they sound."""
_WHO_THIS = re.compile(r"^(\W*(?:and |so |but |ok |hey )?who)( (?:this|that)\W*)$", re.IGNORECASE)
EMOJI = re.compile("[\u2190-\u2bff\ufe0e\ufe0f\u200d\u20e3\U0001f000-\U0001faff]")
"""Little pictures, their joints and variants: rules read a space in their place."""
DRAWN_OUT = re.compile(r"([aehiklosty])\1{2,}$")
""" "Heyyy", "noooo", "thanksss": one letter is meant."""
ITS_A = re.compile(r"its (?!(?:name|age|birthday|breed|price|colou?r|owner)\b)")
""" "its my bike", and no "its name"."""


def plain(text: str) -> str:
    """`text` in lower case with straight apostrophes, slips in small words mended. The length may change."""
    return mended(text)[0]


def spelled_out(text: str) -> str:
    """`text` with the short forms that are typed in chats as whole words, all else as it was typed: "what do u know"
    is "what do you know"."""
    if heard := _by_ear(text):
        text = re.sub(r"^[\w'’]+", heard, text, count=1)
    return _WHO_THIS.sub(r"\1 is\2", _SHORT.sub(lambda found: SHORT[found[0].lower()], text))


def _by_ear(text: str) -> str:
    """The first word of a question that is spelled as it sounds, as it is written: "where", of "were is it"; or ""."""
    return next((word for word, sounds in _BY_EAR.items() if sounds.match(text)), "")


def mended(text: str) -> tuple[str, list[int]]:
    """The plain form of `text`; and for each of its characters, and for its end, where in `text` that comes from."""
    low = text.lower() if len(text.lower()) == len(text) else text
    low = EMOJI.sub(" ", low.translate(APOSTROPHES))
    out, origin, at = "", [], 0
    for found in re.finditer(r"[a-zäöüß]+(?:'[a-z]+)?", low):
        said = DRAWN_OUT.sub(r"\1", found[0])
        word = TYPOS.get(said, said if len(said) > 1 else found[0])
        if found[0] == "its" and found.start() == 0 and ITS_A.match(low):  # "its our car", but "its name"
            word = "it's"
        word = (not found.start() and _by_ear(text)) or word
        out += low[at : found.start()] + word
        origin += [*range(at, found.start()), *[min(found.start() + n, found.end() - 1) for n in range(len(word))]]
        at = found.end()
    return out + low[at:], [*origin, *range(at, len(low) + 1)]
