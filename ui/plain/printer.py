"""Prints the messages of the background thread as lines of text: "Caption: ...", "Answer: ...", in order."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from textual.message import Message

from assistant.conversation.events import (
    Answered,
    AnswerText,
    Captioned,
    CaptionText,
    EventHandler,
    Failed,
    Recalled,
    Reminded,
    Shortened,
)
from assistant.dialogue.in_view import InView
from memory.db.stored_conversation import StoredConversation
from memory.episode import Episode, Recall, printable
from memory.errors import KeepsakeError
from memory.relative_days import dated_words
from ui import recall_strings, strings, telling_strings
from ui.imports.tray_strings import when
from ui.plain import plain_strings
from ui.recall_strings import NO_WORDS, day
from ui.runtime import messages
from ui.runtime.citation_numbers import CitationNumbers

CONFIRMED = "confirmed"
"""The entry of an answer whether a recalled memory is the same."""
ANSWER = "answer"
"""The entry of a question."""
NEW_PHOTO = "photo"
"""The entry of a photo when it is shown first, and not recalled again after the user said something about it."""


def about(episode: Episode) -> str:
    """A memory in one line: day, place, words, or that it has none yet."""
    return f"{day(episode)}: “{dated_words(episode)}”" if episode.words else f"{when(episode)}: {NO_WORDS}"


class Printer(EventHandler[None]):
    """Prints the messages of one session, in order."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.numbers = CitationNumbers()
        self.view = InView()
        self.told_next = False
        """Whether the line that shows the photo goes on with words that say what is in it."""
        self.private = self.demo = False
        self.details: tuple[str, ...] = ()
        """The last receipt, with ids and counts."""
        self.code: int | None = None
        """The exit code once the session cannot go on; None until then."""
        self._writing = ""
        """Label of the text that is being written, "Caption" or "Answer"; "" when none is."""
        self._greeted = False

    def say(self, what: str, text: str) -> None:
        """Print one line: what the line is, and its text."""
        if self._writing:
            self._end_text()
        print(f"{what}: {printable(text)}", flush=True)

    def print_lines(self, lines: Sequence[str]) -> None:
        """Print a list that was asked for, a line each."""
        for line in lines:
            print(printable(line))

    def say_done(self, lines: Sequence[str]) -> None:
        """Print what was done, a line each."""
        for line in lines:
            self.say(plain_strings.DONE, line)

    def handle_message(self, message: Message) -> None:
        """Print what one message of the background thread tells."""
        match message:
            case messages.ConversationEvent(entry=entry, event=event):
                self.dispatch(event)
                if isinstance(event, Recalled) and entry != ANSWER:
                    self._seen(entry, event)
            case messages.RecallAnswered():
                self._recall_answered(message)
            case messages.Cancelled():
                self._end_text(strings.STOPPED)
            case messages.EpisodeRemembered(episode=episode, denied=denied):
                self.view.asking = False
                told = plain_strings.REMEMBERED.format(what=about(episode))
                if denied:
                    told = telling_strings.TOLD_NOT.format(told=told, denied=recall_strings.denied(denied))
                self.say(plain_strings.DONE, told)
            case messages.EpisodesChanged(ids=ids, receipt=receipt):
                self.numbers.drop(ids)
                self.details = message.details or self.details
                self.say_done(receipt)
            case messages.Notice(text=text, kind=kind):
                self.say(plain_strings.DONE if kind == "done" else plain_strings.NOTE, text)
            case messages.ConversationStarted(private=private):
                self.numbers, self.private = CitationNumbers(), private
                self.view.begin()
                self.say(plain_strings.DONE, plain_strings.PRIVATE if private else strings.NEW)
            case messages.MemoryCounted():
                self._counted(message)
            case messages.ModelReady(model=model):
                self.say(plain_strings.NOTE, plain_strings.READY.format(model=model))
            case messages.PhotosEncoded(done=done, total=total) if done in (0, total):
                text = strings.SEEN if done == total else strings.ENCODING_AGAIN
                self.say(plain_strings.NOTE, text.format(done=done, total=total))
            case messages.DemoReady(photo=photo, question=question):
                self.say(plain_strings.DONE, plain_strings.DEMO.format(photo=photo, question=question))
            case messages.QueryResult(then=then):
                then()
            case messages.Crashed(error=error):
                if not isinstance(error, KeepsakeError):
                    raise error
                print(f"error: {printable(str(error))}", file=sys.stderr)
                self.code = 1

    def _counted(self, message: messages.MemoryCounted) -> None:
        """Say that the demo has ended and, the first time, how many memories there are."""
        if self.demo and not message.demo:
            self.say(plain_strings.DONE, strings.DEMO_OVER)
        self.demo = message.demo
        if not self._greeted:
            self._greeted = True
            print(plain_strings.HELLO.format(n=message.episodes))

    def _seen(self, entry: object, event: Recalled) -> None:
        """Ask about what a photo has recalled or, where it has recalled nobody, who is in it."""
        self.view.seen(event.recalls, new=entry == NEW_PHOTO, after_answer=entry == CONFIRMED)
        self.view.asking = entry in (NEW_PHOTO, CONFIRMED) and not self.private and not event.recalls
        if self.view.asking and not self.told_next:
            self.say(plain_strings.NOTE, plain_strings.TELL_ME)
        self._say_asked()

    def _recall_answered(self, message: messages.RecallAnswered) -> None:
        """Say what is kept about a recall, and ask about the next."""
        self.view.answered(message.episode.photo.sha256, message.same)
        text = strings.ANSWERED_YES if message.same else strings.ANSWERED_NO
        self.say(plain_strings.DONE, text.format(question=recall_strings.asked(message.episode)))
        if not message.again:
            self.view.ask(message.recalls)
            self._say_asked()

    def _say_asked(self) -> None:
        """Ask about the first memory that may be the same; of a sure one, say that n denies it."""
        if recall := self.view.about:
            self.say(plain_strings.QUESTION, f"{recall_strings.asked(recall.episode)} {plain_strings.YES_NO}")
        elif self.view.answerable(True):
            self.say(plain_strings.NOTE, telling_strings.PLAIN_NOT_THIS)

    def recalled(self, event: Recalled) -> None:
        """Print a numbered line for each recalled memory."""
        self.view.answer_last = False
        for n, recall in zip(self.numbers.recall(event.recalls), event.recalls, strict=True):
            self.say(plain_strings.RECALLED_AS.format(n=n), recall_strings.recalled_as(recall))
        if not event.recalls:
            self.say(plain_strings.RECALLED, strings.NO_MATCH_PRIVATE)

    def reminded(self, event: Reminded) -> None:
        """Print a line for each reminder."""
        for one in event.reminders:
            self.say(plain_strings.REMINDER, strings.REMINDED.format(task=one.task))

    def caption_text(self, event: CaptionText) -> None:
        """Print a piece of the caption."""
        self._write(plain_strings.CAPTION, event.text)

    def answer_text(self, event: AnswerText) -> None:
        """Print a piece of the answer."""
        self._write(plain_strings.ANSWER, event.text)

    def captioned(self, event: Captioned) -> None:
        """End the caption's line, with a mark if the caption was cut off, and say what of it is only seen."""
        self._end_text(strings.MARKS.get(event.chunk.stop or "", ""))
        if event.grounding.seen:
            self.say(plain_strings.NOTE, strings.seen_only(event.grounding.seen))

    def answered(self, event: Answered) -> None:
        """End the answer's line, and print the numbers of the memories it cites."""
        self._end_text(strings.MARKS.get(event.chunk.stop or "", ""))
        self.view.answer_last = True
        if event.grounding.seen:
            self.say(plain_strings.NOTE, strings.seen_only(event.grounding.seen))
        if cited := ", ".join(map(str, self.numbers.cited(event.grounding))):
            self.say(plain_strings.CITES, cited)

    def shortened(self, event: Shortened) -> None:
        """Print what the model does not know any more."""
        self.say(plain_strings.NOTE, str(event))

    def failed(self, event: Failed) -> None:
        """Print why a request failed."""
        self.say(plain_strings.NOTE, event.message)

    def _write(self, what: str, piece: str) -> None:
        """Print a piece of text, after its label if it is the first piece."""
        start = "" if self._writing else f"{what}: "
        self._writing = what
        print(start + "\n".join(map(printable, piece.split("\n"))), end="", flush=True)

    def _end_text(self, mark: str = "") -> None:
        if self._writing or mark:
            print(f" {mark}".rstrip())
        self._writing = ""

    def resumed(self, conversation: StoredConversation, recalls: Sequence[Recall]) -> None:
        """Print an earlier conversation that goes on."""
        for part in conversation.parts:
            if part.photo:
                self.say(plain_strings.PHOTO, f"{part.photo.width} × {part.photo.height}")
            for line in part.lines:
                self.say(strings.SAID_BY[line.kind], f"{line.text} {strings.MARKS.get(line.mark, '')}".strip())
        for n, recall in zip(self.numbers.recall(recalls), recalls, strict=True):
            self.say(plain_strings.RECALLED_AS.format(n=n), about(recall.episode))
        self.say(plain_strings.DONE, strings.RESUMED)
