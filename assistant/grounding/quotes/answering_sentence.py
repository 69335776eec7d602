"""The sentence of the recalled memories in which a reader finds the answer to a question: evidence for the prompt.

A small model that is shown the sentence beside its question answers from it; alone it overlooks in long notes what was
told (docs/results.md, *The sentence that answers*).
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding.claims import sentences
from assistant.grounding.quotes.question_kind import speaks_of
from assistant.grounding.quotes.reading import SURE, Reader
from memory.episode import Recall
from memory.errors import ModelError

SURE_OF_MAYBE = 4.0
"""What the margin has to be in a memory that may be of something else."""


def answering_sentence(question: str, recalls: Sequence[Recall], reader: Reader | None) -> str | None:
    """The sentence that answers `question`: of what is surely in the photo, else of what words found, else of what may
    be in the photo. None where the reader is not sure enough, or there is none that works."""
    if reader is None:
        return None
    in_view = [r.episode.words for r in recalls if r.certainty == "sure" and r.by_sight]
    by_words = [r.episode.words for r in recalls if r.certainty == "sure" and not r.by_sight]
    maybe = [r.episode.words for r in recalls if r.certainty == "maybe"]
    try:
        for texts, least in ((in_view, SURE), (by_words, SURE), (maybe, SURE_OF_MAYBE)):
            spoken = [text for text in texts if speaks_of(question, text)]
            read = [(one, text) for text in spoken if (one := reader.read(question, text)) and one.margin > least]
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
