"""Reward training on the second nano: the photos that it trains on are those that the engine sees, a study of two cells
goes on after a kill, and every cell of a study has a name, hours and a state before anything is run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assistant.encoder.open_encoder import open_shipped
from assistant.models import local
from assistant.photo import from_image
from assistant.vision.connector import Connector
from benchmark.world.scene import draw
from tests.support import tinynano
from tests.support.tinyrl import NO_FILE, RECIPE, G, few, pay_tokens, reseed, rows
from train import __main__ as cli
from train.nano2.adapter_gguf import read_lora, write_lora
from train.pretrain.language import Reader
from train.rl import guards, loop, nano2_base
from train.rl.training_tasks import Task
from train.study import hours, study

pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
ROOT = Path(__file__).parents[2]
TINY = replace(RECIPE, name="tiny2", gspo=replace(G, base="nano2"))


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A LoRA and a connector of the tiny model, in the place of those that ship; photos are few."""
    torch.set_num_threads(1)
    files = tmp_path / "adapter.gguf", tmp_path / "connector.npz"
    reader = Reader(tinynano.text_model(), 16, 32, 1.0, torch.float32)
    reseed()
    with torch.no_grad():
        for name, weight in reader.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    write_lora(reader.state()["lora"], files[0], 4, 2, 32)
    own = local.load("nano2").connector
    assert own
    width = np.load(own)["matrix"].shape[0]
    matrix = np.random.default_rng(0).standard_normal((width, tinynano.WIDTH)).astype(np.float16) / 30
    encoder = open_shipped()
    np.savez(files[1], matrix=matrix, bias=np.zeros(tinynano.WIDTH, np.float32), space=encoder.space)
    encoder.close()

    def body(*given: Any) -> Any:
        reseed()
        return tinynano.build_model(*given)

    monkeypatch.setattr(nano2_base, "files", lambda: files)
    monkeypatch.setattr(nano2_base, "build_model", body)
    monkeypatch.setattr(nano2_base, "concepts", few)
    monkeypatch.setattr(nano2_base, "fast_dtype", lambda device: torch.float32)
    for key, value in {
        "LOOKS": {"train": 8, "dev": 6},
        "GROUPS": {"train": 9, "dev": 6},
        "HEADS": 4,
        "KEY_HEADS": 2,
    }.items():
        monkeypatch.setattr(nano2_base, key, value)
    monkeypatch.setattr(Task, "score", pay_tokens)
    monkeypatch.setattr(guards, "ALL_CUT_OFF", 99)  # a random model rarely ends a completion
    return files


def two_cells() -> study.Study:
    changes: tuple[dict[str, Any], ...] = ({}, {"learn": "gold"})
    runs = [
        study.Run(name, "", own, replace(TINY, gspo=replace(TINY.gspo, **own)))  # type: ignore[type-var]
        for name, own in zip(("ours", "gold"), changes, strict=True)
    ]
    return study.Study(TINY, tuple(runs))


def test_it_trains_on_what_the_engine_sees(shipped: tuple[Path, Path], tmp_path: Path) -> None:
    """Visual tokens of a drawn photo: in the training cache, and by the connector that the app's engines load."""
    setup = nano2_base.load_setup(TINY, NO_FILE, tmp_path / "work", "cpu")
    encoder = open_shipped()
    engine = Connector(shipped[1], encoder)
    look, found = next(iter(setup.cache.single.items()))
    photo = from_image(draw([look], 700_000 + found[1], 288).image)
    seen = engine.visual_tokens(photo)
    encoder.close()
    kept = setup.cache.tokens[found[1]].float().numpy()
    assert np.abs(kept - seen).max() < 0.01 * np.abs(seen).max()
    other = setup.cache.tokens[found[0]].float().numpy()
    assert np.abs(other - seen).max() > 0.05 * np.abs(seen).max(), "another view has other tokens"
    began = read_lora(shipped[0], 4, 2)
    assert all(torch.equal(value, began[name]) for name, value in setup.reader.state()["lora"].items())
    assert not setup.reader.adapt.requires_grad and torch.equal(setup.reader.adapt, torch.eye(tinynano.WIDTH))


