"""What a session of the app holds: the memory, the model, the open conversation; and how it opens and closes.

Only the background thread calls it. The jobs on it are in `rewriting.py` and `session.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from assistant.backend import Backend
from assistant.conversation.conversation import Conversation
from assistant.encoder.encoder import PhotoEncoder
from memory.store import Memory
from ui.runtime import messages
from ui.runtime.engines.engines import Engines
from ui.runtime.job_queue import JobQueue
from ui.runtime.recorder import Recorder
from ui.runtime.relay import Relay
from ui.runtime.undo import UndoStack


class SessionState:
    """The memory, one model and one conversation at a time."""

    def __init__(
        self,
        post: Callable[[Message], object],
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None,
        before_closing: Callable[[], object],
    ) -> None:
        """`open_encoder`: None for the model's own tower. `before_closing` runs before the memory closes."""
        self._post, self._open_memory, self._before_closing = post, open_memory, before_closing
        self.engines = Engines(post, open_backend, open_encoder, self._settled, lambda: self._ephemeral)
        self.jobs = JobQueue(post, self._open, self._free, self.engines.gate(self._stop))
        self.memory: Memory | None = None
        """None until the memory is open."""
        self.own: Memory | None = None
        """The user's memory while the demo album takes its place; else None."""
        self.after_closing: list[Callable[[], object]] = []
        self._conversation: Conversation | None = None
        self._private = False
        self.recorder = Recorder(lambda: self.store, lambda line: post(messages.Notice(line, "warning")))
        self._relay = Relay(post, self.jobs, self.recorder)
        self.changes = UndoStack(lambda: self.store)

    def _open(self) -> None:
        self.memory = self._open_memory()
        self.count()
        if self.memory.trouble:
            self._post(messages.Notice(self.memory.trouble, "warning"))
        self._post(messages.ThreadState("loading model"))
        self.engines.start(self.memory)

    def _free(self) -> None:
        self._before_closing()
        self.engines.close()
        if self.memory:
            self.memory.close()
        for end in self.after_closing:
            end()

    def _stop(self) -> None:
        if self._conversation:
            self._conversation.cancel()

    @property
    def store(self) -> Memory:
        """The memory, which is open before the first job runs."""
        assert self.memory is not None
        return self.memory

    @property
    def _ephemeral(self) -> bool:
        """Whether the model may write nothing to disk: its caches would give away an encrypted memory, too."""
        return self._private or (self.own or self.store).encrypted

    @property
    def private(self) -> bool:
        """Whether nothing of the conversation is kept."""
        return self._private

    def _settled(self) -> None:
        self.jobs.wake(lambda: self.engines.loaded(awaited=self.jobs.waiting))

    def conversation(self) -> Conversation:
        """The open conversation, or a new one; perhaps without a model yet."""
        if self._conversation is None:
            self._conversation = Conversation(None, self.store, self.engines.encoder())
        return self._conversation

    def _with_model(self) -> Conversation:
        """The open conversation, with the model. A model that could not be loaded is tried again by the next job."""
        backend, conversation = self.engines.model(), self.conversation()
        conversation.backend = backend
        return conversation

    def count(self) -> None:
        """Tell how many memories there are, and whether their file is encrypted; what is new is read for recall."""
        self.engines.memory_changed()
        self._post(messages.MemoryCounted(self.store.stats()["episodes"], self.store.encrypted, self.own is not None))
