"""Caption-augmented generation as one stream of events: recall, caption, answer. No model and no SQL in here.

A `Conversation` is about one photo at a time. `look` recalls and writes the caption (pass 1); `ask` continues
from it (pass 2, and every follow-up). Only `remember` writes to the memory, and only what the user said.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from assistant import prompt
from assistant.backend import Backend, Chunk, Message, Options
from assistant.events import Answered, AnswerText, Caption, Captioned, CaptionText, Event, Failed, Recalled
from memory.episode import Episode, Photo, Recall, Turn
from memory.errors import KeepsakeError
from memory.store import Memory


class Conversation:
    """One conversation with a model and a memory. Not thread-safe: drive it from one thread, `cancel` from any."""

    def __init__(self, backend: Backend, memory: Memory, options: Options | None = None, k: int = 4) -> None:
        self.backend, self.memory, self.k = backend, memory, k
        self.options = options or Options()
        self.photo: Photo | None = None
        self.recalls: tuple[Recall, ...] = ()
        self.caption: Caption | None = None
        self.messages: tuple[Message, ...] = ()
        """The prompt so far; ends with an assistant turn once something was said."""

    def attach(self, photo: Photo) -> Iterator[Event]:
        """Make `photo` the conversation's subject and recall what belongs to it."""
        try:
            self.recalls = tuple(self.recall(photo))
            self.photo, self.caption, self.messages = photo, None, ()
            yield Recalled(self.recalls)
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
            request = prompt.caption_messages([r.episode for r in self.recalls], photo)
            text, chunk = yield from self._say(request, CaptionText)
            self.revise(text)
            assert self.caption is not None
            yield Captioned(self.caption, chunk)
        except KeepsakeError as error:
            self.photo, self.recalls, self.caption, self.messages = before
            yield Failed(str(error))

    def ask(self, question: str) -> Iterator[Event]:
        """Answer from the caption; without one, from the photo; without a photo, from memories found by words, or
        as ordinary talk when no memory has these words. New memories found by words begin the talk anew."""
        before = self._standing()
        try:
            found = () if self.photo else tuple(self.memory.search(question, k=self.k))
            if {r.episode.id for r in found} - {r.episode.id for r in self.recalls}:
                self.messages = ()
            if self.messages:
                request = (*self.messages, Message("user", (question,)))
            elif self.photo is not None:
                request = prompt.direct_messages([r.episode for r in self.recalls], self.photo, question)
            else:
                self.recalls = found
                yield Recalled(self.recalls)
                episodes = [r.episode for r in self.recalls]
                recollect = prompt.recollect_messages(episodes, question)
                request = recollect if episodes else prompt.chat_messages([question])
            text, chunk = yield from self._say(request, AnswerText)
            self.messages = (*request, Message("assistant", (text,)))
            yield Answered(text, chunk)
        except KeepsakeError as error:
            self.photo, self.recalls, self.caption, self.messages = before
            yield Failed(str(error))

    def revise(self, caption: str) -> None:
        """Let `caption` stand as the description of the photo: the model's own, or the user's correction of it."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to describe: attach one first")
        episodes = [r.episode for r in self.recalls]
        self.caption = Caption(caption, tuple(e.id for e in episodes))
        self.messages = (*prompt.caption_messages(episodes, self.photo), Message("assistant", (caption,)))

    def remember(self, words: str, when: datetime | None = None, place: str | None = None) -> Episode:
        """Keep the photo with what the user says about it. `when` defaults to the camera's date, then to now."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to remember: attach one first")
        return remember(self.memory, self.backend, self.photo, words, when, place)

    def recall(self, photo: Photo) -> list[Recall]:
        """Episodes that belong to `photo`, best first, none below the model's threshold."""
        for unseen in self.memory.photos_without_vectors(self.backend.space):
            self.memory.put_vectors(unseen.sha256, self.backend.space, self.backend.embed(unseen))
        tokens = self.backend.embed(photo)
        return self.memory.recall(self.backend.space, tokens, k=self.k, threshold=self.backend.threshold)

    def cancel(self) -> None:
        """Stop what is being written; what is there already stands."""
        self.backend.cancel()

    def _standing(self) -> tuple[Photo | None, tuple[Recall, ...], Caption | None, tuple[Message, ...]]:
        return self.photo, self.recalls, self.caption, self.messages

    def _say(
        self, request: Sequence[Message], kind: type[CaptionText] | type[AnswerText]
    ) -> Generator[Event, None, tuple[str, Chunk]]:
        text, last = "", Chunk("", "end")
        for chunk in self.backend.stream(request, self.options):
            text += chunk.text
            if chunk.text:
                yield kind(chunk.text)
            last = chunk
        return text.strip(), replace(last, text="")


def remember(
    memory: Memory, backend: Backend, photo: Photo, words: str, when: datetime | None = None, place: str | None = None
) -> Episode:
    """Store an episode with the photo's visual tokens, so that the next photo can find it.

    Raises KeepsakeError when there are no words: a photo without meaning cannot be recalled by meaning.
    """
    if not words.strip():
        raise KeepsakeError("nothing was said about the photo: write a sentence, such as 'This is Milo, my dog'")
    date = when or photo.taken_at or datetime.now(UTC)
    episode = Episode(photo, (Turn("user", words.strip()),), date, place)
    tokens = backend.embed(photo)  # first: when the model fails, nothing is kept, and saying it again keeps it once
    memory.add(episode)
    memory.put_vectors(photo.sha256, backend.space, tokens)
    return episode