def test_a_killed_study_goes_on_where_it_was(
    shipped: tuple[Path, Path], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in step 3 of the first cell and started again, both cells end as if nothing had been, bit for bit."""
    whole = two_cells()
    assert study.run(whole, NO_FILE, "cpu")
    folder = own_home / "train" / "tiny2" / "study"
    assert [s for _, _, s in study.run_states(whole)] == ["done"] * 3
    kept = folder.rename(own_home / "undisturbed")
    update = loop.rewarded_update

    def killed(setup: Any, optimiser: Any, groups: Any, step: int, reference: Any) -> Any:
        if step == 2:
            raise KeyboardInterrupt
        return update(setup, optimiser, groups, step, reference)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "rewarded_update", killed)
        study.run(whole, NO_FILE, "cpu")
    assert [s for _, _, s in study.run_states(whole)] == ["done", "step 2 of 4", "not run"]
    assert study.run(whole, NO_FILE, "cpu")
    for name in ("ours", "gold"):
        assert rows(folder / name / "gspo.jsonl") == rows(kept / name / "gspo.jsonl")
        made = [(f / name / "export" / "adapter.gguf").read_bytes() for f in (folder, kept)]
        assert made[0] == made[1] != shipped[0].read_bytes()
        exported = local.load(str(folder / name / "export"))
        assert exported.connector and exported.connector.read_bytes() == shipped[1].read_bytes() and exported.evidence
    assert (folder / "start" / "export" / "adapter.gguf").read_bytes() == shipped[0].read_bytes()


def test_rewards_on_notes_are_logged_by_kind_and_end_in_a_model(
    shipped: tuple[Path, Path], own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run half of notes: measures of captions and answers about notes, held out and in training; then a model."""
    of_notes = replace(TINY, name="notes2", gspo=replace(TINY.gspo, notes_share=0.7, steps=2))  # type: ignore[type-var]
    monkeypatch.setattr(cli.recipe_file, "load", lambda path: of_notes)
    assert cli.main(["gspo", "notes2.toml"]) == 0
    out = own_home / "train" / "notes2" / "gspo"
    assert capsys.readouterr().out.splitlines()[-1] == f"checkpoint: {out / 'export'}"
    logged, held_out = rows(out / "gspo.jsonl"), rows(out / "dev.jsonl")
    assert any(row["reward_note_caption"] is not None for row in logged)
    assert any(row["reward_note_answer"] is not None for row in logged)
    assert [row["step"] for row in held_out] == [0, 2] and all(row["notes"] for row in held_out)
    assert "note answer, known in the photo: " in (out / "rollouts.txt").read_text(encoding="utf-8")
    assert (out / "export" / "adapter.gguf").read_bytes() != shipped[0].read_bytes()
    assert local.load(str(out / "export")).evidence


def test_every_cell_is_named_with_its_hours_before_it_is_run(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "study",
        str(ROOT / "train/studies/nano2.toml"),
        "--dry-run",
        "--suite",
        str(ROOT / "runs/study-suite.toml"),
    ]
    assert cli.main(given) == 0
    head, *lines, last = capsys.readouterr().out.splitlines()
    cells = [line.split() for line in lines]
    whole = study.load(ROOT / "train" / "studies" / "nano2.toml")
    names = ["start", *(run.name for run in whole.runs)]
    assert list(dict.fromkeys(cell[0] for cell in cells)) == names and head.split()[:2] == ["run", "cell"]
    parts = ["captions", "strangers", "tasks", "questions", "detail"]
    assert [cell[1] for cell in cells if cell[0] == "gspo"] == ["train", *parts]
    assert all(float(cell[3]) > 0 and cell[5:] == ["not", "run"] for cell in cells[len(parts) :])
    assert {cell[2] for cell in cells if cell[1] in ("strangers", "tasks")} == {"100"}
    total = sum(float(cell[3]) for cell in cells)
    assert last.startswith("altogether ") and abs(float(last.split()[1]) - total) < 0.5
    assert not (own_home / "train").exists(), "nothing was written"


def test_hours_are_of_what_is_left_and_by_measured_times(own_home: Path) -> None:
    whole = study.load(ROOT / "train" / "studies" / "nano2.toml")
    folder = whole.folder / "gspo"
    folder.mkdir(parents=True)
    (folder / "gspo.jsonl").write_text('{"step": 1, "seconds": {"rollouts": 30, "updates": 42}}\n' * 10)
    found = {(c.run, c.part): c for c in hours.cells(whole, None, ROOT / "runs" / "study-suite.toml", "quick")}
    ours = next(run.recipe.gspo for run in whole.runs if run.name == "gspo")
    assert ours and (ours.steps, ours.eval_samples) == (30, 24)
    assert found["gspo", "train"].hours == pytest.approx((20 * 72 + 108) / 3600) and found["gspo", "train"].measured
    assert found["grpo", "train"].hours == pytest.approx((30 * 72 + 108) / 3600)
    assert not found["sft", "train"].measured and not found["gspo", "captions"].measured


def test_the_study_is_the_papers_table_in_small() -> None:
    runs = {run.name: run.recipe.gspo for run in study.load(ROOT / "train" / "studies" / "nano2.toml").runs}
    for method in ("gspo", "grpo", "sft"):
        three = [runs[name] for name in (method, f"{method}-seed1", f"{method}-seed2")]
        assert [g.seed for g in three if g] == [0, 1, 2]
        assert all(g and three[0] and replace(g, seed=0) == three[0] for g in three), "only the seed differs"
    grpo, ours = runs["grpo"], runs["gspo"]
    assert grpo and ours and (grpo.importance, ours.importance) == ("token", "sequence")
    assert [runs[n].recognition_share for n in ("no-r-vis", "no-r-caps")] == [0.0, 1.0]  # type: ignore[union-attr]
    assert not runs["no-filter"].degeneration_filter and all(g and g.base == "nano2" for g in runs.values())  # type: ignore[union-attr]
