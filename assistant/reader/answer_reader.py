"""The reader that ships with the project: where in a text a question is answered, or that it is not answered there.

An extractive reader as for SQuAD 2 (Rajpurkar and others, 2018): the network gives each token of the text a logit to
begin the answer and one to end it; the first token of all, [CLS], stands for "no answer". It runs on the processor,
offline. What it was trained on, and how often it is right, says models/reader/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from assistant.embedder.text_network import TextNetwork
from assistant.embedder.wordpiece import WordPiece
from assistant.grounding.quotes.reading import Reading
from assistant.models import local
from memory.errors import ModelError

SHIPPED = local.SHIPPED / local.READER
MOST_TOKENS = 224
"""Tokens of question and text together; a longer text is read in windows."""
MOST_OF_QUESTION = 64
"""Tokens after which a question is cut."""
LONGEST = 24
"""Tokens of an answer."""


class Window(NamedTuple):
    """A question and a text, or a part of one that is too long, as the network takes them."""

    ids: list[int]
    """[CLS] question [SEP] text [SEP]."""
    first: int
    """Index of the text's first token."""
    places: list[tuple[int, int]]
    """For each token of the text the range of characters of its word in the whole text."""


def windows(tokenizer: WordPiece, question: str, text: str, most: int = MOST_TOKENS) -> Iterator[Window]:
    """The windows of a text, each beginning in the middle of the one before; one where the text is short enough."""
    asked = tokenizer.ids(question, MOST_OF_QUESTION)
    pieces = [(id, word.span()) for word in re.finditer(r"\S+", text) for id in tokenizer.pieces(word[0])]
    room = most - len(asked) - 1
    for begin in range(0, max(1, len(pieces) - room // 2), room // 2):
        part = pieces[begin : begin + room]
        yield Window([*asked, *(id for id, _ in part), asked[-1]], len(asked), [place for _, place in part])


class AnswerReader:
    """The network, opened when the first question is read. May be used from several threads."""

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Read the manifest in `folder`. Raises ModelError: one line that says what is missing or wrong."""
        self._network = TextNetwork(folder, "reader", "spans")

    def read(self, question: str, text: str) -> Reading | None:
        """Where `text` answers the question best, and how likely that is; None where it has no words.

        Raises ModelError.
        """
        found = (_best(one, self._network.run(one.ids)) for one in windows(self._network.tokenizer, question, text))
        return max(filter(None, found), key=lambda one: one.margin, default=None)


@cache
def shipped() -> AnswerReader | None:
    """The reader of this installation; None where its files are missing."""
    try:
        return AnswerReader()
    except ModelError:
        return None


def _best(window: Window, spans: np.ndarray) -> Reading | None:
    """The best answer in a window from the logits (T, 2) of its tokens."""
    if not window.places:
        return None
    inside = spans[window.first : window.first + len(window.places)]
    scores = inside[:, None, 0] + inside[None, :, 1]
    tokens = np.arange(len(inside))
    length = tokens[None, :] - tokens[:, None]
    scores = np.where((length >= 0) & (length < LONGEST), scores, -np.inf)
    begin, end = np.unravel_index(int(np.argmax(scores)), scores.shape)
    margin = float(scores[begin, end] - spans[0].sum())
    return Reading(window.places[begin][0], window.places[end][1], margin)
