"""Caption-augmented generation (CAG) as one stream of events: recall, caption, answer. No model and no SQL in here.

A `Conversation` is about one photo at a time. `attach` recalls memories, which needs the photo encoder only; `describe`
writes the caption (pass 1), and `look` does both; `ask` continues from the caption (pass 2, and every follow-up). Only
`remember` and `answer` write to the memory, and only what the user said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain

from assistant import prompt, sight
from assistant.backend import Backend, Chunk, Message, Options
from assistant.conversation_state import (
    Answer,
    Confirmed,
    ConversationState,
    GivenReminders,
    Opening,
    chat_opening,
    opened,
)
from assistant.dialogue import denials, fitted_prompt, word_recall
from assistant.encoder.encoder import PhotoEncoder
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
)
from assistant.grounding.evidence import grounded_text
from assistant.grounding.result import Grounding
from assistant.reader import answer_reader
from assistant.same_thing import PairCheck
from memory.days import Unknown
from memory.episode import Episode, Photo, Recall
from memory.errors import KeepsakeError, ModelStopped
from memory.store import Memory


class Conversation:
    """One conversation with a model and a memory. Not thread-safe: call it from one thread, `cancel` from any."""

    def __init__(
        self, backend: Backend | None, memory: Memory, encoder: PhotoEncoder, options: Options | None = None
    ) -> None:
        """`backend` may come later: only captions and answers need it."""
        self.backend, self.memory, self.encoder = backend, memory, encoder
        self.options = options or Options()
        self.photo: Photo | None = None
        self.recalls: tuple[Recall, ...] = ()
        self.caption: Caption | None = None
        self._opening: Opening = partial(prompt.recollect_messages, question="")
        self._turns: tuple[Message, ...] = ()
        self._stop = threading.Event()
        self.reminded = GivenReminders()
        self._said: dict[tuple[str, str], bool] = {}
        """Answers that are not kept: hashes of the new and the remembered photo, and whether they show the same."""
        self._pairs = PairCheck(memory)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt so far, which ends with an assistant turn. Empty when nothing was asked or captioned."""
        return (*opened(self._opening, self.recalls, self.backend), *self._turns) if self._turns else ()

    def attach(self, photo: Photo) -> Iterator[Event]:
        """Bring `photo` into view, recall the memories that belong to it, and remind the user of what is due."""
        self._stop.clear()
        try:
            self.recalls = tuple(self.recall(photo))
            self.photo, self.caption, self._turns = photo, None, ()
            yield Recalled(self.recalls)
            yield from self.remind()
        except KeepsakeError as error:
            yield Failed(str(error))

    def look(self, photo: Photo) -> Iterator[Event]:
        """`attach` a photo and `describe` it; when either fails, the conversation is as it was before."""
        before = self._state()
        for event in self.attach(photo):
            yield event
            if isinstance(event, Failed):
                return
        for event in self.describe():
            if isinstance(event, Failed):
                self._restore(before)
            yield event

    def describe(self, *, anew: bool = False) -> Iterator[Event]:
        """Write the caption of the photo in view; `anew`: although an earlier one was cancelled."""
        before, photo = self._state(), self.photo
        try:
            if anew:
                self._stop.clear()
            if photo is None:
                raise KeepsakeError("there is no photo to describe: attach one first")
            yield from self._verify(photo)
            opening = partial(prompt.caption_messages, photo=photo)
            text, chunk, grounding = yield from self._generate(opening, (), None)
            self.revise(text, by_user=False)
            assert self.caption is not None
            yield Captioned(self.caption, chunk, grounding)
        except KeepsakeError as error:
            self._restore(before)
            yield Failed(str(error))

    def ask(self, question: str) -> Iterator[Event]:
        """Answer from the caption, or the photo, and memories that share words with the question (`word_recall`).

        Without a photo in view, new memories begin a new conversation."""
        before = self._state()
        self._stop.clear()
        try:
            by_words = tuple(word_recall.by_words(self.memory, question, sight.MOST_RECALLED, self.recalls, self.photo))
            if self.photo and by_words:
                self.recalls = (*self.recalls, *by_words)
                yield Recalled(self.recalls)
            elif {r.episode.id for r in by_words} - {r.episode.id for r in self.recalls}:
                self._turns = ()
            opening, turns = self._opening, self._turns
            if turns:
                turns = (*turns, Message("user", (question,)))
            elif self.photo is not None:
                opening = partial(prompt.direct_messages, photo=self.photo, question=question)
            else:
                self.recalls = by_words
                yield Recalled(self.recalls)
                opening = partial(prompt.recollect_messages, question=question)
                if not by_words:
                    opening = chat_opening(question)
            yield Answered(*(yield from self._generate(opening, turns, question)))
        except KeepsakeError as error:
            self._restore(before)
            yield Failed(str(error))

    def revise(self, caption: str, *, by_user: bool = True) -> None:
        """Make `caption` the photo's caption: the model's own, or the user's correction of it."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to describe: attach one first")
        self.caption = Caption(caption, tuple(r.episode.id for r in self.recalls), by_user)
        self._opening = partial(prompt.caption_messages, photo=self.photo)
        self._turns = (Message("assistant", (caption,)),)

    def take_back(self) -> bool:
        """Leave the last question and its answer out of the conversation. Returns False when there is none."""
        questions = [i for i, turn in enumerate(self._turns) if turn.role == "user"]
        if found := bool(questions or (self._turns and not self.caption)):
            self._turns = self._turns[: questions[-1]] if questions else ()  # the opening may hold the first question
        return found

    def prefill(self, photo: Photo, wanted: Callable[[], bool]) -> Chunk | None:
        """Let the model read the beginning of the prompt that `look` or `ask` will need, all but the request.

        Neither the conversation nor the memory changes. Returns None when `wanted` says no, or when no model is there
        yet: then the photo is encoded, so that its recall comes at once. Raises KeepsakeError.
        """
        self._stop.clear()
        if not wanted():
            return None
        opening = opened(partial(prompt.opening_messages, photo=photo), self.recall(photo), self.backend)
        if not wanted() or self.backend is None:
            return None
        return [*self.backend.stream(opening, replace(self.options, max_new_tokens=0))][-1]

    def remember(self, words: str, when: datetime | Unknown | None = None, place: str | None = None) -> Episode:
        """Store the photo with what the user says about it. `when`: see `sight.remember`."""
        if self.photo is None:
            raise KeepsakeError("there is no photo to remember: attach one first")
        episode = sight.remember(self.memory, self.encoder, self.photo, words, when, place)
        self.reminded.due(self.memory, self.photo, {self.photo.sha256})  # one just asked for is due the next time
        return episode

    def confirm(self, other: Photo, same: bool, *, keep: bool, denied: str = "") -> Confirmed:
        """Take the user's word on whether the photo in view shows what the recalled photo `other` shows.

        A "yes" makes its memories sure, a "no" takes them out of the recalls, and with them all that are of `denied`
        ("leo"). With `keep` the memory learns from it; without, only this conversation knows. Raises KeepsakeError when
        there is no photo in view.
        """
        if self.photo is None:
            raise KeepsakeError("there is no photo in view: attach one first")
        before, answers, new, said = self.recalls, list[Answer](), [other.sha256], set[str]()
        while new:
            scores = {r.episode.photo.sha256: min(max(r.score, 0.0), 1.0) for r in self.recall(self.photo)}
            for name in new:
                pair = (self.photo.sha256, name)
                if keep:
                    answers.append((*pair, self.memory.answer(*pair, self.encoder.space, scores.get(name), same)))
                else:
                    self._said[pair] = same
            self.recalls, said = tuple(self.recall(self.photo)), said | {*new}
            more = denials.called(self.recalls, denied) if denied and not same else []
            new = sorted({r.episode.photo.sha256 for r in more} - said)
        return Confirmed(tuple(answers), before != self.recalls)

    def remind(self) -> Iterator[Event]:
        """Remind the user of what is due for the photo in view, and was not told yet."""
        sure = {recall.episode.photo.sha256 for recall in self.recalls if recall.certainty == "sure"}
        if self.photo and (due := self.reminded.due(self.memory, self.photo, sure)):
            yield Reminded(due)

    def resume(
        self,
        photo: Photo | None,
        recalls: Sequence[Recall],
        caption: str | None,
        exchanges: Sequence[tuple[str, str]],
        *,
        by_user: bool = False,
    ) -> None:
        """Continue an earlier conversation: its photo, memories, caption (`by_user`: in the user's words), and
        `exchanges` of question and answer."""
        self.photo, self.recalls, self.caption, self._turns = photo, tuple(recalls), None, ()
        turns: list[Message] = []
        for question, answer in exchanges:
            turns += (Message("user", (question,)), Message("assistant", (answer,)))
        if photo is not None and caption is not None:
            self.revise(caption, by_user=by_user)
            self._turns = (*self._turns, *turns)
        elif exchanges:
            question, _ = exchanges[0]
            self._opening = partial(prompt.recollect_messages, question=question) if recalls else chat_opening(question)
            if photo is not None:
                self._opening = partial(prompt.direct_messages, photo=photo, question=question)
            self._turns = tuple(turns[1:])

    def recall(self, photo: Photo) -> list[Recall]:
        """Episodes that belong to `photo`, surely or maybe, best first. Raises PhotoError, ModelError."""
        found = self._pairs.applied(self.backend, photo, sight.recall(self.memory, self.encoder, photo))
        said = {other: same for (new, other), same in self._said.items() if new == photo.sha256}
        # A photo without words tells nothing: the user is asked what this is, as if none were known.
        found = [r for r in found if r.episode.words and said.get(r.episode.photo.sha256, True)]
        return [replace(r, certainty="sure") if said.get(r.episode.photo.sha256) else r for r in found]

    def _verify(self, photo: Photo) -> Iterator[Event]:
        """Ask a model that can whether the recalled photos show the same thing as `photo`; tell what that changes."""
        asked = self._pairs.ask(self.backend, photo, self.recalls, self._stop.is_set)
        if asked and (recalls := tuple(self.recall(photo))) != self.recalls:
            self.recalls = recalls
            yield Recalled(recalls)
            yield from self.remind()

    def cancel(self) -> None:
        """Stop reading or writing; what was written already stays."""
        self._stop.set()
        if self.backend:
            self.backend.cancel()

    def _state(self) -> ConversationState:
        return ConversationState(self.photo, self.recalls, self.caption, self._opening, self._turns)

    def _restore(self, state: ConversationState) -> None:
        self.photo, self.recalls, self.caption = state.photo, state.recalls, state.caption
        self._opening, self._turns = state.opening, state.turns

    def _generate(
        self, opening: Opening, turns: tuple[Message, ...], question: str | None
    ) -> Generator[Event, None, tuple[str, Chunk, Grounding]]:
        """Let the model write the next turn: a caption, or the answer to `question`. What of it stands in the memories
        is shown and becomes part of the conversation. Returns that text, the last chunk, and what the check found.

        What does not fit the model's context, or cannot be read, is left out (`dialogue/fitted_prompt.py`).
        """
        if self.backend is None:
            raise ModelStopped("no model is loaded yet")
        stream = partial(self.backend.stream, options=self.options)
        begin = partial(opened, opening, backend=self.backend)
        begun = fitted_prompt.fitted(stream, begin, turns, self.recalls, self._stop.is_set)
        if begun is None:
            return "", Chunk("", "cancelled"), Grounding()
        if begun.shortened:
            yield begun.shortened
        recalls, turns, first = begun.recalls, begun.turns, begun.first
        event = CaptionText if question is None else AnswerText
        own = self.caption.text if self.caption and self.caption.by_user else ""
        may_say, last = self.backend.may_say, first
        checked = grounded_text(recalls, self.photo, question, own, may_say, answer_reader.shipped())
        for last in chain((first,), begun.rest):
            if piece := checked.write(last.text):
                yield event(piece)
        if piece := checked.finish(cancelled=last.stop == "cancelled", cut=last.stop == "length"):
            yield event(piece)
        text = checked.shown.strip()
        self.recalls, self._opening, self._turns = tuple(recalls), opening, (*turns, Message("assistant", (text,)))
        stop = "end" if last.stop == "length" and checked.whole else last.stop
        return text, replace(last, text="", stop=stop), checked.grounding
