"""Forgetting: which episodes are meant, taking them out, and what could still tell of them. `store.py` drives it.

Two steps, so that a kill at any moment leaves the episode whole or its bytes gone. One transaction takes the rows out
and leaves a mark (`erasing`). Then every place is cleaned where bytes stay, and only then the mark goes; where it is
found when a memory is opened, the cleaning is done again. What stays where, and what takes it away:

    free pages               SQLite's secure_delete
    pages in use             VACUUM: a row that was moved to another page leaves its old copy behind (LOG.md)
    the index of words       FTS5's optimize: a deleted word stays until its segments are merged
    write-ahead log          a truncating checkpoint
    caches, snapshots        deleted; one snapshot is made anew
    kept conversations       the parts that show such a photo, or were told such a memory, go in the same transaction
    undo                     not from any file; the app holds what went in its own memory until it closes
    (`replacement.py`)

Out of reach, and so in the receipt: exports, copies made by others, files set aside by a restore. A disk may keep old
blocks of a deleted file: only encryption covers that.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from memory.db import conversation_rows, rows
from memory.paths import private_folder
from memory.search import vector_index, vectors
from memory.search.vector_codes import Codes
from memory.text import count, folded, match_expression

ALIKE = 0.9
"""A remaining photo looks like a forgotten one from this part of the score on that it has with itself."""
LOOKED_AT = 32
"""Of so many forgotten photos look-alikes are searched; each costs one recall."""
CONVERTED = "converted"
"""In place of the time in `erasing`: the whole file was written anew, and the keys of before are to be destroyed."""
COMMON = 0.2
"""A word that more than this part of all episodes say is no name."""
_NO_SPACES = 0x0E00  # from Thai on scripts write words without spaces, or glue endings to them
_WORD = re.compile(r"\w[\w'’-]*")


@dataclass(frozen=True)
class Receipt:
    """What a forget removed and what it could not: ids and counts, no content."""

    episodes: tuple[str, ...]
    """Ids of the forgotten episodes."""
    photos: tuple[str, ...]
    """Hashes of the forgotten photos."""
    photos_kept: tuple[str, ...]
    """Hashes of photos that stay because other episodes show them."""
    turns: int
    vectors: int
    """Sets of visual tokens."""
    index_rows: int
    bytes: int
    """Of photos, words, visual tokens and cache files."""
    files: int = 0
    """Cache files deleted."""
    snapshots_deleted: int = 0
    snapshots_made: int = 0
    log_emptied: bool = True
    """False while another program reads an older state: then old pages go when it closes."""
    names_remain: tuple[str, ...] = ()
    """Remaining episodes that say a name which a forgotten one said."""
    look_alikes: tuple[str, ...] = ()
    """Remaining episodes whose photo looks like a forgotten one."""
    set_aside: tuple[str, ...] = ()
    """Files replaced by a restore: they may hold all of it."""
    trouble: str = ""
    """Why no new snapshot could be made, if so."""
    parts: int = 0
    """Parts of kept conversations that went: they showed a forgotten photo, or were told a forgotten memory."""
    conversations: int = 0
    """Of so many conversations."""
    conversations_remain: tuple[str, ...] = ()
    """Kept conversations that say a name which a forgotten episode said."""

    @property
    def erased(self) -> bool:
        """Whether anything was taken out."""
        return bool(self.episodes or self.parts)

    def lines(self) -> list[str]:
        """The receipt for people, a fact a line."""
        lines = []
        if self.episodes or not self.parts:
            gone = self.episodes[0] if len(self.episodes) == 1 else count(len(self.episodes), "episode")
            what = f"{count(self.turns, 'turn')}, {count(self.index_rows, 'row')} of the index of words"
            lines = [f"{'episode ' if gone in self.episodes else ''}{gone}: forgotten, {what}"]
        if self.parts:
            where = count(self.conversations, "kept conversation")
            lines.append(f"{count(self.parts, 'part')} of {where} deleted: photos, questions, captions, answers")
        if self.photos:
            sets = count(self.vectors, "set")
            lines.append(f"{count(len(self.photos), 'photo')} forgotten, with {sets} of visual tokens")
        if self.photos_kept:
            lines.append(f"{count(len(self.photos_kept), 'photo')} kept: other episodes show it")
        done = "write-ahead log emptied"
        if not self.log_emptied:
            done = "the write-ahead log is still in use by another program, old copies stay until that one closes"
        lines.append(f"{self.bytes} bytes: memory file rewritten, {done}")
        made = f", {self.snapshots_made} made anew" if self.snapshots_made else ""
        lines.append(f"{count(self.files, 'cache file')} and {count(self.snapshots_deleted, 'snapshot')} deleted{made}")
        if self.trouble:
            lines.append(f"no snapshot now: {self.trouble}")
        if self.names_remain:
            lines.append(f"still there, and may say the same name: {', '.join(self.names_remain)}")
        if self.conversations_remain:
            lines.append(f"kept conversations that may say the same name: {', '.join(self.conversations_remain)}")
        if self.look_alikes:
            lines.append(f"still there, with a photo that looks alike: {', '.join(self.look_alikes)}")
        if self.set_aside:
            lines.append(f"set aside by a restore, may hold it all, delete them: {', '.join(self.set_aside)}")
        return [*lines, "exports and copies that you made are out of reach: delete them yourself"]


# Which episodes


def mentioning(db: sqlite3.Connection, text: str) -> list[str]:
    """Ids of episodes in which anybody says these words one after another, or whose place has them; newest first.

    Letter case and accents do not count, whole words do: "Milo" is in "Milo's", not in "Milou".
    """
    words = folded(text).split()
    if not words:
        return []
    phrase = r"\s+".join(map(re.escape, words))
    before = r"(?<!\w)" if words[0][0].isalnum() and ord(words[0][0]) < _NO_SPACES else ""
    after = r"(?!\w)" if words[-1][-1].isalnum() and ord(words[-1][-1]) < _NO_SPACES else ""
    pattern = re.compile(before + phrase + after)
    found = []
    for id, place in db.execute(f"SELECT id, place FROM episodes ORDER BY {rows.NEWEST}").fetchall():
        said = [text for (text,) in db.execute("SELECT text FROM turns WHERE episode = ?", (id,))]
        if any(pattern.search(folded(text)) for text in [*said, place or ""]):
            found.append(id)
    return found


def between(db: sqlite3.Connection, since: datetime | None, before: datetime | None) -> list[str]:
    """Ids of episodes from `since` on and before `before` (timezone-aware; None: no limit), newest first."""
    low, high = since.isoformat() if since else "", before.isoformat() if before else "~"
    query = f"SELECT id FROM episodes WHERE when_utc >= ? AND when_utc < ? ORDER BY {rows.NEWEST}"
    return [id for (id,) in db.execute(query, (low, high))]


def showing(db: sqlite3.Connection, sha256: str) -> list[str]:
    """Ids of episodes whose photo's hash, of its pixels or of its stored bytes, begins so; newest first."""
    query = (
        "SELECT id FROM episodes JOIN photos ON sha256 = photo "
        f"WHERE substr(sha256, 1, ?) = ? OR substr(data_sha256, 1, ?) = ? ORDER BY {rows.NEWEST}"
    )
    return [id for (id,) in db.execute(query, (len(sha256), sha256) * 2)]


