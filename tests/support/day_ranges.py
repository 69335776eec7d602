"""The range of a question's days, as tests write it."""

from __future__ import annotations

from datetime import timedelta

from memory.times.time_phrases import TimeQuery


def days(asked: TimeQuery) -> str:
    """ "2024-05-01 .. 2024-05-31", with nothing where there is no limit."""
    last = asked.before and asked.before - timedelta(days=1)
    return f"{asked.since or ''} .. {last or ''}"
