"""A question that names what a memory calls "she": "How old is Bramble?", beside "She is eleven years old now".

Of one photo people tell several times, and say the name once. The reader and the rules see one memory at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.grounding.quotes.naming import called
from memory.naming.named_things import names_of

_PRONOUN = re.compile(r"\b(he|she|it|they|him|her|them|his|its|their)\b", re.IGNORECASE)
_SUBJECT = {"him": "he", "his": "he", "her": "she", "its": "it", "them": "they", "their": "they"}
_OWNER = {"he": "his", "she": "her", "it": "its", "they": "their"}
_WHO = re.compile(r"\W*(?:and |but |so )?who\b", re.IGNORECASE)
""" "Who is Bramble?" asks about the name itself."""


def asked_of(question: str, words: str, beside: Iterable[str]) -> str:
    """The question with "she" for the name that these words lack, where those told `beside` them, of the same photo,
    give its only thing that name."""
    texts = (words, *beside)
    known = frozenset().union(*(names_of(text).shown for text in texts))
    also = frozenset().union(*map(called, texts))
    if len(known - also) > 1 or not known | also or _WHO.match(question):
        return question
    name = "|".join(map(re.escape, known | also))
    said = re.compile(rf"(?<![\w'’-])(?:{name})(?P<owns>['’]s)?(?![\w-])", re.IGNORECASE)
    if said.search(words):
        return question
    found = _PRONOUN.search(words)
    pronoun = _SUBJECT.get(found[1].lower(), found[1].lower()) if found else "it"
    return said.sub(lambda one: _OWNER[pronoun] if one["owns"] else pronoun, question)
