"""Keeps the open conversation, line by line, as `memory/conversations.py` stores it; of a private one nothing.

It lives in the session's thread. What cannot be kept is said once, and stops no answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from assistant.backend import Chunk
from assistant.events import Answered, Captioned, EventHandler, Recalled
from memory import conversations
from memory.db.conversation_rows import Kind, Line, Part, StoredConversation
from memory.episode import Photo
from memory.errors import KeepsakeError
from memory.store import Memory


class Recorder(EventHandler[None]):
    """One conversation after the other; `begin` starts the next."""

    def __init__(self, memory: Callable[[], Memory], complain: Callable[[str], object]) -> None:
        super().__init__(lambda: None)
        self._memory, self._complain = memory, complain
        self.begin(False)

    def begin(self, private: bool) -> None:
        """Begin a new conversation; of a private one nothing is kept."""
        self._on = not private
        self.id = secrets.token_hex(4)
        """What it is, or will be, kept under."""
        self._next = 0
        self._part: Part | None = None
        """What is being said; None: nothing yet, or it was forgotten."""
        self._mute = False
        """Whether the part was forgotten: what else is said in it is not kept either."""

    def resume(self, talk: StoredConversation, private: bool) -> None:
        """Go on with an earlier one."""
        self.begin(private)
        if self._on:
            self.id, self._part, self._next = talk.id, talk.parts[-1], talk.parts[-1].n + 1

    def show(self, photo: Photo | None) -> None:
        """A new part begins, about this photo."""
        if not self._on:
            return
        self._part, self._mute = Part(self._next, datetime.now(UTC), photo), False
        self._next += 1
        self._keep(self._part, new=True)

    def say(self, kind: Kind, text: str, mark: str = "") -> None:
        """Something was said or written."""
        if self._on and self._part is None and not self._mute:
            self.show(None)
        if self._part and (text or mark):
            self._keep(replace(self._part, lines=(*self._part.lines, Line(kind, text, mark))))

    def told(self, *episodes: str) -> None:
        """The conversation may tell of these memories from now on."""
        if self._on and self._part is None and not self._mute and episodes:
            self.show(None)
        if self._part and not set(episodes) <= set(self._part.episodes):
            self._keep(replace(self._part, episodes=tuple(dict.fromkeys((*self._part.episodes, *episodes)))))

    def recalled(self, event: Recalled) -> None:
        """The conversation may tell of what was recalled."""
        self.told(*(recall.episode.id for recall in event.recalls))

    def captioned(self, event: Captioned) -> None:
        """Keep a caption once it is whole."""
        self.say("caption", event.caption.text, _mark(event.chunk))

    def answered(self, event: Answered) -> None:
        """Keep an answer once it is whole."""
        self.say("answer", event.text, _mark(event.chunk))

    def _keep(self, part: Part, *, new: bool = False) -> None:
        try:
            there = conversations.keep(self._memory(), self.id, part, new=new)
            self._part, self._mute = (part, False) if there else (None, True)
        except KeepsakeError as error:
            self._on, self._part = False, None
            self._complain(str(error))


def _mark(chunk: Chunk) -> str:
    return chunk.stop if chunk.stop in ("cancelled", "length") else ""
