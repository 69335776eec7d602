"""The clock of a place: the process's time zone, for as long as a test needs it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest


def in_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> Iterator[None]:
    """While this generator stands at its `yield`, local time is that of `zone`."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def in_rome(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Rome: on the northern half of the Earth, and before UTC."""
    yield from in_zone(monkeypatch, "Europe/Rome")
