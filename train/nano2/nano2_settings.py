"""What the training of the second nano is made of: one frozen value, its defaults those of what ships."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers of all stages. Equal settings, pictures and notes give an equal model on one machine."""

    seed: int = 0
    threads: int = 2
    # Scenes: composites that the connector and the language model learn from.
    side: int = 288
    """Pixels on a side of a scene, as the photo encoder sees it."""
    views: int = 4
    """Scenes of each look alone."""
    cutouts: int = 450
    """Cut-outs beside the picture world's; every third of them in another colour too."""
    signs: int = 150
    """How many of the picture world's signs; a sign stands alone in its scenes, and no note is about it."""
    groups: int = 2100
    """Scenes of two to four looks, in threes: two of the same looks, one without the last."""
    empty: int = 200
    """Scenes of nothing."""
    # Connector.
    fit_steps: int = 1500
    fit_batch: int = 128
    fit_rate: float = 2e-3
    contrast: float = 0.3
    """Weight of the losses that keep looks apart, beside the distance to the target."""
    # Language.
    steps: int = 640
    trees: int = 2
    """Contexts in a step."""
    rate: float = 5e-4
    warmup: int = 30
    rank: int = 16
    alpha: int = 32
    chain_steps: int = 60
    """Opening steps in which half of the contexts are chains."""
    save_every: int = 25
