"""The queries of the memory, each on an open transaction: values to rows and back. `store.py` holds them together."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from memory import ranking
from memory.db import engine
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, UnknownEpisode
from memory.search import vector_index
from memory.text import count
from memory.text import terms as text_terms

COMMON = 2000
"""A word that more episodes have counts only when the question has no rarer one: it costs much and says little."""
DEPTH = 100
"""Of so many episodes, the best, the order matters to a fusion of rankings."""

NEWEST = "when_utc DESC, row DESC"
"""The order of a list: what is of the same time (all that was said about one photo, often) by when it was told."""

_HIT = "episodes.row, episodes.id, episodes.photo, episodes.when_utc"
_PHOTO = "photos.sha256, photos.data, photos.width, photos.height, photos.taken_at"
_MATCH = re.compile("\x02([^\x02\x03]+)\x03")  # what `highlight` puts around a matched word


class Hit(NamedTuple):
    """An episode, found but not read."""

    row: int
    id: str
    photo: str
    when: str
    """As it is stored: the order of text is the order of time."""

    @property
    def time(self) -> tuple[str, int]:
        """By this, hits are in order: by time, then as they were told."""
        return self.when, self.row


class ByText(NamedTuple):
    """What words found."""

    said: list[Hit]
    placed: list[Hit]
    words: dict[int, list[str]]
    """Of an episode (its row) the words that were found in what the user said, as they were said."""


def insert(db: sqlite3.Connection, episode: Episode, row: int | None = None) -> bool:
    """Store an episode; False when it was there. Raises KeepsakeError for text that is none (lone surrogates).

    It was told last, or at `row` in the order of telling: what has this place then goes to the end.
    """
    try:
        id = episode.id
    except UnicodeEncodeError as error:
        strange = error.object[error.start : error.end]
        raise KeepsakeError(f"what was said holds something that is not text: {strange!r}") from error
    if row is not None and not db.execute("SELECT 1 FROM episodes WHERE id = ?", (id,)).fetchone():
        _move(db, row, _free(db))
    photo = episode.photo
    taken = photo.taken_at and photo.taken_at.isoformat()
    db.execute(
        "INSERT INTO photos (sha256, data, data_sha256, width, height, taken_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (photo.sha256, photo.data, hashlib.sha256(photo.data).hexdigest(), photo.width, photo.height, taken),
    )
    added = db.execute(
        "INSERT INTO episodes (row, id, photo, when_utc, place) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (row, id, photo.sha256, episode.when.isoformat(), episode.place),
    )
    if not added.rowcount:
        return False
    turns = [(id, n, turn.role, turn.text) for n, turn in enumerate(episode.turns)]
    db.executemany("INSERT INTO turns (episode, n, role, text) VALUES (?, ?, ?, ?)", turns)
    words = (added.lastrowid, episode.words, episode.place)
    db.execute("INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)", words)
    return True


def reorder(db: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Let these episodes have been told in this order, in the places which they have together."""
    at = [find(db, id)[0] for id in ids]
    moves = [(row, place) for row, place in zip(at, sorted(at), strict=True) if row != place]
    first = _free(db)
    for n, (row, _) in enumerate(moves, first):
        _move(db, row, n)
    for n, (_, place) in enumerate(moves, first):
        _move(db, n, place)


def merge_order(db: sqlite3.Connection, told: Sequence[str], new: Collection[str]) -> None:
    """Of episodes of one time that were `told` in this order, let the `new` ones stand before what follows them.

    What was here keeps its order, others of that time too.
    """
    time = "(SELECT when_utc FROM episodes WHERE id = ?)"
    here = db.execute(f"SELECT id FROM episodes WHERE when_utc = {time} ORDER BY row", (told[0],))
    order = [id for (id,) in here]
    for id, later in reversed(list(pairwise(told))):
        if id in new:
            order.remove(id)
            order.insert(order.index(later), id)
    reorder(db, order)


def _free(db: sqlite3.Connection) -> int:
    """The row that comes after all others."""
    return int(db.execute("SELECT coalesce(max(row), 0) + 1 FROM episodes").fetchone()[0])


def _move(db: sqlite3.Connection, row: int, to: int) -> None:
    db.execute("UPDATE episodes SET row = ? WHERE row = ?", (to, row))
    db.execute("UPDATE said SET rowid = ? WHERE rowid = ?", (to, row))


