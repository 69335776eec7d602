"""Opening a memory file, its tables, and the migrations that made them. Queries are in `rows.py` and its neighbours.

A migration is a tuple of statements and, where SQL alone cannot do it, of functions that get the connection; its place
in `MIGRATIONS` is the version it makes (`PRAGMA user_version`). Published migrations never change: add a new one at the
end, and a test that upgrades a file with rows.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from memory.db import conversation_hash, engine, name_rows, word_index
from memory.db.database_files import keep_private, key_file, readable_errors, recovery_advice, snapshots
from memory.db.engine import Key
from memory.db.upgrades import old_corrections, old_days
from memory.errors import MemoryFileError
from memory.paths import private_folder

APPLICATION_ID = 0x4B454550
""""KEEP" in the file's header, so that another program's database is never taken for a memory."""

Migration = Sequence[str | Callable[[sqlite3.Connection], object]]

MIGRATIONS: tuple[Migration, ...] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """CREATE TABLE photos (
            sha256 TEXT PRIMARY KEY,            -- of the pixels: the photo's identity
            data BLOB NOT NULL,
            data_sha256 TEXT NOT NULL,          -- of the bytes in `data`: finds damage
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            taken_at TEXT
        ) STRICT""",
        """CREATE TABLE episodes (
            row INTEGER PRIMARY KEY,            -- the index's row; survives VACUUM, unlike a hidden rowid
            id TEXT NOT NULL UNIQUE,
            photo TEXT NOT NULL REFERENCES photos (sha256),
            when_utc TEXT NOT NULL,             -- ISO 8601, always +00:00, so that text order is time order
            place TEXT
        ) STRICT""",
        "CREATE INDEX episodes_by_time ON episodes (when_utc DESC, id)",
        "CREATE INDEX episodes_by_photo ON episodes (photo)",
        """CREATE TABLE turns (
            episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
            n INTEGER NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL,
            PRIMARY KEY (episode, n)
        ) STRICT""",
        """CREATE TABLE vectors (
            photo TEXT NOT NULL REFERENCES photos (sha256) ON DELETE CASCADE,
            space TEXT NOT NULL,
            tokens INTEGER NOT NULL,
            dim INTEGER NOT NULL,
            pooled BLOB NOT NULL,               -- mean of the tokens, float16 (dim); before f16: read without it
            f16 BLOB NOT NULL,                  -- unit tokens, float16 (tokens, dim), little endian
            PRIMARY KEY (photo, space),
            CHECK (length(pooled) = 2 * dim AND length(f16) = 2 * tokens * dim)
        ) STRICT""",
        # What the user said, never what a model wrote. Stems, so that "boats" finds "boat". Without FTS5's own
        # secure-delete: SQLite before 3.42 cannot open an index that used it, and `forget` leaves no bytes without it.
        "CREATE VIRTUAL TABLE said USING fts5 (words, place, tokenize = 'porter unicode61 remove_diacritics 2')",
    ),
    # A row means: something was forgotten, and its bytes are still to be overwritten. See `forget/`.
    ("CREATE TABLE erasing (since TEXT NOT NULL) STRICT",),
    (
        # Reminders that the user ended (see `reminders.py`).
        """CREATE TABLE reminders_ended (
            reminder TEXT PRIMARY KEY,
            episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE
        ) STRICT""",
        # Stored conversations (see `conversation_rows.py`): apart from episodes, and in no index of words.
        """CREATE TABLE shown (
            sha256 TEXT PRIMARY KEY,            -- of a photo that no memory had when it was shown
            data BLOB NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            taken_at TEXT
        ) STRICT""",
        """CREATE TABLE talks (
            id TEXT NOT NULL,
            n INTEGER NOT NULL,                 -- a part: a photo, and what was said about it
            when_utc TEXT NOT NULL,
            photo TEXT,                         -- in `shown` or `photos`
            lines TEXT NOT NULL,                -- JSON: [[kind, text, mark], ...]
            episodes TEXT NOT NULL,             -- JSON: ids of the memories it may tell of
            PRIMARY KEY (id, n)
        ) STRICT""",
    ),
    (
        # The vector index (see `search/vector_index.py`): all of it can be made anew from `vectors`.
        """CREATE TABLE spaces (
            id INTEGER PRIMARY KEY,
            space TEXT NOT NULL UNIQUE,
            dim INTEGER NOT NULL,
            photos INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            total BLOB,                         -- sum of `pooled`, float64 (dim)
            version INTEGER NOT NULL DEFAULT 0, -- how the codes were made; 0: there are none
            built INTEGER NOT NULL DEFAULT 0,   -- of how many photos, and
            centre BLOB                         -- around which direction, float32 (dim)
        ) STRICT""",
        """CREATE TABLE directions (
            row INTEGER PRIMARY KEY,            -- of a space without gaps
            photo TEXT NOT NULL,
            space TEXT NOT NULL,
            f16 BLOB NOT NULL,                  -- what is special in the photo, unit, float16 (dim)
            UNIQUE (photo, space),
            FOREIGN KEY (photo, space) REFERENCES vectors (photo, space) ON DELETE CASCADE
        ) STRICT""",
        """CREATE TABLE codes (
            block INTEGER PRIMARY KEY,          -- of 512 rows of `directions`
            stamp INTEGER NOT NULL,             -- another one whenever the bits change
            bits BLOB NOT NULL                  -- signs of the directions, by word
        ) STRICT""",
        "CREATE INDEX codes_by_stamp ON codes (block, stamp)",  # so that looking for changes reads no bits
        """INSERT INTO spaces (space, dim, photos, tokens)
            SELECT space, max(dim), count(*), sum(tokens) FROM vectors GROUP BY space""",
    ),
    (
        # Visual tokens take a byte a number (see `search/token_codes.py`). Those of before are left out: the photo's
        # encoder computes them again, in a space of its own.
        "DELETE FROM codes",
        "DELETE FROM spaces",
        "DROP TABLE directions",
        "DROP TABLE vectors",
        """CREATE TABLE vectors (
            photo TEXT NOT NULL REFERENCES photos (sha256) ON DELETE CASCADE,
            space TEXT NOT NULL,
            tokens INTEGER NOT NULL,
            dim INTEGER NOT NULL,
            pooled BLOB NOT NULL,               -- mean of the tokens, float16 (dim); before `codes`: read without them
            scales BLOB NOT NULL,               -- of each token, float16 (tokens)
            codes BLOB NOT NULL,                -- unit tokens divided by their scales, int8 (tokens, dim)
            PRIMARY KEY (photo, space),
            CHECK (length(pooled) = 2 * dim AND length(scales) = 2 * tokens AND length(codes) = tokens * dim)
        ) STRICT""",
        """CREATE TABLE directions (
            row INTEGER PRIMARY KEY,            -- of a space without gaps
            photo TEXT NOT NULL,
            space TEXT NOT NULL,
            i8 BLOB NOT NULL,                   -- what is special in the photo, its largest number 127, int8 (dim)
            UNIQUE (photo, space),
            FOREIGN KEY (photo, space) REFERENCES vectors (photo, space) ON DELETE CASCADE
        ) STRICT""",
        # The user's answers about recalls (see `verdict_rows.py`); before, they were sentences in episodes.
        """CREATE TABLE verdicts (
            photo TEXT NOT NULL,                -- that was new; no memory need have it
            other TEXT NOT NULL REFERENCES photos (sha256) ON DELETE CASCADE,
            same INTEGER NOT NULL CHECK (same IN (0, 1)),
            space TEXT,                         -- of the score; both are NULL when there was none
            score REAL,
            when_utc TEXT NOT NULL,
            PRIMARY KEY (photo, other)
        ) STRICT""",
        "CREATE INDEX verdicts_by_other ON verdicts (other)",
        old_corrections.convert,
    ),
    (
        # The day on the clock where it happened (NULL: unknown), and when it was told (NULL: unknown).
        "ALTER TABLE episodes ADD COLUMN day TEXT",
        "ALTER TABLE episodes ADD COLUMN told TEXT",
        old_days.fill,
    ),
    # Photos without words that the user called not interesting (see `tray_rows.py`).
    ("CREATE TABLE not_asked (photo TEXT PRIMARY KEY REFERENCES photos (sha256) ON DELETE CASCADE) STRICT",),
    (
        # What the user decided about names (see `name_rows.py`); the names themselves are found in the words.
        """CREATE TABLE names (
            name TEXT NOT NULL,                 -- as it was said, without letter case and accents
            photo TEXT REFERENCES photos (sha256) ON DELETE CASCADE,  -- NULL: wherever it was said
            called TEXT NOT NULL,               -- who or what it means; '': it is no name
            when_utc TEXT NOT NULL
        ) STRICT""",
    ),
    (word_index.SPELLINGS, word_index.build_spellings),
    (
        # Vectors of what the user said (see `search/meaning.py`): all of them can be made anew from the words.
        """CREATE TABLE meanings (
            episode TEXT NOT NULL REFERENCES episodes (id) ON DELETE CASCADE,
            space TEXT NOT NULL,
            dim INTEGER NOT NULL,
            codes BLOB NOT NULL,                -- of the whole and of its sentences, int8 (vectors, dim)
            PRIMARY KEY (episode, space),
            CHECK (dim > 0 AND length(codes) % dim = 0)
        ) STRICT""",
    ),
    # Of the other columns of the row: finds damage (see `conversation_hash.py`).
    ("ALTER TABLE talks ADD COLUMN sha256 TEXT", conversation_hash.seal_all),
    (word_index.build_spellings, name_rows.fold_anew),  # `text.folded` makes more letters equal
    (word_index.build_spellings, name_rows.fold_anew),  # and the signs of traditional and simplified Chinese
    (word_index.build_spellings, name_rows.fold_anew),  # and those of Japan, and the digits of all scripts
)


def connect(
    path: Path, timeout: float, before: Callable[[sqlite3.Connection], object], key: Key | None = None
) -> sqlite3.Connection:
    """Open or create the file and bring its tables up to date. Raises MemoryFileError.

    `before` is called with the connection when an older file is about to be changed. `key`: of an encrypted file; only
    `encryption.py` makes such files. The connection is in autocommit mode and may be used by any thread: who uses it
    begins the transactions and takes the locks.
    """
    try:
        if not path.exists() or not path.stat().st_size:
            _may_begin(path)
        if not path.parent.is_dir():
            private_folder(path.parent)
        # SQLite would create the file readable for all, and gives -wal and -shm the rights of the file. O_EXCL: never
        # open a file that exists, as closing it would drop the locks of this process's other connections.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with readable_errors(path):
            opened = path.stat().st_ino
            db = engine.connect(path, key, timeout=timeout)
            try:
                db.execute("PRAGMA foreign_keys = ON")
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA temp_store = MEMORY")  # no word and no photo is written to a temporary file
                if 0 < version_of(db, path) < len(MIGRATIONS):
                    before(db)
                migrate(db, path)
                keep_private(path)
                engine.write_ahead(db, timeout)  # only now, so that another program's file stays as it was
                if path.stat().st_ino != opened:  # what is written to a replaced file is lost
                    raise MemoryFileError(f"{path} was just replaced by another program: try again")
            except BaseException:
                db.close()
                raise
    except OSError as error:
        raise MemoryFileError(f"cannot use the memory {path}: {error.strerror}: {error.filename}") from error
    return db


def _may_begin(path: Path) -> None:
    """Raise MemoryFileError where a memory was lost: its snapshots or its key show that the file is not a new one."""
    what = "is empty" if path.exists() else "is missing"
    if kept := snapshots(path):
        raise MemoryFileError(
            f"{path} {what}, but {kept[0].file.parent} holds snapshots of it: "
            "`python -m memory restore` brings back the newest; to begin anew, delete that folder"
        )
    if key_file(path).exists():
        raise MemoryFileError(
            f"{path} {what}, but {key_file(path).name} is the key of an encrypted memory: put back the copy of it that "
            "you have; to begin anew, delete that file"
        )


def migrate(db: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the file to the newest version, in one transaction: if one migration fails, the file stays as it was.

    `db` must be in autocommit mode (isolation_level None). Raises MemoryFileError for a newer or foreign file.
    """
    if version_of(db, path, len(migrations)) == len(migrations):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(db, path, len(migrations))  # another process may have been faster
        for migration in migrations[version:]:
            for step in migration:  # statement by statement: executescript would commit first
                if isinstance(step, str):
                    db.execute(step)
                else:
                    step(db)
        db.execute(f"PRAGMA user_version = {len(migrations)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def version_of(db: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """The version of the file's tables, 0 when it has none.

    Raises MemoryFileError for a newer, foreign or damaged file.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    tables = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if not ours and (version or tables):
        raise MemoryFileError(f"{path} is a database of another program, not a memory: choose another file")
    if version < 0:
        raise MemoryFileError(f"{path} is damaged (format {version}): {recovery_advice(path)}")
    if version > newest:
        raise MemoryFileError(
            f"{path} was written by a newer Keepsake (format {version}, this one knows {newest}): update Keepsake"
        )
    return version
