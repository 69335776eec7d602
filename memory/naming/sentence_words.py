"""A text as sentences of words, as names are looked for in them: with who owns something, and what stands between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from memory.text import folded


class Word(NamedTuple):
    """A word of a sentence."""

    text: str
    """Without an ending "'s"."""
    owns: bool
    """Whether it has such an ending."""
    before: str
    """The characters between it and the word before."""

    @property
    def key(self) -> str:
        """The word as it is compared."""
        return _key(self.text)

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter, and is not all capital letters."""
        return self.text[0].isupper() and (not self.text.isupper() or len(self.text) == 1)


_key = lru_cache(maxsize=4096)(folded)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\s*[;\n]+\s*")
_WORD = re.compile(r"[^\W_]+(?:[.'’-][^\W_]+)*")
_OWNER = re.compile(r"['’]s$")
_COPULA = re.compile(r"(this|that|here|it|he|she|there|what|who|let|name)['’]s|(that|he|she)s", re.IGNORECASE)
_FILLER = re.compile(r"(?:^|,?\s)(?:u+h+m*|u+m+|e+rm+|h+m+)(?![\w'’])[,.…]*", re.IGNORECASE)
"""What is said while somebody thinks: "so this is, um, Pepper"."""


def sentences_of(text: str) -> Iterator[list[Word]]:
    """The sentences of a text; a last word without letters ends each, so that every word has one after it."""
    return (list(words) for words in _sentences(text))


@lru_cache(maxsize=16)
def _sentences(text: str) -> tuple[tuple[Word, ...], ...]:
    """The same; several rules read one text, one after the other."""
    found = []
    for part in _SENTENCE.split(_FILLER.sub("", text)):
        words, at = [], 0
        for match in _WORD.finditer(part):
            bare = _OWNER.sub("", match[0])
            if copula := _COPULA.fullmatch(match[0]):
                words += [Word(copula[1] or copula[2], False, part[at : match.start()]), Word("is", False, " ")]
            else:
                words.append(Word(bare, bare != match[0], part[at : match.start()]))
            at = match.end()
        if words:
            found.append((*words, Word("\0", False, part[at:] or ".")))
    return tuple(found)
