"""Deleting the rows of episodes and of stored conversations. Each function runs in an open write transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from memory.days import day_words
from memory.db import conversation_rows, name_rows, rows, verdict_rows, word_index
from memory.forget import remains, selection
from memory.forget.receipt import Receipt
from memory.search import meaning, vectors
from memory.text import folded


def delete_episodes(db: sqlite3.Connection, ids: Sequence[str], *, told_too: bool = False) -> Receipt:
    """Delete episodes, the photos that no other episode shows, and conversations (parts) and answers about either.

    `told_too`: also parts of conversations in which an episode's words were said before it was a memory. Raises
    UnknownEpisode.
    """
    told = parts_telling(db, ids) if told_too else []
    return _delete(db, ids, told)


def delete_words(db: sqlite3.Connection, text: str) -> Receipt:
    """Delete all that holds these words: episodes, parts of conversations, decisions about names."""
    said = selection.phrase(text)
    parts = conversation_rows.parts_with(db, lambda line: bool(said.search(line)))
    receipt = _delete(db, selection.mentioning(db, text), parts)
    decisions = [one for one in name_rows.every(db) if said.search(folded(f"{one.name} {one.called}"))]
    for one in decisions:
        name_rows.delete(db, one)
    return replace(receipt, names=receipt.names + len(decisions))


def parts_telling(db: sqlite3.Connection, ids: Sequence[str]) -> list[tuple[str, int]]:
    """Parts of conversations in which the words of these episodes were said or quoted. Raises UnknownEpisode."""
    whole = [rows.find(db, id)[1] for id in ids]
    texts = [turn.text for id in whole for turn in rows.turns(db, id) if turn.role == "user"]
    return conversation_rows.parts_saying(db, texts)


def _delete(db: sqlite3.Connection, ids: Sequence[str], more_parts: Sequence[tuple[str, int]]) -> Receipt:
    """Delete as `delete_episodes` says; parts of conversations are those about episodes or photos, and `more_parts`.

    What the receipt says of what is left is looked up while the rows that it needs are there.
    """
    found = [rows.find(db, id) for id in dict.fromkeys(ids)]
    went = tuple(id for _, id, _ in found)
    of_photos = dict.fromkeys(photo for _, _, photo in found)
    names = remains.names_in(db, [row for row, _, _ in found])
    days = _days(db, went)
    said = [" ".join(filter(None, word_index.said(db, row))) for row, _, _ in found]
    of_episodes = [_delete_episode(db, row, id) for row, id, _ in found]
    kept = [p for p in of_photos if db.execute("SELECT 1 FROM episodes WHERE photo = ? LIMIT 1", (p,)).fetchone()]
    gone = [photo for photo in of_photos if photo not in kept]
    alike = remains.look_alikes(db, gone)
    answers = verdict_rows.delete_about(db, gone)
    of_gone = [_delete_photo(db, photo) for photo in gone]
    decisions = name_rows.delete_unsaid(db, said)
    word_index.merge(db)
    parts = [*conversation_rows.parts_about(db, went, gone), *more_parts]
    receipt = _delete_parts(db, list(dict.fromkeys(parts)), gone)
    named = remains.mentioning(db, names)
    return replace(
        receipt,
        episodes=went,
        photos_kept=tuple(kept),
        turns=sum(turns for turns, _ in of_episodes),
        vectors=sum(sets for sets, _ in of_gone),
        index_rows=len(went),
        bytes=sum(size for _, size in (*of_episodes, *of_gone)) + receipt.bytes,
        answers=answers + receipt.answers,
        names=decisions,
        names_remain=named,
        look_alikes=alike,
        conversations_remain=conversation_rows.mentioning(db, names),
        days=days,
        names_remain_days=_days(db, named),
        look_alikes_days=_days(db, alike),
    )


def _delete_episode(db: sqlite3.Connection, row: int, id: str) -> tuple[int, int]:
    """Delete an episode, its words and their vectors. Returns how many turns it had, and the bytes of all that."""
    texts = [turn.text for turn in rows.turns(db, id)]
    size = sum(len(text.encode()) for text in texts) + meaning.drop(db, id)
    word_index.remove(db, row)
    db.execute("DELETE FROM episodes WHERE row = ?", (row,))
    return len(texts), size


def _delete_photo(db: sqlite3.Connection, photo: str) -> tuple[int, int]:
    """Delete a photo and its sets of visual tokens. Returns how many sets it had, and the bytes of all that."""
    lengths = "SELECT length(pooled) + length(scales) + length(codes) FROM vectors WHERE photo = ?"
    sizes = [size for (size,) in db.execute(lengths, (photo,))]
    for (space,) in db.execute("SELECT space FROM vectors WHERE photo = ?", (photo,)).fetchall():
        vectors.drop(db, photo, space)
    (data,) = db.execute("SELECT length(data) FROM photos WHERE sha256 = ?", (photo,)).fetchone()
    db.execute("DELETE FROM photos WHERE sha256 = ?", (photo,))
    return len(sizes), sum(sizes) + data


def _days(db: sqlite3.Connection, ids: Sequence[str]) -> tuple[str, ...]:
    """The days of episodes in words, newest first, equal ones once."""
    found = {day for id in ids for (day,) in db.execute("SELECT day FROM episodes WHERE id = ?", (id,))}
    known = sorted((day for day in found if day), reverse=True)
    words = [day_words(date.fromisoformat(day)) for day in known]
    return (*words, *(["an unknown day"] if None in found else []))


def delete_conversation(db: sqlite3.Connection, id: str) -> Receipt:
    """Delete a stored conversation. Raises KeepsakeError when none, or more than one, has this id."""
    whole = conversation_rows.find(db, id)
    return _delete_parts(db, conversation_rows.parts_of(db, whole))


def delete_parts_showing(db: sqlite3.Connection, photo: str) -> Receipt:
    """Delete the parts of stored conversations that show a photo (its hash)."""
    answers = 0 if rows.has_photo(db, photo) else verdict_rows.delete_about(db, (photo,))
    return replace(_delete_parts(db, conversation_rows.parts_about(db, (), (photo,))), answers=answers)


def _delete_parts(db: sqlite3.Connection, parts: Sequence[tuple[str, int]], gone: Sequence[str] = ()) -> Receipt:
    """Delete parts of conversations and insert the mark. The receipt also counts `gone`, photos deleted before."""
    shown, size = conversation_rows.delete_parts(db, parts)
    db.execute("INSERT INTO erasing VALUES (datetime())")
    conversations = len({id for id, _ in parts})
    photos = tuple(dict.fromkeys([*gone, *shown]))
    answers = verdict_rows.delete_about(db, shown)
    return Receipt((), photos, (), 0, 0, 0, size, parts=len(parts), conversations=conversations, answers=answers)
