"""How varied texts are, by numbers that a person can follow, beside the picture world's templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmark.notes.told_words import STOP, WORD
from benchmark.world.dialogue import draw_dialogue, draw_facts

OPENING = 3
WINDOW = 1000
"""Words in a window of the type-token ratio: it falls with length, so all texts are measured over equal windows."""
SHORTEST = 3
"""Words of the shortest sentence whose shape counts."""
SENTENCE = re.compile(r"[^.!?\n]+")


@dataclass(frozen=True, slots=True)
class Variety:
    """How varied some texts are."""

    texts: int
    words: int
    openings: float
    """Share of the texts whose first three words no earlier text has."""
    type_token: float
    """Different words of `WINDOW` words in a row, as a share, averaged over windows."""
    commonest_shape: float
    """Share of the sentences (of three words or more) that have the commonest shape: small words stay, all others
    become "_"."""
    shape: str
    """The commonest shape itself."""
    words_a_text: tuple[int, int, int]
    """Words of a text: 10th percentile, median and 90th percentile."""


def variety(texts: Sequence[str]) -> Variety:
    """The variety of some texts, at least one."""
    split = [[w.lower() for w in WORD.findall(text)] for text in texts]
    every = [word for text in split for word in text]
    windows = [every[i : i + WINDOW] for i in range(0, max(1, len(every) - WINDOW + 1), WINDOW)]
    shapes = Counter(shape for text in texts for shape in sentence_shapes(text))
    [(shape, times)] = shapes.most_common(1) or [("", 0)]
    lengths = np.percentile([len(text) for text in split], [10, 50, 90])
    return Variety(
        texts=len(texts),
        words=len(every),
        openings=len({tuple(text[:OPENING]) for text in split}) / len(texts),
        type_token=float(np.mean([len(set(window)) / len(window) for window in windows if window])),
        commonest_shape=times / max(1, shapes.total()),
        shape=shape,
        words_a_text=(round(lengths[0]), round(lengths[1]), round(lengths[2])),
    )


def sentence_shapes(text: str) -> list[str]:
    """The shape of each sentence of three words or more: "this is _ my _" of "This is Milo, my dog."."""
    sentences = [[w.lower() for w in WORD.findall(sentence)] for sentence in SENTENCE.findall(text)]
    return [" ".join(w if w in STOP else "_" for w in words) for words in sentences if len(words) >= SHORTEST]


def template_texts(n: int) -> list[str]:
    """What the user says in n dialogues of the picture world."""
    rng = np.random.default_rng(0)
    facts = draw_facts(rng, "train", n, full=False)
    dialogues = [draw_dialogue(rng, f, "thing", turns=1) for f in facts]
    return [" ".join(turn.text for turn in turns if turn.role == "user") for turns in dialogues]
