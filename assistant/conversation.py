"""Caption-augmented generation as one stream of events: recall, caption, answer. No model and no SQL in here.

A `Conversation` is about one photo at a time. `look` recalls and writes the caption (pass 1); `ask` continues
from it (pass 2, and every follow-up). Only `remember` writes to the memory, and only what the user said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path

from assistant import prompt
from assistant.backend import Backend, Chunk, Message, Options
from assistant.events import (
    Answered,
    AnswerText,
    Caption,
    Captioned,
    CaptionText,
    Event,
    Failed,
    Recalled,
    Reminded,
    Shortened,
)
from memory import reminders
from memory.db.keys import ask_here
from memory.episode import Episode, Photo, Recall, Turn
from memory.errors import KeepsakeError, ModelStopped, PromptTooLong
from memory.instructions import Reminder
from memory.paths import memory_file
from memory.store import Memory

Opening = Callable[[Sequence[Episode]], tuple[Message, ...]]
"""Renders the beginning of a prompt around the memories it may hold."""


class Conversation:
    """One conversation with a model and a memory. Not thread-safe: drive it from one thread, `cancel` from any."""

    def __init__(self, backend: Backend, memory: Memory, options: Options | None = None, k: int = 4) -> None:
        self.backend, self.memory, self.k = backend, memory, k
        self.options = options or Options()
        self.photo: Photo | None = None
        self.recalls: tuple[Recall, ...] = ()
        self.caption: Caption | None = None
        self._opening: Opening = partial(prompt.recollect_messages, question="")
        self._turns: tuple[Message, ...] = ()
        """What comes after the opening: the assistant's first turn, then questions and answers."""
        self._stop = threading.Event()
        self.reminded: tuple[str, set[str]] = ("", set())
        """The photo in view, and what the user has been reminded of since it came into view."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt so far; ends with an assistant turn. Empty when nothing was said."""
        return (*self._opening([r.episode for r in self.recalls]), *self._turns) if self._turns else ()

    def attach(self, photo: Photo) -> Iterator[Event]:
        """Make `photo` the conversation's subject and recall what belongs to it."""
        self._stop.clear()
        try:
            self.recalls = tuple(self.recall(photo))
            self.photo, self.caption, self._turns = photo, None, ()
            yield Recalled(self.recalls)
            if due := self._due(photo):
                yield Reminded(due)
        except KeepsakeError as error:
            yield Failed(str(error))

    def look(self, photo: Photo) -> Iterator[Event]:
        """`attach` a photo and write its caption."""
        before = self._standing()
        for event in self.attach(photo):
            yield event
            if isinstance(event, Failed):
                return
        try:
            text, chunk = yield from self._say(partial(prompt.caption_messages, photo=photo), (), CaptionText)
            self.revise(text)
            assert self.caption is not None
            yield Captioned(self.caption, chunk)
        except KeepsakeError as error:
            self.photo, self.recalls, self.caption, self._opening, self._turns = before
            yield Failed(str(error))

    def ask(self, question: str) -> Iterator[Event]:
        """Answer from the caption; without one, from the photo; without a photo, from memories found by words, or
        as ordinary talk when no memory has these words. New memories found by words begin the talk anew."""
        before = self._standing()
        self._stop.clear()
        try:
            found = () if self.photo else tuple(self.memory.search(question, k=self.k))
            if {r.episode.id for r in found} - {r.episode.id for r in self.recalls}:
                self._turns = ()
            opening, turns = self._opening, self._turns
            if turns:
                turns = (*turns, Message("user", (question,)))
            elif self.photo is not None:
                opening = partial(prompt.direct_messages, photo=self.photo, question=question)
            else:
                self.recalls = found
                yield Recalled(self.recalls)
                opening = partial(prompt.recollect_messages, question=question)
                if not found:
                    opening = _talk(question)
            text, chunk = yield from self._say(opening, turns, AnswerText)
            yield Answered(text, chunk)
        except KeepsakeError as error:
            self.photo, self.recalls, self.caption, self._opening, self._turns = before
            yield Failed(str(error))

    def revise(self, caption: str) -> None:
        """Let `caption` stand as the description of the photo: the model's own, or the user's correction of it."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to describe: attach one first")
        self.caption = Caption(caption, tuple(r.episode.id for r in self.recalls))
        self._opening = partial(prompt.caption_messages, photo=self.photo)
        self._turns = (Message("assistant", (caption,)),)

    def prefill(self, photo: Photo, wanted: Callable[[], bool]) -> Chunk | None:
        """Let the model read what it will have to when `photo` is looked at or asked about, all but the request.

        The conversation stays as it is, and the memory unwritten. None when it is not `wanted` any more, or recall
        would have to see older photos first. Raises KeepsakeError.
        """
        self._stop.clear()
        if not wanted() or self.memory.photos_without_vectors(self.backend.space):
            return None
        opening = prompt.opening_messages([r.episode for r in self.recall(photo)], photo)
        if not wanted():
            return None
        *_, last = self.backend.stream(opening, replace(self.options, max_new_tokens=0))
        return last

    def remember(self, words: str, when: datetime | None = None, place: str | None = None) -> Episode:
        """Keep the photo with what the user says about it. `when` defaults to the camera's date, then to now."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to remember: attach one first")
        episode = remember(self.memory, self.backend, self.photo, words, when, place)
        self._due(self.photo, {episode.photo.sha256})  # what has just been asked for is for the next time
        return episode

    def resume(
        self,
        photo: Photo | None,
        recalls: Sequence[Recall],
        caption: str | None,
        said: Sequence[tuple[str, str]],
    ) -> None:
        """Go on where an earlier conversation ended: its photo, its memories, its caption, and (question, answer)s."""
        self.photo, self.recalls, self.caption, self._turns = photo, tuple(recalls), None, ()
        turns: list[Message] = []
        for question, answer in said:
            turns += (Message("user", (question,)), Message("assistant", (answer,)))
        if photo is not None and caption is not None:
            self.revise(caption)
            self._turns = (*self._turns, *turns)
        elif said:
            question, _ = said[0]
            self._opening = partial(prompt.recollect_messages, question=question) if recalls else _talk(question)
            if photo is not None:
                self._opening = partial(prompt.direct_messages, photo=photo, question=question)
            self._turns = tuple(turns[1:])

    def _due(self, photo: Photo, photos: Collection[str] | None = None) -> tuple[Reminder, ...]:
        """Reminders of what was recalled by sight (or said about `photos`) that were not given since `photo` came."""
        if self.reminded[0] != photo.sha256:
            self.reminded = (photo.sha256, set())
        photos = photos or {recall.episode.photo.sha256 for recall in self.recalls}
        due = [r for r in reminders.standing(self.memory, photos) if r.task.casefold() not in self.reminded[1]]
        self.reminded[1].update(reminder.task.casefold() for reminder in due)
        return tuple(due)

    def recall(self, photo: Photo) -> list[Recall]:
        """Episodes that belong to `photo`, best first, none below the model's threshold."""
        for unseen in self.memory.photos_without_vectors(self.backend.space):
            if self._stop.is_set():
                raise ModelStopped("stopped before every photo was seen; the next time goes on from here")
            self.memory.put_vectors(unseen.sha256, self.backend.space, self.backend.embed(unseen))
        tokens = self.backend.embed(photo)
        return self.memory.recall(self.backend.space, tokens, k=self.k, threshold=self.backend.threshold)

    def cancel(self) -> None:
        """Stop what is being seen, read or written; what is there already stands."""
        self._stop.set()
        self.backend.cancel()

    def _standing(
        self,
    ) -> tuple[Photo | None, tuple[Recall, ...], Caption | None, Opening, tuple[Message, ...]]:
        return self.photo, self.recalls, self.caption, self._opening, self._turns

    def _say(
        self, opening: Opening, turns: tuple[Message, ...], kind: type[CaptionText] | type[AnswerText]
    ) -> Generator[Event, None, tuple[str, Chunk]]:
        """Let the model write the next turn, with all that fits its context; from now on this is the conversation."""
        recalls, left_out, asked = list(self.recalls), [], len(turns)
        while True:
            if self._stop.is_set():
                return "", Chunk("", "cancelled")
            chunks = self.backend.stream((*opening([r.episode for r in recalls]), *turns), self.options)
            try:
                first = next(chunks)
                break
            except PromptTooLong:
                if len(turns) > 2:
                    turns = (turns[0], *turns[3:])
                elif recalls:
                    left_out.append(min(recalls, key=lambda r: (r.score, r.episode.when, r.episode.told)))
                    recalls.remove(left_out[-1])
                else:
                    raise
        if left_out or len(turns) < asked:
            yield Shortened(tuple(left_out), (asked - len(turns)) // 2)
        text, last = "", first
        for last in chain((first,), chunks):
            text += last.text
            if last.text:
                yield kind(last.text)
        text = text.strip()
        self.recalls, self._opening, self._turns = tuple(recalls), opening, (*turns, Message("assistant", (text,)))
        return text, replace(last, text="")


def _talk(question: str) -> Opening:
    return lambda _: prompt.chat_messages([question])


def remember(
    memory: Memory, backend: Backend, photo: Photo, words: str, when: datetime | None = None, place: str | None = None
) -> Episode:
    """Store an episode with the photo's visual tokens, so that the next photo can find it.

    Raises KeepsakeError when there are no words: a photo without meaning cannot be recalled by meaning.
    """
    if not words.strip():
        raise KeepsakeError("nothing was said about the photo: write a sentence, such as 'This is Milo, my dog'")
    date = when or photo.taken_at or datetime.now(UTC)
    return keep(memory, backend, Episode(photo, (Turn("user", words.strip()),), date, place))


def open_memory(path: Path | None, backend: Backend | None = None, *, to_read: bool = False) -> Memory:
    """The memory for a command (None: the usual file; `to_read`: see `memory_file`). Of an encrypted one the passphrase
    is asked, and `backend` keeps nothing on disk."""
    memory = Memory(memory_file(path, to_read=to_read), ask=ask_here)
    if backend and memory.encrypted:
        backend.set_ephemeral(True)
    return memory


def keep(memory: Memory, backend: Backend, episode: Episode) -> Episode:
    """Store any episode with its photo's visual tokens; without words too, as an import has them."""
    photo = episode.photo
    tokens = backend.embed(photo)  # first: when the model fails, nothing is kept, and saying it again keeps it once
    memory.add(episode, (backend.space, tokens))
    return episode
