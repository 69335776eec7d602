"""Both stages of pretraining for a few steps, on a model of a few thousand weights and a handful of concepts.

The tests are not about how well the stages teach: the stages run, learn, stop, resume where they were, and end in a
whole checkpoint.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import SmolVLMForConditionalGeneration

from benchmark.world.concepts import Concept, concepts
from tests.support import tinynano
from train.pretrain import checkpoint, language, token_cache, vision
from train.pretrain.model import encode_image
from train.recipe import Language, Recipe, Vision
from train.study import curves

pytestmark = [
    pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
RECIPE = Recipe(
    "tiny",
    tower=tinynano.TOWER,
    vision=Vision(steps=4, batch=4, warmup=1, negatives=20, eval_every=2),
    language=Language(
        steps=4,
        trees=1,
        warmup=1,
        rank=2,
        alpha=4,
        views=2,
        chain_steps=1,
        short_steps=2,
        settle_steps=1,
        eval_every=2,
        keep_step=2,
    ),
)
NO_FILE = Path("no-base.gguf")
_build = token_cache.build


def few(split: str, *, signs: bool = False) -> tuple[Concept, ...]:
    """Concepts whose pictures are in the repository (those of the test split), for any split."""
    pool = concepts("test")
    return pool[:24] if split == "train" else pool[24:30]


@pytest.fixture(autouse=True)
def miniature(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    for module in (vision, token_cache):
        monkeypatch.setattr(module, "concepts", few)
    for module in (vision, language):
        monkeypatch.setattr(module, "build_model", tinynano.build_model)
    monkeypatch.setattr(
        token_cache, "build", lambda model, split, views, groups, *rest: _build(model, split, views, 4, *rest)
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A training folder with chat data, which stage 2 reads."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "chat.json").write_text('[["Hello!", "Hi."]]')
    return tmp_path / "work"


def looks() -> vision.LookTargets:
    all_looks = vision.looks_of("train", signs=True)
    directions = torch.randn(len(all_looks), tinynano.WIDTH, generator=torch.Generator().manual_seed(0))
    directions[:, -1] = 0  # stays free: the direction of "nothing here"
    return vision.LookTargets(
        all_looks, torch.nn.functional.normalize(directions, dim=-1), np.ones(len(all_looks), bool)
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def weights(path: Path) -> dict[str, torch.Tensor]:
    """The trained weights of a checkpoint of either stage, by name."""
    state = torch.load(path, weights_only=True)
    return state["seeing"] if "seeing" in state else {**state["lora"], "adapt": state["adapt"]}


def test_vision_learns_and_goes_on_where_it_was(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after step 2 and resumed is the same, bit for bit, as never stopped; a finished stage is left alone."""
    halfway = tmp_path / "halfway"
    halfway.mkdir()
    retrieval = vision.retrieval

    def watched(*args: Any) -> dict[str, float]:
        if (work / "vision.pt").exists():  # the evaluation of step 4: what lies there is of step 2
            shutil.copy(work / "vision.pt", halfway)
        return retrieval(*args)

    monkeypatch.setattr(vision, "retrieval", watched)
    done = vision.train(RECIPE, NO_FILE, looks(), work, "cpu", False)
    assert [r["step"] for r in rows(work / "vision.jsonl")] == [2, 4]
    assert all(0 <= r[key] <= 1 for r in rows(work / "vision.jsonl") for key in ("pooled", "late", "right"))
    first, last = weights(halfway / "vision.pt"), weights(done)
    assert all(value.isfinite().all() for value in last.values())
    assert sum(not torch.equal(first[name], last[name]) for name in last) > 0.9 * len(last)

    monkeypatch.setattr(vision, "retrieval", retrieval)
    resumed = vision.train(RECIPE, NO_FILE, looks(), halfway, "cpu", True)
    assert [r["step"] for r in rows(halfway / "vision.jsonl")] == [4]
    again = weights(resumed)
    assert all(torch.equal(again[name], value) for name, value in last.items())
    vision.train(RECIPE, NO_FILE, looks(), halfway, "cpu", True)
    assert len(rows(halfway / "vision.jsonl")) == 1
    assert not list(halfway.glob("*.partial"))


