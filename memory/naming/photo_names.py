"""Which photos show one named thing: what recall needs of names, so that Leo with five photos is told as one thing.

Only a photo that shows one name belongs to a thing here: of "Leo and Mia" nobody can say which of them a new photo
shows. What the user decided about names counts, as in `named_things.py`.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from memory.db import name_rows
from memory.naming.named_things import Decided, names_of
from memory.text import folded, match_expression

_FIRST = re.compile(r"\W*(?:(?:again|also|and|more|another|still|just)\b\W*)*([^\W\d_]{2,})(?!['’]s)\b", re.IGNORECASE)
_GIVES = re.compile(r"\b(?:this|that|these|those|it|me|us|my|our|them)\b", re.IGNORECASE)
""" "Anna gave me this" does not show Anna; "Leo ate a shoe" shows Leo, as far as one photo more of Leo matters."""


def by_photo(db: sqlite3.Connection, photos: Collection[str]) -> dict[str, str]:
    """The name, folded, of the one thing that each of the `photos` (hashes) shows, and that all other photos of these
    things show. Photos that show no name or several are left out. Runs on an open transaction."""
    decided = Decided(name_rows.every(db))
    marks = ", ".join("?" * len(photos))
    said = _shown(db, f"photo IN ({marks})", tuple(photos), decided)
    found = {photo: name for photo, name in said.items() if photo in photos}
    for name in set(found.values()):
        found |= {photo: one for photo, one in _with_name(db, name, decided).items() if one == name}
    return found


def _with_name(db: sqlite3.Connection, name: str, decided: Decided) -> Mapping[str, str]:
    """All photos about which the user said the name, or one that means the same, with the name that each shows."""
    expression = " OR ".join(filter(None, (match_expression(one) for one in (name, *decided.said_for(name)))))
    which = "photo IN (SELECT photo FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ?)"
    return _shown(db, which, (expression,), decided, {name}) if expression else {}


def _shown(
    db: sqlite3.Connection, which: str, values: tuple[str, ...], decided: Decided, known: Collection[str] = ()
) -> dict[str, str]:
    """Of the photos that the condition `which` chooses, those that show one name. `known`: names surely said."""
    rows = db.execute(f"SELECT photo, words FROM episodes JOIN said ON said.rowid = row WHERE {which}", values)
    texts = [(photo, words) for photo, words in rows if words.strip()]
    sure = frozenset(known) | _surely(db, [words for _, words in texts])
    names: dict[str, set[str]] = {}
    for photo, words in texts:
        called = {decided.called(folded(name), photo) for name in _seen_in(words, sure)}
        names.setdefault(photo, set()).update(called - {""})
    return {photo: next(iter(found)) for photo, found in names.items() if len(found) == 1}


def _seen_in(words: str, sure: frozenset[str]) -> tuple[str, ...]:
    """The names of which the words say that the photo shows them, or the one name that the words begin with."""
    said = names_of(words, sure)
    if said.shown or len(said.mentioned) != 1 or _GIVES.search(words):
        return said.shown
    first = _FIRST.match(words)
    return said.mentioned if first and folded(said.mentioned[0]).split()[0] == folded(first[1]) else ()


def _surely(db: sqlite3.Connection, texts: Iterable[str]) -> frozenset[str]:
    """Names that these texts surely say, and first words of theirs that any other text of the user surely names."""
    sure: set[str] = set()
    doubtful: set[str] = set()
    for text in texts:
        said = names_of(text)
        sure |= {folded(name) for name in (*said.shown, *said.mentioned)}
        if not said.shown and (first := _FIRST.match(text)) and first[1][0].isupper():
            doubtful.add(folded(first[1]))
    for word in doubtful - sure:
        expression = match_expression(word)
        query = "SELECT words FROM said WHERE said MATCH ?"
        if expression and any(
            word in map(folded, (*said.shown, *said.mentioned))
            for (words,) in db.execute(query, (expression,))
            if (said := names_of(words))
        ):
            sure.add(word)
    return frozenset(sure)
