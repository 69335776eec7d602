"""The tray in plain mode: the photos that wait for words as a list, and words for one of them."""

from __future__ import annotations

from memory.store import Memory
from memory.tray import waiting_photos as tray
from ui.imports import tray_strings
from ui.plain import plain_strings
from ui.recall_strings import day
from ui.runtime.undo import UndoStack

NEVER = "-"
"""In the place of words: never ask about the photo again."""


def run(rest: str, changes: UndoStack, memory: Memory) -> list[str]:
    """`/tray`: the next photos that wait. `/tray ID WORDS`: words for one; `/tray ID -`: never ask about it."""
    id, _, words = (part.strip() for part in rest.partition(" "))
    if not id:
        return _waiting(memory)
    episode = memory.get(id)
    if words == NEVER:
        changes.left_in_tray([episode.photo.sha256])
        return [tray_strings.TRAY_NOT_ASKED.format(photos="1 photo")]
    if not words or episode.words:
        return [plain_strings.TRAY_HOW]
    changes.told_in_tray([episode.id], words)
    return [tray_strings.TRAY_KEPT.format(photos="1 photo", words=words)]


def _waiting(memory: Memory) -> list[str]:
    lines = []
    for group in tray.groups(memory):
        alike = f", {len(group)} that look alike" if len(group) > 1 else ""
        lines += [f"{one.id}: {day(one)}, {one.photo.width} × {one.photo.height}{alike}" for one in group]
    if not lines:
        return [tray_strings.TRAY_EMPTY]
    return [tray_strings.waiting(tray.waiting(memory)), *lines, plain_strings.TRAY_HOW]
