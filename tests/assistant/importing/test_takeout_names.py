"""Names in a Takeout, from a table: which JSON a photo has, and of which edited twin the original stays out."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.importing.libraries.folder_level import Level, sort_names

TABLE = Path(__file__).parents[2] / "data" / "takeout_names.txt"
FOLDERS = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


def test_the_table_is_whole() -> None:
    assert len(FOLDERS) == 60


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_photo_has_its_own_json(folder: str) -> None:
    right = dict(pair.split(" = ") for pair in folder.split(" | "))
    photos = sorted(name for name in right if not name.lower().endswith(".json"))
    files = sorted({*right, *right.values()} - {*photos, "-", "x", "?"})
    level = sort_names(Level(Path("x"), of_google=True), photos, files, {})
    found = {name: sidecars[0] if sidecars else "-" for name, sidecars in level.photos}
    found |= {name: "x" for name in level.originals}
    assert found == {name: right[name] for name in photos}
