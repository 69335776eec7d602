"""Times that mean other days elsewhere: the hemisphere's summer, day or month first, and Easter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from memory.times import calendar_names
from memory.times.time_phrases import parse
from tests.support.day_ranges import days
from tests.support.local_clock import in_rome, in_zone

__all__ = ["in_rome"]
pytestmark = pytest.mark.usefixtures("in_rome", "own_home")

ASKED = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_summer_is_not_over_in_july() -> None:
    july = datetime(2026, 7, 15, tzinfo=UTC)
    assert parse("last summer", july).since == date(2025, 6, 1)
    assert parse("this summer", july).since == parse("in the summer", july).since == date(2026, 6, 1)
    assert parse("last weekend", datetime(2026, 11, 22, tzinfo=UTC)).since == date(2026, 11, 14)


@pytest.mark.parametrize(
    ("zone", "south"),
    [
        ("Europe/Vienna", False), ("America/Los_Angeles", False), ("Pacific/Kiritimati", False), ("UTC", False),
        ("Australia/Sydney", True), ("Australia/Brisbane", True), ("America/Sao_Paulo", True),
        ("Pacific/Auckland", True), ("Africa/Johannesburg", True), ("America/Santiago", True), ("Europe/Dublin", False),
    ],
)  # fmt: skip
def test_the_hemisphere_is_that_of_the_timezone(monkeypatch: pytest.MonkeyPatch, zone: str, south: bool) -> None:
    for _ in in_zone(monkeypatch, zone):
        assert calendar_names.southern() == south
        assert days(parse("in the summer of 2023", ASKED))[:10] == ("2023-12-01" if south else "2023-06-01")


def test_the_hemisphere_can_be_set(own_home: Path) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    for kept, south in (
        ('{"hemisphere": "south"}', True),
        ('{"hemisphere": "north"}', False),
        ("[]", False),
        ("{", False),
    ):
        (own_home / "settings.json").write_text(kept)
        assert calendar_names.southern() == south
    (own_home / "settings.json").write_text('{"hemisphere": "south"}')
    assert days(parse("winter 2024", ASKED)) == "2024-06-01 .. 2024-08-31"


@pytest.mark.parametrize(
    ("language", "meant", "said"),
    [
        ("en_US.UTF-8", "2024-04-07 .. 2024-04-07", "7 April 2024"),
        ("en_GB.UTF-8", "2024-07-04 .. 2024-07-04", "4 July 2024"),
        ("de_DE@euro", "2024-07-04 .. 2024-07-04", "4 July 2024"),
        ("en_CA.UTF-8", "2024-04-07 .. 2024-07-04", "7 April to 4 July 2024"),
        ("C.UTF-8", "2024-04-07 .. 2024-07-04", "7 April to 4 July 2024"),
    ],
)
def test_whether_the_month_is_first_says_the_locale(
    monkeypatch: pytest.MonkeyPatch, language: str, meant: str, said: str
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    asked = parse("on 4/7/2024", ASKED)
    assert days(asked) == meant and asked.why == f"from 4/7/2024 ({said})"


def test_easter_is_where_the_church_puts_it() -> None:
    known = {1961: "04-02", 1999: "04-04", 2000: "04-23", 2008: "03-23", 2011: "04-24", 2024: "03-31", 2038: "04-25"}
    assert {year: f"{calendar_names.easter(year):%m-%d}" for year in known} == known
