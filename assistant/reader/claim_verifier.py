"""The verifier that ships with the project: whether a sentence says what was told, in whatever words.

Rules find a sentence that keeps the words and the order of what was told, as small models write. A large model writes
freely: "Katrin adopted her from a shelter", of "she belongs to my sister Katrin who got her from a shelter". For such
sentences this network decides, as for natural-language inference (Bowman and others, 2015): it reads sentence and
memory together, and its first token, [CLS], says whether the one follows from the other. It runs on the processor,
offline. What it was trained on, and how often it is right, says models/verifier/README.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from assistant.embedder.text_network import TextNetwork
from assistant.models import local
from assistant.reader.answer_reader import windows
from memory.errors import ModelError

SHIPPED = local.SHIPPED / local.VERIFIER


class ClaimVerifier:
    """The network, opened when the first claim is read. May be used from several threads."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Read the manifest in `folder`. Raises ModelError: one line that says what is missing or wrong."""
        self._network = TextNetwork(folder, "verifier", "spans")

    def logit(self, claim: str, told: str) -> float:
        """The logit that `told` says what a claim says, of a long text that of its best part. Raises ModelError."""
        found = (self._network.run(one.ids)[0] for one in windows(self._network.tokenizer, claim, told))
        return max(float(yes - no) for no, yes in found)


@cache
def shipped() -> ClaimVerifier | None:
    """The verifier of this installation; None where its files are missing."""
    try:
        return ClaimVerifier()
    except ModelError:
        return None
