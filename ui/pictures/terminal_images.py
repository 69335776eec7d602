"""Photos that are stored in the terminal, to be shown as pixels: what is sent, how much at most, and when it goes.

The terminal's copy of a photo lives no longer than what shows the photo (`Drawing`), and all of them go (`clear`) when
a memory is forgotten or a conversation ends, and before the app leaves its screen, however that comes (`PhotoDriver`).
Only a killed process (SIGKILL) leaves them, until its window closes or the next program takes the whole screen.
"""

from __future__ import annotations

import asyncio
import fcntl
import random
import signal
import struct
import sys
import termios
import weakref
from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import NamedTuple

from PIL import Image
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.strip import Strip

from ui.pictures import kitty_graphics

MOST_BYTES = 128 << 20
"""Bytes of decoded photos in the terminal, at four a pixel: well below the 320 MB that terminals allow."""
MOST_PIXELS = 1 << 20
"""Pixels of one photo: a larger one is sent smaller, and drawn larger by the terminal."""
USUAL_CELL = (10, 20)
"""Pixels of a cell, where the terminal does not say."""
TERMINATED = 128 + signal.SIGTERM
"""The exit code after SIGTERM."""


class Drawing(list[Strip]):
    """A drawn photo, one strip for each row. While a drawing in pixels is held, the terminal stores its photo."""


class Key(NamedTuple):
    """What is sent only once."""

    photo: str
    columns: int
    rows: int
    shares: tuple[float, float]
    """Which share of the photo's width and height is shown."""
    size: tuple[int, int]


class TerminalImages:
    """What this process has stored in its terminal. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._write: Callable[[str], object] | None = None
        self._wanted = "auto"
        self._lock = RLock()  # a signal handler may come while its own thread holds it
        self._stored: dict[int, int] = {}
        """Bytes of each stored image, by its id."""
        self._shown: weakref.WeakValueDictionary[Key, Drawing] = weakref.WeakValueDictionary()
        self._unused: deque[int] = deque()
        """Ids whose drawings nobody holds any more."""
        self._next = random.randrange(1, kitty_graphics.LAST_ID)  # other programs draw in this terminal, too

    def enter(self, write: Callable[[str], object]) -> None:
        """The app has its screen, and writes to it by `write`."""
        with self._lock:
            self._write = write

    def leave(self) -> None:
        """The app is about to leave its screen: take everything out, and send nothing more."""
        with self._lock:
            self.clear()
            self._write = None

    def want(self, wanted: str) -> None:
        """Follow the user's setting: "on", "off" or "auto" (`kitty_graphics.speaks`)."""
        with self._lock:
            self.clear()
            self._wanted = wanted

    @property
    def on(self) -> bool:
        """Whether photos are shown as pixels. May take a moment when first asked: not for the app's thread."""
        return self._write is not None and kitty_graphics.speaks(self._wanted)

    def pixels(self, columns: int, rows: int) -> tuple[int, int]:
        """The size in which a photo of so many cells is to be sent."""
        across, down = cell_size()
        width, height = columns * across, rows * down
        scale = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
        return max(1, int(width * scale)), max(1, int(height * scale))

    def find(self, key: Key) -> Drawing | None:
        """The drawing of a photo that is stored already."""
        with self._lock:
            return self._shown.get(key)

    def put(self, key: Key, image: Image.Image) -> Drawing | None:
        """Send an RGB image and return the drawing that shows it; None where there is no room or no terminal for it."""
        size = 4 * image.width * image.height
        if not kitty_graphics.fits(key.columns, key.rows):
            return None
        with self._lock:
            id, self._next = self._next, self._next % kitty_graphics.LAST_ID + 1
        # The slow part: the lock is free meanwhile.
        sent = kitty_graphics.transmit(id, image, key.columns, key.rows)
        drawing = Drawing(kitty_graphics.cells(id, key.columns, key.rows))
        with self._lock:
            self.sweep()
            if self._write is None or self._wanted == "off" or sum(self._stored.values()) + size > MOST_BYTES:
                return None
            self._write(sent)  # one write: nothing may come between its pieces
            self._stored[id] = size
            self._shown[key] = drawing
            # The collector of garbage may call this at any moment, in any thread: it takes no lock.
            weakref.finalize(drawing, self._unused.append, id).atexit = False
            return drawing

    def sweep(self) -> None:
        """Take out what nobody shows any more."""
        if self._unused:
            with self._lock:
                ids = [self._unused.popleft() for _ in range(len(self._unused))]
                self._delete([id for id in ids if id in self._stored])

    def clear(self) -> bool:
        """Take out everything: what is still to be shown has to be drawn again. Returns whether there was anything."""
        with self._lock:
            ids = list(self._stored)
            self._delete(ids)
            self._shown.clear()
            return bool(ids)

    def _delete(self, ids: list[int]) -> None:
        for id in ids:
            self._stored.pop(id, None)
        if ids and self._write:
            self._write(kitty_graphics.delete(ids))


TERMINAL = TerminalImages()
"""A process has one terminal."""


def cell_size() -> tuple[int, int]:
    """Width and height of a terminal cell in pixels."""
    try:
        size = fcntl.ioctl(sys.__stderr__ or 2, termios.TIOCGWINSZ, bytes(8))
    except (OSError, ValueError):
        return USUAL_CELL
    rows, columns, width, height = struct.unpack("4H", size)
    return (width // columns, height // rows) if columns and rows and width and height else USUAL_CELL


class PhotoDriver(LinuxDriver):
    """Textual's driver; it takes all photos out of the terminal before the app leaves its screen: when the app quits,
    crashes, is suspended, or is terminated (SIGTERM), which ends it in order."""

    def start_application_mode(self) -> None:
        """As Textual's, and photos can be sent from now on."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._app.exit, None, TERMINATED)
        TERMINAL.enter(self.write)

    def stop_application_mode(self) -> None:
        """As Textual's; the photos go first: each of a terminal's two screens has its own."""
        TERMINAL.leave()
        super().stop_application_mode()


def photo_driver(driver: type[Driver]) -> type[Driver]:
    """Our driver in the place of Textual's; any other (of tests, for the web) stays."""
    return PhotoDriver if driver is LinuxDriver else driver
