"""From a model's name to a backend that runs it."""

from __future__ import annotations

from assistant.backend import Backend
from assistant.backends.worker import WorkerBackend
from assistant.models.local import load


def open_backend(name: str | None = None) -> Backend:
    """A backend with its model loaded: "fake" for tests, anything else in its own process. Raises ModelError."""
    if name == "fake":
        from assistant.backends.fake import FakeBackend

        return FakeBackend()
    backend = WorkerBackend(load(name))
    backend.start()
    return backend
