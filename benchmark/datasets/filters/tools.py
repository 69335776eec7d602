"""What filters may use: a judge, a model that sees, an image encoder; and what they compute once for many samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from assistant.backend import Message
from benchmark.judges.judge import Judge, Lexical
from benchmark.world.question import Question
from benchmark.world.sample import Sample
from memory.episode import Photo


class Asker(Protocol):
    """The part of `chat_client.Endpoint` that filters need."""

    def ask(self, requests: Sequence[tuple[Message, ...]], progress: bool = False) -> list[str]:
        """The text of each answer."""
        ...


class Encoder(Protocol):
    """The part of a backend that filters need."""

    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, (T, D)."""
        ...


@dataclass(slots=True)
class Tools:
    """The models that filters may ask, and hashes and tokens of photos, kept from sample to sample."""

    judge: Judge = field(default_factory=Lexical)
    endpoint: Asker | None = None
    """A model that sees photos."""
    encoder: Encoder | None = None
    """An image encoder."""
    queries: list[np.ndarray] = field(default_factory=list)
    """The difference hash of the query photo of every sample that was accepted so far."""
    hashes: dict[str, np.ndarray] = field(default_factory=dict)
    """Difference hashes of context photos, by the photo's sha256."""
    tokens: dict[str, np.ndarray] = field(default_factory=dict)
    """Visual tokens of unit length, (T, D), by the photo's sha256."""


SampleFilter = Callable[[Sample, Tools], str | None]
"""What is wrong with a sample, or None."""
QuestionFilter = Callable[[Sample, Tools], list[str | None]]
"""What is wrong with each question of a sample, or None; all at once, so that a model can answer many together."""


def numbered_questions(sample: Sample) -> list[tuple[int, Question]]:
    """All questions, each with the index of its episode, in the order in which filters of questions answer."""
    return [(i, question) for i, questions in enumerate(sample.questions) for question in questions]
