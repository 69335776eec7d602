"""The files that a lab run measures by are read before anything begins; previously after hours of training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from memory.errors import KeepsakeError
from tests.support import tinylab
from train import lab, lab_files, recipe_file
from train.recipe import Gspo, Trl

LAUNCH = Path(__file__).parents[2] / "train" / "launch" / "ddp.yaml"
OFFICIAL = Gspo(trl=Trl(data="train.json"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tinylab.Lab:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tinylab.tinyvl, "build", lambda folder: folder)
        return tinylab.write(tmp_path_factory.mktemp("files") / "lab", "http://127.0.0.1:9/v1")


@pytest.fixture
def given(written: tinylab.Lab, tmp_path: Path) -> lab.Settings:
    """Settings with the files, each test's own."""
    folder = shutil.copytree(written.official, tmp_path / "lab")
    return lab.Settings(folder / "tiny.toml", 1, 80 * lab.GB, LAUNCH, 1, folder, folder / "described.jsonl", None)


def overwrite(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def another_task(folder: Path) -> None:
    shutil.rmtree(folder / "lar")
    shutil.copytree(folder / "lsd", folder / "lar")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (overwrite("QAS_GT_test.json", '{"a": 1}'), r"QAS_GT_test\.json: 'a' where sample_0, sample_1, "),
        (overwrite("meta_test_cleaned.jsonl", "hi"), r"meta_test_cleaned\.jsonl: line 1 \(sample_0\): not JSON"),
        (lambda folder: next((folder / "images").iterdir()).unlink(), r"1 of 12 photos of meta_test_cleaned"),
        (another_task, r"lar as lar: no column 'last_action'"),
        (overwrite("described.jsonl", json.dumps({"a": 1})), r"described\.jsonl, line 1: needs the field 'image_file'"),
        (overwrite("described.jsonl", ""), r"described\.jsonl describes no photo"),
        (overwrite("QAS_GT_test.json", "{}"), r"QAS_GT_test\.json"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_line(damage: Callable[[Path], object], told: str, given: lab.Settings) -> None:
    lab_files.read_all(OFFICIAL, given)
    damage(given.official)
    with pytest.raises(KeepsakeError, match=told) as caught:
        lab_files.read_all(OFFICIAL, given)
    assert "\n" not in str(caught.value)
    lab_files.read_all(Gspo(), given)  # drawn samples need none of them


@pytest.mark.parametrize("begin", (lab.run, lab.table))
def test_the_run_and_the_dry_run_read_them_first(
    begin: Callable[..., object], given: lab.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "missing", lambda *_: [])
    monkeypatch.setattr(lab, "ask_judge", lambda *_: pytest.fail("the files come first"))
    loaded = recipe_file.load(LAUNCH.parents[1] / "recipes" / "qwen3-vl-8b.toml")
    another_task(given.official)
    with pytest.raises(KeepsakeError, match="no column 'last_action'"):
        begin(loaded, replace(given, devices=8))
