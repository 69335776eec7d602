"""The grounding check, run on a text of a labelled scene as the app runs it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from assistant.grounding.entailment import premise
from assistant.grounding.entailment.premise import Evidence
from assistant.grounding.evidence import premise_of
from assistant.grounding.free_text import free
from assistant.grounding.grounded_answer import GroundedAnswer
from assistant.grounding.grounded_caption import GroundedCaption
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.text_checks import Checks
from assistant.reader import answer_reader, claim_verifier
from memory.episode import Episode, Photo, Turn


def passes(scene: dict[str, Any], question: str | None, text: str) -> bool:
    """Whether the check shows a text as it is; a "maybe" put before it, or small talk left out, is no change."""
    recalled = recalls(scene["memories"])
    facts = [premise_of(one) for one in recalled]
    if photo := scene.get("photo"):
        facts.append(premise.read("", date.fromisoformat(photo["day"]), photo.get("place")))
    evidence = Evidence(tuple(facts), question or "", scene["sees"])
    sees = scene["sees"]
    checks = Checks("seen" if sees else "told", answer_reader.shipped(), claim_verifier.shipped() if sees else None)
    checked: GroundedCaption | GroundedAnswer
    if question is None:
        checked = GroundedCaption(evidence, recalled, checks)
    elif free(evidence):
        return True
    else:
        checked = GroundedAnswer(evidence, recalled, checks)
    checked.write(text)
    checked.finish()
    return not checked.grounding.left_out


def recalls(memories: list[dict[str, Any]]) -> list[Quotable]:
    """The memories of a row as recalled episodes."""
    out = []
    for n, memory in enumerate(memories):
        day = date.fromisoformat(memory["day"])
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        episode = Episode(Photo(f"{n:064x}", b"", 1, 1), (Turn("user", memory["words"]),), noon, memory["place"])
        out.append(Quotable(episode, day, memory.get("certainty", "sure")))
    return out
