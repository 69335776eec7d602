"""Puts together what a text about a photo may say (recalled memories, the photo's own data, what the user wrote), and
opens the text that is checked by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from assistant.grounding.entailment import premise
from assistant.grounding.entailment.premise import Evidence, Premise
from assistant.grounding.free_text import FreeText, free
from assistant.grounding.grounded_answer import GroundedAnswer
from assistant.grounding.grounded_caption import GroundedCaption
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.shown_text import ShownText
from assistant.grounding.text_checks import Checks
from memory.episode import Episode, Photo, Recall, Turn

AS_SURE = 0.85
"""Share of the best score by sight from which the photo shows another thing, too: of two things side by side the second
has 0.89 and more of the first's, of two dogs of whom it shows one 0.79 and less."""


def grounded_text(
    recalls: Sequence[Recall], photo: Photo | None, question: str | None, checks: Checks, own_words: str = ""
) -> ShownText:
    """The check of one caption (`question` None) or answer. `own_words`: a caption that the user corrected.

    What was said about other photos of a recalled thing is not in the prompt, and may be quoted.
    """
    shown, others = _quotable(recalls)
    recalled = (*shown, *others)
    evidence = Evidence(tuple(_facts(shown, photo, own_words)), question or "", checks.may_say == "seen")
    if checks.may_say == "anything":
        return FreeText(evidence, recalled)
    if question is None:
        return GroundedCaption(evidence, recalled, checks)
    if free(evidence) or (photo is None and _plain_talk(evidence, recalled)):
        return FreeText(evidence, recalled)
    return GroundedAnswer(
        evidence,
        recalled,
        checks,
        corrected=_corrected(photo, own_words),
        unseen=photo is not None and bool(recalls) and not any(r.by_sight for r in recalls),
    )


def _quotable(recalls: Sequence[Recall]) -> tuple[list[Quotable], list[Quotable]]:
    """The recalled memories, and those of other photos of the same things."""
    best = max((r.score for r in recalls if r.by_sight), default=0.0)
    shown = [Quotable(r.episode, r.episode.day, r.certainty, r.by_sight and r.score >= AS_SURE * best) for r in recalls]
    here = {one.episode.id for one in shown}
    others = {e.id: Quotable(e, e.day, r.certainty) for r in recalls for e in r.others if e.id not in here}
    return shown, [*others.values()]


def _facts(shown: Sequence[Quotable], photo: Photo | None, own_words: str) -> Iterator[Premise]:
    """What the memories tell, and what the photo's data and the user's own caption say."""
    yield from map(premise_of, shown)
    day = photo.taken_at.date() if photo and photo.taken_at else None
    if own_words or day:
        yield premise.read(own_words, day)


def premise_of(one: Quotable) -> Premise:
    """What a recalled memory tells."""
    episode = one.episode
    told = premise.read(episode.words, one.day, episode.place, episode.told_on)
    return replace(told, id=episode.id, sure=one.certainty == "sure", photo=episode.photo.sha256)


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
