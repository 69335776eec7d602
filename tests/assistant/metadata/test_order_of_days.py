"""Days in names that can be read in two ways, where the user says the order of day, month and year."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from assistant.__main__ import main
from assistant.metadata.name_day import DayOrder, day_of_name
from tests.support.albums import save
from tests.support.takeouts import zipped


@pytest.mark.parametrize(
    ("name", "unsaid", "dmy", "mdy", "ymd"),
    [
        ("Photo on 06-05-2024", None, "2024-05-06", "2024-06-05", None),
        ("06_05_2024 picnic", None, "2024-05-06", "2024-06-05", None),
        ("05.06.2019 picnic", "2019-06-05", "2019-06-05", "2019-05-06", "2019-06-05"),
        ("31-12-2020", "2020-12-31", "2020-12-31", "2020-12-31", "2020-12-31"),
        ("12_31_2020", "2020-12-31", "2020-12-31", "2020-12-31", "2020-12-31"),
        ("Foto 04-03-12, 18 22 11", None, "2012-03-04", "2012-04-03", "2004-03-12"),
        ("Foto 04.03.12, 18 22 11", "2012-03-04", "2012-03-04", "2012-04-03", "2004-03-12"),
        ("IMG_20200102_101112", "2020-01-02", "2020-01-02", "2020-01-02", "2020-01-02"),
        ("2021-03-04 garden", "2021-03-04", "2021-03-04", "2021-03-04", "2021-03-04"),
        ("photo_1@05-04-2024_10-00-00", "2024-04-05", "2024-04-05", "2024-04-05", "2024-04-05"),
        ("4 March 2012", "2012-03-04", "2012-03-04", "2012-03-04", "2012-03-04"),
    ],
)
def test_the_order_decides_what_can_be_read_in_two_ways(name: str, unsaid: str, dmy: str, mdy: str, ymd: str) -> None:
    right: dict[DayOrder | None, str] = {None: unsaid, "dmy": dmy, "mdy": mdy, "ymd": ymd}
    found = {order: day_of_name(name, order=order) for order in right}
    assert {order: str(at.date()) if at else None for order, at in found.items()} == right


def test_the_users_word_counts_before_the_files_time() -> None:
    changed = datetime(2024, 5, 6, 12).astimezone()
    assert (at := day_of_name("06-05-2024", changed, "mdy")) and (at.month, at.day) == (6, 5)


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_the_option_reaches_names(tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    if form == "zip":
        path = zipped(tmp_path / "x.zip", {"Milo 06-05-2024.jpg": 1})
    else:
        save(path / "Milo 06-05-2024.jpg", 1)
    for order, dates in (("mdy", {"name": 1}), ("", {"file": 1})):
        assert main(["import", str(path), "--dry-run", "--json", *(["--days", order] if order else [])]) == 0
        assert json.loads(capsys.readouterr().out)["dates"] == dates
