"""A caption or an answer written again, in other words; the last question taken back, to be changed.

`Session` inherits these jobs. What is written again is drawn at random (TEMPERATURE), since the likeliest words are
those on screen.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from assistant.conversation.conversation import Conversation
from ui.runtime.job_queue import AfterModel
from ui.runtime.messages import EntryToken, ThreadState
from ui.runtime.session_state import SessionState

TEMPERATURE, TOP_P = 0.7, 0.95


class Rewriting(SessionState):
    """Jobs on the open conversation that write something again."""

    def rewrite(self, entry: EntryToken, question: str | None) -> object:
        """Answer the last question again; None: write the caption of the photo in view again."""

        def write() -> None:
            conversation = self._with_model()
            self._post(ThreadState("writing caption" if question is None else "answering"))
            if question is None:
                self.recorder.take_back()
            else:
                self.take_back()
                self.recorder.add_line("question", question)
            with _drawn(conversation):
                events = conversation.describe(anew=True) if question is None else conversation.ask(question)
                self._relay.pass_on(entry, conversation, events, "answering")

        return AfterModel(write)

    def take_back(self) -> None:
        """Leave the last question and its answer out of the conversation, and of what is stored of it."""
        if self.conversation().take_back():
            self.recorder.take_back()


@contextmanager
def _drawn(conversation: Conversation) -> Iterator[None]:
    """Options that draw other words, while something is written again."""
    usual = conversation.options
    conversation.options = replace(usual, temperature=TEMPERATURE, top_p=TOP_P, seed=secrets.randbits(31))
    try:
        yield
    finally:
        conversation.options = usual
