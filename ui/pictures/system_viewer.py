"""Opens a photo in the system's own viewer, only when the user asks: a copy that only the user can read, then removed.

The copy lies in a folder of its own (mode 0700, the file 0600): where Linux has one, in the user's folder in memory
(XDG_RUNTIME_DIR), so that it never reaches the disk. It goes when a memory is forgotten, a private conversation or
Keepsake ends; what a killed Keepsake left goes when the next photo is opened. What the viewer itself keeps (thumbnails,
a list of recent files) is beyond Keepsake.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from memory.episode import Photo
from memory.errors import KeepsakeError

PREFIX = "keepsake-photo-"
WAIT = 3.0
"""Seconds in which a viewer that cannot start says so."""
NO_DISPLAY = "There is no display here to open another window on: only the terminal shows this photo."
NO_PROGRAM = "No program opens photos here ({name} is not installed)."
FAILED = "{name} opened no viewer (it ended with {code}); no copy of the photo was kept."
UNWRITTEN = "Cannot write the copy for the viewer: {why}."


class SystemViewer:
    """The copies that this process has opened."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._folder: Path | None = None
        self._started: list[subprocess.Popen[bytes]] = []

    def command(self) -> str:
        """The program that opens a file. Raises KeepsakeError where there is no display, or no such program."""
        mac = sys.platform == "darwin"
        shown = (
            "SSH_CONNECTION" not in self._environment
            if mac
            else self._environment.keys() & {"DISPLAY", "WAYLAND_DISPLAY"}
        )
        if not shown:
            raise KeepsakeError(NO_DISPLAY)
        name = "open" if mac else "xdg-open"
        found = shutil.which(name, path=self._environment.get("PATH"))
        if found is None:
            raise KeepsakeError(NO_PROGRAM.format(name=name))
        return found

    def open(self, photo: Photo) -> Path:
        """Open a copy of the photo; returns its path. Waits up to WAIT seconds: not for the app's thread.

        Raises KeepsakeError: no display, no program, the copy cannot be written, the program fails.
        """
        command = self.command()
        try:
            file = self._copy(photo)
        except OSError as error:
            raise KeepsakeError(UNWRITTEN.format(why=error.strerror)) from error
        quiet = subprocess.DEVNULL
        viewer = subprocess.Popen([command, str(file)], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
        try:
            code = viewer.wait(WAIT)
        except subprocess.TimeoutExpired:  # some run as long as the viewer's window is open
            self._started.append(viewer)
            return file
        if code:
            file.unlink(missing_ok=True)
            raise KeepsakeError(FAILED.format(name=Path(command).name, code=code))
        return file

    def clear(self) -> None:
        """Remove all copies; viewers that show one go on."""
        self._started = [viewer for viewer in self._started if viewer.poll() is None]
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _copy(self, photo: Photo) -> Path:
        above = Path(self._environment.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        if self._folder is None:
            _remove_left(above)
            self._folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=above))
        file = self._folder / f"{photo.sha256[:8]}.{'png' if photo.data.startswith(bytes([0x89]) + b'PNG') else 'jpg'}"
        if not file.exists():
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(photo.data)
        return file


def _remove_left(above: Path) -> None:
    """Remove the copies of processes that are no more."""
    for folder in above.glob(f"{PREFIX}*-*"):
        number = folder.name.removeprefix(PREFIX).split("-")[0]
        if number.isdecimal() and not _alive(int(number)) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
