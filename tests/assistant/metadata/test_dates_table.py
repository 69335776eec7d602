"""Days in file names and texts of dates, from a table: as telephones, cameras and programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.metadata.date_text import parsed
from assistant.metadata.name_day import day_of_name
from tests.support.local_clock import in_rome

__all__ = ["in_rome"]
TABLE = Path(__file__).parents[2] / "data" / "dates_written.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.usefixtures("in_rome")
@pytest.mark.parametrize(("kind", "least"), [("name", 100), ("text", 65)])
def test_days_are_read_as_they_are_written_or_not_at_all(kind: str, least: int) -> None:
    rows = [(written.replace("\\0", "\0"), meant) for of, written, meant in ROWS if of == kind]
    wrong = {}
    for written, meant in rows:
        at = day_of_name(written) if kind == "name" else parsed(written)
        found = at.strftime("%Y-%m-%dT%H:%M")[: len(meant) or None] if at else ""
        if found != meant:
            wrong[written] = (meant, found)
    assert len(rows) > least and not wrong
