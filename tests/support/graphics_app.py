"""The app in a pseudo-terminal that speaks Kitty's graphics protocol: keys in, cells and pixels out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.graphics_terminal import GraphicsTerminal

ROOT = Path(__file__).parents[2]
CELL = (9, 18)
"""Pixels of a cell; not the app's own guess."""
UNSET = ("TMUX", "STY", "SSH_CONNECTION", "NO_COLOR", "COLUMNS", "LINES", "KEEPSAKE_SYMBOLS", "TEXTUAL_COLOR_SYSTEM")


class GraphicsApp:
    """The app, or another `program` that opens it, with a fake model, in a terminal of so many cells."""

    def __init__(
        self,
        home: Path,
        *,
        program: Sequence[str] = ("tui.py",),
        size: tuple[int, int] = (120, 36),
        **variables: str,
    ) -> None:
        self.terminal, self.lock = GraphicsTerminal(*size), threading.Lock()
        self._ours, theirs = pty.openpty()
        winsize = struct.pack("4H", size[1], size[0], size[0] * CELL[0], size[1] * CELL[1])
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, winsize)
        env = {name: value for name, value in os.environ.items() if name not in UNSET}
        env |= {"HOME": str(home), "KEEPSAKE_HOME": str(home), "COLORTERM": "truecolor", "TERM": "xterm-kitty"}
        command = [sys.executable, *program, "--model", "fake"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env | variables,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that it ends with the terminal
        )
        os.close(theirs)
        self.failed: BaseException | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                if not select.select([self._ours], [], [], 0.2)[0]:
                    continue
                data = os.read(self._ours, 1 << 16)
            except OSError:  # the program has ended
                return
            if not data:
                return
            try:
                with self.lock:
                    self.terminal.feed(data)
            except BaseException as error:
                self.failed = error

    def press(self, keys: str) -> None:
        """Keys, as the terminal sends them."""
        os.write(self._ours, keys.encode())

    def until(self, condition: Callable[[GraphicsTerminal], object], what: str, insist: str = "") -> None:
        """Wait for a condition on the terminal; press the keys `insist` every few seconds until it holds."""
        pressed = time.monotonic()
        end = pressed + 40 * max(1.0, os.getloadavg()[0] / 4)
        while True:
            if insist and time.monotonic() > pressed + 3:  # a key that comes with a question is ignored
                self.press(insist)
                pressed = time.monotonic()
            if self.failed:
                raise self.failed
            with self.lock:
                if condition(self.terminal):
                    return
                screen, images = self.terminal.text(), self.terminal.stored
            assert time.monotonic() < end, f"never came: {what}; images {images}; on the screen stood\n{screen}"
            time.sleep(0.02)

    def sees(self, *texts: str) -> None:
        """Wait until all of these stand on the screen."""
        self.until(lambda terminal: all(text in terminal.text() for text in texts), repr(texts))

    def ended(self) -> int:
        """Wait for the program's end; its exit code."""
        code = self.process.wait(60)
        self._reader.join(10)
        if self.failed:
            raise self.failed
        return code

    def close(self) -> None:
        """Leave nothing running."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._ours)


@contextmanager
def graphics_app(home: Path, **options: object) -> Iterator[GraphicsApp]:
    """The app, until the block ends."""
    app = GraphicsApp(home, **options)  # type: ignore[arg-type]
    try:
        yield app
    finally:
        app.close()
