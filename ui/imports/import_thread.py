"""The app's imports: a thread that looks at what a folder or chat holds, or imports it, beside the app's other work.

What becomes of each photo is decided in `assistant/importing/import_photos.py`, as on the command line. A photo is
stored in one transaction, and the thread stands back behind the others: keys and questions wait for one photo at most.
A stopped or killed import is begun again, and goes on with what is new.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from textual.message import Message

from assistant.backends.cache import disk_cache
from assistant.encoder.encoder import PhotoEncoder
from assistant.importing.import_outcomes import ImportOutcome, Tally
from assistant.importing.import_photos import SNAPSHOT_FROM, import_all
from assistant.importing.import_source import Choices, Source
from assistant.importing.seen_files import SeenFiles
from assistant.importing.sources import open_source
from memory.errors import KeepsakeError, MemoryFileError
from ui.imports.import_strings import NEEDS_ENCODER, NO_PHOTOS
from ui.runtime.engines.encoder_thread import NICENESS
from ui.runtime.messages import Crashed
from ui.runtime.session import Session

EVERY = 0.2
"""Seconds between two reports of a running import."""
COUNT_EVERY = 2.0
"""Seconds between two counts of the memories, for the status line."""
State = Literal["looking", "looked", "importing", "imported", "stopped", "failed"]
"""What a look at a source or an import of it does, or how it ended."""


@dataclass(frozen=True)
class Report:
    """How far a look at a source, or an import of it, is."""

    path: Path
    state: State = "looking"
    kind: str = ""
    """"folder" or "chat"; "" until the source is open."""
    total: int = 0
    """How many files may be photos."""
    done: int = 0
    """How many of them were looked at."""
    tally: Tally = field(default_factory=Tally)
    left_out: tuple[tuple[str, str], ...] = ()
    """Names of files that are passed over, each with the reason."""
    others: int = 0
    """How many files are no photos."""
    notes: tuple[str, ...] = ()
    """Lines about the source as a whole."""
    seconds: float = 0.0
    trouble: str = ""
    """Why the import failed."""

    @property
    def new(self) -> int:
        """How many photos are new."""
        return self.tally.outcomes["new"]

    @property
    def completed(self) -> int:
        """How many photos that were kept before get words or a day."""
        return self.tally.outcomes["told"] + self.tally.outcomes["dated"]

    @property
    def nothing(self) -> bool:
        """Whether there turned out to be nothing to import."""
        return self.state == "looked" and not (self.new or self.completed)

    @property
    def photos(self) -> int:
        """How many photos there are, as far as was looked: without the files that cannot be read as one."""
        return self.total - self.tally.outcomes["unusable"]

    @property
    def running(self) -> bool:
        """Whether the look or the import still goes on."""
        return self.state in ("looking", "importing")

    @property
    def seconds_left(self) -> float:
        """The time that the rest will take, at the pace so far."""
        return self.seconds / self.done * (self.total - self.done) if self.done else 0.0


class ImportReport(Message):
    """An import, or the look before it, goes on or has ended."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class ImportThread:
    """One look or import at a time. Its methods are called from the app's thread, and return at once."""

    def __init__(self, post: Callable[[Message], object], session: Session) -> None:
        self._post, self._session = post, session
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._beginning, self._closed = threading.Lock(), False

    @property
    def busy(self) -> bool:
        """Whether a look or an import goes on."""
        return self._thread is not None and self._thread.is_alive()

    def look(self, path: Path, choices: Choices) -> None:
        """Count what an import of `path` would do, and store nothing."""
        self._begin(path, choices, store=False)

    def run(self, path: Path, choices: Choices) -> None:
        """Import what is new at `path`."""
        self._begin(path, choices, store=True)

    def bring(self, path: Path, source: Source, choices: Choices) -> Report | None:
        """Import what is new of a source below `path`, and wait for its end: only the caller hears how it ended.

        No snapshot of the memory is made: what comes by itself may come every minute. None: something else goes on.
        """

        def post(message: Message) -> None:
            if isinstance(message, Crashed):
                self._post(message)

        with self._beginning:
            if self.busy or self._closed:
                return None
            self._stopped = threading.Event()
            work = _Work(post, self._session, self._stopped, None, choices, Report(path), True, source)
            self._thread = thread = threading.Thread(target=work.run, name="import", daemon=True)
            thread.start()
        thread.join()
        return work.report

    def stop(self) -> None:
        """Stop after the photo that is being stored."""
        self._stopped.set()

    def close(self) -> None:
        """Stop, wait until it has, and begin nothing any more."""
        with self._beginning:
            self._closed = True
        self.stop()
        if self._thread:
            self._thread.join()

    def _begin(self, path: Path, choices: Choices, *, store: bool) -> None:
        with self._beginning:
            self.stop()
            before, self._stopped = self._thread, threading.Event()
            work = _Work(self._post, self._session, self._stopped, before, choices, Report(path), store)
            self._thread = threading.Thread(target=work.run, name="import", daemon=True)
            self._thread.start()