def find(db: sqlite3.Connection, id: str) -> tuple[int, str, str]:
    """Row, whole id and photo of the one episode whose id begins with `id`. Raises UnknownEpisode."""
    prefix = id.strip().lower()
    found = []
    if re.fullmatch("[0-9a-f]+", prefix):
        within = "id >= ? AND id < ?"  # 'g' comes right after the last hex digit
        found = db.execute(f"SELECT row, id, photo FROM episodes WHERE {within}", (prefix, prefix + "g")).fetchall()
    if not found:
        raise UnknownEpisode(f"no episode has the id {id!r}: see `python -m memory list`")
    if len(found) > 1:
        raise UnknownEpisode(f"{len(found)} episodes have an id that begins with {id!r}: give more of it")
    return tuple(found[0])


def load(db: sqlite3.Connection, which: str, values: tuple[Any, ...]) -> Iterator[Episode]:
    """Episodes with their photos; `which` is the end of the query (WHERE, ORDER BY, LIMIT)."""
    query = f"SELECT row, id, when_utc, place, {_PHOTO} FROM episodes JOIN photos ON sha256 = photo {which}"
    for row, id, when, place, *photo in db.execute(query, values):
        said = db.execute("SELECT role, text FROM turns WHERE episode = ? ORDER BY n", (id,))
        turns = tuple(Turn(role, text) for role, text in said)
        yield Episode(_photo(*photo), turns, datetime.fromisoformat(when), place, row)


def photos(db: sqlite3.Connection, which: str, values: tuple[Any, ...], table: str = "photos") -> Iterator[Photo]:
    """Photos; `which` is the end of the query. `table`: photos of memories, or those only `shown`."""
    return (_photo(*row) for row in db.execute(f"SELECT {_PHOTO} FROM {table} AS photos {which}", values))


