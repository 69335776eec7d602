"""Under which number a conversation cites a memory; and under an answer, those whose words are in it, as chips.

A click opens one, and so does /1 in the input.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from assistant.citations import cited
from memory.episode import Episode
from ui.strings import CITES, CITES_KEYS, CITES_NONE
from ui.widgets.panels import chip, day


class CitationNumbers:
    """Of one conversation; each memory keeps its number until that ends."""

    def __init__(self) -> None:
        self._known: dict[str, Episode | None] = {}
        """By id; the first has the number 1. None: it is no more."""
        self.recalled: tuple[Episode, ...] = ()
        """Those that the model was told last."""

    def recall(self, episodes: Sequence[Episode]) -> list[int]:
        """These were recalled; returns their numbers."""
        self.recalled = tuple(episodes)
        self._known |= {episode.id: episode for episode in self.recalled}
        return self._of([episode.id for episode in episodes])

    def memory(self, number: int) -> Episode | None:
        """The memory with that number."""
        found = list(self._known.values())
        return found[number - 1] if 0 < number <= len(found) else None

    def drop(self, ids: Sequence[str]) -> None:
        """These are no more; the numbers of others stay."""
        self._known |= {id: None for id in ids if id in self._known}
        self.recalled = tuple(one for one in self.recalled if one.id not in ids)

    def cited(self, text: str) -> list[int]:
        """Numbers of the recalled memories whose words are in a text."""
        return self._of(cited(text, self.recalled))

    def _of(self, ids: Sequence[str]) -> list[int]:
        known = list(self._known)
        return [known.index(id) + 1 for id in ids]


class CitationBar(Static):
    """One line, or two."""

    def __init__(self, memories: Sequence[tuple[int, Episode | None]]) -> None:
        super().__init__(_line(memories))


def _line(memories: Sequence[tuple[int, Episode | None]]) -> Content:
    if not memories:
        return Content.styled(CITES_NONE, "$foreground-muted")
    parts: list[Content | tuple[str, str]] = [(CITES, "$foreground-muted")]
    for number, episode in memories:
        when = day(episode) if episode else ""
        parts.append(Content.assemble(chip(number), (when, "$primary"), "  ").stylize(f"@click=app.cite({number})"))
    return Content.assemble(*parts, (CITES_KEYS.format(n=memories[0][0]).strip(), "$foreground-muted"))
