"""A text of a labelled scene, put through the grounding check as the app does it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from assistant.grounding import premise
from assistant.grounding.claim_judge import Evidence
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.writer import GroundedText
from assistant.reader import answer_reader, claim_verifier
from memory.episode import Episode, Photo, Turn


def passes(scene: dict[str, Any], question: str | None, text: str) -> bool:
    """Whether the check shows a text as it is; "maybe" before it, and small talk, change nothing."""
    recalled = recalls(scene["memories"])
    facts = [
        premise.read(q.episode.id, q.episode.words, q.day, q.episode.place, sure=q.certainty == "sure")
        for q in recalled
    ]
    if photo := scene.get("photo"):
        facts.append(premise.read("", "", date.fromisoformat(photo["day"]), photo.get("place")))
    checked = GroundedText(
        Evidence(tuple(facts), question or "", scene["sees"]),
        recalled,
        answers=question is not None,
        reader=answer_reader.shipped(),
        verifier=claim_verifier.shipped() if scene["sees"] else None,
    )
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
