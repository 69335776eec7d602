"""Text as it is compared and looked up: folding of case and marks, FTS5 expressions, and counts in words.

Search and forget read text alike: what `folded` makes equal is equal to both, and scripts that write no
spaces between words (`joined`) are compared sign by sign in both.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from memory.han_variants import TO_SIMPLIFIED

MAX_TERMS = 64
"""Words of a query that are looked up; further words would slow the word index down and change little."""
_STOP_WORDS = frozenset(
    """a about after all also am an and any are as at be been before but by can could d did do does doing don for from
    had has have having he her here hers him his how i if in into is it its just ll m me my no nor not of off on or our
    ours out over own re s she should so some such t than that the their them then there these they this those to too
    under up us ve very was we were what when where which while who whom whose why will with would you your yours
    """.split()
)
_STOP_PAIRS = frozenset(
    """我们 你们 他们 们在 们去 什么 时候 怎么 哪里 哪儿 这个 那个 一个 没有 去了 是在 在哪 的时 这是 是谁
    はい ました まし した です ます いた った
    たい から まで いつ どこ だれ なに なん のは ので この その あの これ それ れは てい て行 습니 니다 했다 있다 에서
    언제 어디 누구""".split()
)
"""Pairs of signs that say nothing in a search."""
_ZEROS = (
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20),
    *(0x1040, 0x17E0),
)
"""The zero of each script that has digits of its own; 1 to 9 follow it."""
_LETTERS = str.maketrans(
    {"\u0131": "i", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
    | {"\u0640": "", "\u0649": "\u064a", "\u0629": "\u0647"}
    | {"\u06a9": "\u0643", "\u06cc": "\u064a", "\u06d2": "\u064a"}
    | dict.fromkeys("\u06c1\u06be\u06c3\u06d5", "\u0647")
    | {"\u0901": "\u0902", **dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"), "\u2010": "-", "\u2011": "-"}
    | {chr(kana): chr(kana - 0x60) for kana in range(0x30A1, 0x30F7)}
    | {chr(zero + n): str(n) for zero in _ZEROS for n in range(10)}
    | TO_SIMPLIFIED
)
"""Letters that people write both ways and that have no accent to leave out.

Of Arabic: the line that only stretches a word goes; ya without dots and ta marbuta are as ya and ha, and so are the
letters of Persia and Pakistan for kaf, ya and ha. Katakana are as hiragana, chandrabindu is as anusvara, traditional
signs of Chinese and those of Japan as simplified ones. Digits of any script are as 0 to 9.
"""
_SPELT_BOTH_WAYS = (
    (re.compile("[\u0919\u091e\u0923\u0928\u092e]\u094d(?=[\u0915-\u0939])"), "\u0902"),  # हिन्दी is हिंदी
    (re.compile("\u0e40\u0e40"), "\u0e41"),  # two signs of Thai that look like one
)
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # accents
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08d3-\u08ff"
    "\u093c\u09bc\u0a3c"  # the dot below of India
    "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"  # Hebrew, Arabic; signs without width
)
"""Marks that many leave out. Vowels of India and Thailand and the two marks of kana are none: they make other words."""
JOINED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3100-\u318f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Ranges for a regular expression: Thai, Lao, Tibetan, Burmese, Khmer, Chinese and Japanese, which write no spaces, and
Korean, which glues endings to words."""
_ONE_JOINED = re.compile(f"[{JOINED}]")
_RUNS = re.compile(f"[{JOINED}]+|[^{JOINED}]+")


_NO_WORD = re.compile(r"[^a-z0-9]")
"""What is neither letter nor digit, in ASCII and small letters."""
_ELIDED = re.compile(
    r"(?<!\w)(?:[cdjlmnosty]|qu|jusqu|lorsqu|puisqu|quelqu|dell|nell|all|dall|sull|coll|un|quest|quell)['’](?=\w)", re.I
)
"""What loses its vowel before a name or a noun, and says nothing in a search: l'été, dell'opera, O'Neil."""


def folded(text: str) -> str:
    """`text` without letter case, and without accents and other marks that many leave out, for comparison."""
    text = text.casefold()
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold())
    bare = bare.translate(_LETTERS)
    for pattern, instead in _SPELT_BOTH_WAYS:
        bare = pattern.sub(instead, bare)
    return bare


def joined(character: str) -> bool:
    """Whether the character is of a script in which words follow one another without spaces."""
    return bool(_ONE_JOINED.match(character))


def _words(text: str) -> list[str]:
    """The words of `text`, folded; only letters, digits and marks survive."""
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded(text)).split()


def _runs(word: str) -> list[str]:
    """A word in parts of one kind each: without spaces between words, or with them."""
    return [word] if word.isascii() else _RUNS.findall(word)


def spelling(text: str) -> str:
    """`text` as the index of spellings holds it: folded words, and pairs of signs where words have no spaces.

    A run of signs gives each pair of neighbours and its last sign: 東京都 becomes "東京 京都 都".
    """
    tokens: list[str] = []
    for word in _words(text):
        for run in _runs(word):
            tokens += [run[n : n + 2] for n in range(len(run))] if joined(run[0]) else [run]
    return " ".join(tokens)


def spelled_terms(text: str) -> dict[str, str]:
    """The words of `text` worth looking up, folded, each with the FTS5 expression that finds it among spellings."""
    terms: dict[str, str] = {}
    for word in _words(_ELIDED.sub(" ", text)):
        if word in _STOP_WORDS:
            continue
        parts = []
        for run in _runs(word):
            pairs = [run[n : n + 2] for n in range(len(run) - 1)] if joined(run[0]) else [run]
            parts.append(f'"{" ".join(pairs)}"' if pairs else f'"{run}"*')
        terms[word] = f"({' AND '.join(parts)})" if len(parts) > 1 else parts[0]
    return dict(list(terms.items())[:MAX_TERMS])


def pair_terms(text: str) -> list[str]:
    """FTS5 expressions of the pairs of neighbours in longer words without spaces between them, as spellings hold them.

    A question of Chinese or Japanese is one such word: what it is about is found by the pairs, as a sentence by words.
    """
    runs = [run for word in _words(text) for run in _runs(word) if len(run) > 2 and joined(run[0])]
    pairs = dict.fromkeys(run[n : n + 2] for run in runs for n in range(len(run) - 1))
    return [f'"{pair}"' for pair in pairs if pair not in _STOP_PAIRS][:MAX_TERMS]


def terms(text: str) -> list[str]:
    """The words of `text` worth looking up, each as an FTS5 string; empty when only stop words are left.

    Only letters, digits and marks survive, and each word is quoted: nothing a user writes is ever FTS syntax.
    """
    text = _ELIDED.sub(" ", text.lower())
    if text.isascii():  # nearly all words are, and people have thousands of memories
        kept = _NO_WORD.sub(" ", text)
    else:
        kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    words = dict.fromkeys(w for w in kept.split() if w not in _STOP_WORDS)
    return [f'"{w}"' for w in list(words)[:MAX_TERMS]]


@lru_cache(maxsize=8192)
def worth_looking_up(word: str) -> bool:
    """Whether a word has letters or digits and is no stop word."""
    return bool(terms(word))


def match_expression(text: str) -> str:
    """An FTS5 expression that finds any word of `text`; empty when only stop words are left."""
    return " OR ".join(terms(text))


def count(n: int, noun: str) -> str:
    """A number with its noun: "1 turn", "2 turns"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