# Taking them out


def delete_rows(db: sqlite3.Connection, ids: Sequence[str]) -> Receipt:
    """Remove the rows of episodes that are there, and of photos nobody else shows, in the open write transaction."""
    found = [rows.find(db, id) for id in dict.fromkeys(ids)]
    of_photos = dict.fromkeys(photo for _, _, photo in found)
    names = _names(db, [row for row, _, _ in found])
    turns, size = 0, 0
    for row, id, _ in found:
        said = [text for (text,) in db.execute("SELECT text FROM turns WHERE episode = ?", (id,))]
        turns, size = turns + len(said), size + sum(len(text.encode()) for text in said)
        db.execute("DELETE FROM said WHERE rowid = ?", (row,))
        db.execute("DELETE FROM episodes WHERE row = ?", (row,))
    kept = [p for p in of_photos if db.execute("SELECT 1 FROM episodes WHERE photo = ? LIMIT 1", (p,)).fetchone()]
    gone = [photo for photo in of_photos if photo not in kept]
    alike = _look_alikes(db, gone)
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
        names_remain=_saying(db, names),
        look_alikes=alike,
        conversations_remain=conversation_rows.mentioning(db, names),
    )


def delete_conversation(db: sqlite3.Connection, id: str) -> Receipt:
    """Remove a conversation, in the open write transaction. Raises KeepsakeError when there is none with this id."""
    whole = conversation_rows.find(db, id)
    return _with_parts(db, conversation_rows.parts_of(db, whole))


