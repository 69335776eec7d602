"""The flag that stops llama.cpp from another thread, in the middle of a prompt or of the vision tower."""

from __future__ import annotations

import ctypes
import threading
from typing import Any


class Cancelled(Exception):
    """The flag was raised while something ran. Never leaves the backend."""


class AbortFlag:
    """Can be raised only while a request is announced: a late "cancel" must not hit the next one.

    It is read by C, thousands of times a token: libc's strlen serves as llama.cpp's abort callback, since it is true
    exactly when the first byte is set, needs no Python lock, and works from any thread.
    """

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(2)
        self._armed, self._guard = False, threading.Lock()

    def callback(self, settings: Any, kind: Any) -> None:
        """Enter the flag into a context's settings; `kind` is the binding's type of abort callbacks."""
        settings.abort_callback = ctypes.cast(ctypes.CDLL(None).strlen, kind)
        settings.abort_callback_data = ctypes.cast(self._byte, ctypes.c_void_p)

    def arm(self) -> None:
        """A request comes: what is raised from now on means it. Arming twice keeps what was raised in between."""
        with self._guard:
            self._armed = True

    def disarm(self) -> None:
        """The request is done."""
        with self._guard:
            self._byte.raw, self._armed = b"\0\0", False

    def set(self) -> None:
        """Stop what runs, or is announced. Does nothing when nothing is."""
        with self._guard:
            if self._armed:
                self._byte.raw = b"\1\0"

    def check(self) -> None:
        """Raise Cancelled when the flag is up."""
        if self.up:
            raise Cancelled

    @property
    def up(self) -> bool:
        """Whether it was raised."""
        return bool(self._byte.raw[0])
