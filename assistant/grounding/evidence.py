"""Puts together what a text about a photo may say: recalled memories, the photo's own data, what the user wrote."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from assistant.backend import MaySay
from assistant.grounding import premise
from assistant.grounding.claim_judge import Evidence
from assistant.grounding.entailed import Verifier
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import Reader
from assistant.grounding.writer import GroundedText
from memory.episode import Episode, Photo, Recall, Turn

AS_SURE = 0.85
"""Share of the best score by sight from which the photo shows another thing, too: of two things side by side the second
has 0.89 and more of the first's, of two dogs of whom it shows one 0.79 and less."""


def grounded_text(
    recalls: Sequence[Recall],
    photo: Photo | None,
    question: str | None,
    own_words: str,
    may_say: MaySay,
    reader: Reader | None = None,
    verifier: Verifier | None = None,
) -> GroundedText:
    """The check of one caption (`question` None) or answer. `own_words`: a caption that the user corrected.

    What was said about other photos of a recalled thing is not in the prompt, and may be quoted.
    """
    best = max((r.score for r in recalls if r.by_sight), default=0.0)
    quotable = [
        Quotable(r.episode, r.episode.day, r.certainty, r.by_sight and r.score >= AS_SURE * best) for r in recalls
    ]
    others = [Quotable(e, e.day, r.certainty) for r in recalls for e in r.others]
    here = {q.episode.id for q in quotable}
    recalled = [*quotable, *{o.episode.id: o for o in others if o.episode.id not in here}.values()]
    facts = [
        premise.read(
            q.episode.id,
            q.episode.words,
            q.day,
            q.episode.place,
            sure=q.certainty == "sure",
            photo=q.episode.photo.sha256,
        )
        for q in quotable
    ]
    if own_words or (photo and photo.taken_at):
        facts.append(premise.read("", own_words, photo.taken_at.date() if photo and photo.taken_at else None, None))
    evidence = Evidence(tuple(facts), question or "", may_say == "seen")
    free = may_say == "anything" or (question is not None and photo is None and _plain_talk(evidence, recalled))
    unseen = photo is not None and bool(recalls) and not any(r.by_sight for r in recalls)
    return GroundedText(
        evidence,
        recalled,
        answers=question is not None,
        free=free,
        unseen=unseen,
        reader=reader,
        verifier=verifier,
        corrected=_corrected(photo, own_words),
    )


def _plain_talk(evidence: Evidence, recalled: Sequence[Quotable]) -> bool:
    """Whether a question without photo and memories is not about the user's life either: plain talk, for a model that
    knows more than it was told."""
    known = recalled or evidence.told or any(t.kind in ("me", "mine", "name") for t in evidence.asked)
    return evidence.sees and not known


def _corrected(photo: Photo | None, own_words: str) -> tuple[Quotable, ...]:
    """The caption that the user corrected, as what was told of the photo in view."""
    if photo is None or not own_words:
        return ()
    return (Quotable(Episode(photo, (Turn("user", own_words),), datetime.now(UTC)), None, "sure", True),)
