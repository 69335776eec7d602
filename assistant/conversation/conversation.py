"""Caption-augmented generation (CAG) as one stream of events: recall, caption, answer. No model and no SQL in here.

A `Conversation` is about one photo at a time. `attach` recalls memories, which needs the photo encoder only; `describe`
writes the caption (pass 1), and `look` does both; `ask` continues from the caption (pass 2, and every follow-up). Only
`remember` and `confirm` write to the memory, and only what the user said.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain

from assistant import prompt, sight
from assistant.backend import Backend, Chunk, Message, Options
from assistant.conversation import reply, word_recall
from assistant.conversation.conversation_state import (
    Confirmed,
    ConversationState,
    GivenReminders,
    Opening,
    opened,
    question_opening,
)
from assistant.conversation.events import Answered, AnswerText, Caption, Captioned, Event, Failed, Recalled, Reminded
from assistant.conversation.follow_up import from_words, spoken_of
from assistant.conversation.photo_recall import PhotoRecall
from assistant.dialogue.sentences.plain_text import spelled_out
from assistant.dialogue.several_questions import questions_in
from assistant.encoder.encoder import PhotoEncoder
from assistant.grounding.quotes.answering_sentence import answering_sentence
from assistant.grounding.quotes.reading import Reader, ReadOnce
from assistant.grounding.result import Grounding
from assistant.reader import answer_reader
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
        self._told: tuple[str, ...] = ()
        """Ids of the memories in which the last answer stands."""
        self._stop = threading.Event()
        self.reminded = GivenReminders()
        self._by_sight = PhotoRecall(memory, encoder)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt so far, which ends with an assistant turn. Empty when nothing was asked or captioned."""
        return (*opened(self._opening, self.recalls, self.backend), *self._turns) if self._turns else ()

    def attach(self, photo: Photo) -> Iterator[Event]:
        """Bring `photo` into view, recall the memories that belong to it, and remind the user of what is due."""
        return self._all_or_nothing(self._attach(photo))

    def describe(self, *, anew: bool = False) -> Iterator[Event]:
        """Write the caption of the photo in view; `anew`: although an earlier one was cancelled."""
        return self._all_or_nothing(self._describe(anew=anew))

    def look(self, photo: Photo) -> Iterator[Event]:
        """`attach` a photo and `describe` it; when either fails, the conversation is as it was before."""
        return self._all_or_nothing(chain(self._attach(photo), self._describe()))

    def ask(self, question: str) -> Iterator[Event]:
        """Answer from the caption, or the photo, and memories that share words with the question (`word_recall`).

        Without a photo in view, new memories begin a new conversation. Of a line with several questions a model that
        reads each one alone answers each; together they are one answer. For such a model a line that only doubts the
        last answer, or asks what else was told, is answered by quotation."""
        return self._all_or_nothing(self._ask_each(question))

    def _attach(self, photo: Photo) -> Iterator[Event]:
        self._stop.clear()
        self.recalls = tuple(self.recall(photo))
        self.photo, self.caption, self._turns, self._told = photo, None, (), ()
        yield Recalled(self.recalls)
        yield from self.remind()

    def _describe(self, *, anew: bool = False) -> Iterator[Event]:
        """Pass 1: the caption, grounded in the memories that the model and the user let stand."""
        if anew:
            self._stop.clear()
        photo = self._in_view("there is no photo to describe")
        asked = self._by_sight.verify(photo, self.recalls, self.backend, self._stop.is_set)
        if asked and (recalls := tuple(self.recall(photo))) != self.recalls:
            self.recalls = recalls
            yield Recalled(recalls)
            yield from self.remind()
        written = yield from self._write(partial(prompt.caption_messages, photo=photo), (), None)
        yield Captioned(self.revise(written.text, by_user=False), written.chunk, written.grounding)

    def _ask_each(self, line: str) -> Iterator[Event]:
        """Answer the questions of a line one after the other; the second and later answers appear whole."""
        self._stop.clear()
        line, alone = spelled_out(line), bool(self.backend and self.backend.evidence)
        last = "".join(part for turn in self._turns[-1:] for part in turn.parts if isinstance(part, str))
        if alone and (said := from_words(line, self._told, last, self.recalls)):
            self._turns = (*self._turns, Message("user", (line,)), Message("assistant", (said.text,)))
            self._told = tuple(dict.fromkeys((*self._told, *said.told)))
            yield AnswerText(said.text)
            yield Answered(said.text, Chunk("", "end"), Grounding(quoted=said.told))
            return
        answer: Answered | None = None
        for question in questions_in(line) if alone else (line,):
            before = answer
            for event in self._ask(question):
                if isinstance(event, Answered):
                    answer = reply.joined(before, event)
                    if before and answer.text != before.text:
                        yield AnswerText(answer.text.removeprefix(before.text))
                elif not (before and isinstance(event, AnswerText)):
                    yield event
            if answer is None or answer.chunk.stop == "cancelled" or self._stop.is_set():
                break
        if answer:
            self._told = (*answer.grounding.cited, *answer.grounding.quoted)
            yield answer

    def _ask(self, question: str) -> Iterator[Event]:
        """Pass 2 and every follow-up: the prompt of the caption goes on with a question."""
        yield from self._recall_by_words(question)
        reader = ReadOnce(shipped) if (shipped := answer_reader.shipped()) else None
        asked, turns, alone = question, self._turns, bool(self.backend and self.backend.evidence)
        if self.photo and alone and (last := spoken_of(question, self._told, self.recalls, reader)):
            yield from self._go_on(question, last, reader)
            return
        if alone:
            asked = prompt.asked(question, answering_sentence(question, self.recalls, reader))
            turns = turns[:1] if self.caption else ()  # a small model that refused once would refuse on (LOG.md)
        if turns:
            opening, turns = self._opening, (*turns, Message("user", (asked,)))
        else:
            opening = question_opening(self.photo, self.recalls, asked)
        written = yield from self._write(opening, turns, question, reader)
        self._told = (*written.grounding.cited, *written.grounding.quoted)
        yield Answered(written.text, written.chunk, written.grounding)

    def _go_on(self, question: str, recalls: tuple[Recall, ...], reader: Reader | None) -> Iterator[Event]:
        """Answer a follow-up question from the memories of the last answer, as if no photo were in view."""
        before, asked = self._state(), prompt.asked(question, answering_sentence(question, recalls, reader))
        self.photo, self.caption, self.recalls = None, None, recalls
        written = yield from self._write(question_opening(None, recalls, asked), (), question, reader)
        said = (Message("user", (asked,)), Message("assistant", (written.text,)))
        self._set_state(replace(before, turns=(*before.turns, *said)) if written.state else before)
        yield Answered(written.text, written.chunk, written.grounding)

    def _recall_by_words(self, question: str) -> Iterator[Event]:
        """Add memories to those of the photo in view; without one, let new ones take the place of what was said."""
        found = tuple(word_recall.by_words(self.memory, question, sight.MOST_RECALLED, self.recalls, self.photo))
        if self.photo:
            if not found:
                return
            self.recalls = (*self.recalls, *found)
        else:
            if self._turns and {r.episode.id for r in found} <= {r.episode.id for r in self.recalls}:
                return
            self.recalls, self._turns = found, ()
        yield Recalled(self.recalls)

    def _write(
        self, opening: Opening, turns: tuple[Message, ...], question: str | None, reader: Reader | None = None
    ) -> Generator[Event, None, reply.Reply]:
        """Let the model write the next turn after `opening` and `turns`; it becomes part of the conversation."""
        if self.backend is None:
            raise ModelStopped("no model is loaded yet")
        asked = replace(self._state(), opening=opening, turns=turns)
        writer = reply.Writer(self.backend, self.options, self._stop.is_set)
        written = yield from reply.write(writer, asked, question, reader)
        if written.state:
            self._set_state(written.state)
        return written

    def revise(self, caption: str, *, by_user: bool = True) -> Caption:
        """Make `caption` the photo's caption: the model's own, or the user's correction of it."""
        photo = self._in_view("there is no photo to describe")
        self.caption = Caption(caption, tuple(r.episode.id for r in self.recalls), by_user)
        self._opening = partial(prompt.caption_messages, photo=photo)
        self._turns = (Message("assistant", (caption,)),)
        return self.caption

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
        photo = self._in_view("there is no photo to remember")
        episode = sight.remember(self.memory, self.encoder, photo, words, when, place)
        self.reminded.due(self.memory, photo, {photo.sha256})  # one just asked for is due the next time
        return episode

    def confirm(self, other: Photo, same: bool, *, keep: bool, denied: str = "") -> Confirmed:
        """Take the user's word on whether the photo in view shows what the recalled photo `other` shows.

        A "yes" makes its memories sure, a "no" takes them out of the recalls, and with them all that are of `denied`
        ("leo"). With `keep` the memory learns from it; without, only this conversation knows. Raises KeepsakeError when
        there is no photo in view.
        """
        photo, before = self._in_view("there is no photo in view"), self.recalls
        answers, recalls = self._by_sight.confirm(photo, other, same, self.backend, keep=keep, denied=denied)
        self.recalls = tuple(recalls)
        return Confirmed(answers, before != self.recalls)

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
        self.photo, self.recalls, self.caption, self._turns, self._told = photo, tuple(recalls), None, (), ()
        turns: list[Message] = []
        for question, answer in exchanges:
            turns += (Message("user", (question,)), Message("assistant", (answer,)))
        if photo is not None and caption is not None:
            self.revise(caption, by_user=by_user)
            self._turns = (*self._turns, *turns)
        elif exchanges:
            question, _ = exchanges[0]
            self._opening = question_opening(photo, recalls, question)
            self._turns = tuple(turns[1:])

    def recall(self, photo: Photo) -> list[Recall]:
        """Episodes that belong to `photo`, surely or maybe, best first. Raises PhotoError, ModelError."""
        return self._by_sight.find(photo, self.backend)

    def cancel(self) -> None:
        """Stop reading or writing; what was written already stays."""
        self._stop.set()
        if self.backend:
            self.backend.cancel()

    def _in_view(self, otherwise: str) -> Photo:
        """The photo in view. Raises KeepsakeError when there is none."""
        if self.photo is None:
            raise KeepsakeError(f"{otherwise}: attach one first")
        return self.photo

    def _all_or_nothing(self, events: Iterable[Event]) -> Iterator[Event]:
        """Pass events on; where an error ends them, the conversation is as it was before them, and `Failed` says it."""
        before = self._state()
        try:
            yield from events
        except KeepsakeError as error:
            self._set_state(before)
            yield Failed(str(error))

    def _state(self) -> ConversationState:
        return ConversationState(self.photo, self.recalls, self.caption, self._opening, self._turns, self._told)

    def _set_state(self, state: ConversationState) -> None:
        self.photo, self.recalls, self.caption = state.photo, state.recalls, state.caption
        self._opening, self._turns, self._told = state.opening, state.turns, state.told
