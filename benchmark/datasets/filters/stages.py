"""The order in which a build asks the filters, their thresholds in words, and which of them can say little."""

from __future__ import annotations

from benchmark.datasets.filters.photo_similarity import NEAR_BITS
from benchmark.datasets.filters.question_filters import (
    DIALOGUE_SHARE,
    GUESSED,
    VISIBLE_SHARE,
    fact_in_dialogue,
    needs_context,
    not_visible,
)
from benchmark.datasets.filters.sample_filters import (
    QUESTIONS_LEFT,
    SHOWN_SHARE,
    SIMILARITY_MARGIN,
    THINGS_PER_NAME,
    TURNS,
    asks_enough,
    dialogue_format,
    names_unique,
    near_duplicate,
    shows_claimed,
)
from benchmark.datasets.filters.tools import QuestionFilter, SampleFilter, Tools
from benchmark.judges.judge import Lexical

SAMPLE: tuple[SampleFilter, ...] = (names_unique, dialogue_format, near_duplicate, shows_claimed)
"""Asked first, about the whole sample."""
QUESTION: tuple[QuestionFilter, ...] = (fact_in_dialogue, not_visible, needs_context)
"""Asked next; a question that one of them rejects is left out of the sample."""
LAST: tuple[SampleFilter, ...] = (asks_enough,)
"""Asked about the sample with the questions that are left."""
THRESHOLDS = {
    "names_unique": f"{THINGS_PER_NAME} thing a name",
    "dialogue_format": f"{TURNS} turns",
    "near_duplicate": f"more than {NEAR_BITS} of 128 bits apart",
    "shows_claimed": f"each covers {SHOWN_SHARE:.0%} of the photo; found better than others by {SIMILARITY_MARGIN:g}",
    "fact_in_dialogue": f"{DIALOGUE_SHARE:.0%} of the words",
    "not_visible": f"under {VISIBLE_SHARE:.0%} of the words; under {GUESSED} of 3 right",
    "needs_context": f"under {GUESSED} of 3 right",
    "asks_enough": f"{QUESTIONS_LEFT} question a positive",
}
"""Each filter's threshold in words, by the name of its function."""
NOT_RUN = "not run"


def limited(tools: Tools, drawn: bool) -> dict[str, str]:
    """The filters that can reject little with these tools, and why.

    `drawn`: the samples are drawn scenes. A reason that begins with `NOT_RUN` means that nothing was checked, so that
    the samples must not be counted as passed.
    """
    reasons = {}
    if not drawn and tools.encoder is None:
        reasons["shows_claimed"] = f"{NOT_RUN}: no model that sees was given (--vision-model)"
    if not drawn and tools.endpoint is None:
        reasons["not_visible"] = f"{NOT_RUN}: no server was given"
    if isinstance(tools.judge, Lexical):
        reasons["needs_context"] = "says little: the lexical judge never guesses"
    return reasons
