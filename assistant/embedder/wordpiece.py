"""WordPiece, the tokenizer of BERT "uncased": text to ids of a vocabulary, as the original does it.

Letters become lower case and lose their accents, punctuation marks and Chinese characters stand alone, and a word that
the vocabulary lacks is cut into the longest pieces that the vocabulary has (Devlin and others, 2018; the tests compare
the ids with those of the `tokenizers` library).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from memory.errors import ModelError

LONGEST_WORD = 100
"""A word of more characters is unknown as a whole."""
BEGIN, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
"""Ranges of code points that BERT takes for Chinese characters, ends included."""


class WordPiece:
    """The tokenizer of one vocabulary."""

    def __init__(self, vocabulary: Path) -> None:
        """Read a vocabulary file: a piece a line, the line's number is its id. Raises ModelError for another file."""
        try:
            pieces = vocabulary.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"{vocabulary} cannot be read as a vocabulary: {error}") from error
        self._ids = {piece: n for n, piece in enumerate(pieces) if piece}
        if lost := [piece for piece in (BEGIN, END, UNKNOWN) if piece not in self._ids]:
            raise ModelError(f"{vocabulary} is no vocabulary of BERT: it has no {', '.join(lost)}")

    def ids(self, text: str, most: int) -> list[int]:
        """The ids of a text between [CLS] and [SEP]; at most `most` in all: a longer text is cut."""
        return [self._ids[BEGIN], *self.pieces(text)[: most - 2], self._ids[END]]

    def pieces(self, text: str) -> list[int]:
        """The ids of the pieces of a text's words."""
        return [id for word in _words(text) for id in self._pieces(word)]

    def _pieces(self, word: str) -> list[int]:
        """The longest pieces of a word, from its beginning on; one [UNK] where pieces do not make up the whole word."""
        found: list[int] = []
        start = 0
        while start < len(word):
            head = "##" if start else ""
            for end in range(len(word), start, -1):
                if (id := self._ids.get(head + word[start:end])) is not None:
                    break
            else:
                return [self._ids[UNKNOWN]]
            found.append(id)
            start = end
        return found if len(word) <= LONGEST_WORD else [self._ids[UNKNOWN]]


def _words(text: str) -> Iterator[str]:
    """The words and punctuation marks of a text, in lower case and without accents."""
    plain = "".join(_spaced(character) for character in text)
    bare = "".join(c for c in unicodedata.normalize("NFD", plain.lower()) if unicodedata.category(c) != "Mn")
    word = ""
    for character in bare:
        alone = _is_punctuation(character)
        if alone or character.isspace():
            if word:
                yield word
            word = ""
            if alone:
                yield character
        else:
            word += character
    if word:
        yield word


def _spaced(character: str) -> str:
    """What a character becomes: nothing for controls, a space for whitespace; ideographs get spaces around them."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    if code in (0, 0xFFFD) or unicodedata.category(character)[0] == "C":
        return ""
    return f" {character} " if any(low <= code <= high for low, high in _IDEOGRAPHS) else character


def _is_punctuation(character: str) -> bool:
    """Whether BERT takes a character for punctuation: also every printable ASCII sign but letters and digits."""
    code = ord(character)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(character)[0] == "P"
