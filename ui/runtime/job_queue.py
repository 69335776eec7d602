"""One thread that runs jobs in the order they were given; what needs the model waits until it is loaded.

Some jobs are promised: they run even when the app is closing. Others are dropped when a new conversation begins, and a
prefetch when any other job comes. A job may return an `AfterModel`, its second part: until the model is ready, second
parts are held back, in order, and the jobs behind them run. The queue knows neither memory nor model: its owner passes
the jobs, and what the queue asks of a model (`ModelGate`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import NamedTuple

from textual.message import Message

from assistant.conversation.events import Failed
from memory.errors import KeepsakeError
from ui.runtime.messages import ConversationEvent, Crashed, EntryToken, ThreadState


@dataclass(frozen=True, slots=True)
class AfterModel:
    """The part of a job that needs the model."""

    run: Callable[[], object]


class ModelGate(NamedTuple):
    """What the queue asks of a model."""

    ready: Callable[[], bool]
    """Whether the model is loaded."""
    loading: Callable[[], bool]
    want: Callable[[], object]
    """Begin to load the model, unless that goes on already; `JobQueue.wake` is called when it has ended."""
    stop: Callable[[], object]
    """Stop what the model does."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job for the thread."""

    entry: EntryToken
    state: str
    """What the thread is doing then; "" changes nothing on screen."""
    run: Callable[[], object]
    done: threading.Event | None
    """Set when a promised job is done (remember, forget: they run even when the app is closing). None: not promised."""
    always: bool
    """Whether the job runs even if it is unwanted; it then asks `JobQueue.unwanted` itself."""
    conversation: int
    """Number of the conversation that the job belongs to."""
    superseded: threading.Event | None = None
    """Of a prefetch: set when another job has come. None: any other job."""


class JobQueue:
    """`put` jobs from the app's thread; `opening` runs before the first of them, `closing` after the last."""

    def __init__(
        self,
        post: Callable[[Message], object],
        opening: Callable[[], object],
        closing: Callable[[], object],
        model: ModelGate,
    ) -> None:
        self._post, self._opening, self._closing, self._model = post, opening, closing, model
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._held: list[Job] = []
        """Second parts that wait for the model."""
        self._ending = False
        self.cancelled = threading.Event()
        """Whether the running job was cancelled."""
        self.closing = threading.Event()
        self._promise: threading.Event | None = None
        """`Job.done` of the last promised job."""
        self._number = 0
        self._running: Job | None = None
        self._superseded = threading.Event()
        """`Job.superseded` of the last prefetch."""
        self.thread = threading.Thread(target=self._run, name="session", daemon=True)

    def put(
        self, entry: EntryToken, state: str, job: Callable[[], object], *, keep: bool = False, always: bool = False
    ) -> None:
        """Run a job when its turn comes. `keep` makes it a promised job; `always`: see `Job`."""
        self.cancel_prefetch()
        done = threading.Event() if keep else None
        self._promise = done or self._promise
        self._jobs.put(Job(entry, state, job, done, always, self._number))

    def prefetch(self, job: Callable[[threading.Event], object]) -> None:
        """Run a job ahead of need, unseen; the event that the job gets is set when another job comes."""
        superseded = self._superseded = threading.Event()
        self._jobs.put(Job(None, "", lambda: job(superseded), None, False, self._number, superseded))

    def wake(self, job: Callable[[], object]) -> None:
        """Loading the model has ended: run `job`, then what waited for the model. Callable from any thread."""
        self._jobs.put(Job(None, "", job, None, True, self._number))

    def cancel_prefetch(self) -> None:
        """End the last prefetch, at once."""
        self._superseded.set()
        if self._running and self._running.superseded is self._superseded:
            self._model.stop()

    def leave_conversation(self) -> None:
        """A new conversation begins: jobs of the old one are unwanted from now on, and the running one is cancelled."""
        self._number += 1
        self.stop_writing()

    def cancel(self) -> None:
        """Cancel the running job. Callable from any thread."""
        self.cancelled.set()
        self._model.stop()

    def end(self) -> None:
        """Cancel the running job, finish the promised ones, end the thread.

        Waits up to 60 seconds while a promised job is unfinished, otherwise 3: a model may not come to an end.
        """
        self.closing.set()
        self.stop_writing()
        self._jobs.put(None)
        self.thread.join(60.0 if self._promise and not self._promise.is_set() else 3.0)

    def stop_writing(self) -> None:
        """Cancel the running job, unless it is promised and not yet done."""
        promised = self._running and self._running.done
        if not promised or promised.is_set():
            self.cancel()

    # -- in the thread ------------------------------------------------------------------------------------------

    def promise_kept(self) -> None:
        """The promised part of the running job is done: the rest of the job may be cancelled."""
        if self._running and self._running.done:
            self._running.done.set()

    @property
    def unwanted(self) -> bool:
        """Whether the running job belongs to an earlier conversation, or the app is closing."""
        job = self._running
        return self.closing.is_set() or (job is not None and job.entry is not None and job.conversation < self._number)

    @property
    def waiting(self) -> bool:
        """Whether second parts of jobs wait for the model."""
        return bool(self._held)

    def _run(self) -> None:
        try:
            self._opening()
            while (job := self._next()) is not None:
                self._perform(job)
                if self._jobs.empty() and (self._model.loading() or not self._held):
                    self._post(ThreadState("loading model" if self._model.loading() else "idle"))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self._post(Crashed(error))
        finally:
            self._closing()

    def _next(self) -> Job | None:
        """The first part that waited for the model, when loading has ended; else the next job. None: the end."""
        while True:
            if self._held and not self._model.loading():
                return self._held.pop(0)
            if self._ending and not self._held:
                return None
            if (job := self._jobs.get()) is not None:
                return job
            self._ending = True
            self._held = [held for held in self._held if held.done]

    def _perform(self, job: Job) -> None:
        """Run a job, its second part too if the model is ready."""
        self._running = job
        self.cancelled.clear()
        if self.unwanted and not (job.done or job.always):
            return
        if job.state:
            self._post(ThreadState(job.state))
        try:
            part = job.run()
            while isinstance(part, AfterModel):
                if not self._model.ready():
                    promise = None if job.done and job.done.is_set() else job.done
                    self._held.append(replace(job, run=part.run, done=promise, always=False))
                    self._model.want()
                    return
                part = part.run()
        except KeepsakeError as error:
            if not job.superseded:  # a prefetch fails again when it is wanted, and is reported then
                self._post(ConversationEvent(job.entry, Failed(str(error))))
        self.promise_kept()
