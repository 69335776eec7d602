"""Undo for changes of the memory made in the app: forget, edit, merge, remember, an answer about a recall.

The stack lives in the background thread. Forgetting removes the bytes from the disk at once (`memory/forget/`); what
undo needs is held in the process only, and is gone when the process ends, however it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.backends.cache import disk_cache
from assistant.conversation.conversation_state import Answer
from memory.browse import Duplicate
from memory.episode import Episode
from memory.errors import KeepsakeError, UnknownEpisode
from memory.forget.receipt import Receipt
from memory.forget.replacement import Held
from memory.maintenance import marks
from memory.naming import decisions
from memory.naming.decisions import Before
from memory.store import Memory
from memory.text import count
from memory.tray import waiting_photos as tray
from ui.recall_strings import memory_of
from ui.strings import (
    EDITED,
    EDITED_TOLD,
    MERGED,
    UNDO_ANSWERED,
    UNDO_CHANGED,
    UNDO_ELSEWHERE,
    UNDO_FORGOTTEN,
    UNDO_HOW,
    UNDO_IMPORT,
    UNDO_LEFT,
    UNDO_NOTHING,
    UNDO_NOW,
    UNDO_TRAY,
)
from ui.telling_strings import MARK_TAKEN_BACK, UNDO_MARK, UNDO_TOLD

By = Literal["command", "list", "tray"]
"""What asks for an undo: /undo, or the key for it in a list of memories or names, or in the tray."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the memory: the receipt for the user, and what was removed."""

    gone: tuple[str, ...]
    """Ids of memories that were forgotten or replaced."""
    lines: tuple[str, ...]
    """The receipt, as lines for the user."""
    photos: tuple[str, ...] = ()
    """SHA-256 of photos that were deleted."""
    answer: bool = False
    """Whether an answer about a recall was taken back."""
    details: tuple[str, ...] = ()
    """The receipt with ids and counts."""
    there: tuple[str, ...] = ()
    """Ids of memories that the change brought back, or made of others: a list highlights the first."""


@dataclass(frozen=True, slots=True)
class _Undo:
    """How a change is undone."""

    held: Held
    added: dict[str, Episode | None]
    """Ids of memories that the change added, each with the memory it replaced (None: it was new)."""
    line: str
    """The sentence for the user after the undo."""
    answers: tuple[Answer, ...] = ()
    """Answers about recalls that the change kept."""
    back: Callable[[Memory], object] | None = None
    """What undoes a change of something else than memories."""
    tray: bool = False
    """Whether the change was made in the tray."""

    def open_to(self, by: By) -> bool:
        """Whether `by` may undo the change: a single key takes back what was done where it is pressed, and in a list
        nothing that was told, since no second key brings that back."""
        told = bool(self.added) and not self.held.episodes
        return by == "command" or (self.tray if by == "tray" else not (self.tray or told))

    def new_in(self, memory: Memory) -> list[str]:
        """Ids of memories that the change added, in the place of none, and that are still there."""
        stored = set(memory.ids()) if self.added else set()
        return [id for id, before in self.added.items() if before is None and id in stored]


