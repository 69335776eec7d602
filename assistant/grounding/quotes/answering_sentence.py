"""The sentence of the recalled memories in which a reader finds the answer to a question: evidence for the prompt.

A small model that is shown the sentence beside its question answers from it; alone it overlooks in long notes what was
told (docs/results.md, *The sentence that answers*).
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import speaks_of
from assistant.grounding.quotes.quotation import Quotable
from assistant.grounding.quotes.reading import SURE, Reader, asked_of_one
from memory.episode import Recall
from memory.errors import ModelError

SURE_OF_MAYBE = 4.0
"""What the margin has to be in a memory that may be of something else."""


def answering_sentence(question: str, recalls: Sequence[Recall], reader: Reader | None) -> str | None:
    """The sentence that answers `question`: of what is surely in the photo, else of what words found, else of what may
    be in the photo. None where the reader is not sure enough, or there is none that works."""
    if reader is None:
        return None
    all_of = [Quotable(r.episode, r.episode.day, r.certainty) for r in recalls]
    told = [(asked_of_one(question, one, all_of), one.episode.words) for one in all_of]
    in_view = [one for one, r in zip(told, recalls, strict=True) if r.certainty == "sure" and r.by_sight]
    by_words = [one for one, r in zip(told, recalls, strict=True) if r.certainty == "sure" and not r.by_sight]
    maybe = [one for one, r in zip(told, recalls, strict=True) if r.certainty == "maybe"]
    try:
        for texts, least in ((in_view, SURE), (by_words, SURE), (maybe, SURE_OF_MAYBE)):
            spoken = [(asked, text) for asked, text in texts if speaks_of(asked, text)]
            read = [(one, text) for asked, text in spoken if (one := reader.read(asked, text)) and one.margin > least]
            if read:
                best, text = max(read, key=lambda pair: pair[0].margin)
                return sentence_at(text, best.start)
    except ModelError:  # a damaged reader: the model answers as it would without one
        pass
    return None


def sentence_at(text: str, place: int) -> str:
    """The sentence of a text that holds the character at `place`."""
    end = 0
    for line in sentences(text):
        end = text.index(line, end) + len(line)
        if place < end:
            return line
    return text
