"""The measures of a lab run by themselves: of a model of one's own, and what shows all of them side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from memory.errors import KeepsakeError
from train import lab, lab_needs, lab_run, recipe_file
from train.__main__ import main
from train.trl.model_shapes import SHAPES

ROOT = Path(__file__).parents[2]
EIGHT = ROOT / "train" / "recipes" / "qwen3-vl-8b.toml"
GIVEN = lab.Settings(
    EIGHT, 8, 80 * lab.GB, ROOT / "train" / "launch" / "ddp.yaml", 64, Path("data/covip"), Path("data/docci"), None
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with the configuration of an 8B."""
    folder = tmp_path / "my-model"
    folder.mkdir()
    config = {"model_type": "qwen3_vl", **SHAPES["Qwen/Qwen3-VL-8B-Instruct"]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_a_model_of_one_s_own_is_measured_and_not_trained(own: Path) -> None:
    """Previously whoever had a model could only train another one."""
    loaded, given = recipe_file.load(EIGHT), replace(GIVEN, model=own)
    names = [step.name for step in lab.steps(loaded, given)]
    assert names[0] == "export my-model" and names[-2:] == ["page", "table"]
    assert {f"{one} of my-model" for one in ("CapEval", "LSD", "LAR without a caption", "ITR")} < set(names)
    assert not [name for name in names if "train" in name or "fetch" in name or "8b" in name]
    told = lab.table(loaded, given)
    assert told.startswith(f"{own}: measured as qwen3-vl-8b says, not trained\n") and "optimiser step" not in told
    assert "data/covip/train.json" not in told and "needed, not here: data/covip/QAS_GT_test.json" in told


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (None, r"model is '.*my-model', must be a Qwen3-VL's folder for transformers \(config.json\)"),
        ({"model_type": "llama"}, "model is a llama, must be a qwen3_vl"),
        ({"model_type": "qwen3_vl"}, "my-model/config.json has no 'text_config': is it a whole Qwen3-VL"),
    ],
)
def test_what_is_no_such_model_is_one_line(
    config: dict[str, str] | None, told: str, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "config.json").unlink()
    if config:
        (own / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(KeepsakeError, match=told):
        lab.run(recipe_file.load(EIGHT), replace(GIVEN, model=own))
    assert main(["lab", str(EIGHT), "--model", str(own)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_model_that_is_only_measured_needs_no_room_to_be_trained(own: Path) -> None:
    """An 8B is trained on 45 GB, and measured on 21."""
    loaded, small = recipe_file.load(EIGHT), replace(GIVEN, device_bytes=24 * lab.GB)
    with pytest.raises(KeepsakeError, match="needs 45 GB of each device"):
        lab.steps(loaded, small)
    assert lab.steps(loaded, replace(small, model=own))
    disks = [lab_needs.MEASURED if given.model else lab_needs.DISK for given in (GIVEN, replace(GIVEN, model=own))]
    assert disks[0] > 2 * disks[1]


def test_the_forms_for_laptops_are_another_model_than_the_measured_one() -> None:
    """Previously they took its place: a measure after them, as by another judge, was one of 4 bits."""
    steps = lab.steps(recipe_file.load(EIGHT), GIVEN)
    made = [step.made for step in steps if step.made and "quantize" in step.command]
    assert len(made) == len(set(made)) == 3
    measured = {step.command[step.command.index("--model") + 1] for step in steps if "--model" in step.command}
    assert measured == {"qwen3-vl-8b", "qwen3-vl-8b-base"}


def test_the_table_is_made_anew_after_any_measure(tmp_path: Path) -> None:
    """Previously there was no table: the numbers stood between the lines of seven measures at a time."""

    def step(name: str, closing: bool = False) -> lab_run.Step:
        return lab_run.Step(name, ("sh", "-c", f"echo {name} >> {tmp_path}/ran"), 0, 1, 0.1, closing=closing)

    record, closing = tmp_path / "lab.json", step("table", closing=True)
    for measures in (["a", "b"], ["a", "b"], ["a", "b", "c"]):
        lab_run.execute([*map(step, measures), closing], record)
    assert (tmp_path / "ran").read_text().split() == ["a", "b", "table", "c", "table"]
