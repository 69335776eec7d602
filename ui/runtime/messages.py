"""Messages of the background thread to the app.

`entry` is the token that the app gave with the job: the widget that shows the job's result, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textual.message import Message

from assistant.backend import MaySay
from assistant.conversation.events import Event
from memory.episode import Episode, Recall

EntryToken = object


WRITING_STATES = frozenset({"reading photo", "recalling", "writing caption", "answering", "writing again"})
"""The states of the thread in which Esc stops something."""


@dataclass
class ThreadState(Message):
    """What the thread is doing, as words for the status line."""

    text: str


@dataclass
class ModelReady(Message):
    """The model is loaded."""

    model: str
    may_say: MaySay
    """See `Backend.may_say`."""


@dataclass
class MemoryCounted(Message):
    """The number of memories was counted."""

    episodes: int
    encrypted: bool
    """Whether the memory file is encrypted."""
    demo: bool = False
    """Whether this is the demo album, and not the user's own memory."""


@dataclass
class PassphraseNeeded(Message):
    """The memory is encrypted, and the thread waits for its passphrase (`AppThread.answer`)."""

    question: str


@dataclass
class ConversationEvent(Message):
    """An event of the conversation, for the entry whose job caused it."""

    entry: EntryToken
    event: Event


@dataclass
class Cancelled(Message):
    """A job was cancelled before anything was written."""

    entry: EntryToken


@dataclass
class EpisodeRemembered(Message):
    """A memory was stored."""

    entry: EntryToken
    episode: Episode
    denied: Episode | None = None
    """The recalled memory of which the user said, with the same words, that it is not the same."""


@dataclass
class RecallAnswered(Message):
    """The user's answer whether the photo in view shows what a recalled memory shows counts from now on."""

    entry: EntryToken
    episode: Episode
    same: bool
    recalls: tuple[Recall, ...]
    """The recalls of the photo in view by now."""
    again: bool
    """Whether they are other ones than before, or surer: then the photo is recalled and captioned anew."""


@dataclass
class PhotosEncoded(Message):
    """Photos of the memory are encoded again; when `done` is `total`, all are."""

    done: int
    total: int


@dataclass
class QueryResult(Message):
    """A query of the memory has its result: the app calls `then`, and awaits what it returns if that is awaitable."""

    then: Callable[[], object]


@dataclass
class EpisodesChanged(Message):
    """Memories were forgotten or replaced; the receipt says which."""

    entry: EntryToken
    ids: tuple[str, ...]
    receipt: list[str]
    """Lines for the user, in people's words."""
    in_use: bool
    """Whether the open conversation had read one of them: it begins again without them."""
    details: tuple[str, ...] = ()
    """The receipt with ids and counts, for who asks."""
    there: tuple[str, ...] = ()
    """Ids of memories that were brought back or changed."""


@dataclass
class DemoReady(Message):
    """The demo album is open; `photo` and `question` are there to try."""

    entry: EntryToken
    photo: Path
    question: str


@dataclass
class Crashed(Message):
    """The thread has ended with an error: a KeepsakeError is for the user (the memory file), all others are bugs."""

    error: Exception


@dataclass
class Notice(Message):
    """A line for the user that belongs to no entry of the conversation."""

    text: str
    kind: Literal["info", "warning", "done"]


@dataclass
class ConversationStarted(Message):
    """A new conversation has begun; `entry` is the page of the one before."""

    entry: EntryToken
    private: bool


@dataclass
class DownloadProgress(Message):
    """A download goes on (`percent`), or has ended: `percent` is None, and `problem` says why it failed, if it did."""

    model: str
    percent: int | None
    problem: str = ""
