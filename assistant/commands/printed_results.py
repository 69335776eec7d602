"""What `ask` and `recall` print: events and recalled memories as lines for a person, or as JSON."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

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
from assistant.grounding.quotes.quotation import NOBODY
from assistant.grounding.result import Grounding
from memory.days import day_words
from memory.episode import Episode, Recall, printable
from memory.errors import KeepsakeError
from memory.relative_days import dated_words

LONGEST = 90
"""Characters of a memory's words that are printed in one line."""


def empty_result() -> dict[str, Any]:
    """What `ask --json` prints, before anything is known."""
    return {
        "caption": None,
        "answer": "",
        "recalled": [],
        "reminders": [],
        "grounding": {},
        "model": "",
        "seconds": 0.0,
    }


class PrintedResults(EventHandler[None]):
    """Enters events into the JSON result and, unless `quiet`, prints them as they come."""

    def __init__(self, result: dict[str, Any], *, quiet: bool) -> None:
        super().__init__(lambda: None)
        self._result, self._quiet = result, quiet

    def recalled(self, event: Recalled) -> None:
        """A line for each memory, with its reason."""
        self._result["recalled"] = [recall_row(r) for r in event.recalls]
        self._print("".join(f"recalled  {recall_line(r)}\n" for r in event.recalls) or f"recalled  {NOBODY}\n")

    def reminded(self, event: Reminded) -> None:
        """A line for each reminder."""
        self._result["reminders"] = [
            asdict(r) | {"when": r.when.isoformat(), "day": r.day.isoformat()} for r in event.reminders
        ]
        for r in event.reminders:
            self._print(f"you asked  {printable(r.task)}  (said {day_words(r.day)}, {r.id})\n")

    def shortened(self, event: Shortened) -> None:
        """What was left out, on stderr."""
        print(event, file=sys.stderr)

    def caption_text(self, event: CaptionText) -> None:
        """A piece of the caption."""
        self._print_piece(event.text)

    def captioned(self, event: Captioned) -> None:
        """The whole caption."""
        self._result["caption"] = event.caption.text
        self._result["grounding"]["caption"] = asdict(event.grounding)
        self._seen(event.grounding)
        self._print("\n\n")

    def answer_text(self, event: AnswerText) -> None:
        """A piece of the answer."""
        self._print_piece(event.text)

    def answered(self, event: Answered) -> None:
        """The whole answer."""
        self._result["answer"] = event.text
        self._result["grounding"]["answer"] = asdict(event.grounding)
        self._seen(event.grounding)
        self._print("\n")

    def _seen(self, grounding: Grounding) -> None:
        if grounding.seen:
            print(f"from the model itself, not remembered: {printable(' '.join(grounding.seen))}", file=sys.stderr)

    def failed(self, event: Failed) -> None:
        """Ends the command with the one line."""
        raise KeepsakeError(event.message)

    def _print_piece(self, text: str) -> None:
        self._print("\n".join(printable(line) for line in text.split("\n")))

    def _print(self, text: str) -> None:
        if not self._quiet:
            print(text, end="", flush=True)


def recall_row(recall: Recall) -> dict[str, Any]:
    """A recalled memory as `--json` prints it."""
    score, why = round(recall.score, 4), recall.why
    return {"id": recall.episode.id, "score": score, "why": why, "certainty": recall.certainty, "photos": recall.photos}


def recall_line(recall: Recall) -> str:
    """A recalled memory in one line: how sure it is, why it came, and the words."""
    more = f", one of {recall.photos} photos" if recall.photos > 1 else ""
    return about_episode(recall.episode, f"{recall.certainty}: {recall.why.removeprefix('maybe ')}{more}  ")


def about_episode(episode: Episode, why: str = "") -> str:
    """A memory in one line: id, day and the first words; `why` stands before the words."""
    words = " ".join(dated_words(episode).split())
    said = words if len(words) <= LONGEST else f"{words[: LONGEST - 1].rsplit(' ', 1)[0]} …"
    return printable(f"{episode.id}  {day_words(episode.day)}  {why}“{said}”")
