"""Guesses of what comes next, copied from what was read: prompt lookup, for captions that repeat names and places.

No model in here: tokens in, a draft out. Whoever decodes checks it (`decode.py`), so a wrong one costs time only.
"""

from __future__ import annotations

from collections.abc import Iterable

GAP = -1
"""Stands for what is no token, such as a photo: nothing is copied across it."""
RUNS = (3, 2)
"""How many of the last tokens must have been read before, the most first."""


class Drafter:
    """The tokens so far, and where each short run of them was read last."""

    def __init__(self, tokens: Iterable[int], most: int) -> None:
        """`tokens`: the prompt. `most`: tokens in a draft; it grows while guesses come true."""
        self._tokens: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        """By run: where it went on, the last time before now."""
        self._most, self._length = most, min(2, most)
        for token in tokens:
            self.add(token)

    def add(self, token: int) -> None:
        """A token was read or written."""
        for n in RUNS:
            if len(self._tokens) >= n:
                self._after[tuple(self._tokens[-n:])] = len(self._tokens)
        self._tokens.append(token)

    def guess(self, room: int) -> list[int]:
        """What followed when the last tokens were read before, at most `room` tokens; nothing when they never were."""
        for n in RUNS:
            start = self._after.get(tuple(self._tokens[-n:]))
            if start is not None:
                draft = self._tokens[start : start + max(0, min(room, self._length))]
                return draft[: draft.index(GAP)] if GAP in draft else draft
        return []

    def learn(self, guessed: int, right: int) -> None:
        """The first `right` of a draft of `guessed` tokens came true: the next one is longer, or as long as that."""
        if guessed:
            self._length = min(self._most, 2 * guessed) if right == guessed else max(1, right)
