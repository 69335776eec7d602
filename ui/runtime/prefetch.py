"""The model reads a photo that is named in the input before the user sends it, so that the answer comes sooner."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path

from textual.app import App
from textual.timer import Timer

from assistant.photo import load_photo
from memory.episode import Photo
from ui.input_parser import read
from ui.runtime.app_thread import AppThread

PAUSE = 0.3
"""Seconds for which the photo's path has to stand in the input: a path still being typed is not read."""


class Prefetch:
    """Watches one input. Call it from the app's thread."""

    def __init__(self, app: App[None], thread: AppThread, reader: Executor) -> None:
        self._app, self._thread, self._reader = app, thread, reader
        self._path: Path | None = None
        self._timer: Timer | None = None

    def typed(self, text: str) -> None:
        """The input holds `text` now: prepare its first photo, and stop preparing any other."""
        path = next(iter(read(text).photos), None)
        if path == self._path:
            return
        self._path = path
        self._thread.prefetch(None)
        if self._timer:
            self._timer.stop()
        self._timer = self._app.set_timer(PAUSE, partial(self._read, path)) if path else None

    def _read(self, path: Path) -> None:
        reading = self._reader.submit(load_photo, path)
        reading.add_done_callback(partial(self._app.call_later, self._prepare, path))

    def _prepare(self, path: Path, reading: Future[Photo]) -> None:
        if path == self._path and not reading.cancelled() and not reading.exception():
            self._thread.prefetch(reading.result())
