"""What a search finds beside the very words: words that begin so, and words that were mistyped by a letter or two.

For people who search, letter by letter; recall for a question does without it, as a guess there would be told as a
memory. Guesses are words of this memory only, so a misspelt word in a memory is found by its right spelling too. Every
letter left out, added, changed, or swapped with its neighbour counts as one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable
from typing import NamedTuple

from memory.db import word_index
from memory.db.rows import DEPTH, HIT_COLUMNS, Hit
from memory.text import folded, joined, spelled_terms

SHORTEST_BEGINNING = 2
"""A word of so many letters finds words that begin with it."""
SHORTEST_GUESS, SHORTEST_FOR_TWO = 4, 7
"""A word of so many letters may be mistyped by one letter, or by two."""
MOST_GUESSES = 4
"""At most so many words are taken for a mistyped one: the nearest, and of those the most frequent."""
_ARABIC = "وبال ولل وال بال فال كال ال لل ول وب و ب ل ف"
_HEBREW = "כשה וכש וה שה מה וב ול ומ וש ה ו ב ל מ ש כ"  # noqa: RUF001 (Hebrew is meant)
ATTACHED = (*_ARABIC.split(), *_HEBREW.split())
"""What Arabic and Hebrew write in front of a word, without a space: the article, "and", "in", "to", "from", "as"."""
_WORD = re.compile(r"\w+")


class Near(NamedTuple):
    """Episodes without the very words of a search."""

    hits: list[Hit]
    """Those with a word that begins so before those with a guess; the newest first."""
    words: dict[int, list[str]]
    """By the row of an episode: the words found, spelled as the user said them."""
    instead: dict[str, str]
    """Mistyped words, folded, each with the most likely word of the memory as the user spelled it."""


def near(db: sqlite3.Connection, text: str, known: Collection[int]) -> Near:
    """Episodes near to the words of `text`, at most DEPTH; those at the rows `known` have been found and are left out.

    The last word counts as unfinished unless a space or a mark follows it.
    """
    expressions = spelled_terms(text)
    unfinished = next(reversed(expressions), "") if text[-1:].isalnum() else ""
    begins, guesses = [], {}
    for word, expression in expressions.items():
        if any(map(joined, word)):
            continue
        unknown = not _any(db, "said", f'"{word}"') and not _any(db, "spellings", expression)
        beginning = f'"{word}"*'
        if len(word) >= SHORTEST_BEGINNING and (word == unfinished or unknown) and _any(db, "spellings", beginning):
            begins.append((word, beginning))
        elif unknown and (meant := _meant(db, word)):
            guesses[word] = meant
    found = _newest(db, [beginning for _, beginning in begins], known)
    guessed = [f'"{meant}"' for words in guesses.values() for meant in words]
    found += _newest(db, guessed, {*known, *(hit.row for hit in found)})
    starts = tuple(word for word, _ in begins)
    meant_words = {meant for words in guesses.values() for meant in words}
    words = {hit.row: _spelled(db, hit.row, starts, meant_words) for hit in found}
    as_said = {folded(word): word for several in words.values() for word in several}
    instead = {word: as_said.get(meant[0], meant[0]) for word, meant in guesses.items()}
    return Near(found[:DEPTH], words, instead)


def _meant(db: sqlite3.Connection, word: str) -> list[str]:
    """What a mistyped word may mean: words with its first letter or, when there are none, with its second.

    Hebrew and Arabic put letters before a word, so there all words count. Elsewhere reading all would take too long.
    """
    if attached := _attached(db, word):
        return attached
    if len(word) < SHORTEST_GUESS:
        return []
    second = "" if "\u0590" <= word[0] <= "\u08ff" else word[1]
    return closest(word, vocabulary(db, word[0])) or closest(word, vocabulary(db, second))


def _attached(db: sqlite3.Connection, word: str) -> list[str]:
    """The word of an Arabic or Hebrew search with an article or the like before it, or without; as it was said."""
    if not "\u0590" <= word[0] <= "\u06ff" or len(word) < SHORTEST_GUESS - 1:
        return []
    with_it = [front + word for front in ATTACHED]
    without = [rest for front in ATTACHED if len(rest := word.removeprefix(front)) >= SHORTEST_GUESS - 1]
    said = [w for w in (*with_it, *without) if w != word and _any(db, "spellings", f'"{w}"')]
    return said[:MOST_GUESSES]


def vocabulary(db: sqlite3.Connection, first: str) -> list[tuple[str, int]]:
    """The words of the index of spellings with this first letter ("": all), and how many episodes have each.

    They are read from the index each time: a list kept beside it would have to be forgotten as well.
    """
    db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab (main, spellings, row)")
    some = "SELECT term, doc FROM temp.vocabulary"
    if not first:
        return db.execute(some).fetchall()
    return db.execute(f"{some} WHERE term >= ? AND term < ?", (first, chr(ord(first) + 1))).fetchall()


def closest(word: str, among: Iterable[tuple[str, int]]) -> list[str]:
    """The words, of those with their numbers of episodes, that a mistyped `word` most likely means, best first."""
    most = 0 if len(word) < SHORTEST_GUESS or not word.isalpha() else 1 if len(word) < SHORTEST_FOR_TWO else 2
    letters, found = set(word), []
    for term, episodes in among:
        if abs(len(term) - len(word)) > most or len(letters.symmetric_difference(term)) > 2 * most:
            continue
        if 0 < (typos := _typos(word, term, most)) <= most:
            found.append((typos, term[0] != word[0], -episodes, term))
            most = min(most, typos)
    found.sort()
    return [term for typos, other, _, term in found if (typos, other) == found[0][:2]][:MOST_GUESSES]


def _typos(one: str, other: str, most: int) -> int:
    """How many letters were mistyped between two words (optimal string alignment); more than `most` is `most` + 1."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def _any(db: sqlite3.Connection, index: str, expression: str) -> bool:
    """Whether any episode matches."""
    found = db.execute(f"SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT 1", (expression,))
    return found.fetchone() is not None


def _newest(db: sqlite3.Connection, expressions: Collection[str], known: Collection[int]) -> list[Hit]:
    """Episodes that match any of the expressions, without those `known`; the last stored first."""
    if not expressions:
        return []
    rows = f"SELECT rowid AS found FROM spellings WHERE spellings MATCH ? ORDER BY rowid DESC LIMIT {2 * DEPTH}"
    query = f"SELECT {HIT_COLUMNS} FROM ({rows}) JOIN episodes ON row = found ORDER BY row DESC"
    hits = (Hit(*one) for one in db.execute(query, (" OR ".join(expressions),)))
    return [hit for hit in hits if hit.row not in known][:DEPTH]


def _spelled(db: sqlite3.Connection, row: int, begins: tuple[str, ...], words: Collection[str]) -> list[str]:
    """Words in an episode, and its place, that begin so or are among `words` (folded), as the user spelled them."""
    text = " ".join(filter(None, word_index.said(db, row)))
    found = {w: folded(w) for w in _WORD.findall(text)}
    return [w for w, plain in found.items() if plain in words or plain.startswith(begins)]
