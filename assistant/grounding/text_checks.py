"""What checks the texts of a model, beside the rules: how far it is believed, and two small networks."""

from __future__ import annotations

from typing import NamedTuple

from assistant.backend import MaySay
from assistant.grounding.entailment.entailed import Verifier
from assistant.grounding.quotes.reading import Reader


class Checks(NamedTuple):
    """What checks the texts of a model."""

    may_say: MaySay
    """How far the model's own words are believed."""
    reader: Reader | None = None
    """Finds in a memory where a question is answered."""
    verifier: Verifier | None = None
    """Says whether what a model wrote in its own words follows from a memory."""
