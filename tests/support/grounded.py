"""Generated texts and the memories that they are checked against."""

from __future__ import annotations

from datetime import UTC, date, datetime

from assistant.backend import MaySay
from assistant.grounding.entailment.entailed import Verifier
from assistant.grounding.evidence import grounded_text
from assistant.grounding.shown_text import ShownText
from assistant.grounding.text_checks import Checks
from assistant.reader import answer_reader
from memory.episode import Certainty, Episode, Photo, Recall, Turn

BRUNO = "This is Bruno. I got him from my sister Anna when she moved to Lisbon. He is afraid of thunder."
OSKAR = "That's Oskar, he belongs to my uncle Karl. He once ate a whole cheese sandwich off my plate."


def recall(
    words: str,
    day: date = date(2025, 5, 12),
    place: str | None = None,
    sure: bool = True,
    by_sight: bool = False,
    score: float = 0.9,
) -> Recall:
    """A recalled memory with these words."""
    certainty: Certainty = "sure" if sure else "maybe"
    photo = Photo(words, b"", 1, 1)
    when = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Recall(
        Episode(photo, (Turn("user", words),), when, place), score, "the same thing", certainty, by_sight=by_sight
    )


def check(
    text: str,
    *recalls: Recall,
    question: str | None = None,
    may_say: MaySay = "told",
    own: str = "",
    photo: Photo | None = None,
    verifier: Verifier | None = None,
) -> ShownText:
    """What the check makes of `text`, which a model writes word by word about these memories."""
    checked = grounded_text(recalls, photo, question, Checks(may_say, answer_reader.shipped(), verifier), own)
    for word in text.split(" "):
        checked.write(word + " ")
    checked.finish()
    return checked
