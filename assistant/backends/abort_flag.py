"""The flag that stops llama.cpp from another thread, in the middle of a prompt or of the vision tower."""

from __future__ import annotations

import ctypes
import threading
from typing import Any


class Cancelled(Exception):
    """The flag was set while something ran. Backends catch it: it never leaves them."""


class AbortFlag:
    """A flag that can be set only while a request is announced or runs: a late "cancel" must not hit the next one.

    C code reads the flag thousands of times a token: libc's strlen serves as llama.cpp's abort callback, since it is
    true exactly when the first byte is set, needs no Python lock, and works from any thread.
    """

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(2)
        self._armed, self._guard = False, threading.Lock()

    def callback(self, settings: Any, kind: Any) -> None:
        """Make the flag a context's abort callback; `kind` is the binding's type of such callbacks."""
        settings.abort_callback = ctypes.cast(ctypes.CDLL(None).strlen, kind)
        settings.abort_callback_data = ctypes.cast(self._byte, ctypes.c_void_p)

    def arm(self) -> None:
        """Announce a request: from now on `set` means this request. Arming twice keeps the flag as it is."""
        with self._guard:
            self._armed = True

    def disarm(self) -> None:
        """End the request, and clear the flag."""
        with self._guard:
            self._byte.raw, self._armed = b"\0\0", False

    def set(self) -> None:
        """Stop the request that runs or is announced. Does nothing when there is none."""
        with self._guard:
            if self._armed:
                self._byte.raw = b"\1\0"

    def check(self) -> None:
        """Raise Cancelled when the flag is set."""
        if self.is_set:
            raise Cancelled

    @property
    def is_set(self) -> bool:
        """Whether the request is to be stopped."""
        return bool(self._byte.raw[0])
