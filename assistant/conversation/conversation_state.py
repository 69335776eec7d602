"""Values of a conversation: where it stands, and what an answer of the user changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from assistant import prompt
from assistant.backend import Backend, Message
from assistant.conversation.events import Caption
from memory import reminders
from memory.db.verdict_rows import Verdict
from memory.episode import Episode, Photo, Recall
from memory.instructions import Reminder
from memory.store import Memory


class Opening(Protocol):
    """Renders the beginning of a prompt."""

    def __call__(self, episodes: Sequence[Episode], *, sure: Sequence[Episode] = ()) -> tuple[Message, ...]:
        """The beginning around the memories `episodes`; `sure` are those of which recall is sure by sight."""


@dataclass(frozen=True, slots=True)
class ConversationState:
    """Where a conversation stands: what a call that fails puts back, so that it changes nothing."""

    photo: Photo | None
    """The photo in view."""
    recalls: tuple[Recall, ...]
    """Memories in the prompt."""
    caption: Caption | None
    """The photo's caption, as written by the model or corrected by the user."""
    opening: Opening
    turns: tuple[Message, ...]
    """What comes after the opening: the assistant's first turn, then questions and answers."""
    told: tuple[str, ...]
    """Ids of the memories in which the last answer stands."""


@dataclass
class GivenReminders:
    """The reminders that the user has been given since the photo in view came into view."""

    photo: str = ""
    """Hash of that photo."""
    tasks: set[str] = field(default_factory=set)

    def due(self, memory: Memory, photo: Photo, photos: Collection[str]) -> tuple[Reminder, ...]:
        """Reminders in what was said about `photos` (hashes), not given yet; from now on they are given."""
        if self.photo != photo.sha256:
            self.photo, self.tasks = photo.sha256, set()
        due = [one for one in reminders.standing(memory, photos) if one.task.casefold() not in self.tasks]
        self.tasks.update(one.task.casefold() for one in due)
        return tuple(due)


Answer = tuple[str, str, Verdict | None]
"""An answer about a recall: hashes of the new and the remembered photo, and the answer about them before it, which
the memory had kept."""


class Confirmed(NamedTuple):
    """What the user's word on a recall replaced and changed."""

    answers: tuple[Answer, ...]
    """The answers that the memory keeps now, in their order; a "no" to somebody may be about several photos."""
    caption_outdated: bool
    """Whether other memories are recalled now, or they are surer: the caption says "Maybe" of what is sure."""


def question_opening(photo: Photo | None, recalls: Sequence[Recall], question: str) -> Opening:
    """The opening of a conversation that begins with a question: about a photo, about memories, or about neither.

    Without a photo nothing was seen: such a prompt holds no evidence of recall, even where the memories came by sight.
    """
    if photo is not None:
        return partial(prompt.direct_messages, photo=photo, question=question)
    if recalls:
        return lambda episodes, *, sure=(): prompt.recollect_messages(episodes, question)
    return lambda episodes, *, sure=(): prompt.chat_messages([question])


def opened(opening: Opening, recalls: Sequence[Recall], backend: Backend | None) -> tuple[Message, ...]:
    """The beginning of a prompt around what was recalled.

    A model that was trained for it is told of which memories recall is sure by sight.
    """
    episodes = [r.episode for r in recalls]
    sure = [r.episode for r in recalls if r.by_sight and r.certainty == "sure"]
    if sure and backend and backend.evidence:
        return opening(episodes, sure=sure)
    return opening(episodes)
