"""A photo that stands in the input, not sent yet: the model reads it while the user types on. Shows nothing."""

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
"""Seconds for which it has to stand there: a path that is being typed, or sent at once, is left alone."""


class Prefetch:
    """For one input. Call it from the app's thread."""

    def __init__(self, app: App[None], session: AppThread, reader: Executor) -> None:
        self._app, self._session, self._reader = app, session, reader
        self._path: Path | None = None
        self._timer: Timer | None = None

    def typed(self, text: str) -> None:
        """The input holds `text` now. What is done for another photo than its first one ends."""
        path = next(iter(read(text).photos), None)
        if path == self._path:
            return
        self._path = path
        self._session.expect(None)
        if self._timer:
            self._timer.stop()
        self._timer = self._app.set_timer(PAUSE, partial(self._read, path)) if path else None

    def _read(self, path: Path) -> None:
        reading = self._reader.submit(load_photo, path)
        reading.add_done_callback(partial(self._app.call_later, self._expect, path))

    def _expect(self, path: Path, reading: Future[Photo]) -> None:
        if path == self._path and not reading.cancelled() and not reading.exception():
            self._session.expect(reading.result())