def test_language_learns_and_goes_on_where_it_was(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for vision; and the frozen weights are not in the checkpoint."""
    model, _ = tinynano.build_model(NO_FILE, RECIPE.tower)
    parts = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    torch.save({"seeing": parts.state_dict()}, work / "vision.pt")
    halfway = tmp_path / "halfway"
    shutil.copytree(work, halfway)
    accuracy = language.name_accuracy
    asked: list[int] = []

    def watched(reader: Any, words: Any, held_out: Any, split: str, *, n: int, **rest: Any) -> dict[str, float]:
        asked.append(n)
        if (work / "language.pt").exists() and not (halfway / "language.pt").exists():
            shutil.copy(work / "language.pt", halfway)
        return accuracy(reader, words, held_out, split, n=2, **rest)

    monkeypatch.setattr(language, "name_accuracy", watched)
    done = language.train(RECIPE, NO_FILE, work, "cpu", False)
    assert [r["step"] for r in rows(work / "language.jsonl")] == [2, 4]
    assert all(0 <= r[key] <= 1 for r in rows(work / "language.jsonl") for key in ("name", "honest"))
    first, last = weights(halfway / "language.pt"), weights(done)
    assert len(last) == 1 + 2 * 7 * 2
    assert all(torch.equal(weights(work / "early.pt")[name], value) for name, value in first.items())
    assert all(value.isfinite().all() for value in last.values())
    assert not any(torch.equal(first[name], last[name]) for name in last)

    resumed = language.train(RECIPE, NO_FILE, halfway, "cpu", True)
    assert [r["step"] for r in rows(halfway / "language.jsonl")] == [4]
    assert all(torch.equal(weights(resumed)[name], value) for name, value in last.items())
    assert len(asked) == 3


def test_the_stages_end_in_one_checkpoint(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The matrix behind the connector is folded into it, and the LoRA lies beside, both as they were trained."""
    monkeypatch.setattr(checkpoint, "build_model", tinynano.build_model)
    model, _ = tinynano.build_model(NO_FILE, RECIPE.tower)
    parts = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    torch.save({"seeing": parts.state_dict()}, work / "vision.pt")
    reader = language.Reader(tinynano.text_model(), 2, 4, 1.0, torch.float32)
    with torch.no_grad():
        for weight in (w for w in reader.parameters() if w.requires_grad):
            weight.normal_()
    torch.save(reader.state(), work / "language.pt")
    for _ in range(2):  # a second time replaces the first
        folder = checkpoint.assemble(RECIPE, NO_FILE, work)
    whole = SmolVLMForConditionalGeneration.from_pretrained(folder)
    pixels = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(
            encode_image(whole, pixels), encode_image(model, pixels) @ reader.adapt.T, rtol=1e-4, atol=1e-4
        )
    saved = load_file(folder / "adapter" / "adapter_model.safetensors")
    trained = reader.state()["lora"]
    assert saved.keys() == trained.keys()
    assert all(torch.equal(saved[name], trained[name]) for name in trained)


def test_the_token_cache_is_drawn_once_until_the_tower_changes(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = tinynano.build_model(NO_FILE, RECIPE.tower)
    (work / "vision.pt").touch()
    first = token_cache.load_or_build(work, model, "dev", 2, 4, 0, 64, "cpu")
    assert first.tokens.shape == (6 * 5 * 2 + 4, 16, tinynano.WIDTH)
    assert {row for found in first.single.values() for row in found} == set(range(60))
    assert [row for _, row in first.groups] == [60, 61, 62, 63]
    assert all(code not in near and len(near) == 5 for code, near in first.near.items())
    with monkeypatch.context() as patch:
        patch.setattr(token_cache, "build", lambda *args: pytest.fail("it was there"))
        again = token_cache.load_or_build(work, model, "dev", 2, 4, 0, 64, "cpu")
    assert torch.equal(again.tokens, first.tokens) and again.single == first.single
    later = (work / "bank-dev.pt").stat().st_mtime + 5
    os.utime(work / "vision.pt", (later, later))
    drawn: list[str] = []
    monkeypatch.setattr(token_cache, "build", lambda model, split, *how: drawn.append(split) or first)
    token_cache.load_or_build(work, model, "dev", 2, 4, 0, 64, "cpu")
    assert drawn == ["dev"]


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"ctrain.bank\nBank\n.", pickle.dumps({"tokens": 1})])
def test_a_token_cache_that_cannot_be_read_is_drawn_anew(
    work: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cut-off file, another program's file, and one of an earlier version that pickled another class: one line
    each."""
    (work / "vision.pt").touch()
    os.utime(work / "vision.pt", (1, 1))
    (work / "bank-dev.pt").write_bytes(content)
    built = token_cache.TokenCache(torch.zeros(1), {}, [], {}, {})
    monkeypatch.setattr(token_cache, "build", lambda model, split, *how: built)
    assert token_cache.load_or_build(work, None, "dev") is built
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.endswith("it is built anew\n")
    loaded = token_cache.load_or_build(work, None, "dev")
    assert isinstance(loaded, token_cache.TokenCache) and not capsys.readouterr().err


def test_the_curve_is_drawn_from_what_there_is(tmp_path: Path) -> None:
    """A resumed run repeats rows: the last of each step counts. A stage without rows has an empty half."""
    rows = [{"step": 1, "loss": loss, "pooled": 0.1, "late": 0.2} for loss in (3.0, 2.0)]
    (tmp_path / "vision.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [r["loss"] for r in curves._rows(tmp_path / "vision.jsonl")] == [2.0]
    assert curves.draw(tmp_path, tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
