"""Loads the language model in a thread of its own, so that all that needs no model need not wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from assistant.backend import Backend
from memory.errors import ModelStopped


class ModelLoader:
    """One model at a time. Call it from one thread; `settled` is called in the loader's when loading has ended."""

    def __init__(self, settled: Callable[[], object]) -> None:
        self._settled = settled
        self.loading = False
        self.backend: Backend | None = None
        """The loaded model."""
        self._error: Exception | None = None
        self._lock = threading.Lock()
        self._number = 0
        """Number of the last load that is wanted."""
        self._thread: threading.Thread | None = None

    def begin(self, open_backend: Callable[[], Backend]) -> None:
        """Begin to load a model in the place of the one that is loaded, or being loaded."""
        self.unload()
        self.loading = True
        arguments = (open_backend, self._number, self._thread)
        self._thread = threading.Thread(target=self._load, args=arguments, name="model", daemon=True)
        self._thread.start()

    def take(self) -> Backend:
        """The loaded model. Raises what loading raised, and ModelStopped when no model is loaded."""
        if self._error:
            raise self._error
        if self.backend is None:
            raise ModelStopped("no model is loaded yet")
        return self.backend

    def unload(self) -> None:
        """Close the model; one that is being loaded is closed as soon as it is there."""
        with self._lock:
            self._number += 1
            backend, self.backend, self._error, self.loading = self.backend, None, None, False
        if backend:
            backend.close()

    def _load(self, open_backend: Callable[[], Backend], number: int, before: threading.Thread | None) -> None:
        if before:
            before.join()  # two models at once may not fit into memory
        backend, error = None, None
        try:
            backend = open_backend() if number == self._number else None
        except Exception as raised:  # the thread's edge: `take` raises it where it is seen
            error = raised
        with self._lock:
            if number == self._number:
                self.backend, self._error, self.loading = backend, error, False
                backend = None
            elif backend is None:
                return
        if backend:
            backend.close()
        else:
            self._settled()
