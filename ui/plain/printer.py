"""What the session tells, as lines of text for `plain_app.py`: each behind what it is, in order. It asks nobody."""

from __future__ import annotations

import sys

from textual.message import Message

from assistant.events import (
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
from memory.corrections import readable
from memory.episode import Episode, printable
from memory.errors import KeepsakeError
from ui import strings
from ui.runtime import messages
from ui.runtime.citation_numbers import CitationNumbers
from ui.strings import day

LOOKED = "photo"
"""The entry of a photo that is shown, and not seen again after something was said of it."""


def about(episode: Episode) -> str:
    """A memory in one line."""
    return f"{day(episode)}: “{readable(episode.words)}”"


class Printer(EventHandler[None]):
    """Prints what one session of the app tells, in order."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self.numbers = CitationNumbers()
        self.asking = False
        """Whether who or what the photo shows was asked last."""
        self.private = False
        self.code: int | None = None
        """The exit code, when it cannot go on."""
        self._writing = ""
        """What is being written: "Caption" or "Answer"."""
        self._greeted = False

    def say(self, what: str, text: str) -> None:
        """Print one line: what the line is, and its text."""
        if self._writing:
            self._end_text()
        print(f"{what}: {printable(text)}", flush=True)

    def hear(self, message: Message) -> None:
        """Say what it tells."""
        match message:
            case messages.Told(entry=entry, event=event):
                self.dispatch(event)
                if entry == LOOKED and isinstance(event, Recalled):
                    self.asking = not event.recalls and not self.private
                    if self.asking:
                        self.say(strings.PLAIN_NOTE, strings.PLAIN_TELL_ME)
            case messages.Stopped():
                self._end_text(strings.STOPPED)
            case messages.Remembered(episode=episode):
                self.asking = False
                self.say(strings.PLAIN_DONE, strings.PLAIN_REMEMBERED.format(what=about(episode)))
            case messages.Forgotten(ids=ids, receipt=receipt):
                self.numbers.drop(ids)
                for line in receipt:
                    self.say(strings.PLAIN_DONE, line)
            case messages.Remarked(text=text, kind=kind):
                self.say(strings.PLAIN_DONE if kind == "done" else strings.PLAIN_NOTE, text)
            case messages.Begun(private=private):
                self.numbers, self.asking, self.private = CitationNumbers(), False, private
                self.say(strings.PLAIN_DONE, strings.PLAIN_PRIVATE if private else strings.NEW)
            case messages.Counted(episodes=n) if not self._greeted:
                self._greeted = True
                print(strings.PLAIN_HELLO.format(n=n))
            case messages.ModelReady(model=model):
                self.say(strings.PLAIN_NOTE, strings.PLAIN_READY.format(model=model))
            case messages.DemoReady(photo=photo, question=question):
                self.say(strings.PLAIN_DONE, strings.PLAIN_DEMO.format(photo=photo, question=question))
            case messages.Found(then=then):
                then()
            case messages.Crashed(error=error):
                if not isinstance(error, KeepsakeError):
                    raise error
                print(f"error: {printable(str(error))}", file=sys.stderr)
                self.code = 1

    def recalled(self, event: Recalled) -> None:
        """A numbered line for each memory that was recalled."""
        episodes = [recall.episode for recall in event.recalls]
        for n, recall in zip(self.numbers.recall(episodes), event.recalls, strict=True):
            self.say(strings.PLAIN_RECALLED_AS.format(n=n), f"{about(recall.episode)} {recall.why}.")
        if not event.recalls:
            self.say(strings.PLAIN_RECALLED, strings.NO_MATCH_PRIVATE)

    def reminded(self, event: Reminded) -> None:
        """A line for each reminder."""
        for one in event.reminders:
            self.say(strings.PLAIN_REMINDER, strings.REMINDED.format(task=one.task))

    def caption_text(self, event: CaptionText) -> None:
        """The caption goes on."""
        self._write(strings.PLAIN_CAPTION, event.text)

    def answer_text(self, event: AnswerText) -> None:
        """The answer goes on."""
        self._write(strings.PLAIN_ANSWER, event.text)

    def captioned(self, event: Captioned) -> None:
        """The caption ends, with a mark if it was cut off."""
        self._end_text(strings.MARKS.get(event.chunk.stop or "", ""))

    def answered(self, event: Answered) -> None:
        """The answer ends; then the numbers of the memories that it cites."""
        self._end_text(strings.MARKS.get(event.chunk.stop or "", ""))
        if self.numbers.recalled and event.text:
            cited = ", ".join(map(str, self.numbers.cited(event.text)))
            if cited or event.chunk.stop != "cancelled":  # half a sentence is not judged
                self.say(strings.PLAIN_CITES if cited else strings.PLAIN_NOTE, cited or strings.CITES_NONE)

    def shortened(self, event: Shortened) -> None:
        """What the model does not know any more."""
        self.say(strings.PLAIN_NOTE, str(event))

    def failed(self, event: Failed) -> None:
        """What went wrong."""
        self.say(strings.PLAIN_NOTE, event.message)

    def _write(self, what: str, piece: str) -> None:
        """Words as they come, behind what they are."""
        start = "" if self._writing else f"{what}: "
        self._writing = what
        print(start + "\n".join(map(printable, piece.split("\n"))), end="", flush=True)

    def _end_text(self, mark: str = "") -> None:
        if self._writing or mark:
            print(f" {mark}".rstrip())
        self._writing = ""
