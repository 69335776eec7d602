"""What the session's thread tells the app. `entry` is the token that the app gave with the job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textual.message import Message

from assistant.events import Event
from memory.episode import Episode

Entry = object


@dataclass
class State(Message):
    """What the thread is doing, as words for the status line."""

    text: str


@dataclass
class ModelReady(Message):
    """The model is loaded."""

    model: str


@dataclass
class Counted(Message):
    """How much is remembered now."""

    episodes: int
    encrypted: bool
    """Whether the file is."""


@dataclass
class Locked(Message):
    """The memory is encrypted, and the thread waits for its passphrase (`Session.answer`)."""

    question: str


@dataclass
class Told(Message):
    """An event of the conversation, for the entry whose job caused it."""

    entry: Entry
    event: Event


@dataclass
class Stopped(Message):
    """A job was cancelled before anything was written."""

    entry: Entry


@dataclass
class Remembered(Message):
    """A memory was stored."""

    entry: Entry
    episode: Episode


@dataclass
class Found(Message):
    """Something that was asked of the memory has been found: `then` shows it; what it returns may be to be awaited."""

    then: Callable[[], object]


@dataclass
class Forgotten(Message):
    """Memories were forgotten or replaced; the receipt says which."""

    entry: Entry
    ids: tuple[str, ...]
    receipt: list[str]
    """Lines: ids and counts, no content."""
    in_use: bool
    """Whether the conversation had it before its eyes: that begins again without it."""


@dataclass
class DemoReady(Message):
    """The album is in the memory."""

    entry: Entry
    photo: Path
    question: str


@dataclass
class Crashed(Message):
    """A bug. `fatal` errors that a user can mend (the memory file) come as KeepsakeError."""

    error: Exception


@dataclass
class Remarked(Message):
    """A line for the user that belongs to no entry."""

    text: str
    kind: Literal["info", "warning", "done"]


@dataclass
class Begun(Message):
    """A new conversation; in a private one nothing is kept."""

    entry: Entry
    private: bool


@dataclass
class Fetched(Message):
    """How far a download is: `percent`; None at its end, and then `problem` says why it failed, if it did."""

    model: str
    percent: int | None
    problem: str = ""
