"""Stores the open conversation line by line (`memory/conversations.py`); of a private conversation nothing.

The recorder lives in the background thread. A failure to store is reported once, and stops no answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from assistant.backend import Chunk
from assistant.conversation.events import Answered, Captioned, EventHandler, Recalled
from memory import conversations
from memory.db.stored_conversation import Kind, Line, Part, StoredConversation
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.store import Memory


class Recorder(EventHandler[None]):
    """Stores one conversation after the other; `begin` starts the next."""

    def __init__(self, memory: Callable[[], Memory], report: Callable[[str], object]) -> None:
        super().__init__(lambda: None)
        self._memory, self._report = memory, report
        self.begin(False)

    def begin(self, private: bool) -> None:
        """Begin a new conversation; of a private one nothing is kept."""
        self._on = not private
        self.id = secrets.token_hex(4)
        """The id under which the conversation is, or will be, stored."""
        self._next = 0
        self._part: Part | None = None
        """The part that lines are added to; None: there is none yet, or the part was forgotten."""
        self._forgotten = False
        """Whether the part was forgotten: further lines of the part are not stored either."""

    def resume(self, conversation: StoredConversation, private: bool) -> None:
        """Go on with an earlier conversation."""
        self.begin(private)
        if self._on:
            self.id, self._part, self._next = conversation.id, conversation.parts[-1], conversation.parts[-1].n + 1

    def begin_part(self, photo: Photo | None) -> None:
        """Begin a new part, about this photo."""
        if not self._on:
            return
        self._part, self._forgotten = Part(self._next, datetime.now(UTC), photo), False
        self._next += 1
        self._keep(self._part, new=True)

    def add_line(self, kind: Kind, text: str, mark: str = "") -> None:
        """Add a line that the user or the model wrote."""
        if self._on and self._part is None and not self._forgotten:
            self.begin_part(None)
        if self._part and (text or mark):
            self._keep(replace(self._part, lines=(*self._part.lines, Line(kind, text, mark))))

    def add_episodes(self, *episodes: str) -> None:
        """Note that the conversation may hold words of these memories from now on."""
        if self._on and self._part is None and not self._forgotten and episodes:
            self.begin_part(None)
        if self._part and not set(episodes) <= set(self._part.episodes):
            self._keep(replace(self._part, episodes=tuple(dict.fromkeys((*self._part.episodes, *episodes)))))

    def take_back(self) -> None:
        """Leave out the last question and what came after it; without a question the last caption."""
        lines = self._part.lines if self._part else ()
        for kind in ("question", "caption"):
            at = [i for i, line in enumerate(lines) if line.kind == kind]
            if self._part and at:
                self._keep(replace(self._part, lines=lines[: at[-1]]))
                return

    def recalled(self, event: Recalled) -> None:
        """Note which memories were recalled."""
        self.add_episodes(*(recall.episode.id for recall in event.recalls))

    def captioned(self, event: Captioned) -> None:
        """Store a caption once it is whole, and that it holds the words of what it quotes."""
        self.add_episodes(*event.grounding.quoted)
        self.add_line("caption", event.caption.text, _mark(event.chunk))

    def answered(self, event: Answered) -> None:
        """Store an answer once it is whole, and that it holds the words of what it quotes."""
        self.add_episodes(*event.grounding.quoted)
        self.add_line("answer", event.text, _mark(event.chunk))

    def _keep(self, part: Part, *, new: bool = False) -> None:
        try:
            stored = conversations.keep(self._memory(), self.id, part, new=new)
            self._part, self._forgotten = (part, False) if stored else (None, True)
        except KeepsakeError as error:
            self._on, self._part = False, None
            self._report(str(error))


def _mark(chunk: Chunk) -> str:
    return chunk.stop if chunk.stop in ("cancelled", "length") else ""