def put_vectors(db: sqlite3.Connection, photo: str, space: str, tokens: np.ndarray) -> bool:
    """Keep visual tokens (T, D) in place of earlier ones; False when the photo is not here."""
    kept = ranking.unit(tokens)
    pooled, f16 = kept.mean(axis=0).astype("<f2"), kept.astype("<f2")
    if db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (photo,)).fetchone() is None:
        return False
    drop_vectors(db, photo, space)
    columns = "photo, space, tokens, dim, pooled, f16"
    values = (photo, space, *kept.shape, pooled.tobytes(), f16.tobytes())
    db.execute(f"INSERT INTO vectors ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
    vector_index.add(db, photo, space, f16)
    return True


def drop_vectors(db: sqlite3.Connection, photo: str, space: str) -> None:
    """Take the visual tokens of a photo out, and out of the index of sight."""
    if db.execute("SELECT 1 FROM vectors WHERE photo = ? AND space = ?", (photo, space)).fetchone():
        vector_index.drop(db, photo, space)
        db.execute("DELETE FROM vectors WHERE photo = ? AND space = ?", (photo, space))


def by_sight(
    db: sqlite3.Connection, space: str, tokens: np.ndarray, codes: vector_index.Codes | None = None
) -> dict[str, float]:
    """Score of every photo (of the most likely ones, when there are many) against visual tokens (T, D).

    The index must be `ready`. `codes`: what this process holds of it, else it is read.
    """
    query, known = ranking.unit(tokens), vector_index.state(db, space)
    if known is None:
        return {}
    columns = "SELECT photo, tokens, pooled, f16 FROM vectors WHERE space = ?"
    if vector_index.exact(known):
        found = db.execute(f"{columns} ORDER BY photo", (space,)).fetchall()
    else:
        likely = vector_index.search(db, codes or vector_index.Codes(), known, query)
        found = [db.execute(f"{columns} AND photo = ?", (space, photo)).fetchone() for photo in likely]
    names, counts, pooled, f16 = zip(*found, strict=True)
    mean = vector_index.numbers(pooled, known.dim)
    common = (
        ranking.background(mean)
        if vector_index.exact(known) or known.total is None
        else ranking.unit(known.total - mean)
    )
    scores = ranking.sight_scores(vector_index.numbers(f16, known.dim), np.array(counts), common, query)
    return {name: float(score) for name, score in zip(names, scores, strict=True)}


def by_text(db: sqlite3.Connection, text: str) -> ByText:
    """Episodes in which the user said any of the words of `text`, and those whose place has any; at most DEPTH of each.

    Best first (bm25). Words that very many episodes have find nothing by themselves: they only add to the places of
    what rarer words find. When there are no rarer ones, the newest episodes with any of them come.
    """
    terms, common = text_terms(text), []
    (last,) = db.execute("SELECT max(row) FROM episodes").fetchone()
    if (last or 0) > COMMON:
        some = f"SELECT count(*) FROM (SELECT 1 FROM said WHERE said MATCH ? LIMIT {COMMON + 1})"
        common = [term for term in terms if db.execute(some, (term,)).fetchone()[0] > COMMON]
    rare = [term for term in terms if term not in common]
    said: list[Hit] = []
    placed: list[Hit] = []
    if rare:
        query = f"SELECT {_HIT} FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ? "
        for column, hits in (("words", said), ("place", placed)):
            best = f"{query} ORDER BY bm25(said), {NEWEST} LIMIT {DEPTH}"
            hits += map(Hit._make, db.execute(best, (f"{column} : ({' OR '.join(rare)})",)))
    newest: list[Hit] = []
    if common and not said and not placed:
        found = f"SELECT rowid AS found FROM said WHERE said MATCH ? ORDER BY rowid DESC LIMIT {DEPTH}"
        query = f"SELECT {_HIT} FROM ({found}) JOIN episodes ON row = found ORDER BY row DESC"
        newest = [Hit(*one) for one in db.execute(query, (" OR ".join(common),))]
    likely = list(dict.fromkeys([*said, *placed, *newest]))
    words, places = _matched(db, likely, terms, common)
    said += [hit for hit in newest if hit.row in words]
    placed += [hit for hit in likely if hit.row in places and hit not in placed]
    return ByText(said, placed, words)


def _matched(
    db: sqlite3.Connection, hits: list[Hit], terms: list[str], common: list[str]
) -> tuple[dict[int, list[str]], set[int]]:
    """Rows with the words of `terms` that were said, and rows whose place has a `common` term.

    In an index of the hits alone, in memory: in `said` each row would cost a walk along all others with a common term.
    """
    if not hits:
        return {}, set()
    tokenize = "tokenize = 'porter unicode61 remove_diacritics 2'"  # as in `said`
    db.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.likely USING fts5 (words, place, {tokenize})")
    db.execute("DELETE FROM temp.likely")
    some = ",".join(str(hit.row) for hit in hits)
    copy = "INSERT INTO temp.likely (rowid, words, place) SELECT rowid, words, place FROM main.said"
    db.execute(f"{copy} WHERE rowid IN ({some})")
    marked = "SELECT rowid, highlight(likely, 0, char(2), char(3)) FROM temp.likely WHERE likely MATCH ?"
    said = db.execute(marked, (f"words : ({' OR '.join(terms)})",)).fetchall()
    places = "SELECT rowid FROM temp.likely WHERE likely MATCH ?"
    there = db.execute(places, (f"place : ({' OR '.join(common)})",)).fetchall() if common else []
    db.execute("DELETE FROM temp.likely")
    return {row: list(dict.fromkeys(_MATCH.findall(text))) for row, text in said}, {row for (row,) in there}


def within(db: sqlite3.Connection, since: datetime | None, before: datetime | None, newest: bool) -> list[Hit]:
    """Episodes from `since` on and before `before` (None: no limit), at most DEPTH, newest or oldest first."""
    low, high = since.isoformat() if since else "", before.isoformat() if before else "~"
    order = NEWEST if newest else "when_utc, row"
    query = f"SELECT {_HIT} FROM episodes WHERE when_utc >= ? AND when_utc < ? ORDER BY {order} LIMIT {DEPTH}"
    return [Hit(*one) for one in db.execute(query, (low, high))]


def of_photo(db: sqlite3.Connection, photo: str) -> list[Hit]:
    """The episodes of a photo, newest first."""
    query = f"SELECT {_HIT} FROM episodes WHERE photo = ? ORDER BY {NEWEST}"
    return [Hit(*one) for one in db.execute(query, (photo,))]


def has_words(db: sqlite3.Connection, hit: Hit) -> bool:
    """Whether the user said anything in it."""
    said = "SELECT 1 FROM turns WHERE episode = ? AND role = 'user' AND trim(text) <> '' LIMIT 1"
    return db.execute(said, (hit.id,)).fetchone() is not None


def place_of(db: sqlite3.Connection, row: int) -> str:
    """Where an episode was; empty when nobody said."""
    return db.execute("SELECT place FROM episodes WHERE row = ?", (row,)).fetchone()[0] or ""


def spaces_of(db: sqlite3.Connection, photo: str, other: str) -> list[str]:
    """The vector spaces in which both photos have visual tokens."""
    query = "SELECT space FROM vectors WHERE photo = ? INTERSECT SELECT space FROM vectors WHERE photo = ?"
    return [space for (space,) in db.execute(query, (photo, other))]


def alike(db: sqlite3.Connection, space: str, photo: str, other: str) -> float:
    """How alike two photos are in what is special in them, at most 1; both must have vectors in this space."""
    known = vector_index.state(db, space)
    assert known is not None
    query = "SELECT tokens, f16 FROM vectors WHERE space = ? AND photo IN (?, ?)"
    counts, f16 = zip(*db.execute(query, (space, photo, other)), strict=True)
    common = known.total if known.total is not None else np.zeros(known.dim)
    special = ranking.special(
        vector_index.numbers(f16, known.dim), np.array(counts), ranking.unit(np.stack([common] * 2))
    )
    return float(special[0] @ special[1])


def _check_file(db: sqlite3.Connection) -> Iterator[str]:
    for (problem,) in db.execute("PRAGMA integrity_check"):
        if problem != "ok":
            yield from (f"file: {line}" for line in problem.splitlines())
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"{table} row {row} belongs to nothing in {parent}"


def _check_photos(db: sqlite3.Connection) -> Iterator[str]:
    for sha256, data, expected in db.execute("SELECT sha256, data, data_sha256 FROM photos"):
        if hashlib.sha256(data).hexdigest() != expected:
            yield f"photo {sha256[:16]}: its bytes have changed since it was stored"
    for (sha256,) in db.execute("SELECT sha256 FROM photos WHERE sha256 NOT IN (SELECT photo FROM episodes)"):
        yield f"photo {sha256[:16]}: no episode uses it"


def _check_episodes(db: sqlite3.Connection) -> Iterator[str]:
    for row, id in db.execute("SELECT row, id FROM episodes"):
        episode = next(load(db, "WHERE row = ?", (row,)), None)
        if episode is None or episode.id != id:
            yield f"episode {id}: its content does not belong to its id"
            continue
        indexed = db.execute("SELECT words, place FROM said WHERE rowid = ?", (row,)).fetchone()
        if indexed != (episode.words, episode.place):
            yield f"episode {id}: the index has other words than were said"


def _check_index(db: sqlite3.Connection) -> Iterator[str]:
    try:  # first, as it takes the write lock: a reader cannot always become a writer later
        db.execute("INSERT INTO said (said) VALUES ('integrity-check')")
    except engine.failures() as error:
        if "malformed" not in str(error):
            raise
        yield "the index of words is damaged"
    (indexed,) = db.execute("SELECT count(*) FROM said").fetchone()
    (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
    if indexed != episodes:
        yield f"the index has {count(indexed, 'row')} for {count(episodes, 'episode')}"


def _check_vectors(db: sqlite3.Connection) -> Iterator[str]:
    for photo, space, tokens, dim, pooled, f16 in db.execute(
        "SELECT photo, space, tokens, dim, pooled, f16 FROM vectors"
    ):
        kept, mean = _numbers([f16], tokens), _numbers([pooled], 1)  # (T, D), (1, D)
        lengths = np.linalg.norm(kept, axis=1)
        whole = kept.shape[1] == dim == mean.shape[1] and np.isfinite(mean).all()
        if not whole or not np.all((abs(lengths - 1) < 0.01) | (lengths == 0)):
            yield f"photo {photo[:16]}: its visual tokens for {space} are not unit vectors"
    for space, dims in db.execute(
        "SELECT space, count(DISTINCT dim) FROM vectors GROUP BY space HAVING count(DISTINCT dim) > 1"
    ):
        yield f"visual tokens for {space} have {dims} different widths"


CHECKS = (_check_file, _check_photos, _check_episodes, _check_index, _check_vectors)
"""What `verify` does, in this order; each yields problems in one line."""


def _photo(sha256: str, data: bytes, width: int, height: int, taken_at: str | None) -> Photo:
    return Photo(sha256, data, width, height, datetime.fromisoformat(taken_at) if taken_at else None)


def _numbers(blobs: list[bytes], length: int) -> np.ndarray:
    """Float16 rows of many blobs as one float32 array (length, D)."""
    return np.frombuffer(b"".join(blobs), "<f2").astype(np.float32).reshape(length, -1)
