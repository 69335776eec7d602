"""One budget of visual tokens: from a recipe into the manifest, from there into the engine, and into words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.models import local
from assistant.models.photo_budget import PhotoBudget, read_budget
from assistant.worker.open_backend import open_backend
from memory.errors import ModelError
from quantize import manifest, model_card, publish
from quantize.verify import acceptance
from train import recipe_file
from train.recipe import Trl

RECIPES = Path(__file__).parents[3] / "train" / "recipes"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda path: path.stem)
def test_what_a_recipe_trains_with_reaches_the_manifest(path: Path, checkpoint: Path) -> None:
    """The app shows photos as training did, as far as its context holds them, and the card says where it does not."""
    gspo = recipe_file.load(path).gspo
    trained = manifest.trained_budget(path)
    assert trained == (((gspo.trl or Trl()).photos) if gspo else None)
    photo = manifest.photo_settings(checkpoint, trained)
    used = read_budget(photo)
    assert used.query <= 1024 and used.memory <= 256
    (line,) = model_card._photos(photo)
    if path.stem == "qwen3-vl-8b-paper-exact":
        assert "1024 visual tokens for the photo asked about, 256 for each memory, in training 12544" in line
    else:
        assert used == PhotoBudget() and "as in training" in line


def test_a_base_is_shown_photos_as_what_was_trained_from_it(checkpoint: Path, tmp_path: Path) -> None:
    """Both are compared: previously the base saw 512 and 128 visual tokens. Nothing says that it was trained so.

    The prompts' layout of a training is on the card, where "aligned" stood whatever the recipe said.
    """
    path = RECIPES / "qwen3-vl-8b-paper-exact.toml"
    budget, layout = manifest.trained_budget(path), manifest.trained_layout(path)
    origin = publish.origin(checkpoint, None, None, None)
    scores = dict.fromkeys(acceptance.MEASURES, 1.0)
    pairs = dict.fromkeys(acceptance.MEASURES, (0.0, 0.0, 1.0))
    itself = acceptance.Verdict("checkpoint", "transformers", 1, 1, 9, 0, 0, 0, 1.0, 0, 1.0, scores, pairs, None, 1, ())
    cards = []
    (tmp_path / "out").mkdir()
    base = publish.Provenance(checkpoint, origin, shown=budget)
    for model in (base, replace(base, trained=budget, shown=None, layout=layout)):
        publish.ship(tmp_path / "out", model, [], [itself])
        cards.append((tmp_path / "out" / "README.md").read_text(encoding="utf-8"))
    assert "1024 visual tokens for the photo asked about, 256 for each memory; how many it was trained" in cards[0]
    assert "**Prompt layout:** aligned (`assistant/prompt.py`)\n" in cards[0]
    assert "256 for each memory, in training 12544" in cards[1]
    assert "**Prompt layout:** reference (`assistant/prompt.py`) in training; the app writes its prompts al" in cards[1]


def test_without_a_record_the_card_says_that_it_is_not_known(checkpoint: Path) -> None:
    (line,) = model_card._photos(manifest.photo_settings(checkpoint, manifest.trained_budget(None)))
    assert line.endswith("how many it was trained with is not stated")


def test_the_engine_gets_the_budget_of_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("language.gguf", "mmproj.gguf"):
        (tmp_path / name).write_bytes(b"x")
    trained = PhotoBudget(256, 256)
    table = {
        "name": "tiny",
        "photo": {"side": None, **PhotoBudget(600, 90, 10).table(), "trained": trained.table()},
        "files": {role: {"file": f"{role}.gguf", "sha256": "0" * 64} for role in ("language", "mmproj")},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(table), encoding="utf-8")
    spec = local.load(str(tmp_path), verify=False)
    assert (spec.budget, spec.trained) == (PhotoBudget(600, 90, 10), trained)
    assert spec.photos == (
        "600 visual tokens for the photo asked about, 90 for each memory; it was trained with 256 visual tokens for "
        "the photo asked about, 256 for each memory"
    )
    with pytest.raises(ModelError, match=r"a photo of 9999 visual tokens: --photo-tokens must be 10 to 2304"):
        monkeypatch.setattr("assistant.worker.open_backend.load", lambda name: spec)
        open_backend("tiny", 9999)


def test_a_model_of_squares_has_no_budget_to_choose() -> None:
    with pytest.raises(ModelError, match="nano sees every photo as one square: leave --photo-tokens out"):
        open_backend("nano", 1024)


@pytest.mark.parametrize("wrong", ({"query": 0}, {"least": 200}, {"memory": -1}))
def test_an_impossible_budget_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at"):
        PhotoBudget(**wrong)
