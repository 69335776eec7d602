"""One small model in three engines, for tests of what each of them sees of a photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from assistant.backends.causal.hf_transformers import open_hf
from assistant.backends.causal.mlxvlm import open_mlx
from assistant.backends.llama.llamacpp import open_llamacpp
from assistant.models import local
from assistant.models.photo_budget import PhotoBudget
from assistant.models.spec import Spec
from assistant.photo import from_image
from memory.episode import Photo
from tests.support.runners import causal_runner, tower

CONTEXT = 2048
SIZES = (
    *((1024, 768), (768, 1024), (640, 480), (1200, 900)),  # 4:3
    *((1536, 1024), (500, 333), (333, 500), (1500, 1000)),  # 3:2
    *((1280, 720), (720, 1280), (1536, 864), (854, 480)),  # 16:9
    *((1536, 300), (300, 1536), (1400, 99), (1536, 16)),  # panoramas
    *((623, 467), (467, 623), (751, 1001), (333, 777), (1023, 511)),  # odd numbers
    *((64, 64), (40, 30), (17, 200), (9, 9)),  # tiny
    *((1024, 1024), (750, 1000), (256, 256)),
)
"""Sizes of photos, width and height."""


class Engines:
    """One model in three engines, with one budget."""

    def __init__(self, home: Path, budget: PhotoBudget) -> None:
        spec = Spec("tiny", home / "language.gguf", home / "mmproj.gguf", budget=budget)
        self.llama = open_llamacpp(spec, 1, CONTEXT, exact=True)
        self.hf = open_hf(replace(local.load(str(home / "model")), budget=budget), 1, CONTEXT)
        self.mlx = open_mlx(replace(local.load(str(home / "mlx")), budget=budget), 1, CONTEXT)

    def seen(self, photo: Photo, small: bool) -> dict[str, np.ndarray]:
        """Visual tokens, DeepStack layers included, (T, 4 D), by engine."""
        rows = {"llama.cpp": np.concatenate(tower(self.llama)._embeddings(photo, small))}
        for name, engine in (("transformers", self.hf), ("mlx", self.mlx)):
            runner = causal_runner(engine)
            tokens = runner.encoded(photo, small).tokens
            rows[name] = runner.model.numpy(tokens.reshape(tokens.shape[0], -1))
        return rows

    def close(self) -> None:
        """Free the models."""
        for engine in (self.llama, self.hf, self.mlx):
            engine.close()


def photo(width: int, height: int) -> Photo:
    """A photo of smooth random colours that differ in every part of it."""
    spots = np.random.default_rng(width * height).integers(0, 255, (9, 7, 3), dtype=np.uint8)
    return from_image(Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC))


def relative_error(got: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(got - expected) / np.linalg.norm(expected))
