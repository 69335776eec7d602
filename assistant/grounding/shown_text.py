"""A text that a model writes, piece by piece, and what of it is shown: the interface of all kinds of texts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from assistant.grounding.entailment.claim_judge import Judge, Verdict
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.result import Grounding


class ShownText(ABC):
    """One text, piece by piece: `write` and `finish` return what is to be shown next."""

    whole = True
    """Whether only whole sentences are shown, wherever the model's text ended."""

    def __init__(self, evidence: Evidence, recalled: Sequence[Quotable]) -> None:
        """`evidence`: what the text may say. `recalled`: the memories whose words may be quoted."""
        self._evidence, self._recalled = evidence, tuple(recalled)
        self._judge = Judge(evidence)
        self._verdicts: list[Verdict] = []
        """Of the sentences so far."""
        self.shown = ""
        """All that was shown."""

    @abstractmethod
    def write(self, piece: str) -> str:
        """Take a piece of the model's text; returns what can be shown by now."""

    @abstractmethod
    def finish(self, *, cancelled: bool = False, cut: bool = False) -> str:
        """The model's text is over; returns the rest to be shown. Of one that was cancelled or, by the limit of its
        length, `cut`, a half sentence is left out."""

    @property
    @abstractmethod
    def grounding(self) -> Grounding:
        """What was found so far."""

    @property
    def _told(self) -> set[str]:
        """Ids of what sentences of the text stand in; "" is what the photo's data and the user's own caption say."""
        return {id for verdict in self._verdicts if verdict.borne_out for id in verdict.episodes}

    @property
    def _cited(self) -> tuple[str, ...]:
        """Of these the memories, in the order of recall."""
        told = self._told
        return tuple(one.episode.id for one in self._recalled if one.episode.id in told)

    def _show(self, text: str) -> str:
        text = text if self.shown else text.lstrip()
        self.shown += text
        return text
