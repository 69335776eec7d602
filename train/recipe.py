"""Recipes: one small TOML file over frozen dataclasses. Unknown keys are refused, defaults live here only."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Tower:
    """Shape of the vision tower; what `SmolVLMVisionConfig` needs."""

    width: int = 256
    layers: int = 6
    heads: int = 4
    feed_forward: int = 768
    image_size: int = 128
    """Pixels on a side; every photo becomes one square of this size."""
    patch_size: int = 16
    merge: int = 2
    """Patches merged on a side: (image_size / patch_size / merge)^2 tokens a photo."""


@dataclass(frozen=True, slots=True)
class Vision:
    """Stage 1: tokens of two views of one look near each other, of other looks far."""

    steps: int = 2400
    batch: int = 96
    """Scenes a step."""
    learning_rate: float = 1.0e-3
    weight_decay: float = 0.05
    warmup: int = 150
    temperature: float = 0.06
    negatives: int = 1500
    """Looks outside the batch that each token is also told apart from."""
    eval_every: int = 200


@dataclass(frozen=True, slots=True)
class Language:
    """Stage 2: connector and LoRA on cached visual tokens."""

    steps: int = 1500
    trees: int = 2
    """Contexts a step; each carries several branches (query photo, caption, answers)."""
    learning_rate: float = 6.0e-4
    warmup: int = 60
    rank: int = 16
    alpha: int = 32
    views: int = 6
    """Cached views of each look."""
    chain_steps: int = 120
    """Opening steps on things that come again and again: matching is learnt there."""
    short_steps: int = 200
    """Steps until which dialogues are short and episodes few."""
    eval_every: int = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything `python -m train pretrain` needs besides the data."""

    name: str
    seed: int = 0
    threads: int = 2
    tower: Tower = field(default_factory=Tower)
    vision: Vision = field(default_factory=Vision)
    language: Language = field(default_factory=Language)


def load(path: Path) -> Recipe:
    """Read a recipe. Raises ValueError naming the file and the unknown or missing key."""
    with open(path, "rb") as file:
        return _fill(Recipe, tomllib.load(file), str(path))


def _fill(kind: type, table: dict[str, Any], where: str) -> Any:
    known = {f.name: f for f in dataclasses.fields(kind)}
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}")
    parts = {"tower": Tower, "vision": Vision, "language": Language}
    values = {k: _fill(parts[k], v, f"{where} [{k}]") if isinstance(v, dict) else v for k, v in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error
