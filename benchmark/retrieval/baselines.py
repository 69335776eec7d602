"""Other local stores to compare with: one vector for each photo, and its nearest neighbours.

These stores are no part of Keepsake. Whoever wants the comparison installs them (`pip install sqlite-vec apsw
chromadb`); the results say which are missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class VectorStore(Protocol):
    """A store of numbered unit vectors."""

    name: str

    def add(self, first: int, vectors: np.ndarray) -> None:
        """Store vectors (n, D) float32 under the numbers first, first + 1, ..."""

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Numbers of the k vectors nearest to a vector (D,), nearest first."""


class SqliteVec:
    """sqlite-vec's `vec0` table: exact search over all vectors."""

    def __init__(self, folder: Path, dim: int) -> None:
        import sqlite_vec

        self.name = f"sqlite-vec {sqlite_vec.__version__}"
        file = str(folder / "sqlite-vec.db")
        if hasattr(sqlite3.Connection, "enable_load_extension"):
            self.db: Any = sqlite3.connect(file, isolation_level=None)
        else:  # many builds of Python cannot load SQLite extensions; apsw can
            import apsw

            self.db = apsw.Connection(file)
        self.db.enable_load_extension(True)
        # Not sqlite_vec.load: it calls a method that has another name in apsw.
        load = getattr(self.db, "load_extension", None) or self.db.loadextension
        load(sqlite_vec.loadable_path())
        self.db.execute(f"CREATE VIRTUAL TABLE photos USING vec0 (vector float[{dim}] distance_metric=cosine)")

    def add(self, first: int, vectors: np.ndarray) -> None:
        """See `VectorStore`."""
        self.db.execute("BEGIN")
        rows = ((first + i + 1, v.astype("<f4").tobytes()) for i, v in enumerate(vectors))
        self.db.cursor().executemany("INSERT INTO photos (rowid, vector) VALUES (?, ?)", rows)
        self.db.execute("COMMIT")

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """See `VectorStore`."""
        query = "SELECT rowid FROM photos WHERE vector MATCH ? AND k = ? ORDER BY distance"
        return [row - 1 for (row,) in self.db.execute(query, (vector.astype("<f4").tobytes(), k))]


class Chroma:
    """chromadb's collection on disk: approximate search (HNSW) with its default settings."""

    def __init__(self, folder: Path, dim: int) -> None:
        import chromadb

        self.name = f"chromadb {chromadb.__version__}"
        settings = chromadb.Settings(anonymized_telemetry=False)
        client = chromadb.PersistentClient(str(folder / "chroma"), settings=settings)
        self.collection = client.create_collection(
            "photos", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def add(self, first: int, vectors: np.ndarray) -> None:
        """See `VectorStore`."""
        self.collection.add(ids=[str(first + i) for i in range(len(vectors))], embeddings=vectors)

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """See `VectorStore`."""
        results = self.collection.query(query_embeddings=[vector], n_results=k, include=[])
        return [int(id) for id in results["ids"][0]]


def installed_stores(folder: Path, dim: int) -> Iterator[VectorStore | str]:
    """Every store, empty, for vectors of `dim` numbers; or a line of text for one that is not installed."""
    for kind in (SqliteVec, Chroma):
        try:
            yield kind(folder, dim)
        except ImportError as missing:
            yield f"{kind.__name__}: {missing.name} is not installed"
