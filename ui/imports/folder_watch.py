"""A watched folder: while the app runs, photos that come into it are imported in the background, and wait in the tray.

A thread looks every few seconds (`new_files.py`) and gives what is new to the app's one import thread, where nothing
else is done meanwhile. Nothing is brought in during a private conversation or the demo. The settings remember the
folder, and up to when it was looked at, but not beside an encrypted memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from textual.message import Message

from assistant.importing.photo_tree import files_source
from assistant.photo import shown
from memory.errors import KeepsakeError
from ui.imports import import_strings as strings
from ui.imports.import_thread import ImportThread
from ui.imports.new_files import NewFiles
from ui.runtime import settings
from ui.runtime.session import Session

WATCHED = "watched folder"
"""The setting that holds the folder's path, and up to when it was looked at (seconds since 1970)."""
EVERY = 2.0
"""Seconds between two looks, at least: a look may take a twentieth of the time."""
TICK = 0.05
"""Seconds by which the clock of file systems may be behind."""
MANY = 100
"""If more photos came while the app was closed, they are not imported without being asked for."""
OFF = ("off", "stop", "no", "none")


def begins(rest: str) -> bool:
    """Whether `/watch` with this behind it begins to watch a folder."""
    return bool(rest) and rest.lower() not in OFF


class WatchNews(Message):
    """What the watched folder brought, or that it cannot be watched."""

    def __init__(self, folder: Path, new: int = 0, told: int = 0, unread: str = "", trouble: str = "") -> None:
        """`new` photos came in, `told` of them with words; `unread`: files that are no readable photos."""
        super().__init__()
        self.folder, self.new, self.told, self.unread, self.trouble = folder, new, told, unread, trouble

    @property
    def text(self) -> str:
        """The line for the user."""
        return self.trouble or strings.watch_news(shown(self.folder.name), self.new, self.told, self.unread)


class FolderWatch:
    """Watches one folder at a time. Its methods are called from the app's thread, and return at once."""

    def __init__(self, post: Callable[[Message], object], worker: ImportThread, session: Session) -> None:
        self._post, self._worker, self._session = post, worker, session
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.folder: Path | None = None
        """The folder that is watched; None: none is."""

    def begin(self, folder: Path, since: float | None = None) -> None:
        """Watch this folder, and no other; `since`: bring in what came after that time (default: from now on)."""
        self.end()
        self.folder, self._stopped = folder, threading.Event()
        files, resumed = NewFiles(folder, since or time.time() - TICK), since is not None
        work = threading.Thread(target=self._run, args=(files, resumed, self._stopped), name="watch", daemon=True)
        self._thread = work
        work.start()

    def end(self) -> None:
        """Watch no folder any more."""
        self._stopped.set()
        self.folder = None

    def close(self) -> None:
        """End this thread and that of imports, after the photo that is being stored, and wait until they have ended."""
        self._stopped.set()
        self._worker.close()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, files: NewFiles, resumed: bool, stopped: threading.Event) -> None:
        pause, looked, gone = 0.0, 0.0, False
        while not stopped.wait(pause):
            began = time.monotonic()
            try:
                ready = files.look()
                looked = time.monotonic() - began
                if ready and self._free():
                    if resumed and len(ready) > MANY:
                        name = shown(files.root.name)
                        self._post(WatchNews(files.root, trouble=strings.WATCH_MANY.format(n=len(ready), name=name)))
                        files.done(ready)
                    elif not self._bring(files, ready):
                        break
                    self._keep(files)
                    resumed = False
                gone = False
            except OSError:
                if not gone:
                    self._post(WatchNews(files.root, trouble=strings.WATCH_GONE.format(name=shown(files.root.name))))
                gone = True
            pause = max(EVERY, 20 * looked)  # an import is no part of the look
        if self.folder == files.root:
            self._keep(files)

    def _free(self) -> bool:
        """Whether photos may be brought in now."""
        session = self._session
        ours = session.memory is not None and session.own is None and not session.private
        return ours and session.engines.encoder_thread is not None and not self._worker.busy

    def _bring(self, files: NewFiles, ready: list[Path]) -> bool:
        """Import these photos; returns False when it failed, and no further try is made."""
        source = files_source(files.root, ready)
        items = list(source.items)
        report = self._worker.bring(files.root, source, strings.TRAY_CHOICES)
        if report is None:  # the user has just begun something else: the next look
            return True
        tally, done = report.tally, items[: report.done]
        unread = {name for name, _ in tally.unusable}
        left_out = set(ready) - {item.path for item in items}  # the original of an edited photo
        bad = [item.path for item in done if item.path and item.name in unread]
        files.done([*left_out, *(item.path for item in done if item.path)], bad)
        named = ", ".join(f"{name} ({why})" for name, why in tally.unusable)
        if report.new or named:
            self._post(WatchNews(files.root, report.new, tally.told, named))
        if report.state == "failed":
            text = strings.WATCH_FAILED.format(why=report.trouble.rstrip("."), name=shown(files.root.name))
            self._post(WatchNews(files.root, trouble=text))
            return False
        return True

    def _keep(self, files: NewFiles) -> None:
        memory = self._session.own or self._session.memory
        if memory and not memory.encrypted and self.folder == files.root:
            with suppress(KeepsakeError):  # said when the watch began; a photo that is known already does no harm
                settings.put(WATCHED, {"path": str(files.root), "until": files.until})


class Watching:
    """`/watch` and what the settings remember of it, for app and plain mode alike."""

    def __init__(self, post: Callable[[Message], object], worker: ImportThread, session: Session) -> None:
        self.watch, self._session = FolderWatch(post, worker, session), session

    def command(self, rest: str, to_path: Callable[[str], Path]) -> str:
        """`/watch FOLDER`, `/watch off`, `/watch`: the line for the user. Raises KeepsakeError."""
        before = self.watch.folder
        if rest.lower() in OFF:
            self.watch.end()
            settings.put(WATCHED, None)
            return strings.WATCH_OFF.format(name=shown(before.name)) if before else strings.WATCH_NONE
        if not rest:
            return strings.WATCHING.format(name=shown(before)) if before else strings.WATCH_NONE
        return self.begin(to_path(rest))

    def begin(self, folder: Path) -> str:
        """Watch a folder from now on: the line for the user. Raises KeepsakeError."""
        folder = folder.absolute()
        if not folder.is_dir():
            raise KeepsakeError(strings.WATCH_NO_FOLDER.format(name=shown(folder)))
        if self._session.engines.encoder_thread is None:
            raise KeepsakeError(strings.NEEDS_ENCODER)
        memory = self._session.own or self._session.store
        kept = None if memory.encrypted else {"path": str(folder), "until": time.time()}
        settings.put(WATCHED, kept)
        self.watch.begin(folder)
        line = strings.WATCH_BEGUN.format(name=shown(folder.name))
        return f"{line} {strings.WATCH_UNKEPT}" if memory.encrypted else line

    def resume(self) -> str:
        """At the start: go on with the folder that the settings remember. The line for the user; "" for none."""
        kept = settings.get(WATCHED)
        if not isinstance(kept, dict) or not isinstance(kept.get("path"), str):
            return ""
        until = kept.get("until")
        folder = Path(kept["path"])
        if self._session.engines.encoder_thread is None:
            return ""
        self.watch.begin(folder, until if isinstance(until, int | float) else None)
        return strings.WATCHING.format(name=shown(folder)) if folder.is_dir() else ""
