"""The memory: one SQLite file with episodes, photos, visual tokens and an index of words.

SQL is here, in `schema.py`, `rows.py`, `forget.py` and `snapshots.py`, and nowhere else in the project.

It stores what it is given and finds it again; it computes no vectors and judges no content. What forgetting takes is
told in `forget.py`, how copies are kept in `snapshots.py`. Not encrypted. Several processes and threads may use one
file; a killed process loses at most the transaction it was in.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from memory import files, forget, rank, rows, snapshots
from memory.episode import Episode, Photo, Recall
from memory.errors import MemoryFileError
from memory.files import one_clear_line
from memory.forget import Receipt
from memory.home import home
from memory.schema import connect

EPISODES_PER_PHOTO = 3
"""Of one recalled photo at most so many episodes, the newest, come back: a prompt has little room."""
SMALL = 1 << 26
"""Bytes of a file that is checked at every start (some 0.1 s); a larger one is checked before each snapshot."""


class Memory:
    """A memory file, open. Use it as a context manager, or call `close`.

    Every method raises MemoryFileError, one clear line, when the file cannot be used.
    """

    def __init__(self, path: Path, timeout: float = 10.0, check: bool = True) -> None:
        """Open `path`, or create it (0600; missing folders 0700). `timeout`: seconds to wait for other writers.

        Finishes a forget that was killed, checks the file, and takes a snapshot when one is due; `check=False` opens
        a damaged file as well, and does nothing more.
        """
        self.path = Path(path)
        self.trouble = ""
        """One line: what could not be done on opening, though the memory can be used."""
        self._lock = threading.RLock()
        self._timeout = timeout
        try:
            due = check and snapshots.due(self.path)
        except OSError:
            due = False  # connecting says it better
        self._db = connect(self.path, timeout, self._copy_before_upgrade)
        try:
            if check:
                self._start(due)
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Calling it twice is fine."""
        with self._lock:
            self._db.close()

    def add(self, episode: Episode) -> str:
        """Store an episode and return its id; storing it again changes nothing."""
        self.add_all((episode,))
        return episode.id

    def add_all(self, episodes: Iterable[Episode]) -> int:
        """Store all episodes or, if anything fails, none; returns how many were new.

        A photo that is already there keeps its first encoding. The iterable must not use this memory.
        """
        with self._transaction("IMMEDIATE") as db:
            return sum(rows.insert(db, episode) for episode in episodes)

    def get(self, id: str) -> Episode:
        """The episode with this id, or with the only id that begins so. Raises UnknownEpisode."""
        with self._transaction() as db:
            row, _, _ = rows.find(db, id)
            return next(rows.load(db, "WHERE episodes.row = ?", (row,)))

    def ids(self) -> list[str]:
        """All ids, newest first."""
        with self._transaction() as db:
            return [id for (id,) in db.execute("SELECT id FROM episodes ORDER BY when_utc DESC, id")]

    def episodes(self, limit: int | None = None, offset: int = 0) -> list[Episode]:
        """Episodes with their photos, newest first."""
        with self._transaction() as db:
            page = (-1 if limit is None else max(limit, 0), offset)
            return list(rows.load(db, "ORDER BY when_utc DESC, id LIMIT ? OFFSET ?", page))

    def forget(self, id: str) -> list[str]:
        """Remove an episode for good, as `forget_all` does; returns the receipt's lines. Raises UnknownEpisode."""
        return self.forget_all([id]).lines()

    def forget_all(self, ids: Sequence[str]) -> Receipt:
        """Remove episodes and every byte of them in reach; photos and visual tokens too, unless others show them.

        All of them or, when one is unknown (UnknownEpisode), none. The whole file is rewritten: seconds for a GB.
        """
        with self._lock, files.alone(self.path, self._timeout):  # no snapshot is taken meanwhile
            with self._transaction("IMMEDIATE") as db:
                receipt = forget.take_out(db, ids)
            return self._clean(receipt)

    def mentioning(self, words: str) -> list[str]:
        """Ids of episodes in which anybody says these words, one after another; newest first."""
        with self._transaction() as db:
            return forget.mentioning(db, words)

    def between(self, since: datetime | None, before: datetime | None) -> list[str]:
        """Ids of episodes from `since` on and before `before`, newest first."""
        with self._transaction() as db:
            return forget.between(db, since, before)

    def showing(self, sha256: str) -> list[str]:
        """Ids of episodes with this photo: the hash, or its beginning, of its pixels or of its stored bytes."""
        with self._transaction() as db:
            return forget.showing(db, sha256)

    def put_vectors(self, sha256: str, space: str, tokens: np.ndarray) -> bool:
        """Keep the visual tokens (T, D) of a photo, unit length and float16, in place of earlier ones of `space`.

        False when the photo is not here: another process may have forgotten it meanwhile.
        """
        kept = rank.unit(tokens)
        pooled = kept.mean(axis=0).astype("<f2").tobytes()
        values = (sha256, space, *kept.shape, pooled, kept.astype("<f2").tobytes())
        with self._transaction("IMMEDIATE") as db:
            if db.execute("SELECT 1 FROM photos WHERE sha256 = ?", (sha256,)).fetchone() is None:
                return False
            columns = "photo, space, tokens, dim, pooled, f16"
            db.execute(f"REPLACE INTO vectors ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
            return True

    def photos_without_vectors(self, space: str) -> list[Photo]:
        """Photos that `recall` cannot see yet in this vector space."""
        with self._transaction() as db:
            return list(rows.photos(db, "WHERE sha256 NOT IN (SELECT photo FROM vectors WHERE space = ?)", (space,)))

    def recall(
        self, space: str, tokens: np.ndarray, k: int = 4, threshold: float = 0.0, words: str = ""
    ) -> list[Recall]:
        """Episodes that belong to a new photo with visual tokens (T, D), and to `words` if given; best first.

        By sight only photos that score `threshold` or more count, and the score is theirs. When words find something
        too, the two rankings are fused: an episode may then come by words alone, and scores are those of the fusion
        (1.0 = first in both). `k` counts photos: of a photo seen again, the EPISODES_PER_PHOTO newest episodes come.
        """
        with self._transaction() as db:
            sight = {photo: score for photo, score in rows.by_sight(db, space, tokens).items() if score >= threshold}
            hits = {hit.id: hit for hit in rows.by_words(db, words)}
            scores = dict(sight)
            if hits:
                by_words = list(dict.fromkeys(hit.photo for hit in hits.values()))
                scores = rank.fuse([sorted(sight, key=lambda p: (-sight[p], p)), by_words])
            recalls: list[Recall] = []
            for photo in sorted(scores, key=lambda p: (-scores[p], p))[: max(k, 0)]:
                of_photo = rows.load(db, "WHERE episodes.photo = ? ORDER BY when_utc DESC, id", (photo,))
                # What the words are about comes before what is only newer; without sight, nothing else comes.
                wanted = [e for e in of_photo if photo in sight or e.id in hits]
                for episode in sorted(wanted, key=lambda e: e.id not in hits)[:EPISODES_PER_PHOTO]:
                    why = [f"looks alike ({sight[photo]:.2f})"] if photo in sight else []
                    why += [hits[episode.id].why] if episode.id in hits else []
                    recalls.append(Recall(episode, scores[photo], ", ".join(why)))
            return recalls

    def search(self, words: str, k: int = 10) -> list[Recall]:
        """Episodes in which the user said any of `words`, or whose place has them; best first.

        Any text is fine. The score is relative to the best hit, which has 1.0.
        """
        with self._transaction() as db:
            return [
                Recall(episode, hit.score, hit.why)
                for hit in rows.by_words(db, words, k)
                for episode in rows.load(db, "WHERE episodes.id = ?", (hit.id,))
            ]

    def stats(self) -> dict[str, int]:
        """How many episodes and photos there are, and the size of the file in bytes."""
        with self._transaction() as db:
            (episodes,) = db.execute("SELECT count(*) FROM episodes").fetchone()
            (photos,) = db.execute("SELECT count(*) FROM photos").fetchone()
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            (page,) = db.execute("PRAGMA page_size").fetchone()
        return {"episodes": episodes, "photos": photos, "bytes": pages * page}

    def verify(self) -> list[str]:
        """Read everything and check it, snapshots too; returns the problems found, none when all is well."""
        problems: list[str] = []
        for check in rows.CHECKS:
            try:
                with self._transaction() as db:
                    problems += check(db)
            except MemoryFileError as error:
                problems.append(str(error))
            except (ValueError, UnicodeError) as error:
                problems.append(f"a stored value is not what it should be: {error}")
        for kept in files.snapshots(self.path):
            if wrong := snapshots.problem(kept.file):
                problems.append(f"snapshot {kept.file.name}: {wrong}")
        return problems

    @contextmanager
    def _transaction(self, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """One consistent view of the file (DEFERRED), or all changes or none (IMMEDIATE)."""
        with self._lock, one_clear_line(self.path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _start(self, due: bool) -> None:
        """Check the file; finish what a killed forget left; take a snapshot if `due`."""
        if due or self.path.stat().st_size <= SMALL:
            with self._lock, one_clear_line(self.path):
                self._check(self._db)
        with self._transaction() as db:
            pending = db.execute("SELECT 1 FROM erasing").fetchone() is not None
            due = due and db.execute("SELECT 1 FROM episodes").fetchone() is not None
        if not pending and not due:
            return
        try:
            with files.alone(self.path, 0.0):  # somebody else at it does it as well
                if pending:
                    self._clean(Receipt((), (), (), 0, 0, 0, 0))
                elif snapshots.due(self.path):  # not just made, before an upgrade or by somebody else
                    snapshots.take(self._db, self.path)
        except MemoryFileError as error:
            self.trouble = str(error)

    def _check(self, db: sqlite3.Connection) -> None:
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            detail = " ".join(found.split())
            raise MemoryFileError(f"{self.path} is damaged ({detail}): {files.way_back(self.path)}")

    def _copy_before_upgrade(self, db: sqlite3.Connection) -> None:
        self._check(db)  # a damaged file stays as it is
        with files.alone(self.path, self._timeout):
            snapshots.take(db, self.path)

    def _clean(self, receipt: Receipt) -> Receipt:
        """Overwrite what the rows that were taken out left anywhere. Be `alone`.

        Raises MemoryFileError when it cannot end; the mark stays then, and the next start goes on.
        """
        try:
            self._rewrite()
            cleared, size = forget.clear_cache(home() / "cache", receipt.photos if receipt.episodes else None)
            deleted = snapshots.remove_all(self.path)
            with self._transaction("IMMEDIATE") as db:
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
                snapshots.take(self._db, self.path)
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
            set_aside=tuple(file.name for file in files.set_aside(self.path)),
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
