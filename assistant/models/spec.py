"""What a model is: its files, how a photo enters it, and the engine that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

UNCALIBRATED = 0.55
"""Recall threshold of a model that nobody calibrated."""
Engine = Literal["llama.cpp", "mlx", "transformers"]


@dataclass(frozen=True)
class Spec:
    """Everything needed to load a model."""

    name: str
    language: Path
    """The language model's GGUF; for other engines the folder with everything."""
    mmproj: Path
    adapter: Path | None = None
    side: int | None = None
    """Pixels of the square every photo becomes; None = any shape."""
    one_tile: bool = False
    photo_tokens: int = 512
    """Most tokens a photo may take, where the model can choose."""
    threshold: float = UNCALIBRATED
    space: str = ""
    identity: str = ""
    """Changes whenever any of the files does: part of the name of everything computed with the model."""
    engine: Engine = "llama.cpp"
