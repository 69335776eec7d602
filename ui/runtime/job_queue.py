"""One thread that does jobs in the order they were given: what is promised, what is left behind, what makes way.

It knows neither memory nor model; `app_thread.py` gives it the jobs and says how to stop what is being written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from textual.message import Message

from assistant.events import Failed
from memory.errors import KeepsakeError
from ui.runtime.messages import Crashed, Entry, State, Told


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done in the thread."""

    entry: Entry
    state: str
    run: Callable[[], object]
    done: threading.Event | None
    """There for what is done even when the app is closing: what the user told us to remember or forget."""
    always: bool
    """Runs when it is no longer wanted as well, and sees to it itself (`JobQueue.unwanted`)."""
    talk: int
    """The number of the conversation it belongs to."""
    gone: threading.Event | None = None
    """There for what is done ahead, unseen: set when it has to make way."""


class JobQueue:
    """`put` jobs from the app's thread; `opening` runs before the first of them, `closing` after the last."""

    def __init__(
        self,
        tell: Callable[[Message], object],
        opening: Callable[[], object],
        closing: Callable[[], object],
        stop: Callable[[], object],
    ) -> None:
        self._tell, self._opening, self._closing, self._stop = tell, opening, closing, stop
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.cancelled = threading.Event()
        """Whether what runs was cancelled."""
        self.closing = threading.Event()
        self._promise: threading.Event | None = None
        """Set when the last thing we were told to remember or forget is done."""
        self._number = 0
        self._running: Job | None = None
        self._ahead = threading.Event()
        """`Job.gone` of what was done ahead last."""
        self.thread = threading.Thread(target=self._run, name="session", daemon=True)

    def put(
        self, entry: Entry, state: str, job: Callable[[], object], *, keep: bool = False, always: bool = False
    ) -> None:
        """Do it when its turn comes. `keep`, `always`: see `Job`."""
        self.make_way()
        done = threading.Event() if keep else None
        self._promise = done or self._promise
        self._jobs.put(Job(entry, state, job, done, always, self._number))

    def ahead(self, job: Callable[[threading.Event], object]) -> None:
        """Do it unseen until anything else is to be done, and the event it gets is set."""
        gone = self._ahead = threading.Event()
        self._jobs.put(Job(None, "idle", lambda: job(gone), None, False, self._number, gone))

    def make_way(self) -> None:
        """End what is done ahead, at once."""
        self._ahead.set()
        if self._running and self._running.gone is self._ahead:
            self._stop()

    def leave(self) -> None:
        """A new conversation: what waits in the old one is unwanted from now on, and what is written stops."""
        self._number += 1
        self._stop_writing()

    def cancel(self) -> None:
        """Stop what is being written. From any thread."""
        self.cancelled.set()
        self._stop()

    def end(self) -> None:
        """Stop writing, finish what is promised, close.

        A model that does not come to an end is waited for only while something is still to be remembered.
        """
        self.closing.set()
        self._stop_writing()
        self._jobs.put(None)
        self.thread.join(60.0 if self._promise and not self._promise.is_set() else 3.0)

    def _stop_writing(self) -> None:
        """Cancel, unless what runs was promised to be done."""
        promised = self._running and self._running.done
        if not promised or promised.is_set():
            self.cancel()

    # -- in the thread ------------------------------------------------------------------------------------------

    def keep_promise(self) -> None:
        """What was promised is done: what is said about it from here on may be cancelled."""
        if self._running and self._running.done:
            self._running.done.set()

    @property
    def unwanted(self) -> bool:
        """Whether what runs was left behind by a new conversation, or the app is closing."""
        job = self._running
        return self.closing.is_set() or (job is not None and job.entry is not None and job.talk < self._number)

    def _run(self) -> None:
        try:
            self._opening()
            while (job := self._jobs.get()) is not None:
                self._running = job
                self.cancelled.clear()
                if self.unwanted and not (job.done or job.always):
                    continue
                self._tell(State(job.state))
                try:
                    job.run()
                except KeepsakeError as error:
                    if not job.gone:  # what was done ahead fails again, and is told, if it is wanted
                        self._tell(Told(job.entry, Failed(str(error))))
                self.keep_promise()
                if self._jobs.empty():
                    self._tell(State("idle"))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self._tell(Crashed(error))
        finally:
            self._closing()