def delete_shown(db: sqlite3.Connection, photo: str) -> Receipt:
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


def clear_cache(cache: Path, photos: Collection[str] | None) -> tuple[int, int]:
    """Delete what was derived from these photos (None: from any), and all saved states of a model's reading.

    Under `cache` everything may be made again: `vision/` has a file per photo, its name holds the photo's hash;
    `epoch` changes with every forget; all else has read whole memories. Returns how many files and bytes went.
    Raises OSError.
    """
    files, size = 0, 0
    if cache.is_dir() or photos is None:  # engines at work keep nothing of what they have read before this changes
        epoch = private_folder(cache) / "epoch"
        epoch.with_suffix(".partial").write_text(secrets.token_hex(8), encoding="ascii")
        epoch.with_suffix(".partial").replace(epoch)
    for folder, _, names in os.walk(cache):
        seen = "vision" in Path(folder).relative_to(cache).parts[:1]
        for name in names:
            if Path(folder, name) == cache / "epoch":
                continue
            if photos is None or not seen or any(photo in name for photo in photos):
                size += os.lstat(os.path.join(folder, name)).st_size
                os.unlink(os.path.join(folder, name))
                files += 1
    return files, size


# What remains (MemLeak: forgotten things are often told by what was kept)


def _names(db: sqlite3.Connection, of: Iterable[int]) -> set[str]:
    """Words with a capital letter that the user said in these episodes (rows of the index)."""
    names: set[str] = set()
    for row in of:
        for text in db.execute("SELECT words, place FROM said WHERE rowid = ?", (row,)).fetchone():
            names |= {w.removesuffix("'s").removesuffix("’s") for w in _WORD.findall(text or "") if w[0].isupper()}
    return {name for name in names if len(name) > 1 and match_expression(name)}


def _saying(db: sqlite3.Connection, names: Iterable[str]) -> tuple[str, ...]:
    """Ids of episodes in which one of the names is said, unless nearly all say it."""
    (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
    query = "SELECT id, words, said.place FROM said JOIN episodes ON row = said.rowid WHERE said MATCH ? ORDER BY id"
    found: dict[str, None] = {}
    for name in sorted(names):
        whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        hits = db.execute(query, (match_expression(name),)).fetchall()
        if len(hits) <= max(3, COMMON * episodes):
            found |= {id: None for id, words, place in hits if whole.search(f"{words}\n{place or ''}")}
    return tuple(found)


def _look_alikes(db: sqlite3.Connection, gone: Sequence[str]) -> tuple[str, ...]:
    """Ids of remaining episodes whose photo looks like one that goes; its vectors must still be there."""
    found: dict[str, None] = {}
    codes = Codes()
    for photo in gone[:LOOKED_AT]:
        query = "SELECT space, f16, dim FROM vectors WHERE photo = ?"
        for space, f16, dim in db.execute(query, (photo,)).fetchall():
            tokens = np.frombuffer(f16, "<f2").reshape(-1, dim)  # (T, D)
            if not vector_index.ready(db, space):
                vector_index.build(db, space)
            scores = vectors.by_sight(db, space, tokens, codes)
            bound = ALIKE * scores.get(photo, 1.0)
            alike = [other for other, score in scores.items() if score >= bound and other not in gone]
            for other in alike:
                found |= dict.fromkeys(id for (id,) in db.execute("SELECT id FROM episodes WHERE photo = ?", (other,)))
    return tuple(found)
