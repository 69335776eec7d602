"""The download of a model, in a thread of its own. Only here does the app use the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from textual.message import Message

from assistant import offline
from assistant.models import download
from memory.errors import KeepsakeError
from ui.runtime.messages import Crashed, DownloadProgress

EVERY = 0.2
"""Seconds between two messages about a download."""


class Download:
    """A download that begins at once, in its own thread; that thread calls `post` with `DownloadProgress`."""

    def __init__(self, model: str, post: Callable[[Message], object]) -> None:
        self.model, self.percent, self._post = model, 0, post
        self._stop, self._last_message = threading.Event(), 0.0
        threading.Thread(target=self._run, name=f"fetch {model}", daemon=True).start()

    def stop(self) -> None:
        """End the download soon; the bytes so far are kept for the next time."""
        self._stop.set()

    def _run(self) -> None:
        try:
            with offline.requested_by_user():
                download.pull(self.model, on_progress=self._progress, stop=self._stop)
            self._post(DownloadProgress(self.model, None))
        except KeepsakeError as error:
            self._post(DownloadProgress(self.model, None, str(error)))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self._post(Crashed(error))

    def _progress(self, progress: download.Progress) -> None:
        if time.monotonic() - self._last_message >= EVERY:
            self._last_message = time.monotonic()
            self.percent = 100 * progress.done // max(1, progress.total)
            self._post(DownloadProgress(self.model, self.percent))
