"""[gspo.mixture]: which prompts a run has beside captions and recognition samples, and what they earn.

They follow Omni-Persona (arXiv 2605.09996), the successor of CoViP, whose measures are True Abstention and Calibration.
All shares are 0 by default: the run is CoViP's then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Payoffs = Literal["keepsake", "omni"]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Shares of prompts, for runs that go through trl."""

    pairs: float = 0.0
    """Share of prompts that are pairs of photos: "Is the same thing in both photos?"."""
    questions: float = 0.0
    """Share of prompts that are questions about a new photo (`train/trl/samples.py`); of drawn samples only."""
    unanswerable: float = 0.375
    """Share of the questions that have no answer in memory: half are about a stranger, half about an untold fact."""
    untold: float = 0.0
    """Share of drawn caption samples in which one fact of each thing was never told, and must not be made up."""
    payoffs: Payoffs = "keepsake"
    """What pairs and questions earn, and with "omni" recognition samples, too (`train/rl/payoffs.py`)."""

    def __post_init__(self) -> None:
        for key in ("pairs", "questions", "unanswerable", "untold"):
            if not 0 <= getattr(self, key) <= 1:
                raise ValueError(f"{key} is {getattr(self, key)}, must be between 0 and 1")

    def check(self, recognition: float, through_trl: bool, drawn: bool) -> None:
        """Raise ValueError if a run with this share of `recognition` samples cannot have the mixture."""
        if self != Mixture() and not through_trl:
            raise ValueError("[gspo.mixture] is for models with a [gspo.lora], which go through trl: leave it out")
        if recognition + self.pairs + self.questions > 1 + 1e-9:
            raise ValueError(
                f"recognition_share {recognition}, pairs {self.pairs} and questions {self.questions} are more than 1"
            )
        if not drawn and (self.questions or self.untold):
            raise ValueError("questions and untold must be 0 with data: the facts of its samples are not known")
