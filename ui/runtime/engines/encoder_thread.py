"""The app's photo encoder: opened once, and a thread that encodes the photos which it has not seen yet.

A memory of an older Keepsake, or of another encoder, has no tokens of this one. The thread makes them, newest photos
first, while the app is used; each is stored at once, so that a kill loses none. After the photos the words that the
memory's text embedder has not read are embedded in the same way, new ones, too.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from textual.message import Message

from assistant.conversation.events import unreadable_line
from assistant.embedder.embed_words import embed_missing
from assistant.encoder.encoder import PhotoEncoder
from assistant.sight import encode_missing
from memory.episode import Episode
from memory.errors import KeepsakeError
from memory.store import Memory
from ui.runtime.messages import Crashed, Notice, PhotosEncoded

EVERY = 0.2
"""Seconds between two messages about the progress."""
NICENESS = 10
"""How far the thread stands back behind the app's other threads and the model (Linux)."""


class EncoderThread:
    """`encoder` opens the encoder at its first call, from any thread; `start` begins the thread."""

    def __init__(self, post: Callable[[Message], object], open_encoder: Callable[[], PhotoEncoder]) -> None:
        self._post, self._open = post, open_encoder
        self._encoder: PhotoEncoder | None = None
        self._opening, self._changed, self._stopped = threading.Lock(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._told = 0.0
        self._named: set[str] = set()  # ids of memories whose damaged photo the user was told of

    def encoder(self) -> PhotoEncoder:
        """The open encoder. Raises ModelError, at each call until it can be opened."""
        with self._opening:
            self._encoder = self._encoder or self._open()
            return self._encoder

    def start(self, memory: Memory) -> None:
        """Open the encoder and encode what it has not seen, in the thread."""
        self._thread = threading.Thread(target=self._run, args=(memory,), name="encoder", daemon=True)
        self._changed.set()
        self._thread.start()

    def wake(self) -> None:
        """Look for photos and words that were not encoded: the memory may have changed."""
        self._changed.set()

    def close(self) -> None:
        """End the thread, after the photo it is at, and free the encoder."""
        self._stopped.set()
        self._changed.set()
        if self._thread:
            self._thread.join()
        if self._encoder:
            self._encoder.close()

    def _run(self, memory: Memory) -> None:
        with suppress(KeepsakeError):  # told below
            self.encoder()  # the first photo is to wait for it no longer than it must
        if sys.platform == "linux":  # where a thread has a priority of its own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while True:
            self._changed.wait()
            self._changed.clear()
            if self._stopped.is_set():
                return
            try:
                encode_missing(memory, self.encoder(), self._progress, self._stopped.is_set, self._unreadable)
                if memory.embedder:
                    embed_missing(
                        memory, memory.embedder, stop=lambda: self._stopped.is_set() or self._changed.is_set()
                    )
            except KeepsakeError as error:
                self._post(Notice(str(error), "warning"))
            except Exception as error:  # the thread's edge: the app raises it where it is seen
                self._post(Crashed(error))
                return

    def _unreadable(self, episode: Episode) -> None:
        if episode.id not in self._named:  # once, however often the thread looks
            self._named.add(episode.id)
            self._post(Notice(unreadable_line(episode), "warning"))

    def _progress(self, done: int, total: int) -> None:
        if done in (0, total) or time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self._post(PhotosEncoded(done, total))
