"""Who or what a photo shows, in the words that a person said about it: "This is Zuri", "My blue backpack from Rome".

A memory is called by it in questions and receipts. English patterns; no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.naming.categories import BEARERS
from memory.naming.named_things import names_of
from memory.naming.word_lists import DOING, NOT_SOMEBODY

LONGEST_NAME = 40
"""Characters of the longest name or thing that a memory is called by."""
_SAID = re.compile(
    r"(?:\b(?:this|that|these|those|it|he|she|they|here)(?:['’]s| is| are|['’]re| was| were)|\b(?:thats|hes|shes)"
    r"|\bits(?! (?:name|age|birthday)\b)|\bmeet) (.+?)"
    r"(?:[,.;:!?()–—]|$| (?:and|who|whom|which|that|from|at|in|on|by|with|when|while|we|he|she|hes|shes|theyre|as|for"
    r"|again|my|our)\b)",
    re.IGNORECASE,
)
"""The name in a sentence that says who or what it is, up to where something is said about its bearer."""
_TOO = re.compile(
    r"^(?:actually|really|just|only|u+h+m*|u+m+|e+rm+)\s+|\s+(?:too|again|also|as well)\W*$", re.IGNORECASE
)
"""What stands beside a name and is none: "This is Bruno too", "It's actually Lulu"."""
_DANGLES = re.compile(r"\b(?:of|from|for|to)$", re.IGNORECASE)
""" "This is dog of my sister": whose it is, and the thing without its article."""
_NOUN = re.compile(r"(?:(?:an?|the|my|our|his|her|their|your|one of|me|us)\s|[^\W\d_]+['’]s?\s|[A-Z])", re.UNICODE)
"""How the name of something begins, where it is not one word: with an article, an owner or a capital letter."""
_NO_NOUN = re.compile(
    r"(?:an?|the|my|our) (?:(?:very|only|main|best|first|last|next|same|exact|real|big|great) )*"
    r"(?:reason|time|day|morning|evening|night|week|month|year|moment|way|idea|shame|pity|bit|lot"
    r"|best|first|last|one|ones|same|only|fault|favou?rite)\b|I\b|[A-Z]\w+day\b",
    re.IGNORECASE,
)
""" "It was the first time", "that was a shame", "this was Sunday": nothing that a photo shows."""
_POINTED = re.compile(r"(?:this|that|these|those|here|thats|meet)\b(?!\s+w)", re.IGNORECASE)
_THING = re.compile(
    r"(?:(?:a|an|the|my|our|his|her|their)\s|(?!(?:It|That|This|He|She|There|Here|What|Who|Let)['’])[A-Z]\w*['’]s\s)[^,.;:!?\n–—]*?(?=[,.;:!?\n–—]|$"
    r"|\s(?:is|are|was|were|has|had|from|in|at|on|that|which|who|when|with|to|for|and|of (?:my|our)"
    r"|lol|haha|he|she|it|they|we|hes|shes|theyre|he's|she's|it's|here)\b)"
)
"""A thing that a sentence begins with, up to where something is said about it."""


_OBJECTS = frozenset("this that these those it him them me us".split())
"""What stands behind a verb, and in no name of a thing."""
_OF_A_CLAUSE = frozenset("i we he she you my our his her their the a an".split())
"""With what another clause begins that is part of the name: "the backpack my daughter Lena used"."""


def subject(words: str) -> str:
    """What a memory with these words is called by: `named_subject`, else `first_thing`, else ""."""
    return named_subject(words) or first_thing(words)


def named_subject(words: str) -> str:
    """Who or what `words` say is in a photo, said to the person who said it: "Zuri", "your grandmother's clock".

    "" when they do not say it in a sentence such as "This is ...".
    """
    shown = names_of(words).shown
    for sentence in re.split(r"(?<=[.!?])\s|\n", words):
        found = _SAID.search(sentence)
        if found and _DANGLES.search(found[1]):
            return shown[0] if len(shown) == 1 else ""
        if found and (name := _TOO.sub("", found[1]).strip(" \"'“”")) and _names_something(found[0], name):
            return _to_the_user(_capitals(name, words)) if len(name) <= LONGEST_NAME else ""
    called = shown and re.match(rf"\s*{re.escape(shown[0])}(?:!| (?:is|was|has|had)\b)", words)
    return shown[0] if called else ""  # "Biscuit! He belongs to Maureen", "Ted was mine when I was little"


def first_thing(words: str) -> str:
    """The thing that a sentence without "This is" begins with: "your blue backpack" of "My blue backpack from Rome".

    "" where the words begin otherwise, or the thing takes too many of them.
    """
    found = _THING.match(
        words[:1].lower() + words[1:] if re.match(r"(?:A|An|The|My|Our|His|Her|Their)\s", words) else words
    )
    thing = _to_the_user(found[0].strip()) if found and not _does(found[0].split()[1:]) else ""
    return thing if len(thing.split()) > 1 and len(thing) <= LONGEST_NAME else ""


def _does(words: Sequence[str]) -> bool:
    """Whether one of the words is a verb, and so they are no thing: "my friend Assumpta crocheted this"."""
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word.lower() in _OF_A_CLAUSE:
            return False
        somebody = before[:1].isupper() or before in BEARERS
        if word.lower() in _OBJECTS or (word.lower() in DOING and somebody):
            return True
        if word.endswith("ed") and (somebody or after.lower() in _OBJECTS):
            return True
    return False


def _names_something(sentence: str, name: str) -> bool:
    """Whether what follows "This is" or "She was" names somebody or something: not "1972", "so cute" or "asleep"."""
    if (
        not name[0].isalpha()
        or name.endswith(("'s", "’s"))
        or name.split()[0].casefold() in NOT_SOMEBODY
        or _NO_NOUN.match(name)
    ):
        return False
    short = len(name.split()) <= 2 and not re.match(r"\S+(?:ing|ed)\b", name)
    return bool(_NOUN.match(name) or (short and _POINTED.match(sentence)) or names_of(name.title()).shown)


def _capitals(subject: str, words: str) -> str:
    """A subject with its names as names are written: "biscuit" is "Biscuit"."""
    for name in names_of(words).shown:
        subject = re.sub(rf"\b{re.escape(name)}\b", name, subject, flags=re.IGNORECASE)
    return subject


def _to_the_user(thing: str) -> str:
    return re.sub(r"\b(my|our)\b", "your", thing, flags=re.IGNORECASE)
