"""Episodes with made-up photos, and a memory file as other programs see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.episode import Episode, Photo, Turn
from memory.store import Memory
from tests.support.encoded import noise_photo

DAY = datetime(2025, 5, 12, 10, 30, tzinfo=UTC)


def photo(seed: int = 0, size: int = 5000) -> Photo:
    return replace(noise_photo(seed, 40, size // 120), taken_at=DAY - timedelta(hours=1))


def episode(text: str = "This is Milo", seed: int = 0, days: int = 0, place: str | None = "Porto") -> Episode:
    return Episode(photo(seed), (Turn("user", text), Turn("assistant", "Hello.")), DAY + timedelta(days=days), place)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "memory.db"


@pytest.fixture
def memory(path: Path) -> Iterator[Memory]:
    with Memory(path) as opened:
        yield opened


def raw(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))
