"""Open a backend by the name of its model."""

from __future__ import annotations

from assistant.backend import Backend
from assistant.backends.worker import WorkerBackend
from assistant.models.local import load


def open_backend(name: str | None = None) -> Backend:
    """A backend with its model loaded: in a process of its own, or the `FakeBackend` for "fake". Raises ModelError."""
    if name == "fake":
        from assistant.backends.fake import FakeBackend

        return FakeBackend()
    backend = WorkerBackend(load(name))
    backend.start()
    return backend
