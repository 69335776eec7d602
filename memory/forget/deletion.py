"""Deleting the rows of episodes and conversations, in the open write transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from memory.db import conversation_rows, rows
from memory.forget import remains
from memory.forget.receipt import Receipt
from memory.search import vectors


def delete_episodes(db: sqlite3.Connection, ids: Sequence[str]) -> Receipt:
    """Remove the rows of episodes that are there, and of photos nobody else shows, in the open write transaction."""
    found = [rows.find(db, id) for id in dict.fromkeys(ids)]
    of_photos = dict.fromkeys(photo for _, _, photo in found)
    names = remains.names_in(db, [row for row, _, _ in found])
    turns, size = 0, 0
    for row, id, _ in found:
        said = [text for (text,) in db.execute("SELECT text FROM turns WHERE episode = ?", (id,))]
        turns, size = turns + len(said), size + sum(len(text.encode()) for text in said)
        db.execute("DELETE FROM said WHERE rowid = ?", (row,))
        db.execute("DELETE FROM episodes WHERE row = ?", (row,))
    kept = [p for p in of_photos if db.execute("SELECT 1 FROM episodes WHERE photo = ? LIMIT 1", (p,)).fetchone()]
    gone = [photo for photo in of_photos if photo not in kept]
    alike = remains.look_alikes(db, gone)
    sets = 0
    for photo in gone:
        lengths = "SELECT length(pooled) + length(f16) FROM vectors WHERE photo = ?"
        sizes = [n for (n,) in db.execute(lengths, (photo,))]
        for (space,) in db.execute("SELECT space FROM vectors WHERE photo = ?", (photo,)).fetchall():
            vectors.drop(db, photo, space)
        (data,) = db.execute("SELECT length(data) FROM photos WHERE sha256 = ?", (photo,)).fetchone()
        sets, size = sets + len(sizes), size + sum(sizes) + data
        db.execute("DELETE FROM photos WHERE sha256 = ?", (photo,))
    merge_index(db)
    went = tuple(id for _, id, _ in found)
    receipt = _with_parts(db, conversation_rows.parts_about(db, went, gone), gone)
    return replace(
        receipt,
        episodes=went,
        photos_kept=tuple(kept),
        turns=turns,
        vectors=sets,
        index_rows=len(went),
        bytes=size + receipt.bytes,
        names_remain=remains.mentioning(db, names),
        look_alikes=alike,
        conversations_remain=conversation_rows.mentioning(db, names),
    )


def delete_conversation(db: sqlite3.Connection, id: str) -> Receipt:
    """Remove a conversation, in the open write transaction. Raises KeepsakeError when there is none with this id."""
    whole = conversation_rows.find(db, id)
    return _with_parts(db, conversation_rows.parts_of(db, whole))


def delete_parts_showing(db: sqlite3.Connection, photo: str) -> Receipt:
    """Remove what conversations say about a photo (its hash), in the open write transaction."""
    return _with_parts(db, conversation_rows.parts_about(db, (), (photo,)))


def _with_parts(db: sqlite3.Connection, parts: Sequence[tuple[str, int]], gone: Sequence[str] = ()) -> Receipt:
    """Remove parts of conversations too, and leave the mark; `gone` are the photos that went before."""
    shown, size = conversation_rows.delete_parts(db, parts)
    db.execute("INSERT INTO erasing VALUES (datetime())")
    talks = len({talk for talk, _ in parts})
    photos = tuple(dict.fromkeys([*gone, *shown]))
    return Receipt((), photos, (), 0, 0, 0, size, parts=len(parts), conversations=talks)


def merge_index(db: sqlite3.Connection) -> None:
    """Rewrite the index of words: a deleted word stays in it as text until then."""
    db.execute("INSERT INTO said (said) VALUES ('optimize')")
