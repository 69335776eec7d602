"""Passes the events of a conversation on to the app and the recorder, while a job runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from textual.message import Message

from assistant.conversation.conversation import Conversation
from assistant.conversation.events import AnswerText, CaptionText, Event, Failed, Recalled
from ui.runtime.job_queue import JobQueue
from ui.runtime.messages import Cancelled, ConversationEvent, EntryToken, ThreadState
from ui.runtime.recorder import Recorder

FRAME = 0.05
"""Seconds between two updates of a text while it is written."""


class Relay:
    """Called in the background thread only."""

    def __init__(self, post: Callable[[Message], object], jobs: JobQueue, recorder: Recorder) -> None:
        self._post, self._jobs, self._recorder = post, jobs, recorder

    def pass_on(
        self, entry: EntryToken, conversation: Conversation, events: Iterator[Event], then: str = "recalling"
    ) -> bool:
        """Pass events on; `then` is the state after a recall. Returns False when the job was cancelled or failed.

        Pieces of text that come faster than FRAME are joined.
        """
        held: CaptionText | AnswerText | None = None
        shown, failed = 0.0, False
        for event in events:
            stop = self._jobs.cancelled.is_set()
            if isinstance(event, CaptionText | AnswerText):
                held = type(event)(held.text + event.text) if held else event
                if time.monotonic() - shown >= FRAME:
                    self._post(ConversationEvent(entry, held))
                    held, shown = None, time.monotonic()
            else:
                if held:
                    self._post(ConversationEvent(entry, held))
                    held = None
                failed = isinstance(event, Failed)
                if stop and failed:
                    break
                self._post(ConversationEvent(entry, event))
                self._recorder.dispatch(event)
            if isinstance(event, Recalled):
                if stop:
                    break
                self._post(ThreadState(then))
            elif stop:
                conversation.cancel()  # Esc came when there was nothing to stop yet
        else:
            return not failed
        self._post(Cancelled(entry))
        return False
