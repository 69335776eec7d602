"""The user's decisions about names, "Zuri is Zuri the zebra", "Whit is no name": values and queries.

Who and what has a name is found in the user's words each time anew (`naming/`); only decisions are stored. A decision
goes with the last words that say its name, or with its photo. Each function runs on an open transaction.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from memory.db import rows
from memory.text import folded, match_expression

_COLUMNS = "name, photo, called, when_utc"
_WORD = re.compile(r"[^\W_]+")


def now() -> datetime:
    """This moment in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class NameDecision:
    """Who or what a name means, by the user's word."""

    name: str
    """The name as it was said, `folded`."""
    called: str
    """The name that counts; "": what was said is no name."""
    photo: str | None = None
    """Hash of the photo for which this holds; None: wherever the name was said."""
    when: datetime = field(default_factory=now, compare=False)

    def __post_init__(self) -> None:
        if not self.name or self.name != folded(self.name) or not isinstance(self.called, str):
            raise ValueError(f"a decision about a name has a name: {self.name!r}, {self.called!r}")
        if self.photo is not None and not re.fullmatch("[0-9a-f]{64}", self.photo):
            raise ValueError(f"a decision is about a photo by its hash: {self.photo!r}")


def put(db: sqlite3.Connection, decision: NameDecision) -> bool:
    """Store a decision in the place of an earlier one about the name; False when its photo is not in the memory."""
    photo = decision.photo
    if photo and not rows.has_photo(db, photo):
        return False
    delete(db, decision)
    values = (decision.name, photo, decision.called, decision.when.astimezone(UTC).isoformat())
    db.execute(f"INSERT INTO names ({_COLUMNS}) VALUES (?, ?, ?, ?)", values)
    return True


def delete(db: sqlite3.Connection, decision: NameDecision) -> None:
    """Delete what was decided about a decision's name and photo."""
    db.execute("DELETE FROM names WHERE name = ? AND photo IS ?", (decision.name, decision.photo))


def every(db: sqlite3.Connection) -> list[NameDecision]:
    """All decisions, by name."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM names ORDER BY name, photo").fetchall()
    return [NameDecision(name, called, photo, datetime.fromisoformat(when)) for name, photo, called, when in rows]


def fold_anew(db: sqlite3.Connection) -> None:
    """Bring stored names to what `folded` gives now."""
    for rowid, name in db.execute("SELECT rowid, name FROM names").fetchall():
        if isinstance(name, str) and name != folded(name):
            db.execute("UPDATE names SET name = ? WHERE rowid = ?", (folded(name), rowid))


def put_missing(db: sqlite3.Connection, decisions: Iterable[NameDecision]) -> None:
    """Store those decisions about whose names nothing was decided; of an earlier and a later one, the later stays."""
    there = {(one.name, one.photo): one.when for one in every(db)}
    for one in decisions:
        before = there.get((one.name, one.photo))
        if before is None or before < one.when:
            put(db, one)


def restore(db: sqlite3.Connection, decisions: Iterable[NameDecision]) -> None:
    """Make these the only decisions."""
    db.execute("DELETE FROM names")
    for one in decisions:
        put(db, one)


def delete_unsaid(db: sqlite3.Connection, gone: Iterable[str]) -> int:
    """Delete decisions about names that nothing says any more, or whose words only the texts `gone` said.

    Returns how many there were. Call it when the rows of the index of words are deleted.
    """
    decisions = every(db)
    if not decisions:
        return 0
    forgotten = {word for text in gone for word in _WORD.findall(folded(text))}
    unsaid = 0
    for one in decisions:
        of_them = [word for word in _WORD.findall(folded(one.called)) if word in forgotten]
        if not _said(db, one.name) or not all(_said(db, word) for word in of_them):
            delete(db, one)
            unsaid += 1
    return unsaid


def _said(db: sqlite3.Connection, name: str) -> bool:
    """Whether any words of the user hold all words of the name."""
    wanted = _WORD.findall(name)
    expression = match_expression(name) if name.isascii() else ""  # what is folded may be spelled in many ways
    query = "SELECT words, place FROM said" + (" WHERE said MATCH ?" if expression else "")
    for words, place in db.execute(query, (expression,) if expression else ()):
        said = set(_WORD.findall(folded(f"{words}\n{place or ''}")))
        if said.issuperset(wanted):
            return True
    return False


def check(db: sqlite3.Connection) -> Iterator[str]:
    """Problems of decisions, each in one line, for `Memory.verify`."""
    try:
        every(db)
    except ValueError as error:
        yield f"a decision about a name is not what was written: {error}"
