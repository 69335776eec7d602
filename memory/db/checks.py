"""What `Memory.verify` checks about the stored rows; each check yields its problems, one line each.

`first_problem` is the part that starts and snapshots can afford: SQLite has no checksums, so a byte that a disk changed
within a photo or a sentence is read without complaint. What no hash stands for is not found by it: decisions about
names, visual tokens, and unused pages.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime

import numpy as np

from memory.db import conversation_hash, conversation_rows, engine, name_rows, rows, verdict_rows, word_index
from memory.db.schema import MIGRATIONS
from memory.episode import Episode, Photo


def _check_file(db: sqlite3.Connection) -> Iterator[str]:
    """SQLite's own checks of pages, indexes and foreign keys."""
    for (problem,) in db.execute("PRAGMA integrity_check"):
        if problem != "ok":
            yield from (f"file: {line}" for line in problem.splitlines())
    for child, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"{child} row {row} belongs to nothing in {parent}"


def _check_photos(db: sqlite3.Connection) -> Iterator[str]:
    """Every photo has the bytes that were stored, can be decoded, and has an episode."""
    from memory.pictures import stored_picture  # loads Pillow, which no other command of the memory needs

    expected = dict(db.execute("SELECT sha256, data_sha256 FROM photos").fetchall())
    for name in ("photos", "shown"):
        for photo in rows.photos(db, "", (), name):
            why = stored_picture.problem(photo)
            if hashlib.sha256(photo.data).hexdigest() != expected.get(photo.sha256, "") and name == "photos":
                why = "has changed since it was stored"
            if why:
                yield f"photo {photo.sha256[:16]} {why}: {_mend(db, photo.sha256)}"
    for (sha256,) in db.execute("SELECT sha256 FROM photos WHERE sha256 NOT IN (SELECT photo FROM episodes)"):
        yield f"photo {sha256[:16]}: no episode uses it"


def _mend(db: sqlite3.Connection, photo: str) -> str:
    """The commands that mend a memory with a photo that cannot be read."""
    ids = [id for (id,) in db.execute("SELECT id FROM episodes WHERE photo = ? ORDER BY row", (photo,))]
    lost = f"`python -m memory forget {ids[0]}` forgets it" if ids else "forget the conversation that shows it"
    return f"`python -m memory restore` brings back a snapshot, {lost}"


def _check_episodes(db: sqlite3.Connection) -> Iterator[str]:
    """Every episode has the content of its id, and its words in the index of words."""
    for row, id in db.execute("SELECT row, id FROM episodes"):
        episode = next(rows.load(db, "WHERE row = ?", (row,)), None)
        if episode is None or episode.id != id:
            yield f"episode {id}: its content does not belong to its id"
            continue
        indexed = db.execute("SELECT words, place FROM said WHERE rowid = ?", (row,)).fetchone()
        if indexed != (episode.words, episode.place):
            yield f"episode {id}: the index has other words than were said"


def _check_vectors(db: sqlite3.Connection) -> Iterator[str]:
    """Visual tokens are finite vectors of a length up to 1, of one width within a space."""
    for photo, space, dim, pooled, scales, codes in db.execute(
        "SELECT photo, space, dim, pooled, scales, codes FROM vectors"
    ):
        mean, scale = (np.frombuffer(blob, "<f2").astype(np.float32) for blob in (pooled, scales))  # (D,), (T,)
        lengths = scale * np.linalg.norm(np.frombuffer(codes, np.int8).reshape(len(scale), dim).astype(float), axis=1)
        whole = len(mean) == dim and np.isfinite(mean).all() and np.isfinite(scale).all()
        if not whole or not np.all((lengths >= 0) & (lengths < 1.01)):
            yield f"photo {photo[:16]}: its visual tokens for {space} are longer than 1, or no numbers"
    for space, dims in db.execute(
        "SELECT space, count(DISTINCT dim) FROM vectors GROUP BY space HAVING count(DISTINCT dim) > 1"
    ):
        yield f"visual tokens for {space} have {dims} different widths"


def first_problem(db: sqlite3.Connection) -> str | None:
    """The first photo, episode or part of a conversation that has changed since it was stored; None when there is none.

    Episodes and conversations are looked at only in files of this version: others have other columns.
    """
    try:
        for sha256, data, expected in db.execute("SELECT sha256, data, data_sha256 FROM photos"):
            if hashlib.sha256(data).hexdigest() != expected:
                return f"photo {str(sha256)[:16]} has changed since it was stored"
        if db.execute("PRAGMA user_version").fetchone()[0] != len(MIGRATIONS):
            return None
        for id, photo, when, place, day in db.execute("SELECT id, photo, when_utc, place, day FROM episodes"):
            turns, local = rows.turns(db, id), day and date.fromisoformat(day)
            if Episode(Photo(photo, b"", 0, 0), turns, datetime.fromisoformat(when), place, 0, local).id != id:
                return f"episode {id}: its content does not belong to its id"
        for id, n in conversation_hash.changed(db):
            return f"conversation {id}: part {n} has changed since it was stored"
    except (ValueError, TypeError, OverflowError) as error:
        return f"a stored value is not what it should be: {error}"
    except engine.failures("OperationalError") as error:
        if not str(error).startswith("Could not decode"):
            raise
        return "a stored value that should be text is none"
    return None


CHECKS = (
    _check_file,
    _check_photos,
    _check_episodes,
    word_index.check,
    _check_vectors,
    conversation_rows.check,
    verdict_rows.check,
    name_rows.check,
)
"""All checks, in the order in which `verify` runs them."""
