"""What a model is: its files, how a photo enters it, and the engine that runs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.backend import MaySay, Verification
from assistant.models.photo_budget import PhotoBudget

UNCALIBRATED = 0.55
"""Recall threshold of a model that was not calibrated."""
Engine = Literal["llama.cpp", "mlx", "transformers"]
"""Libraries that run models."""


@dataclass(frozen=True)
class Spec:
    """Everything needed to load a model."""

    name: str
    language: Path
    """The language model's GGUF; for other engines the model's folder."""
    mmproj: Path
    """The vision tower's GGUF, or the connector; for other engines the model's folder."""
    adapter: Path | None = None
    """A LoRA in GGUF."""
    side: int | None = None
    """Pixels of the square that every photo becomes; None = any shape."""
    one_tile: bool = False
    """The model was trained on a photo's overview alone, without tiles and wrappers."""
    budget: PhotoBudget = field(default_factory=PhotoBudget)
    """Visual tokens of a photo, where the model can choose."""
    trained: PhotoBudget | None = None
    """The budget that the model was trained with; None: not known."""
    threshold: float = UNCALIBRATED
    """Least similarity of a recall by sight (0 to 1)."""
    space: str = ""
    """Identifies the vector space of visual tokens: changes when the vision tower does."""
    identity: str = ""
    """A hash that changes whenever any of the files does; cached results of the model have it in their names."""
    engine: Engine = "llama.cpp"
    verification: Verification | None = None
    """How the model checks recalls; None: not at all."""
    may_say: MaySay = "seen"
    """What the model's text may state as a fact (see `MaySay`)."""
    connector: Path | None = None
    """What turns the photo encoder's tokens into visual tokens, where the model has no vision tower."""
    evidence: bool = False
    """Whether the model was trained on prompts that say which recalls are sure."""

    @property
    def photos(self) -> str:
        """How large the model sees a photo, in words, and how that differs from its training."""
        if self.connector:
            return "the photo encoder sees each"
        if self.side:
            return f"each becomes a square of {self.side} pixels"
        if self.trained is None or self.trained == self.budget:
            return f"{self.budget}{', as in training' if self.trained else ''}"
        return f"{self.budget}; it was trained with {self.trained}"
