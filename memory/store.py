"""The memory: one SQLite file with episodes, photos, visual tokens and an index of words.

SQL is here, in `schema.py` and in `rows.py`, and nowhere else in the project.

It stores what it is given and finds it again; it computes no vectors and judges no content. A deleted row is
overwritten (secure_delete) and `forget` also empties the write-ahead log and rewrites the index. Not encrypted.
Several processes and threads may use one file; a killed process loses at most the transaction it was in.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from memory import rank, rows
from memory.episode import Episode, Photo, Recall
from memory.errors import MemoryFileError
from memory.schema import connect, one_clear_line

EPISODES_PER_PHOTO = 3
"""Of one recalled photo at most so many episodes, the newest, come back: a prompt has little room."""


class Memory:
    """A memory file, open. Use it as a context manager, or call `close`.

    Every method raises MemoryFileError, one clear line, when the file cannot be used.
    """

    def __init__(self, path: Path, timeout: float = 10.0) -> None:
        """Open `path`, or create it (0600; missing folders 0700). `timeout`: seconds to wait for other writers."""
        self.path = Path(path)
        self._lock = threading.RLock()
        self._db = connect(self.path, timeout)

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
        """Remove an episode from the file for good; its photo and visual tokens too, unless another episode uses it.

        Returns a receipt: ids and counts, no content. Raises UnknownEpisode.
        """
        with self._transaction("IMMEDIATE") as db:
            row, id, photo = rows.find(db, id)
            (turns,) = db.execute("SELECT count(*) FROM turns WHERE episode = ?", (id,)).fetchone()
            db.execute("DELETE FROM said WHERE rowid = ?", (row,))
            db.execute("DELETE FROM episodes WHERE row = ?", (row,))
            (others,) = db.execute("SELECT count(*) FROM episodes WHERE photo = ?", (photo,)).fetchone()
            (vectors,) = db.execute("SELECT count(*) FROM vectors WHERE photo = ?", (photo,)).fetchone()
            if not others:
                db.execute("DELETE FROM photos WHERE sha256 = ?", (photo,))
            # A deleted word stays in the index as text until its segments are merged.
            db.execute("INSERT INTO said (said) VALUES ('optimize')")
        receipt = [f"episode {id}: forgotten, {rows.count(turns, 'turn')} and its words in the index"]
        if others:
            receipt.append(f"photo {photo[:16]}: kept, {rows.count(others, 'other episode')} of it remain")
        else:
            receipt.append(f"photo {photo[:16]}: forgotten, with {rows.count(vectors, 'set')} of visual tokens")
        return [*receipt, self._empty_log()]

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
        """Read everything and check it; returns the problems found, none when all is well."""
        problems: list[str] = []
        for check in rows.CHECKS:
            try:
                with self._transaction() as db:
                    problems += check(db)
            except MemoryFileError as error:
                problems.append(str(error))
            except (ValueError, UnicodeError) as error:
                problems.append(f"a stored value is not what it should be: {error}")
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

    def _empty_log(self) -> str:
        """Overwrite old pages and cut the write-ahead log to nothing; returns what became of it."""
        with self._lock, one_clear_line(self.path):
            (blocked, _, _) = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if blocked:
            return f"{self.path}-wal: still in use by another program; old copies stay in it until that one closes"
        return "memory file: old pages overwritten, write-ahead log emptied"
