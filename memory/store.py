"""The memory: one SQLite file with episodes, photos, visual tokens and an index of words.

SQL is here, in `schema.py`, `rows.py`, `forget.py` and `snapshots.py`, and nowhere else in the project.

It stores what it is given and finds it again; it computes no vectors and judges no content. What forgetting takes is
told in `forget.py`, how copies are kept in `snapshots.py`, how it is encrypted in `encryption.py`. Several processes
and threads may use one file; a killed process loses at most the transaction it was in.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from memory import corrections, forget, recall, replacement
from memory.db import database_files, keys, rows, snapshots
from memory.db.checks import CHECKS
from memory.db.database_files import one_clear_line
from memory.db.schema import connect
from memory.episode import Episode, Photo, Recall
from memory.errors import MemoryFileError
from memory.forget import Receipt
from memory.paths import home
from memory.replacement import Held
from memory.search import vector_index, vectors
from memory.search.vector_codes import Codes

SMALL = 1 << 26
"""Bytes of a file that is checked at every start (some 0.1 s); a larger one is checked before each snapshot."""


class Memory:
    """A memory file, open. Use it as a context manager, or call `close`.

    Every method raises MemoryFileError, one clear line, when the file cannot be used.
    """

    def __init__(self, path: Path, timeout: float = 10.0, check: bool = True, ask: keys.Ask | None = None) -> None:
        """Open `path`, or create it (0600; missing folders 0700). `timeout`: seconds to wait for other writers.

        Finishes a forget that was killed, checks the file, and takes a snapshot when one is due; `check=False` opens
        a damaged file as well, and does nothing more. `ask`: called for the passphrase of an encrypted memory whose key
        is not in the keychain; without it such a memory does not open.
        """
        self.path = Path(path)
        self.trouble = ""
        """One line: what could not be done on opening, though the memory can be used."""
        self.cleaned: Receipt | None = None
        """What a killed forget, or an encryption, had left to be removed on opening."""
        self._lock = threading.RLock()
        self._timeout = timeout
        self._codes = Codes()
        try:
            due = check and snapshots.due(self.path)
        except OSError:
            due = False  # connecting says it better
        self._key = keys.unlock(self.path, ask)
        self._db = connect(self.path, timeout, self._copy_before_upgrade, self._key)
        try:
            (self._version,) = self._db.execute("PRAGMA data_version").fetchone()
            if check:
                self._start(due)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def encrypted(self) -> bool:
        """Whether the file is: then nothing that tells of it may be written elsewhere."""
        return self._key is not None

    def close(self) -> None:
        """Close the file. Calling it twice is fine."""
        with self._lock:
            self._db.close()

    def add(self, episode: Episode, seen: tuple[str, np.ndarray] | None = None) -> str:
        """Store an episode and return its id; storing it again changes nothing.

        `seen`: a vector space and the photo's visual tokens (T, D) in it, kept in the same transaction.
        """
        with self.transaction("IMMEDIATE") as db:
            rows.insert(db, episode)
            if seen:
                vectors.put(db, episode.photo.sha256, *seen)
        return episode.id

    def add_all(self, episodes: Iterable[Episode]) -> int:
        """Store all episodes or, if anything fails, none; returns how many were new.

        A photo that is already there keeps its first encoding. The iterable must not use this memory.
        """
        with self.transaction("IMMEDIATE") as db:
            return sum(rows.insert(db, episode) for episode in episodes)

    def get(self, id: str) -> Episode:
        """The episode with this id, or with the only id that begins so. Raises UnknownEpisode."""
        with self.transaction() as db:
            row, _, _ = rows.find(db, id)
            return next(rows.load(db, "WHERE episodes.row = ?", (row,)))

    def ids(self) -> list[str]:
        """All ids, newest first."""
        with self.transaction() as db:
            return [id for (id,) in db.execute(f"SELECT id FROM episodes ORDER BY {rows.NEWEST}")]

    def episodes(self, limit: int | None = None, offset: int = 0) -> list[Episode]:
        """Episodes with their photos, newest first."""
        with self.transaction() as db:
            page = (-1 if limit is None else max(limit, 0), offset)
            found = db.execute(f"SELECT row FROM episodes ORDER BY {rows.NEWEST} LIMIT ? OFFSET ?", page).fetchall()
            return [next(rows.load(db, "WHERE row = ?", one)) for one in found]  # no photo is carried through a sort

    def forget(self, id: str) -> list[str]:
        """Remove an episode for good, as `forget_all` does; returns the receipt's lines. Raises UnknownEpisode."""
        return self.forget_all([id]).lines()

    def forget_all(self, ids: Sequence[str]) -> Receipt:
        """Remove episodes and every byte of them in reach; photos and visual tokens too, unless others show them.

        All of them or, when one is unknown (UnknownEpisode), none. The whole file is rewritten: seconds for a GB.
        """
        return self._erase(lambda db: forget.delete_rows(db, ids))

    def replace(self, by: Mapping[str, Episode]) -> tuple[Receipt, int]:
        """Store episodes in the place of those with these ids, in one transaction; of the old no byte stays in reach.

        Returns the receipt, and how many parts of kept conversations were told the old ones: they still say so.
        Raises UnknownEpisode.
        """
        told = 0

        def delete_rows(db: sqlite3.Connection) -> Receipt:
            nonlocal told
            receipt, told = replacement.replace(db, by)
            return receipt

        return self._erase(delete_rows), told

    def hold(self, ids: Sequence[str]) -> Held:
        """All that goes when these episodes are forgotten or replaced, as a value. Raises UnknownEpisode."""
        with self.transaction() as db:
            return replacement.hold(db, ids)

    def put_back(self, held: Held) -> None:
        """Store what was `hold` and then taken out."""
        with self.transaction("IMMEDIATE") as db:
            replacement.put_back(db, held)

    def forget_talk(self, id: str) -> Receipt:
        """Remove a kept conversation for good, in the same way. Raises KeepsakeError when there is none."""
        return self._erase(lambda db: forget.delete_conversation(db, id))

    def forget_shown(self, sha256: str) -> Receipt:
        """Remove for good what kept conversations say about a photo; of memories nothing."""
        return self._erase(lambda db: forget.delete_shown(db, sha256))

    def mentioning(self, words: str) -> list[str]:
        """Ids of episodes in which anybody says these words, one after another; newest first."""
        with self.transaction() as db:
            return forget.mentioning(db, words)

    def between(self, since: datetime | None, before: datetime | None) -> list[str]:
        """Ids of episodes from `since` on and before `before`, newest first."""
        with self.transaction() as db:
            return forget.between(db, since, before)

    def showing(self, sha256: str) -> list[str]:
        """Ids of episodes with this photo: the hash, or its beginning, of its pixels or of its stored bytes."""
        with self.transaction() as db:
            return forget.showing(db, sha256)

    def about(self, sha256: str) -> list[Episode]:
        """All episodes with the photo of exactly this hash, newest first."""
        with self.transaction() as db:
            return list(rows.load(db, f"WHERE episodes.photo = ? ORDER BY {rows.NEWEST}", (sha256,)))

    def snapshot(self) -> database_files.Snapshot:
        """Copy the memory as it is now; the oldest copy goes. Raises MemoryFileError."""
        with self._lock, database_files.alone(self.path, self._timeout):
            return snapshots.take(self._db, self.path, self._key)

    def put_vectors(self, sha256: str, space: str, tokens: np.ndarray) -> bool:
        """Keep the visual tokens (T, D) of a photo, unit length and float16, in place of earlier ones of `space`.

        False when the photo is not here: another process may have forgotten it meanwhile.
        """
        return self.put_all_vectors(space, ((sha256, tokens),)) == 1

    def put_all_vectors(self, space: str, of_photos: Iterable[tuple[str, np.ndarray]]) -> int:
        """`put_vectors` for many photos (hash, tokens), all or, if anything fails, none; returns how many are here."""
        with self.transaction("IMMEDIATE") as db:
            return sum(vectors.put(db, sha256, space, tokens) for sha256, tokens in of_photos)

    def photos_without_vectors(self, space: str) -> list[Photo]:
        """Photos that `recall` cannot see yet in this vector space."""
        with self.transaction() as db:
            known = vector_index.state(db, space)
            if known and db.execute("SELECT count(*) FROM photos").fetchone() == (known.photos,):
                return []  # looking for none among a million would take longer than a recall
            return list(rows.photos(db, "WHERE sha256 NOT IN (SELECT photo FROM vectors WHERE space = ?)", (space,)))

    def recall(
        self,
        space: str,
        tokens: np.ndarray,
        k: int = 4,
        threshold: float = 0.0,
        words: str = "",
        now: datetime | None = None,
    ) -> list[Recall]:
        """Episodes that belong to a new photo with visual tokens (T, D), and to `words` if given; best first.

        By sight only photos that score `threshold` or more count, and the score is theirs. When words find something
        too (what was said, a place, a time, as `search` understands them), the rankings are fused: an episode may then
        come without sight, and scores are those of the fusion (1.0 = first in all). `k` counts photos, a burst as one:
        of a photo seen again, the EPISODES_PER_PHOTO newest episodes come.
        """
        with self.transaction() as db:
            ready = vector_index.ready(db, space)
        if not ready:  # a file older than the index
            with self.transaction("IMMEDIATE") as db:
                vector_index.build(db, space)
        with self.transaction() as db:
            scored = vectors.by_sight(db, space, tokens, self._codes)
            sight = {photo: score for photo, score in scored.items() if score >= threshold}
            return recall.recall(db, space, corrections.without(db, sight), k, words, now)

    def search(self, words: str, k: int = 10, now: datetime | None = None) -> list[Recall]:
        """Episodes in which the user said any of `words`, whose place has them, or of the time they mean; best first.

        Any text is fine: "the lake last summer". The score is relative to the best hit, which has 1.0. `now`
        (timezone-aware) is what "yesterday" counts from; else this moment where the system is.
        """
        with self.transaction() as db:
            return recall.search(db, words, k, now)

    def changed(self) -> bool:
        """Whether others, in this process or another one, have changed the file since this was asked last, or opening.

        It reads a number and no table: to be asked as often as one likes.
        """
        with self._lock, one_clear_line(self.path):
            before, (self._version,) = self._version, self._db.execute("PRAGMA data_version").fetchone()
        return bool(before != self._version)

    def stats(self) -> dict[str, int]:
        """How many episodes and photos there are, and the size of the file in bytes."""
        with self.transaction() as db:
            (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
            (photos,) = db.execute("SELECT count(*) FROM photos").fetchone()
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            (page,) = db.execute("PRAGMA page_size").fetchone()
        return {"episodes": episodes, "photos": photos, "bytes": int(pages) * int(page)}  # SQLCipher answers in text

    def verify(self) -> list[str]:
        """Read everything and check it, snapshots too; returns the problems found, none when all is well."""
        problems: list[str] = []
        checks: list[Callable[[], list[str]]] = [partial(self._checked, check) for check in CHECKS]
        for check in (*checks, self._mended):
            try:
                problems += check()
            except MemoryFileError as error:
                problems.append(str(error))
            except (ValueError, UnicodeError) as error:
                problems.append(f"a stored value is not what it should be: {error}")
        for kept in database_files.snapshots(self.path):
            if wrong := snapshots.problem(kept.file, self._key):
                problems.append(f"snapshot {kept.file.name}: {wrong}")
        return problems

    def _checked(self, check: Callable[[sqlite3.Connection], Iterable[str]]) -> list[str]:
        with self.transaction() as db:
            return list(check(db))

    def _mended(self) -> list[str]:
        """Make an index of sight anew that is not what it should be."""
        with self.transaction() as db:
            spaces = vector_index.wrong(db)
        if spaces:
            with self.transaction("IMMEDIATE") as db:
                for space in spaces:
                    vector_index.build(db, space)
        return [f"the index of sight for {space} was not what its photos say: made anew" for space in spaces]

    @contextmanager
    def transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """One consistent view of the file (DEFERRED), or all changes or none (IMMEDIATE). For modules of this room."""
        with self._lock, one_clear_line(self.path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _erase(self, delete_rows: Callable[[sqlite3.Connection], Receipt]) -> Receipt:
        with self._lock, database_files.alone(self.path, self._timeout):  # no snapshot is taken meanwhile
            with self.transaction("IMMEDIATE") as db:
                receipt = delete_rows(db)
            return self._clean(receipt)

    def _start(self, due: bool) -> None:
        """Check the file; finish what a killed forget or conversion left; take a snapshot if `due`."""
        if due or self.path.stat().st_size <= SMALL:
            with self._lock, one_clear_line(self.path):
                self._check(self._db)
        with self.transaction() as db:
            pending = db.execute("SELECT 1 FROM erasing").fetchone() is not None
            due = due and db.execute("SELECT 1 FROM episodes").fetchone() is not None
        if not pending and not due and not database_files.half_made(self.path):
            return
        try:
            with database_files.alone(self.path, 0.0):  # somebody else at it does it as well
                database_files.sweep(self.path)
                if pending:
                    self.cleaned = self._clean(Receipt((), (), (), 0, 0, 0, 0))
                elif snapshots.due(self.path):  # not just made, before an upgrade or by somebody else
                    snapshots.take(self._db, self.path, self._key)
        except MemoryFileError as error:
            self.trouble = str(error)

    def _check(self, db: sqlite3.Connection) -> None:
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            detail = " ".join(found.split())
            raise MemoryFileError(f"{self.path} is damaged ({detail}): {database_files.way_back(self.path)}")

    def _copy_before_upgrade(self, db: sqlite3.Connection) -> None:
        self._check(db)  # a damaged file stays as it is
        with database_files.alone(self.path, self._timeout):
            snapshots.take(db, self.path, self._key)

    def _clean(self, receipt: Receipt) -> Receipt:
        """Overwrite what the rows that were taken out left anywhere. Be `alone`.

        Raises MemoryFileError when it cannot end; the mark stays then, and the next start goes on.
        """
        try:
            self._rewrite()
            cleared, size = forget.clear_cache(home() / "cache", receipt.photos if receipt.erased else None)
            deleted = snapshots.remove_all(self.path)
            with self.transaction("IMMEDIATE") as db:
                if db.execute("SELECT 1 FROM erasing WHERE since = ?", (forget.CONVERTED,)).fetchone():
                    keys.retire(self.path, self._key)
                db.execute("DELETE FROM erasing")
        except (MemoryFileError, OSError) as error:
            why = error if isinstance(error, MemoryFileError) else f"{error.strerror}: {error.filename}"
            raise MemoryFileError(
                f"forgotten, but old copies of its bytes are left until the next start: {why}"
            ) from error
        emptied = self._empty_log()
        made, trouble = 0, ""
        if deleted:
            try:
                snapshots.take(self._db, self.path, self._key)
                made = 1
            except MemoryFileError as error:
                trouble = str(error)
        return replace(
            receipt,
            files=cleared,
            bytes=receipt.bytes + size,
            snapshots_deleted=deleted,
            snapshots_made=made,
            log_emptied=emptied,
            set_aside=tuple(file.name for file in database_files.set_aside(self.path)),
            trouble=trouble,
        )

    def _rewrite(self) -> None:
        """Write the whole file anew, without what free space and moved rows left behind."""
        with self._lock, one_clear_line(self.path):
            # Small ones in memory; for large ones SQLite's own unlinked temporary file, which holds what remains.
            small = self.path.stat().st_size <= SMALL
            self._db.execute(f"PRAGMA temp_store = {'MEMORY' if small else 'FILE'}")
            try:
                self._db.execute("VACUUM")
            finally:
                self._db.execute("PRAGMA temp_store = MEMORY")

    def _empty_log(self) -> bool:
        """Cut the write-ahead log to nothing; False when another program is still reading from it."""
        with self._lock, one_clear_line(self.path):
            (blocked, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not blocked