class UndoStack:
    """The changes since the app was opened; `undo` takes back the last one."""

    def __init__(self, memory: Callable[[], Memory]) -> None:
        self._memory = memory
        self._stack: list[_Undo] = []

    def forget(self, ids: Sequence[str]) -> Change:
        """Forget memories. Raises UnknownEpisode."""
        held = self._memory().hold(ids)
        receipt = self._memory().forget_all(ids)
        return self._done(receipt, receipt.summary(memory_of(held.episodes)), _Undo(held, {}, UNDO_FORGOTTEN))

    def edit(self, old: str, new: Episode, line: str = "") -> Change:
        """Replace a memory by another. `line`: all that is said of it; the rest is for who asks. Raises
        KeepsakeError."""
        held = self._memory().hold([old])
        added: dict[str, Episode | None] = {} if self._exists(new.id) else {new.id: held.episodes[0]}
        receipt, outdated_parts = self._memory().replace({old: new})
        lines = [EDITED.format(what=memory_of([new]))]
        lines += [EDITED_TOLD.format(n=outdated_parts)] if outdated_parts else []
        done = self._done(receipt, lines, _Undo(held, added, UNDO_CHANGED), (new.id,))
        return replace(done, lines=(line,), details=(*lines, *done.details)) if line else done

    def merge(self, duplicates: Sequence[Duplicate]) -> Change:
        """Merge memories that are stored more than once. Raises KeepsakeError."""
        memory = self._memory()
        held = memory.hold([id for one in duplicates for id in one.goes])
        receipt, _ = memory.replace({id: memory.get(one.stays) for one in duplicates for id in one.goes})
        lines = [MERGED.format(n=len(receipt.episodes)), *receipt.summary()[1:]]
        return self._done(receipt, lines, _Undo(held, {}, UNDO_FORGOTTEN), tuple(one.stays for one in duplicates))

    def note_remembered(self, id: str, answers: Sequence[Answer]) -> None:
        """Note that a memory was added ("": none was), and that answers were kept: undo takes back all in one step, and
        brings back the answers before them."""
        if id or answers:
            line = UNDO_TOLD if id and answers else UNDO_NOW if id else UNDO_ANSWERED
            self._stack.append(_Undo(Held(), {id: None} if id else {}, line, tuple(answers)))

    def note_import(self, ids: Sequence[str], photos: int) -> None:
        """Note that an import stored these memories, of so many photos: undo forgets them all."""
        self._stack.append(_Undo(Held(), dict.fromkeys(ids), UNDO_IMPORT.format(photos=count(photos, "photo"))))

    def decide(self, decide: Callable[[Memory], Before], line: str, undone: str) -> Change:
        """Keep a decision about a name; `line` and `undone` are said of it and of its undo. Raises KeepsakeError."""
        before = decide(self._memory())
        self._stack.append(_Undo(Held(), {}, undone, back=lambda memory: decisions.restore(memory, before)))
        return Change((), (line, UNDO_HOW))

    def tell_in_tray(self, ids: Sequence[str], words: str) -> None:
        """Give memories without words these words, in one step. Raises KeepsakeError."""
        held = self._memory().hold(ids)
        added: dict[str, Episode | None] = dict(tray.add_words(self._memory(), ids, words))
        self._stack.append(_Undo(held, added, UNDO_TRAY.format(photos=count(len(ids), "photo")), tray=True))

    def leave_in_tray(self, photos: Sequence[str]) -> None:
        """Never ask about these photos (hashes) again."""
        tray.leave(self._memory(), photos)
        line = UNDO_LEFT.format(photos=count(len(photos), "photo"))
        self._stack.append(_Undo(Held(), {}, line, back=lambda memory: tray.ask_again(memory, photos), tray=True))

    def unmark(self, id: str) -> Change:
        """Take back what the user said of two photos, by the mark's id; undo says it again. Raises KeepsakeError."""
        mark = marks.find(self._memory(), id)
        before = self._memory().take_back_verdict(mark.photo, mark.other)
        self._stack.append(_Undo(Held(), {}, UNDO_MARK, ((mark.photo, mark.other, before),)))
        return Change((), (MARK_TAKEN_BACK.format(line=mark.line()),), answer=True)

    def can_undo(self, by: By = "command") -> bool:
        """Whether `undo` would take something back. Callable from any thread."""
        return any(last.open_to(by) for last in self._stack[-1:])

    def undo(self, by: By = "command") -> Change:
        """Take back the last change, if `by` may. Raises KeepsakeError when there is none."""
        if not self._stack:
            raise KeepsakeError(UNDO_NOTHING)
        if not self._stack[-1].open_to(by):
            return Change((), (UNDO_ELSEWHERE,))
        step, memory = self._stack.pop(), self._memory()
        if step.back:
            step.back(memory)
            return Change((), (step.line,))
        _take_back(memory, step.answers)
        if step.answers and not step.added:
            return Change((), (step.line,), answer=True)
        memory.put_back(step.held)
        what = memory_of(step.held.episodes) if step.held.episodes else "it"
        photos: tuple[str, ...] = ()
        if added := step.new_in(memory):
            what = "it" if len(added) > 1 else memory_of([memory.get(added[0])])
            photos = _forget_added(memory, added)
        elif changed := {id: before for id, before in step.added.items() if before}:
            memory.replace(changed)
        for photo in photos:
            disk_cache.forget(photo)
        back = tuple(one.id for one in (*step.held.episodes, *filter(None, step.added.values())))
        return Change(tuple(step.added), (step.line.format(what=what),), photos, bool(step.answers), there=back)

    def _exists(self, id: str) -> bool:
        try:
            return bool(self._memory().get(id))
        except UnknownEpisode:
            return False

    def _done(self, receipt: Receipt, lines: Sequence[str], step: _Undo, there: tuple[str, ...] = ()) -> Change:
        """Note how a change is undone that left this receipt; what went is dropped from the cache, too."""
        for photo in {episode.photo.sha256 for episode in step.held.episodes}:
            disk_cache.forget(photo)  # the engine's copy in memory is never written
        self._stack.append(step)
        details = tuple(receipt.lines())
        return Change(receipt.episodes, (*lines, UNDO_HOW), receipt.photos, details=details, there=there)


def _take_back(memory: Memory, answers: Sequence[Answer]) -> None:
    """Take answers about recalls back, and bring back those before them."""
    for photo, other, before in reversed(answers):
        memory.take_back_verdict(photo, other)
        if before:
            memory.answer(photo, other, before.space or "", before.score, before.same)


def _forget_added(memory: Memory, ids: Sequence[str]) -> tuple[str, ...]:
    """Forget memories that a change added. Returns the hashes of the photos that were deleted.

    An answer about a photo that was not remembered was said before the photo's memory, which takes it along: it stays.
    """
    said = memory.verdicts()
    photos = memory.forget_all(ids).photos
    for one in said:
        if one.photo in photos:
            memory.answer(one.photo, one.other, one.space or "", one.score, one.same)
    return photos
