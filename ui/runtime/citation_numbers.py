"""The number under which a conversation cites a memory: [1], [2] ..."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding.result import Grounding
from memory.episode import Episode, Recall


class CitationNumbers:
    """Numbers of one conversation; a memory keeps its number until the conversation ends."""

    def __init__(self) -> None:
        self._known: dict[str, Episode | None] = {}
        """Memories by id, in the order of their numbers, which begin with 1. None: the memory was forgotten."""
        self.recalled: tuple[Episode, ...] = ()
        """The memories in the last prompt."""
        self._others: dict[str, Episode] = {}
        """What was said about other photos of recalled things: numbered when an answer quotes it."""

    def recall(self, recalls: Sequence[Recall]) -> list[int]:
        """Number the memories that were recalled; returns their numbers."""
        self.recalled = tuple(one.episode for one in recalls)
        self._others |= {other.id: other for one in recalls for other in one.others}
        self._known |= {episode.id: episode for episode in self.recalled}
        return self._of([episode.id for episode in self.recalled])

    def memory(self, number: int) -> Episode | None:
        """The memory with that number; None where there is none any more."""
        found = list(self._known.values())
        return found[number - 1] if 0 < number <= len(found) else None

    def drop(self, ids: Sequence[str]) -> None:
        """Drop forgotten memories; the numbers of others stay."""
        self._known |= {id: None for id in ids if id in self._known}
        self._others = {id: one for id, one in self._others.items() if id not in ids}
        self.recalled = tuple(one for one in self.recalled if one.id not in ids)

    def cited(self, grounding: Grounding) -> list[int]:
        """Numbers of the memories in which a text stands, or which it quotes."""
        self._known |= {id: self._others[id] for id in grounding.quoted if id in self._others and id not in self._known}
        return self._of([id for id in self._known if id in (*grounding.cited, *grounding.quoted)])

    def _of(self, ids: Sequence[str]) -> list[int]:
        known = list(self._known)
        return [known.index(id) + 1 for id in ids]
