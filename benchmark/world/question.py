"""Multiple-choice questions about what was said (CapEval-QAs; paper section 3): three for each thing of a context.

A reader who has only the caption must be able to answer: A, B or C when the caption tells the answer, D when it does
not. One of the two wrong options is true of another thing in the same context, where there is one; it exposes a caption
that ties a memory to the wrong thing. Where a fact was never told (`Spec.untold`), a fourth question asks for it, and D
is right: the absent fact of Omni-Persona (arXiv 2605.09996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.world import dialogue
from benchmark.world.content_words import canonical_words
from benchmark.world.dialogue import Facts

Rng = np.random.Generator
UNKNOWN = "The answer cannot be determined"
LETTERS = ("A", "B", "C")
EACH = 3
"""Questions about one thing."""
PLACE_QUESTION = "Where did I see it last?"
"""The question of the tasks LSD and ITR (paper section 4)."""
EVENT_QUESTION = "What were we doing?"
"""The question of the task LAR."""
FORMS = {
    "place": ("Where were you with {n}?", "In what place was {n}?", "Where did you see {n}?"),
    "time": ("When were you with {n}?", "When did you see {n}?", "When was it that {n} was there?"),
    "event": ("What were you doing when {n} was there?", "What did you do with {n}?", "What was going on with {n}?"),
    "habit": ("What does {n} always do?", "What is typical of {n}?", "Which habit does {n} have?"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options A, B and C. Option D is always `UNKNOWN`: right about a thing that is not in the photo,
    and about a fact that was never told."""

    text: str
    options: tuple[str, str, str]
    """The texts of A, B and C."""
    answer: str
    """The letter of the right option; "D" about a fact that was never told."""
    about: str = ""
    """The name of the thing that the question is about; "" where the source does not say."""
    key: str = ""
    """The fact that the question asks for: place, time, event or habit; "" where the source does not say."""

    @property
    def right(self) -> str:
        """The text of the right option."""
        return UNKNOWN if self.answer == "D" else self.options[LETTERS.index(self.answer)]


def draw_questions(rng: Rng, split: str, facts: Sequence[Facts]) -> tuple[tuple[Question, ...], ...]:
    """Questions about each of `facts`: `EACH` about what was told of place, time, event and habit, and one about each
    that was not."""
    return tuple(_about(rng, split, f, [o for o in facts if o.name != f.name]) for f in facts)


def _about(rng: Rng, split: str, facts: Facts, others: Sequence[Facts]) -> tuple[Question, ...]:
    told = [key for key in FORMS if getattr(facts, key)]
    keys = [*rng.permutation(told)[:EACH], *(key for key in FORMS if key not in told)]
    return tuple(_draw(rng, split, str(key), facts, others) for key in keys)


def _draw(rng: Rng, split: str, key: str, facts: Facts, others: Sequence[Facts]) -> Question:
    """A question about one fact, with wrong options that neither the thing's facts nor the other options tell: two, or
    three where the fact was not told."""
    right = [fact for fact in [getattr(facts, key)] if fact]
    told = canonical_words(" ".join(getattr(facts, k) or "" for k in FORMS))
    wrong: list[str] = []
    pools = ([fact for o in others if (fact := getattr(o, key))], _options(split, key))
    for pool in (*pools, pools[1], pools[1]):  # for the only thing of a context, all come from the split's words
        apart = [o for o in pool if not canonical_words(o) <= told and all(_apart(o, x) for x in (*right, *wrong))]
        if apart and len(wrong) < 3 - len(right):
            wrong.append(str(rng.choice(apart)))
    order = rng.permutation(3)
    three = [(*right, *wrong)[i] for i in order]
    letter = LETTERS[int(np.argmin(order))] if right else "D"
    form = str(rng.choice(FORMS[key]))
    return Question(form.format(n=facts.name), (three[0], three[1], three[2]), letter, facts.name, key)


def _options(split: str, key: str) -> list[str]:
    """All options for a fact that the words of a split give."""
    words = dialogue.words(split)
    if key == "place":
        return [f"{spot} in {city}" for spot in words["spots"] for city in words["cities"]]
    return words[f"{key}s"]


def _apart(one: str, other: str) -> bool:
    """Whether two options are apart: no caption that tells one tells the other, as "in early June" tells "in June"."""
    a, b = canonical_words(one), canonical_words(other)
    return not (a <= b or b <= a)
