"""The queries of the memory, each on an open transaction: values to rows and back. `store.py` holds them together."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from memory import rank
from memory.episode import Episode, Photo, Turn
from memory.errors import KeepsakeError, UnknownEpisode

EXACT_VALUES = 20_000_000
"""How many numbers of visual tokens one recall scores exactly: 80 MB as float32, or 2,170 photos of 16 x 576."""
SHORTEST = 64
"""The fewest photos that are scored exactly, however many tokens they have."""

_PHOTO = "photos.sha256, photos.data, photos.width, photos.height, photos.taken_at"
_MATCH = re.compile("\x02([^\x02\x03]+)\x03")  # what `highlight` puts around a matched word


class Hit(NamedTuple):
    """An episode found by words."""

    id: str
    photo: str
    score: float
    """Relative to the best hit (1.0)."""
    why: str


def insert(db: sqlite3.Connection, episode: Episode) -> bool:
    """Store an episode; False when it was there. Raises KeepsakeError for text that is none (lone surrogates)."""
    try:
        id = episode.id
    except UnicodeEncodeError as error:
        strange = error.object[error.start : error.end]
        raise KeepsakeError(f"what was said holds something that is not text: {strange!r}") from error
    photo = episode.photo
    taken = photo.taken_at and photo.taken_at.isoformat()
    db.execute(
        "INSERT INTO photos (sha256, data, data_sha256, width, height, taken_at) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (photo.sha256, photo.data, hashlib.sha256(photo.data).hexdigest(), photo.width, photo.height, taken),
    )
    added = db.execute(
        "INSERT INTO episodes (id, photo, when_utc, place) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (id, photo.sha256, episode.when.isoformat(), episode.place),
    )
    if not added.rowcount:
        return False
    turns = [(id, n, turn.role, turn.text) for n, turn in enumerate(episode.turns)]
    db.executemany("INSERT INTO turns (episode, n, role, text) VALUES (?, ?, ?, ?)", turns)
    words = (added.lastrowid, episode.words, episode.place)
    db.execute("INSERT INTO said (rowid, words, place) VALUES (?, ?, ?)", words)
    return True


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
    query = f"SELECT id, when_utc, place, {_PHOTO} FROM episodes JOIN photos ON sha256 = photo {which}"
    for id, when, place, *photo in db.execute(query, values):
        said = db.execute("SELECT role, text FROM turns WHERE episode = ? ORDER BY n", (id,))
        turns = tuple(Turn(role, text) for role, text in said)
        yield Episode(_photo(*photo), turns, datetime.fromisoformat(when), place)


def photos(db: sqlite3.Connection, which: str, values: tuple[Any, ...]) -> Iterator[Photo]:
    """Photos; `which` is the end of the query."""
    return (_photo(*row) for row in db.execute(f"SELECT {_PHOTO} FROM photos {which}", values))


def by_sight(db: sqlite3.Connection, space: str, tokens: np.ndarray) -> dict[str, float]:
    """Score of every photo (of the most likely ones, when there are many) against visual tokens (T, D)."""
    query = rank.unit(tokens)
    known = db.execute("SELECT photo, tokens, pooled FROM vectors WHERE space = ? ORDER BY photo", (space,)).fetchall()
    if not known:
        return {}
    names, counts = [name for name, _, _ in known], np.array([count for _, count, _ in known])
    pooled = _numbers([blob for _, _, blob in known], len(known))
    keep = max(SHORTEST, int(EXACT_VALUES / (counts.mean() * pooled.shape[1])))
    chosen = rank.shortlist(pooled, query, keep)
    one = "SELECT f16 FROM vectors WHERE photo = ? AND space = ?"
    kept = _numbers([db.execute(one, (names[i], space)).fetchone()[0] for i in chosen], int(counts[chosen].sum()))
    scores = rank.sight_scores(kept, counts[chosen], rank.background(pooled)[chosen], query)
    return {names[i]: float(score) for i, score in zip(chosen, scores, strict=True)}


def by_words(db: sqlite3.Connection, words: str, limit: int = -1) -> list[Hit]:
    """Episodes that have any of the words, best first (bm25); -1 is no limit."""
    expression = rank.match_expression(words)
    if not expression:
        return []
    marked = "highlight(said, 0, char(2), char(3)), highlight(said, 1, char(2), char(3))"
    found = db.execute(
        f"SELECT id, photo, bm25(said) AS cost, {marked} FROM said JOIN episodes ON row = said.rowid "
        "WHERE said MATCH ? ORDER BY cost, when_utc DESC, id LIMIT ?",
        (expression, limit),
    ).fetchall()
    return [Hit(id, photo, cost / found[0][2], _why(said, place)) for id, photo, cost, said, place in found]


def count(n: int, what: str) -> str:
    """ "1 turn", "2 turns"."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


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
    except sqlite3.DatabaseError as error:
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


def _why(said: str, place: str | None) -> str:
    """The user's own words that matched."""
    words = dict.fromkeys(f"'{word}'" for word in _MATCH.findall(said))
    places = dict.fromkeys(f"'{word}'" for word in _MATCH.findall(place or ""))
    why = [f"you said {', '.join(words)}"] if words else []
    why += [f"the place has {', '.join(places)}"] if places else []
    return ", ".join(why) or "you said something like it"
