"""The tray in plain mode: the photos that wait for words as a list, and words for one of them."""

from __future__ import annotations

from memory.episode import Episode
from memory.errors import UnknownEpisode
from memory.store import Memory
from memory.tray import waiting_photos as tray
from ui.imports import tray_strings
from ui.input_parser import read
from ui.plain import plain_strings
from ui.runtime.undo import UndoStack

NEVER = "-"
"""In the place of words: never ask about the photo again."""


class PlainTray:
    """`/tray` and what may follow it, in one session."""

    def __init__(self) -> None:
        self._listed: dict[str, str] = {}
        """Photos (hashes) by the ids under which they were listed: words for a photo give its memory another id."""

    def run(self, rest: str, changes: UndoStack, memory: Memory, *, private: bool) -> list[str]:
        """`/tray`: the next photos that wait. `/tray ID WORDS`: words for one; `/tray ID -`: never ask about it.

        In a `private` conversation it is shut.
        """
        if private:
            return [plain_strings.without_keys(tray_strings.PRIVATE_NO_TRAY)]
        id, _, words = (part.strip() for part in rest.partition(" "))
        if not id:
            return self._waiting(memory)
        found = self._found(id, memory)
        if found is None:
            return [tray_strings.TRAY_NO_ID.format(id=id)]
        if found.words:
            return [tray_strings.TRAY_TOLD.format(words=found.words, id=found.id[:8])]
        if words == NEVER:
            changes.leave_in_tray([found.photo.sha256])
            return [tray_strings.TRAY_NOT_ASKED.format(photos="1 photo")]
        if not words:
            return [plain_strings.TRAY_HOW]
        if read(words).photos and not read(words).question:
            return [plain_strings.TRAY_PATH]
        changes.tell_in_tray([found.id], words)
        return [tray_strings.TRAY_KEPT.format(photos="1 photo", words=words)]

    def _found(self, id: str, memory: Memory) -> Episode | None:
        """The memory with this id, or that has taken the place of the one that was listed under it."""
        try:
            return memory.get(id)
        except UnknownEpisode:
            photos = {photo for listed, photo in self._listed.items() if listed.startswith(id)}
            return next(iter(memory.about(photos.pop())), None) if len(photos) == 1 else None

    def _waiting(self, memory: Memory) -> list[str]:
        lines = []
        for group in tray.groups(memory):
            alike = f", {len(group)} that look alike" if len(group) > 1 else ""
            for one in group:
                self._listed[one.id] = one.photo.sha256
                size = f"{one.photo.width} × {one.photo.height}"
                lines.append(f"{one.id}: {tray_strings.when(one)}, {size}{alike}")
        if not lines:
            return [tray_strings.TRAY_EMPTY]
        return [tray_strings.waiting(tray.waiting(memory)), *lines, plain_strings.TRAY_HOW]
