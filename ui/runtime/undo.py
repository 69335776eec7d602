"""What is taken out of the memory through the app, and the way back: held in this program, and nowhere else.

It lives in the session's thread. Forgetting takes the bytes from the disk at once (`memory/forget/`); what went is
a value in the program's own memory, so that it ends with the program, however that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.backends import disk_cache
from memory.browse import Twin
from memory.episode import Episode
from memory.errors import KeepsakeError, UnknownEpisode
from memory.forget.receipt import Receipt
from memory.replacement import Held
from memory.store import Memory
from ui.strings import (
    EDITED,
    EDITED_TOLD,
    MERGED,
    UNDO_CHANGED,
    UNDO_FORGOTTEN,
    UNDO_HOW,
    UNDO_NOTHING,
    UNDO_NOW,
)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the memory: what the user is told, and what it took away."""

    gone: tuple[str, ...]
    """Ids of memories that are no more, or are others now."""
    lines: tuple[str, ...]
    """For the user."""
    photos: tuple[str, ...] = ()
    """Hashes of photos that went."""


@dataclass(frozen=True, slots=True)
class _Back:
    """How a change is undone."""

    held: Held
    instead: dict[str, Episode | None]
    """Ids of what came, and goes again, and in whose place each of them came."""
    line: str
    """To say then."""


class UndoStack:
    """All that can still be undone, the last first."""

    def __init__(self, memory: Callable[[], Memory]) -> None:
        self._memory = memory
        self._back: list[_Back] = []

    def forget(self, ids: Sequence[str]) -> Change:
        """Forget memories. Raises UnknownEpisode."""
        held = self._memory().hold(ids)
        receipt = self._memory().forget_all(ids)
        return self._done(receipt, receipt.lines(), held, {}, UNDO_FORGOTTEN)

    def edit(self, old: str, new: Episode) -> Change:
        """Put a memory in the place of another. Raises KeepsakeError."""
        held = self._memory().hold([old])
        added: dict[str, Episode | None] = {} if self._there(new.id) else {new.id: held.episodes[0]}
        receipt, told = self._memory().replace({old: new})
        lines = [EDITED.format(id=new.id), *([EDITED_TOLD.format(n=told)] if told else [])]
        return self._done(receipt, lines, held, added, UNDO_CHANGED)

    def merge(self, twins: Sequence[Twin]) -> Change:
        """Leave one memory of each that is there more than once. Raises KeepsakeError."""
        memory = self._memory()
        held = memory.hold([id for twin in twins for id in twin.goes])
        receipt, _ = memory.replace({id: memory.get(twin.stays) for twin in twins for id in twin.goes})
        lines = [MERGED.format(n=len(receipt.episodes)), *receipt.lines()[1:]]
        return self._done(receipt, lines, held, {}, UNDO_FORGOTTEN)

    def remembered(self, id: str) -> None:
        """A memory was added: undone, it goes."""
        self._back.append(_Back(Held(), {id: None}, UNDO_NOW))

    def undo(self) -> Change:
        """Take back the last change that was not taken back. Raises KeepsakeError when there is none."""
        if not self._back:
            raise KeepsakeError(UNDO_NOTHING)
        back, memory = self._back.pop(), self._memory()
        memory.put_back(back.held)
        gone = tuple(back.instead)
        photos: tuple[str, ...] = ()
        if added := [id for id, before in back.instead.items() if before is None]:
            photos = memory.forget_all(added).photos
        elif changed := {id: before for id, before in back.instead.items() if before}:
            memory.replace(changed)
        for photo in photos:
            disk_cache.forget(photo)
        ids = [episode.id for episode in back.held.episodes] or gone
        return Change(gone, (back.line.format(ids=", ".join(ids)),), photos)

    def _there(self, id: str) -> bool:
        try:
            return bool(self._memory().get(id))
        except UnknownEpisode:
            return False

    def _done(
        self, receipt: Receipt, lines: Sequence[str], held: Held, instead: dict[str, Episode | None], line: str
    ) -> Change:
        for photo in {episode.photo.sha256 for episode in held.episodes}:
            disk_cache.forget(photo)  # and what the model's engine still holds is kept nowhere
        self._back.append(_Back(held, instead, line))
        return Change(receipt.episodes, (*lines, UNDO_HOW), receipt.photos)