@dataclass
class _Work:
    """One look or import, in its thread."""

    post: Callable[[Message], object]
    session: Session
    stopped: threading.Event
    before: threading.Thread | None
    """The work before, which was told to stop."""
    choices: Choices
    report: Report
    store: bool
    given: Source | None = None
    """A source that is open already, of photos that came by themselves: without a snapshot, and not to be undone."""
    added: list[str] = field(default_factory=list)
    """Ids of the memories that were stored, and"""
    photos: set[str] = field(default_factory=set)
    """SHA-256 of their photos: one may have several memories."""
    broken_off: bool = False
    """Whether it was stopped before the last file."""
    counted: float = 0.0

    def run(self) -> None:
        """Wait for the work before; look or import; report how it ended."""
        if self.before:
            self.before.join()
        if sys.platform == "linux":  # where a thread has a priority of its own
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        try:
            if self.given:
                self._each(self.given)
            else:
                with open_source(self.report.path) as source:
                    self._each(source)
            done = not self.broken_off
            if done or self.store:  # of a look that was stopped nobody wants to know
                self._say("stopped" if not done else "imported" if self.store else "looked")
        except KeepsakeError as error:
            self._say("failed", str(error))
        except Exception as error:  # the thread's edge: the app raises it where it is seen
            self.post(Crashed(error))

    def _each(self, source: Source) -> None:
        """Look at each file of the source, or import it, until the work is stopped; note what can be undone."""
        left_out = (*source.unusable, *((name, NO_PHOTOS) for name in source.others))
        self._change(state="importing" if self.store else "looking", kind=source.kind, total=len(source.items))
        self._change(left_out=left_out, others=len(source.others), notes=source.notes)
        self.post(ImportReport(self.report))
        memory = self.session.own or self.session.store
        encoder = self._encoder() if self.store else None
        if self.store and self.given is None and len(source.items) >= SNAPSHOT_FROM and memory.stats()["episodes"]:
            with suppress(MemoryFileError):  # no reason not to import; opening the memory tells of damage
                memory.snapshot()
        seen = SeenFiles(disk_cache.root() / "imports", keep=self.store and not memory.encrypted)
        tally = Tally()
        try:
            with closing(import_all(memory, encoder, source.items, self.choices, seen)) as outcomes:
                self._follow(outcomes, tally)
        finally:
            self._change(tally=copy.deepcopy(tally), left_out=(*left_out, *tally.unusable))
            if self.added:
                if self.given is None:  # undo takes back what the user did, not what came by itself
                    self.session.changes.note_import(self.added, len(self.photos))
                self.session.count()

    def _encoder(self) -> PhotoEncoder:
        if self.session.engines.encoder_thread is None:
            raise KeepsakeError(NEEDS_ENCODER)
        return self.session.engines.encoder()

    def _follow(self, outcomes: Iterable[ImportOutcome], tally: Tally) -> None:
        """Count what becomes of each file, and report it every now and then."""
        began, told = time.monotonic(), 0.0
        for n, item in enumerate(outcomes, 1):
            tally.count(item)
            if self.store and item.episode:
                self.added.append(item.episode.id)
                self.photos.add(item.episode.photo.sha256)
            now = time.monotonic()
            self._change(done=n, seconds=now - began)
            if now - told >= EVERY:
                told = now
                self._progress(tally, now)
            if self.stopped.is_set():
                self.broken_off = n < self.report.total
                break

    def _progress(self, tally: Tally, now: float) -> None:
        self._change(tally=copy.deepcopy(tally))
        self.post(ImportReport(self.report))
        if self.store and now - self.counted >= COUNT_EVERY:
            self.counted = now
            self.session.count()

    def _change(self, **changes: Any) -> None:
        """Change fields of the report."""
        self.report = replace(self.report, **changes)

    def _say(self, state: State, trouble: str = "") -> None:
        self._change(state=state, trouble=trouble)
        self.post(ImportReport(self.report))
