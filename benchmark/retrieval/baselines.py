"""Other local stores, to compare with: the same photos, each as one vector, and its nearest neighbours.

They are no part of Keepsake: whoever wants the comparison installs them (`pip install sqlite-vec apsw chromadb`), and
a row says which are missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Rival(Protocol):
    """A store of unit vectors, by number."""

    name: str

    def add(self, first: int, vectors: np.ndarray) -> None:
        """Keep vectors (n, D) float32 under the numbers from `first` on."""

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Numbers of the k nearest, best first."""


class SqliteVec:
    """sqlite-vec's `vec0` table: exact, all vectors are compared."""

    def __init__(self, folder: Path, dim: int) -> None:
        import sqlite_vec

        self.name = f"sqlite-vec {sqlite_vec.__version__}"
        file = str(folder / "sqlite-vec.db")
        if hasattr(sqlite3.Connection, "enable_load_extension"):
            self.db: Any = sqlite3.connect(file, isolation_level=None)
        else:  # many Pythons cannot load extensions; apsw can
            import apsw

            self.db = apsw.Connection(file)
        self.db.enable_load_extension(True)
        # sqlite_vec.load uses a method that apsw spells otherwise.
        load = getattr(self.db, "load_extension", None) or self.db.loadextension
        load(sqlite_vec.loadable_path())
        self.db.execute(f"CREATE VIRTUAL TABLE kept USING vec0 (vector float[{dim}] distance_metric=cosine)")

    def add(self, first: int, vectors: np.ndarray) -> None:
        """See `Rival`."""
        self.db.execute("BEGIN")
        rows = ((first + i + 1, v.astype("<f4").tobytes()) for i, v in enumerate(vectors))
        self.db.cursor().executemany("INSERT INTO kept (rowid, vector) VALUES (?, ?)", rows)
        self.db.execute("COMMIT")

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """See `Rival`."""
        query = "SELECT rowid FROM kept WHERE vector MATCH ? AND k = ? ORDER BY distance"
        return [row - 1 for (row,) in self.db.execute(query, (vector.astype("<f4").tobytes(), k))]


class Chroma:
    """chromadb's collection on disk: approximate (HNSW), with its own defaults."""

    def __init__(self, folder: Path, dim: int) -> None:
        import chromadb

        self.name = f"chromadb {chromadb.__version__}"
        settings = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(str(folder / "chroma"), settings=settings)
        self.kept = client.create_collection(
            "photos", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def add(self, first: int, vectors: np.ndarray) -> None:
        """See `Rival`."""
        self.kept.add(ids=[str(first + i) for i in range(len(vectors))], embeddings=vectors)

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """See `Rival`."""
        return [int(id) for id in self.kept.query(query_embeddings=[vector], n_results=k, include=[])["ids"][0]]


def installed(folder: Path, dim: int) -> Iterator[Rival | str]:
    """Every rival, empty; for one that is not installed the line that says so."""
    for kind in (SqliteVec, Chroma):
        try:
            yield kind(folder, dim)
        except ImportError as missing:
            yield f"{kind.__name__}: {missing.name} is not installed"
