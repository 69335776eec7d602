"""A text that is shown as the model writes it: a poem, plain talk, or what a model that can see knows of the world."""

from __future__ import annotations

import re

from assistant.grounding import claims
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.general_question import general
from assistant.grounding.result import Grounding
from assistant.grounding.shown_text import ShownText

_ASKED_FOR = re.compile(
    r"^\W*(?:please |can you |could you )*(?:write|compose|draft|translate|rewrite|summari[sz]e|invent|make up|explain"
    r"|tell me a (?:joke|story|poem))\b",
    re.IGNORECASE,
)


def free(evidence: Evidence) -> bool:
    """Whether the answer to a question is no claim about the user's life: "Write a poem"."""
    return bool(_ASKED_FOR.match(evidence.question)) or _known_by_model(evidence)


def _known_by_model(evidence: Evidence) -> bool:
    """Whether a question is about the world, and put to a model that can see, which knows more than was told."""
    return evidence.sees and general(evidence.question)


class FreeText(ShownText):
    """Shows everything at once, and says afterwards what of it was told."""

    whole = False

    def write(self, piece: str) -> str:
        """Show the piece."""
        return self._show(piece)

    def finish(self, *, cancelled: bool = False, cut: bool = False) -> str:
        """Judge what was shown, unless it was `cancelled`."""
        self._verdicts = [] if cancelled else [self._judge.judge(one) for one in claims.sentences(self.shown)]
        return ""

    @property
    def grounding(self) -> Grounding:
        """What was told and, of an answer about the world, what the model knows."""
        own = tuple(verdict.sentence for verdict in self._verdicts if not verdict.borne_out)
        return Grounding(self._cited, seen=own if _known_by_model(self._evidence) else ())
