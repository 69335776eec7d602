"""The events of a conversation: the one stream that the command line, the app and the benchmark read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

from assistant.backend import Chunk
from assistant.grounding.result import UNCHECKED, Grounding
from memory.episode import Episode, Recall
from memory.instructions import Reminder


@dataclass(frozen=True, slots=True)
class Caption:
    """What the model wrote about a new photo, and which episodes it was given for that."""

    text: str
    episodes: tuple[str, ...]
    """Ids of the episodes in the prompt."""
    by_user: bool = False
    """Whether the user wrote it: then what it says was told."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The memory was searched. `recalls` is empty when nothing in it matches the photo or the question."""

    recalls: tuple[Recall, ...]


@dataclass(frozen=True, slots=True)
class Reminded:
    """A recalled memory asks for a reminder when its subject is seen again. Comes once for each photo shown."""

    reminders: tuple[Reminder, ...]
    """At least one, newest first."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """This was left out of the prompt, as it did not fit or could not be read: the model does not know it any more."""

    recalls: tuple[Recall, ...]
    """Memories left out, the least relevant first; of equally relevant ones, the oldest."""
    questions: int
    """How many of the conversation's oldest questions were left out, with their answers."""
    unreadable: tuple[Recall, ...] = ()
    """Memories whose stored photo is damaged."""

    def __str__(self) -> str:
        """One line for the user."""
        damaged = "; ".join(unreadable_line(recall.episode) for recall in self.unreadable)
        return " ".join(filter(None, (self._no_room(), f"{damaged}." if damaged else "")))

    def _no_room(self) -> str:
        left = [(len(self.recalls), "memory", "memories"), (self.questions, "earlier question", "earlier questions")]
        parts = " and ".join(f"{n} {one if n == 1 else many}" for n, one, many in left if n)
        return f"Left out, as the model has no room for it: {parts}." if parts else ""


def unreadable_line(episode: Episode) -> str:
    """What to tell of a memory that is left out because its photo is damaged, and how to mend that."""
    mend = f"`python -m memory forget {episode.id}` forgets it, `python -m memory restore` brings back a snapshot"
    return f"The photo of the memory {episode.id} is damaged, so it is left out: {mend}"


@dataclass(frozen=True, slots=True)
class CaptionText:
    """A piece of the caption, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Captioned:
    """The caption is complete, or its writing was cancelled (see `chunk.stop`)."""

    caption: Caption
    chunk: Chunk
    grounding: Grounding = UNCHECKED
    """What the check of the text found."""


@dataclass(frozen=True, slots=True)
class AnswerText:
    """A piece of the answer, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer is complete, or its writing was cancelled (see `chunk.stop`)."""

    text: str
    chunk: Chunk
    grounding: Grounding = UNCHECKED
    """What the check of the text found."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong; the conversation is as it was before the call."""

    message: str
    """One clear line for the user."""


Event = Recalled | Reminded | Shortened | CaptionText | Captioned | AnswerText | Answered | Failed

Result = TypeVar("Result")


class EventHandler(Generic[Result]):
    """Receives the events of a conversation: a method for each kind, which does nothing unless a subclass acts.

    `Result` is what the methods return: None, or an awaitable. A new kind of event has to be added here, or mypy fails.
    """

    def __init__(self, ignored: Callable[[], Result]) -> None:
        """`ignored` makes the result for a kind of event that the subclass does nothing with."""
        self.ignored = ignored

    def dispatch(self, event: Event) -> Result:
        """Call the method for the kind of `event`."""
        match event:
            case Recalled():
                return self.recalled(event)
            case Reminded():
                return self.reminded(event)
            case Shortened():
                return self.shortened(event)
            case CaptionText():
                return self.caption_text(event)
            case Captioned():
                return self.captioned(event)
            case AnswerText():
                return self.answer_text(event)
            case Answered():
                return self.answered(event)
            case Failed():
                return self.failed(event)
            case _:
                assert_never(event)

    def recalled(self, event: Recalled) -> Result:
        """The memory was searched."""
        return self.ignored()

    def reminded(self, event: Reminded) -> Result:
        """A recalled memory asks for a reminder."""
        return self.ignored()

    def shortened(self, event: Shortened) -> Result:
        """A part of the prompt was left out."""
        return self.ignored()

    def caption_text(self, event: CaptionText) -> Result:
        """A piece of the caption."""
        return self.ignored()

    def captioned(self, event: Captioned) -> Result:
        """The caption is complete or was cancelled."""
        return self.ignored()

    def answer_text(self, event: AnswerText) -> Result:
        """A piece of the answer."""
        return self.ignored()

    def answered(self, event: Answered) -> Result:
        """The answer is complete or was cancelled."""
        return self.ignored()

    def failed(self, event: Failed) -> Result:
        """Something went wrong."""
        return self.ignored()
