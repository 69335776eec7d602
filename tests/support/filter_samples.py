"""Samples that every filter keeps, and their parts, to be changed for the worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmark.world.sample import Sample, Spec, build
from memory.episode import Photo

TWO = build(Spec("test", 3, 0, 2, "near"))
STRANGERS = build(Spec("test", 3, 0, 1, "stranger"))
OWN = replace(TWO, facts=(), looks=(), shown=(), spec=None, drawn=None)
"""As from one's own photos."""


def first(sample: Sample, **changed: object) -> Sample:
    """The sample with its first episode changed."""
    return replace(sample, context=(replace(sample.context[0], **changed), *sample.context[1:]))  # type: ignore[arg-type]


TURNS = TWO.context[0].turns


class Sees:
    """An encoder whose photos hold what a table says: one direction a thing."""

    def __init__(self, things: dict[str, list[int]]) -> None:
        self.things = things

    def embed(self, photo: Photo) -> np.ndarray:
        return np.eye(16, dtype=np.float32)[[15, *self.things[photo.sha256]]]  # all share a wall
