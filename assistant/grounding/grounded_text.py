"""A text that is shown sentence by sentence: each is held until it is complete, judged, then shown or not.

What captions and answers share; `grounded_caption.py` and `grounded_answer.py` say how a sentence of theirs is judged
and worded, and what stands at the end.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence

from assistant.grounding import claims
from assistant.grounding.days_of_telling import dated, undated
from assistant.grounding.entailment.claim_judge import Verdict
from assistant.grounding.entailment.entailed import verified
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.result import Grounding
from assistant.grounding.shown_text import ShownText
from assistant.grounding.text_checks import Checks
from assistant.grounding.words import lexicon
from assistant.grounding.words.run_on import with_told_commas
from assistant.grounding.words.second_person import as_a_sentence, to_the_user, without_stray_quote
from assistant.grounding.words.tokens import stem, tokens

MAYBE = "Maybe: "
_ENDED = re.compile(r"[.!?…][\"'”’)]*\s*$")
_FRAME = frozenset(map(stem, lexicon.FRAME))
_HEDGED = re.compile(r"\b(?:maybe|perhaps|may|might|could be|looks like|seems|probably|possibly)\b", re.IGNORECASE)


class GroundedText(ShownText):
    """Shows the sentences that memories bear out or that only say what is seen, each once, with "you" for "I"."""

    def __init__(self, evidence: Evidence, recalled: Sequence[Quotable], checks: Checks) -> None:
        super().__init__(evidence, recalled)
        self._checks = checks
        self._raw = ""
        """What was written and is no whole sentence yet."""
        self._gap = ""
        """The spaces between the last sentence and the next."""
        self._held: list[str] = []
        """Sentences that are shown only if nothing better comes: abstentions and small talk."""
        self._said: list[frozenset[str]] = []
        """The words of each sentence so far."""
        self._quoted: tuple[str, ...] = ()
        """Ids of the memories that are quoted."""

    def write(self, piece: str) -> str:
        """Take a piece of the model's text; returns the sentences that are complete now, as far as they are shown."""
        self._raw += piece
        end = claims.ends_sentence(self._raw)
        done, self._raw = self._raw[:end], self._raw[end:]
        return self._take(done)

    def finish(self, *, cancelled: bool = False, cut: bool = False) -> str:
        """The model's text is over; returns the rest to be shown, and what stands at the end."""
        half = cancelled or (cut and not _ENDED.search(self._raw))
        out = "" if half else self._take(self._raw)
        self._raw = ""
        return out if cancelled else out + self._end()

    @property
    def grounding(self) -> Grounding:
        """What was found so far."""
        seen, left_out = (
            tuple(verdict.sentence for verdict in self._verdicts if verdict.kind == kind)
            for kind in ("seen", "unsupported")
        )
        return Grounding(self._cited, self._quoted, seen, left_out)

    @abstractmethod
    def _judged(self, sentence: str) -> Verdict:
        """What the next sentence is."""

    @abstractmethod
    def _end(self) -> str:
        """Show what stands behind the model's text, or in its place; returns it."""

    def _take(self, text: str) -> str:
        """Judge the sentences of a text, and show those that may be shown; returns these."""
        return "".join(self._take_sentence(piece) for piece in claims.pieces(text))

    def _take_sentence(self, piece: str) -> str:
        sentence, gap = undated(piece.strip(), self._recalled), self._gap
        self._gap = piece[len(piece.rstrip()) :] or " "
        verdict = self._judged(sentence)
        if verdict.borne_out and dated(sentence, self._told_by(verdict)) is None:
            verdict = Verdict(sentence, "unsupported")
        self._verdicts.append(verdict)
        if verdict.kind in ("abstains", "talk"):
            self._held.append(sentence)
            return ""
        if verdict.kind == "unsupported" or self._said_before(sentence):
            return ""
        worded = self._worded(verdict)
        worded = dated(worded, self._told_by(verdict)) or worded
        if worded and verdict.kind == "maybe" and not _HEDGED.search(worded) and MAYBE not in self.shown:
            worded = MAYBE + worded
        return self._show(gap + worded) if worded else ""

    def _told_by(self, verdict: Verdict) -> list[Quotable]:
        """The memories that a sentence stands in."""
        return [one for one in self._recalled if one.episode.id in verdict.episodes]

    def _verified(self, by_rules: Verdict) -> Verdict:
        """What the sentence of a verdict is where rules do not find it: the verifier decides, if there is one."""
        if by_rules.kind != "unsupported" or not self._checks.verifier:
            return by_rules
        return verified(by_rules.sentence, self._evidence.question, self._recalled, self._checks.verifier)

    def _worded(self, verdict: Verdict) -> str:
        """A sentence as it is shown; empty where it is not shown yet."""
        if not verdict.borne_out:
            return verdict.sentence
        told = to_the_user(without_stray_quote(verdict.sentence, self.shown))
        told = with_told_commas(told, (to_the_user(one.episode.words) for one in self._told_by(verdict)))
        return as_a_sentence(told, self._evidence.question)

    def _said_before(self, sentence: str) -> bool:
        """Whether one sentence before it said all that it says: small models repeat themselves."""
        found = (t for t in tokens(sentence) if t.content or t.kind in ("number", "day"))
        said = frozenset(t.stem for t in found if t.stem not in _FRAME)  # "You said: toms aunt made it."
        if said and any(said <= earlier for earlier in self._said):
            return True
        self._said.append(said)
        return False
