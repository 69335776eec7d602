"""Is the export still the model? The first word that both sides would write, on prompts as the app asks them.

The engine here is the app's own (`assistant/llamacpp.py`), so what is proved is what people run. Whether the model is
any good is the benchmark's question, not this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from assistant.chatml import Piece, pieces
from assistant.photo import from_image
from benchmark.capeval import captioning, summary
from benchmark.judge import Lexical
from benchmark.result import Scribe, ask
from benchmark.sample import samples
from benchmark.scene import Look, draw
from benchmark.world import concepts
from memory.episode import Episode, Photo, Turn

NAMES = ("Milo", "Anna", "Noel", "Ruby")


class Reader(Protocol):
    """Anything that reads a prompt and goes on writing: `Checkpoint`, `LlamaCpp`."""

    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt."""
        ...

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next assistant turn (see `assistant.backend.Backend`)."""
        ...


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two readers on one prompt."""

    kl: float
    """Nats: what is lost by taking the second reader's distribution for the first one's."""
    same_first: bool
    """Whether both find the same token likeliest."""
    share: float
    """The first reader's chance of the second one's choice, relative to its own choice: 1 = the same, or as good."""


def compare(truth: np.ndarray, other: np.ndarray) -> Agreement:
    """Logits (V,) of both."""
    a, b = _log_softmax(truth), _log_softmax(other)
    kl = float((np.exp(a) * (a - b)).sum())
    return Agreement(kl, bool(a.argmax() == b.argmax()), float(np.exp(a[b.argmax()] - a.max())))


def prompts(n: int, side: int = 128) -> list[list[Piece]]:
    """`n` caption requests over one to four memories, each with its photo: two to five photos a prompt."""
    codes = [c.code for c in concepts("test")]
    return [_prompt([codes[(4 * i + j) % len(codes)] for j in range(1 + i % 4)], i, side) for i in range(n)]


def agreements(truth: Reader, other: Reader, asked: Sequence[Sequence[Piece]]) -> list[Agreement]:
    """One for each prompt."""
    return [compare(truth.logits(p), other.logits(p)) for p in asked]


def captions(truth: Reader, other: Reader, n: int, seed: int = 7) -> tuple[float, dict, dict]:
    """The same n benchmark samples (test split, one positive) captioned by both: the share of captions that are equal
    to the letter, and both sides' scores."""
    asked = list(samples("test", n, seed))
    sides = [captioning(Scribe(side), Lexical()) for side in (truth, other)]
    rows = [[ask(side, sample) for sample in asked] for side in sides]
    equal = sum(a.texts == b.texts for a, b in zip(*rows, strict=True)) / n
    return equal, summary(rows[0]), summary(rows[1])


def _prompt(codes: Sequence[str], seed: int, side: int) -> list[Piece]:
    episodes = [
        Episode(_photo(code, seed, side), (Turn("user", f"This is {name}."),), datetime(2025, 5, 1 + i, tzinfo=UTC))
        for i, (code, name) in enumerate(zip(codes, NAMES, strict=False))
    ]
    return pieces(prompt.caption_messages(episodes, _photo(codes[seed % len(codes)], seed + 1000, side)))


def _photo(code: str, seed: int, side: int) -> Photo:
    return from_image(draw([Look(code)], seed, side).image)


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    x = logits.astype(np.float64) - logits.max()
    return x - np.log(np.exp(x).sum())
