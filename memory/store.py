"""The memory: one SQLite file with episodes, photos, visual tokens and an index of words.

`Memory` is what other rooms use. It stores what it is given and finds it again; it computes no vectors and judges no
content. Several processes and threads may use one file; a killed process loses at most the transaction it was in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np

from memory import verification
from memory.db import database_files, keys, rows, snapshots, verdict_rows
from memory.db.memory_file import MemoryFile
from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Recall
from memory.forget import cleaning, deletion, replacement, selection
from memory.forget.receipt import Receipt
from memory.forget.replacement import Held
from memory.search import recall, sightings, text_search, vector_index, vectors
from memory.search.meaning import Embedder
from memory.search.sightings import NewPhoto
from memory.search.vector_codes import Codes


class Memory:
    """A memory file, open. Use it as a context manager, or call `close`.

    Every method raises MemoryFileError, one clear line, when the file cannot be used.
    """

    def __init__(self, path: Path, timeout: float = 10.0, check: bool = True, ask: keys.Ask | None = None) -> None:
        """Open `path`, or create it (0600; missing folders 0700). `timeout`: seconds to wait for other writers.

        Finishes a forget that was killed, checks the file, and takes a snapshot when one is due; with `check=False` a
        damaged file is opened as well, and nothing else is done. `ask`: called for the passphrase of an encrypted
        memory whose key is not in the keychain; without it such a memory does not open.
        """
        self.path = Path(path)
        self.trouble = ""
        """One line: what could not be done on opening, though the memory can be used."""
        self.cleaned: Receipt | None = None
        """The receipt of cleaning up on opening after a killed forget or a conversion; None when there was none."""
        self.embedder: Embedder | None = None
        """What finds memories by meaning (`search/meaning.py`); None: they are found by words alone."""
        self._codes = Codes()
        try:
            due = check and snapshots.due(self.path)
        except OSError:
            due = False  # opening the file explains the error better
        self._file = MemoryFile(self.path, timeout, ask)
        try:
            if check:
                self.cleaned, self.trouble = cleaning.on_opening(self._file, due)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Calling it twice is fine."""
        self._file.close()

    @property
    def encrypted(self) -> bool:
        """Whether the file is encrypted; if so, nothing about its content may be written elsewhere."""
        return self._file.key is not None

    def transaction(
        self, kind: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED"
    ) -> AbstractContextManager[sqlite3.Connection]:
        """One consistent view of the file (DEFERRED), or all changes or none (IMMEDIATE). For modules of `memory`."""
        return self._file.transaction(kind)

    def changed(self) -> bool:
        """Whether another process or another `Memory` has changed the file since the last call, or since opening.

        The answer comes from a counter in the file's header, without reading a table: ask as often as you like.
        """
        return self._file.changed()

    def add(self, episode: Episode, encoded: tuple[str, np.ndarray] | None = None) -> str:
        """Store an episode and return its id; storing it again changes nothing.

        `encoded`: a vector space and the photo's visual tokens (T, D) in it, stored in the same transaction.
        """
        with self.transaction("IMMEDIATE") as db:
            rows.insert(db, episode)
            if encoded:
                vectors.put(db, episode.photo.sha256, *encoded)
        return episode.id

    def add_all(self, episodes: Iterable[Episode]) -> int:
        """Store all episodes or, if anything fails, none; returns how many were new. They must not use this memory."""
        with self.transaction("IMMEDIATE") as db:
            return sum(rows.insert(db, episode) for episode in episodes)

    def get(self, id: str) -> Episode:
        """The episode with this id, or the only one whose id begins so. Raises UnknownEpisode."""
        with self.transaction() as db:
            row, _, _ = rows.find(db, id)
            return rows.at(db, row)

    def ids(self) -> list[str]:
        """The ids of all episodes, newest first."""
        with self.transaction() as db:
            return [id for (id,) in db.execute(f"SELECT id FROM episodes ORDER BY {rows.NEWEST}")]

    def episodes(self, limit: int | None = None, offset: int = 0) -> list[Episode]:
        """At most `limit` episodes with their photos, newest first, after the first `offset`."""
        with self.transaction() as db:
            page = (-1 if limit is None else max(limit, 0), offset)
            found = db.execute(f"SELECT row FROM episodes ORDER BY {rows.NEWEST} LIMIT ? OFFSET ?", page).fetchall()
            return [rows.at(db, row) for (row,) in found]  # no photo is carried through a sort

    def about(self, sha256: str) -> list[Episode]:
        """All episodes of the photo with exactly this hash, newest first."""
        with self.transaction() as db:
            return list(rows.load(db, f"WHERE episodes.photo = ? ORDER BY {rows.NEWEST}", (sha256,)))

    # Recall and search

    def put_vectors(self, sha256: str, space: str, tokens: np.ndarray) -> bool:
        """Store the visual tokens (T, D) of a photo, scaled to unit length, replacing earlier ones of `space`.

        False when the photo is not in the memory: another process may have forgotten it meanwhile.
        """
        return self.put_all_vectors(space, ((sha256, tokens),)) == 1

    def put_all_vectors(self, space: str, of_photos: Iterable[tuple[str, np.ndarray]]) -> int:
        """`put_vectors` for many photos (hash, tokens), all or, if anything fails, none.

        Returns how many of the photos are in the memory.
        """
        with self.transaction("IMMEDIATE") as db:
            return sum(vectors.put(db, sha256, space, tokens) for sha256, tokens in of_photos)

    def photos_without_vectors(self, space: str) -> list[str]:
        """Hashes of photos that `recall` cannot find yet, as they have no visual tokens in this space; newest first."""
        with self.transaction() as db:
            return vectors.missing(db, space)

    def recall(self, new: NewPhoto, k: int = 4, named: sightings.Named = sightings.unnamed) -> list[Recall]:
        """Episodes that belong to a new photo, best first.

        Only photos count that the gate of its encoder lets through, among as many as have vectors in its space. `k`
        counts things: a burst, and photos that show the same by the user's word, are one. Of a thing's best photo the
        EPISODES_PER_PHOTO newest episodes come. What the user said of earlier recalls counts (`answer`). `named` reads
        names from the user's words.
        """
        with self.transaction() as db:
            ready = vector_index.ready(db, new.space)
        if not ready:  # a file older than the index
            with self.transaction("IMMEDIATE") as db:
                vector_index.build(db, new.space)
        with self.transaction() as db:
            return recall.recall(db, new.space, sightings.seen(db, new, self._codes, named), k)

    def answer(self, photo: str, other: str, space: str, score: float | None, same: bool) -> Verdict | None:
        """Store the user's answer whether a new `photo` shows what the recalled photo `other` shows; both are hashes.

        `space`, `score`: where and how alike the two were; None when sight did not find `other`. Returns the earlier
        answer about the pair, which is replaced. Does nothing when `other` was forgotten meanwhile.
        """
        verdict = Verdict(photo, other, same, space if score is not None else None, score, datetime.now(UTC))
        with self.transaction("IMMEDIATE") as db:
            before = verdict_rows.get(db, photo, other)
            verdict_rows.put(db, verdict)
        return before

    def verdicts(self) -> list[Verdict]:
        """All answers of the user about recalls, the last first."""
        with self.transaction() as db:
            return verdict_rows.newest_first(db)

    def take_back_verdict(self, photo: str, other: str) -> Verdict | None:
        """Delete the user's answer about a pair of photos (hashes), and return it; None when there is none."""
        with self.transaction("IMMEDIATE") as db:
            verdict = verdict_rows.get(db, photo, other)
            verdict_rows.drop(db, photo, other)
        return verdict

    def search(self, words: str, k: int = 10, now: datetime | None = None) -> list[Recall]:
        """Episodes in which the user said any of `words`, whose place has them, or of the time they mean; best first.

        Any text is fine: "the lake last summer". The score is relative to the best hit, which has 1.0. `now`
        (timezone-aware; default: this moment in the system's timezone) is what "yesterday" counts from. What means
        something like it, but has none of the words, is found by `browse.search` only.
        """
        with self.transaction() as db:
            return text_search.search(db, words, k, now)

    def forget_all(self, ids: Sequence[str]) -> Receipt:
        """Remove episodes and every byte of them within reach; photos too, unless others show them: seconds for a GB.

        All of them or, when one is unknown (UnknownEpisode), none.
        """
        return cleaning.erase(self._file, lambda db: deletion.delete_episodes(db, ids, told_too=True))

    def forget_words(self, text: str) -> Receipt:
        """Remove for good all that holds these words: episodes, parts of kept conversations, decisions about names."""
        return cleaning.erase(self._file, lambda db: deletion.delete_words(db, text))

    def forget_conversation(self, id: str) -> Receipt:
        """Remove a stored conversation for good. Raises KeepsakeError when there is none with this id."""
        return cleaning.erase(self._file, lambda db: deletion.delete_conversation(db, id))

    def forget_conversations_about(self, sha256: str) -> Receipt:
        """Remove the parts of stored conversations that show a photo, for good; episodes stay."""
        return cleaning.erase(self._file, lambda db: deletion.delete_parts_showing(db, sha256))

    def mentioning(self, words: str) -> list[str]:
        """Ids of episodes in which these words follow one another, whoever said them; newest first."""
        with self.transaction() as db:
            return selection.mentioning(db, words)

    def between(self, since: date | None, before: date | None) -> list[str]:
        """Ids of episodes of local days from `since` on and before `before`, newest first; of no unknown days."""
        with self.transaction() as db:
            return selection.between(db, since, before)

    def showing(self, sha256: str) -> list[str]:
        """Ids of episodes with this photo: the hash, or its beginning, of its pixels or of its stored bytes."""
        with self.transaction() as db:
            return selection.showing(db, sha256)

    def replace(self, by: Mapping[str, Episode]) -> tuple[Receipt, int]:
        """Store episodes in the place of those with these ids, which are forgotten, in one transaction.

        Returns the receipt, and how many parts of conversations used them: their text stays. Raises UnknownEpisode.
        """
        parts = 0

        def replace_rows(db: sqlite3.Connection) -> Receipt:
            nonlocal parts
            receipt, parts = replacement.replace(db, by)
            return receipt

        return cleaning.erase(self._file, replace_rows), parts

    def hold(self, ids: Sequence[str]) -> Held:
        """Everything that goes when these episodes are forgotten or replaced, as a value. Raises UnknownEpisode."""
        with self.transaction() as db:
            return replacement.hold(db, ids)

    def put_back(self, held: Held) -> None:
        """Store again what `hold` returned before it was removed."""
        with self.transaction("IMMEDIATE") as db:
            replacement.put_back(db, held)

    def snapshot(self) -> database_files.Snapshot:
        """Copy the memory as it is now; the oldest copies are deleted."""
        with self._file.locked():
            return self._file.snapshot()

    def stats(self) -> dict[str, int]:
        """How many episodes and photos there are, and the size of the file in bytes."""
        with self.transaction() as db:
            return rows.stats(db)

    def verify(self) -> list[str]:
        """Read everything and check it, snapshots too; returns the problems found, none when all is well.

        A vector index that does not agree with its photos is made anew.
        """
        return verification.problems(self._file)
