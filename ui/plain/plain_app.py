"""Keepsake without a screen: `python tui.py --plain`. One line in, lines out, in order; no colours, no drawing.

For screen readers, serial lines and scripts. Plain mode uses the same background thread as the app, and waits for each
job to end before it reads the next line. Ctrl-C stops what is being written, Ctrl-D ends.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import NamedTuple

from textual.message import Message

from assistant import offline
from assistant.backend import Backend
from assistant.dialogue.acts import act_of
from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from assistant.worker.open_backend import open_backend
from memory import reminders
from memory.db.stored_conversation import StoredConversation
from memory.episode import Photo, Recall
from memory.errors import PhotoError
from memory.instructions import Reminder
from memory.naming.lists.list_requests import request
from memory.store import Memory
from ui import strings
from ui.demo_album import DemoAlbum
from ui.import_paths import is_source
from ui.input_parser import LONGEST_TEXT, Typed, read, to_path
from ui.plain import lists, plain_people, plain_strings
from ui.plain.plain_answers import PlainAnswers
from ui.plain.plain_imports import PlainImports
from ui.plain.plain_memories import PlainMemories
from ui.plain.plain_start import PlainStart
from ui.plain.plain_tellings import PlainTellings
from ui.plain.plain_tray import PlainTray
from ui.plain.printer import NEW_PHOTO, Printer
from ui.plain.typed_lines import TypedLines
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import export_open
from ui.runtime.session import Telling


def run(
    open_memory: Callable[[], Memory],
    open_backend: Callable[[], Backend],
    open_encoder: Callable[[], PhotoEncoder] | None,
    *,
    demo: bool = False,
) -> int:
    """Read lines until the input ends. Returns the exit code."""
    with suppress(ImportError):  # where Python has it: editing the line, and the lines before
        import readline  # noqa: F401
    offline.watch()
    return PlainApp(open_memory, open_backend, open_encoder).run(demo)


class Command(NamedTuple):
    """A command of plain mode."""

    run: Callable[[str], object]
    """Does it, with the words typed after its name."""
    needs: int = 0
    """How many words must follow the name; an id and a text are two."""


class PlainApp:
    """The app in plain mode."""

    def __init__(
        self,
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        open_encoder: Callable[[], PhotoEncoder] | None = open_encoder,
    ) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._thread = AppThread(self._messages.put, open_memory, open_backend, open_encoder)
        self._printer = Printer()
        self._demo = DemoAlbum(self._messages.put, self._thread)
        self._lines = TypedLines()
        self._imports = PlainImports(self._thread, self._messages, self._printer, self._lines.sure)
        self._answers = PlainAnswers(self._thread, self._printer)
        self._memories = PlainMemories(self._thread, self._printer, self._answers, self._lines, self._follow)
        confirm, sure = self._memories.confirm, self._lines.sure
        self._tellings = PlainTellings(self._thread, self._printer, confirm, sure, self._follow)
        self._tray, self._start = PlainTray(), PlainStart(self._thread, self._printer, self._follow)
        self.commands = self._table()
        """What each command does, by its name; /quit ends the loop."""

    def run(self, demo: bool) -> int:
        """Greet, then read and run one line after the other; returns the exit code."""
        try:
            self._thread.start()
            self._follow()
            self._start.greet()
            self._imports.greet()
            if demo and not self._printer.code:
                self._run_line(Typed([], "/demo"))
            while not self._printer.code:
                try:
                    typed = read(self._lines.next(self._imports.prompt()))
                except KeyboardInterrupt:
                    print(f"\n{plain_strings.END}")
                    continue
                except EOFError:
                    print()
                    break
                if typed.command == "/quit":
                    break
                self._run_line(typed)
        finally:
            self._thread.close()
        if not self._printer.code:
            print(plain_strings.BYE)
        return self._printer.code or 0

    # -- what the user says -------------------------------------------------------------------------------------

    def _run_line(self, typed: Typed) -> None:
        if typed.too_long:
            self._printer.say(plain_strings.NOTE, strings.TOO_LONG.format(n=typed.too_long, most=LONGEST_TEXT))
        self._printer.told_next = act_of(typed.question, asked=True).kind == "tell"
        for path in typed.photos:
            self._show_photo(path)
        if listed := (wanted := request(typed.question)) is not None:
            self._list(partial(lists.photos_asked_for, wanted, self._thread.session.conversation))
        elif typed.command:
            self._run_command(typed.command, typed.rest)
        if listed or not typed.question or self._printer.code:
            return
        if question := self._tellings.take(typed.question, self._answers.photo):
            self._answers.ask(question)
            self._follow()

    def _show_photo(self, path: Path) -> None:
        if is_source(path):
            return self._imports.run(path)
        reading: Future[Photo] = Future()
        try:
            reading.set_result(photo := load_photo(path))
        except PhotoError as error:
            self._printer.say(plain_strings.NOTE, str(error))
            return
        self._printer.say(plain_strings.PHOTO, f"{path.name}, {photo.width} × {photo.height}")
        self._answers.view(photo)
        self._thread.show_photo(NEW_PHOTO, reading)
        self._follow()

    def _run_command(self, name: str, rest: str) -> None:
        if name[1:].isdecimal():
            return self._memories.show(name[1:])
        command = self.commands.get(name)
        if command is None:
            self._printer.say(plain_strings.NOTE, strings.no_command(name))
        elif len(rest.split()) < command.needs:
            self._printer.say(plain_strings.NOTE, plain_strings.NEEDS.format(command=name))
        else:
            command.run(rest)

    def _table(self) -> dict[str, Command]:
        thread, memories, printer, job = self._thread, self._memories, self._printer, self._job
        return {
            "/photo": Command(lambda path: self._show_photo(to_path(path)), 1),
            "/remember": Command(job(lambda words: thread.remember("note", Telling(words))), 1),
            "/caption": Command(job(partial(thread.revise, "note")), 1),
            "/again": Command(self._anew),
            "/question": Command(self._anew),
            "/memories": Command(lambda words: self._list(partial(lists.memories, words))),
            "/them": Command(partial(memories.mark, same=True), 1),
            "/not": Command(partial(memories.mark, same=False), 1),
            "/marks": Command(lambda _: self._list(lists.marks)),
            "/unmark": Command(job(partial(thread.unmark, "note")), 1),
            "/edit": Command(memories.edit, 2),
            "/import": Command(lambda path: self._imports.run(to_path(path)), 1),
            "/watch": Command(self._imports.watch),
            "/people": Command(lambda rest: self._decide(partial(plain_people.run, rest, thread.session.changes))),
            "/tray": Command(lambda rest: self._run_tray(rest)),
            "/today": Command(self._start.run),
            "/forget": Command(memories.forget, 1),
            "/details": Command(lambda _: printer.print_lines(lists.receipt(printer.details))),
            "/undo": Command(job(lambda _: thread.undo("note"))),
            "/reminders": Command(lambda _: self._list(lists.reminders)),
            "/end": Command(job(self._end_reminder), 1),
            "/history": Command(lambda words: self._list(partial(lists.titles, words))),
            "/open": Command(job(lambda id: thread.resume("note", id, self._resumed)), 1),
            "/delete": Command(memories.delete, 1),
            "/export": Command(job(self._export), 1),
            "/private": Command(job(lambda _: self._begin(not printer.private))),
            "/new": Command(job(lambda _: self._begin(printer.private))),
            "/models": Command(self._models),
            "/tour": Command(self._tour),
            "/demo": Command(job(self._open_demo)),
            "/help": Command(lambda _: printer.print_lines(lists.commands())),
        }

    # -- what commands do ---------------------------------------------------------------------------------------

    def _job(self, put: Callable[[str], object]) -> Callable[[str], None]:
        """What a command does that puts one job into the thread's queue: what the job tells is printed."""

        def run(rest: str) -> None:
            put(rest)
            self._follow()

        return run

    def _list(self, job: Callable[[Memory], list[str]]) -> None:
        """Print the lines that a job on the memory returns."""
        self._thread.query("note", job, self._printer.print_lines)
        self._follow()

    def _decide(self, job: Callable[[Memory], list[str]]) -> None:
        """As `_list`, for a job that may change the memory: it is done even when the app is closing."""
        self._thread.query("note", job, self._printer.print_lines, keep=True)
        self._follow()

    def _run_tray(self, rest: str) -> None:
        self._decide(partial(self._tray.run, rest, self._thread.session.changes, private=self._printer.private))

    def _anew(self, question: str) -> None:
        if self._answers.anew(question):
            self._follow()

    def _end_reminder(self, id: str) -> None:
        self._thread.query("note", lambda memory: reminders.end(memory, id), self._ended, keep=True)

    def _export(self, path: str) -> None:
        job = partial(export_open, self._thread, self._printer.private, to_path(path))
        self._thread.query("note", job, partial(self._printer.say, plain_strings.DONE))

    def _begin(self, private: bool) -> None:
        self._answers.view(None)
        self._thread.begin("note", private)

    def _models(self, name: str) -> None:
        if not name:
            return self._printer.print_lines(lists.models())
        self._thread.switch("note", partial(open_backend, name))
        self._follow()

    def _tour(self, _: str) -> None:
        self._demo.open("note")
        self._follow()
        if not self._printer.private:
            self._printer.print_lines(lists.tour())

    def _open_demo(self, rest: str) -> None:
        (self._demo.off(self._printer.demo) if rest == "off" else self._demo.open)("note")

    # -- what the session tells ---------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Print messages until the thread is idle. Ctrl-C cancels the running job, and nothing else."""

        def stop(signum: int, frame: FrameType | None) -> None:
            threading.Thread(target=self._thread.cancel, daemon=True).start()  # cancelling may wait for a lock

        before = signal.signal(signal.SIGINT, stop)
        try:
            while not self._printer.code:
                message = self._messages.get()
                if isinstance(message, messages.ThreadState) and message.text == "idle":
                    return
                self._printer.handle_message(message)
        finally:
            signal.signal(signal.SIGINT, before)

    def _ended(self, one: Reminder) -> None:
        self._printer.say(plain_strings.DONE, strings.ENDED.format(task=one.task))

    def _resumed(self, conversation: StoredConversation, recalls: list[Recall]) -> None:
        self._answers.view(conversation.parts[-1].photo)
        self._printer.resumed(conversation, recalls)
