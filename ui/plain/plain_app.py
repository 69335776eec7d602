"""Keepsake without a screen: `python tui.py --plain`. One line in, lines out, in order; no colours, no drawing.

For screen readers, serial lines and scripts. Plain mode uses the same background thread as the app, and waits for each
job to end before it reads the next line. Ctrl-C stops what is being written, Ctrl-D ends.
"""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from textual.message import Message

from assistant import offline
from assistant.backend import Backend
from assistant.backends.open_backend import open_backend
from assistant.dialogue.denials import OnRecall
from assistant.encoder.encoder import PhotoEncoder
from assistant.encoder.open_encoder import open_encoder
from assistant.photo import load_photo
from memory import conversations, reminders
from memory.db.conversation_rows import StoredConversation
from memory.episode import Episode, Photo, Recall, Turn, printable
from memory.errors import PhotoError
from memory.instructions import Reminder
from memory.naming.list_requests import request
from memory.store import Memory
from ui import dialog_strings, strings
from ui.demo_album import DemoAlbum
from ui.import_paths import is_source
from ui.input_parser import ID, LONGEST_TEXT, Typed, read, to_path
from ui.plain import lists, plain_people, plain_strings
from ui.plain.plain_answers import PlainAnswers
from ui.plain.plain_imports import PlainImports
from ui.plain.plain_start import PlainStart
from ui.plain.plain_tellings import PlainTellings
from ui.plain.plain_tray import PlainTray
from ui.plain.printer import CONFIRMED, NEW_PHOTO, Printer, about, sure
from ui.runtime import messages
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import LISTED, export_open, forget_conversation


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
        self._photo: Photo | None = None
        self._imports = PlainImports(self._thread, self._messages, self._printer, sure)
        self._tellings = PlainTellings(self._thread, self._printer, self._confirm, sure, self._follow)
        self._answers = PlainAnswers(self._thread, self._printer)
        self._tray, self._start = PlainTray(), PlainStart(self._thread, self._printer, self._follow)

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
                    typed = read(input(self._imports.prompt()))
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
        for path in typed.photos:
            self._show_photo(path)
        if listed := (wanted := request(typed.question)) is not None:
            job = partial(lists.photos_asked_for, wanted, self._thread.session.conversation)
            self._thread.query("note", job, self._print)
            self._follow()
        elif typed.command and not self._tellings.command(typed.command, typed.rest):
            self._command(typed.command, typed.rest)
        if listed or not typed.question or self._printer.code:
            return
        if question := self._tellings.take(typed.question, self._photo):
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
        self._photo, self._answers.question = photo, None
        self._thread.look(NEW_PHOTO, reading)
        self._follow()

    def _command(self, name: str, rest: str) -> None:
        thread = self._thread
        match name:
            case "/photo" | "/import" if rest:
                return (self._show_photo if name == "/photo" else self._imports.run)(to_path(rest))
            case "/today" | "/watch":
                return (self._start.run if name == "/today" else self._imports.watch)(rest)
            case "/people" | "/tray":
                run = self._tray.run if name == "/tray" else plain_people.run
                thread.query("note", partial(run, rest, thread.session.changes), self._print, keep=True)
            case "/remember" if rest:
                thread.remember("note", rest, None, None)
            case "/again" | "/question":
                if not self._answers.anew(rest, self._photo):
                    return None
            case "/caption" if rest:
                thread.revise("note", rest)
            case "/memories":
                thread.query("note", partial(lists.memories, rest), self._print)
            case "/forget" if rest:
                return self._forget(rest)
            case "/reminders":
                thread.query("note", reminders.standing, lists.reminders)
            case "/end" if rest:
                thread.query("note", lambda memory: reminders.end(memory, rest), self._ended, keep=True)
            case "/history":
                thread.query("note", lambda memory: conversations.titles(memory, rest, LISTED), lists.titles)
            case "/open" if rest:
                thread.resume("note", rest, self._resumed)
            case "/delete" if rest:
                return self._delete(rest)
            case "/export" if rest:
                job = partial(export_open, thread, self._printer.private, to_path(rest))
                thread.query("note", job, partial(self._print, kind=plain_strings.DONE))
            case "/private" | "/new":
                self._photo = self._answers.question = None
                thread.begin("note", self._printer.private ^ (name == "/private"))
            case "/undo":
                thread.undo("note")
            case "/them" | "/not" if rest:
                return self._recall(rest, name == "/them")
            case "/edit" if " " in rest:
                return self._edit(*rest.split(maxsplit=1))
            case "/models" if rest:
                thread.switch("note", partial(open_backend, rest))
            case "/models":
                return lists.models()
            case "/tour":
                return self._tour()
            case "/demo":
                (self._demo.off(self._printer.demo) if rest == "off" else self._demo.open)("note")
            case "/help" | "/details":
                return lists.commands() if name == "/help" else lists.receipt(self._printer.details)
            case _ if name[1:].isdecimal():
                return self._open(name[1:])
            case _:
                need = any(name in re.findall(r"(/\w+) [A-Z1]", key) for key, _ in plain_strings.HELP)
                text = plain_strings.NEEDS if need else strings.no_command(name)
                return self._printer.say(plain_strings.NOTE, text.format(command=name))
        self._follow()

    def _forget(self, id: str) -> None:
        if not ID.fullmatch(id):
            self._thread.query("note", partial(lists.to_forget, id), self._print)
            self._follow()
        elif (one := self._found(id)) and sure(f"{about(one)} {plain_strings.FORGET}"):
            self._thread.forget("note", one.id)
            self._follow()

    def _found(self, id: str) -> Episode | None:
        found: list[Episode] = []
        self._thread.query("note", lambda memory: memory.get(id), found.append)
        self._follow()
        return found[0] if found else None

    def _delete(self, id: str) -> None:
        found: list[StoredConversation] = []
        self._thread.query("note", lambda memory: conversations.get(memory, id), found.append)
        self._follow()
        asked = f"{dialog_strings.CONVERSATION}. {plain_strings.DELETE}"
        if found and sure(asked.format(when=found[0].parts[0].when)):
            if found[0].id == self._thread.recorder.id:
                self._thread.begin("note", self._printer.private)
                self._follow()
            job = partial(forget_conversation, found[0].id)
            self._thread.query("note", job, partial(self._print, kind=plain_strings.DONE), keep=True)
            self._follow()

    def _numbered(self, n: str) -> Episode | None:
        """The memory with this number; prints a note, and returns None, when there is none."""
        found = self._printer.numbers.memory(int(n)) if n.isdecimal() else None
        if found is None:
            self._printer.say(plain_strings.NOTE, plain_strings.NO_NUMBER.format(n=n))
        return found

    def _open(self, n: str) -> None:
        if episode := self._numbered(n):
            self._printer.say(plain_strings.MEMORY.format(n=n), f"{about(episode)} (id {episode.id})")

    def _recall(self, n: str, same: bool) -> None:
        """Keep whether the photo shows what a recalled memory shows."""
        if (episode := self._numbered(n)) is None:
            return
        if self._photo is None or self._photo.sha256 == episode.photo.sha256:
            return self._printer.say(plain_strings.NOTE, plain_strings.SAME_PHOTO)
        self._confirm(OnRecall(episode, same))

    def _confirm(self, said: OnRecall) -> None:
        self._printer.about = None
        self._thread.confirm(CONFIRMED, said)
        self._follow()

    def _edit(self, id: str, words: str) -> None:
        if one := self._found(id):
            self._thread.edit("note", one.id, replace(one, turns=(Turn("user", words),)))
            self._follow()

    def _tour(self) -> None:
        self._demo.open("note")
        self._follow()
        if not self._printer.private:
            lists.tour()

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

    # -- what was asked of the memory ------------------------------------------------------------------------------

    def _print(self, lines: list[str] | str, kind: str = "") -> None:
        for line in [lines] if isinstance(lines, str) else lines:
            self._printer.say(kind, line) if kind else print(printable(line))

    def _ended(self, one: Reminder) -> None:
        self._printer.say(plain_strings.DONE, strings.ENDED.format(task=one.task))

    def _resumed(self, conversation: StoredConversation, recalls: list[Recall]) -> None:
        self._photo, self._answers.question = conversation.parts[-1].photo, None
        self._printer.resumed(conversation, recalls)
