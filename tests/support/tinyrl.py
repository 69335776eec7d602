"""Reward training on a model of a few thousand weights, for the tests of the loop and of studies. No tests in here."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmark.world.concepts import Concept, concepts
from tests.support import tinynano
from train.pretrain import checkpoint, language, token_cache
from train.recipe import Gspo, Language, Recipe
from train.rl import guards, loop
from train.rl.reward import Reward
from train.rl.training_tasks import Task

G = Gspo(
    group=4,
    prompts=4,
    updates=2,
    steps=4,
    learning_rate=0.01,
    max_tokens=6,
    positives=(0.6, 0.2, 0.2),
    strangers_share=0.3,
    eval_every=2,
    eval_samples=1,
    save_every=2,
    show_every=2,
)
RECIPE = Recipe("tiny", tower=tinynano.TOWER, language=Language(rank=2, alpha=4, views=2), gspo=G)
NO_FILE = Path("no-base.gguf")
_build = token_cache.build


def few(split: str, *, signs: bool = False) -> tuple[Concept, ...]:
    """Concepts whose pictures are in the repository (those of the test split), for any split."""
    pool = concepts("test")
    return pool[:16] if split == "train" else pool[16:30]


def reseed() -> None:
    """Seed torch: the tiny model is random, and stands for a file that never changes."""
    torch.manual_seed(0)


@cache
def paid_tokens() -> frozenset[int]:
    """The tokens that `pay_tokens` rewards: the half whose first embedding component is positive."""
    reseed()
    model, _ = tinynano.build_model(NO_FILE, RECIPE.tower)
    return frozenset((model.get_input_embeddings().weight[:, 0] > 0).nonzero()[:, 0].tolist())


def pay_tokens(task: Task, rollouts: Any, judge: Any, g: Gspo) -> list[Reward]:
    """A reward that a random model can learn to earn: the share of a completion's tokens in `paid_tokens`."""
    return [Reward(sum(i in paid_tokens() for i in r.ids) / len(r.ids)) for r in rollouts]


def miniature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch the training room so that a run takes seconds: a tiny model, a small token cache and a simple reward."""
    torch.set_num_threads(1)
    monkeypatch.setattr(token_cache, "concepts", few)
    for module in (loop, checkpoint):
        monkeypatch.setattr(module, "build_model", tinynano.build_model)
    monkeypatch.setattr(
        token_cache, "build", lambda model, split, views, groups, *rest: _build(model, split, views, 9, *rest)
    )
    paid_tokens()
    monkeypatch.setattr(Task, "score", pay_tokens)
    monkeypatch.setattr(guards, "ALL_CUT_OFF", 99)  # a random model rarely ends a completion


def pretrain(folder: Path) -> Path:
    """Write into a folder what pretraining leaves there; returns the folder."""
    model, _ = tinynano.build_model(NO_FILE, RECIPE.tower)
    parts = torch.nn.ModuleList([model.model.vision_model, model.model.connector])
    torch.save({"seeing": parts.state_dict()}, folder / "vision.pt")
    reader = language.Reader(tinynano.text_model(), 2, 4, 1.0, torch.float32)
    with torch.no_grad():
        for name, weight in reader.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1, generator=torch.Generator().manual_seed(4))
    torch.save({**reader.state(), "optimiser": {}, "step": 9}, folder / "language.pt")
    return folder


def rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of metrics, without times."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in lines]


def weights(path: Path) -> dict[str, torch.Tensor]:
    """The trained weights of a checkpoint of stage 2 or 3, by name."""
    state = torch.load(path, weights_only=True)
    return {**state["lora"], "adapt": state["adapt"]}
