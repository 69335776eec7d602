"""Keepsake without a screen: `python tui.py --plain`. One line in, lines out, in order; no colours, no drawing.

For screen readers, serial lines and scripts. It drives the same session as the app does, and waits for each thing to
end before it asks for the next. Ctrl-C stops what is being written, Ctrl-D ends.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

from textual.message import Message

from assistant import offline
from assistant.backend import Backend
from assistant.events import Answered, AnswerText, Captioned, CaptionText, Event, Failed, Recalled, Reminded, Shortened
from assistant.photo import load_photo
from memory import history, reminders
from memory.episode import Episode, Photo, Recall, printable
from memory.errors import KeepsakeError, PhotoError
from memory.history import Talk
from memory.store import Memory
from screens import messages, words
from screens.panels import day
from screens.past import LISTED, export_open, forget_talk
from screens.paths import Typed, read, to_path
from screens.session import Session


def run(open_memory: Callable[[], Memory], open_backend: Callable[[], Backend], *, demo: bool = False) -> int:
    """Talk until the input ends. Returns the exit code."""
    with suppress(ImportError):  # where Python has it: editing the line, and the lines before
        import readline  # noqa: F401
    offline.watch()
    return Plain(open_memory, open_backend).run(demo)


class Plain:
    """One conversation by lines."""

    def __init__(self, open_memory: Callable[[], Memory], open_backend: Callable[[], Backend]) -> None:
        self._told: SimpleQueue[Message] = SimpleQueue()
        self._session = Session(self._told.put, open_memory, open_backend)
        self._private = False
        self._writing = ""
        """What is being written: "Caption" or "Answer"."""
        self._code = 0
        self._greeted = False

    def run(self, demo: bool) -> int:
        """Greet, then read and do line by line."""
        try:
            self._session.start()
            self._follow()
            if demo and not self._code:
                self._do(Typed([], "/demo"))
            while not self._code:
                try:
                    said = read(input(words.PLAIN_PROMPT))
                except KeyboardInterrupt:
                    print(f"\n{words.PLAIN_END}")
                    continue
                except EOFError:
                    print()
                    break
                if said.command == "/quit":
                    break
                self._do(said)
        finally:
            self._session.close()
        if not self._code:
            print(words.PLAIN_BYE)
        return self._code

    # -- what the user says -------------------------------------------------------------------------------------

    def _do(self, said: Typed) -> None:
        for path in said.photos:
            self._look(path)
        if said.command:
            self._command(said.command, said.rest)
        if said.question and not self._code:
            self._session.ask("answer", said.question)
            self._follow()

    def _look(self, path: Path) -> None:
        reading: Future[Photo] = Future()
        try:
            reading.set_result(photo := load_photo(path))
        except PhotoError as error:
            self._say(words.PLAIN_NOTE, str(error))
            return
        self._say(words.PLAIN_PHOTO, f"{path.name}, {photo.width} × {photo.height}")
        self._session.look("photo", reading)
        self._follow()

    def _command(self, name: str, rest: str) -> None:
        session = self._session
        match name:
            case "/photo" if rest:
                return self._look(to_path(rest))
            case "/remember" if rest:
                session.remember("note", rest, None, None)
            case "/caption" if rest:
                session.revise("note", rest)
            case "/memories":
                session.query("note", partial(self._memories, rest), self._print)
            case "/forget" if rest:
                return self._forget(rest)
            case "/reminders":
                session.query("note", reminders.standing, self._reminders)
            case "/end" if rest:
                session.query("note", lambda memory: reminders.end(memory, rest), self._ended, keep=True)
            case "/history":
                session.query("note", lambda memory: history.titles(memory, rest, LISTED), self._titles)
            case "/open" if rest:
                session.resume("note", rest, self._resumed)
            case "/delete" if rest:
                return self._delete(rest)
            case "/export" if rest:
                job = partial(export_open, session, self._private, to_path(rest))
                session.query("note", job, partial(self._print, kind=words.PLAIN_DONE))
            case "/private" | "/new":
                self._private ^= name == "/private"
                session.begin("note", self._private)
            case "/demo":
                session.demo("note")
            case "/help":
                return self._help()
            case _:
                need = any(key.split(" ")[0] == name and " " in key for key, _ in words.PLAIN_HELP)
                text = words.PLAIN_NEEDS if need else words.PLAIN_UNKNOWN
                return self._say(words.PLAIN_NOTE, text.format(command=name))
        self._follow()

    def _help(self) -> None:
        for key, meaning in words.PLAIN_HELP:
            print(f"{key}: {meaning}")

    def _forget(self, id: str) -> None:
        found: list[Episode] = []
        self._session.query("note", lambda memory: memory.get(id), found.append)
        self._follow()
        if found and self._sure(f"{_about(found[0])} {words.PLAIN_FORGET}"):
            self._session.forget("note", found[0].id)
            self._follow()

    def _delete(self, id: str) -> None:
        found: list[Talk] = []
        self._session.query("note", lambda memory: history.get(memory, id), found.append)
        self._follow()
        if found and self._sure(words.TALK.format(when=found[0].parts[0].when) + f". {words.PLAIN_DELETE}"):
            if found[0].id == self._session.recorder.id:
                self._session.begin("note", self._private)
                self._follow()
            job = partial(forget_talk, found[0].id)
            self._session.query("note", job, partial(self._print, kind=words.PLAIN_DONE), keep=True)
            self._follow()

    def _sure(self, question: str) -> bool:
        try:
            return input(f"{printable(question)} ").strip().lower() in ("y", "yes")
        except (EOFError, KeyboardInterrupt):
            print()
            return False

    # -- what the session tells ---------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Say what comes until nothing is going on. Ctrl-C stops what is being written, and no more than that."""

        def stop(signum: int, frame: FrameType | None) -> None:
            threading.Thread(target=self._session.cancel, daemon=True).start()  # it may wait for a lock

        before = signal.signal(signal.SIGINT, stop)
        try:
            while not self._code:
                message = self._told.get()
                if isinstance(message, messages.State) and message.text == "idle":
                    return
                self._hear(message)
        finally:
            signal.signal(signal.SIGINT, before)

    def _hear(self, message: Message) -> None:
        match message:
            case messages.Told(event=event):
                self._event(event)
            case messages.Stopped():
                self._end_text(words.STOPPED)
            case messages.Remembered(episode=episode):
                self._say(words.PLAIN_DONE, words.PLAIN_REMEMBERED.format(what=_about(episode)))
            case messages.Forgotten(receipt=receipt):
                for line in receipt:
                    self._say(words.PLAIN_DONE, line)
            case messages.Remarked(text=text):
                self._say(words.PLAIN_NOTE, text)
            case messages.Begun(private=private):
                self._say(words.PLAIN_DONE, words.PLAIN_PRIVATE if private else words.NEW)
            case messages.Counted(episodes=n) if not self._greeted:
                self._greeted = True
                print(words.PLAIN_HELLO.format(n=n))
            case messages.ModelReady(model=model):
                self._say(words.PLAIN_NOTE, words.PLAIN_READY.format(model=model))
            case messages.DemoReady(photo=photo, question=question):
                self._say(words.PLAIN_DONE, words.PLAIN_DEMO.format(photo=photo, question=question))
            case messages.Found(then=then):
                then()
            case messages.Crashed(error=error):
                if not isinstance(error, KeepsakeError):
                    raise error
                print(f"error: {printable(str(error))}", file=sys.stderr)
                self._code = 1

    def _event(self, event: Event) -> None:
        match event:
            case Recalled(recalls):
                for recall in recalls:
                    self._say(words.PLAIN_RECALLED, f"{_about(recall.episode)} {recall.why}.")
                if not recalls:
                    self._say(words.PLAIN_RECALLED, words.NO_MATCH_PRIVATE)
            case Reminded(due):
                for one in due:
                    self._say(words.PLAIN_REMINDER, words.REMINDED.format(task=one.task))
            case CaptionText(text):
                self._write(words.PLAIN_CAPTION, text)
            case AnswerText(text):
                self._write(words.PLAIN_ANSWER, text)
            case Captioned(_, chunk) | Answered(_, chunk):
                self._end_text(words.MARKS.get(chunk.stop or "", ""))
            case Shortened():
                self._say(words.PLAIN_NOTE, str(event))
            case Failed(problem):
                self._say(words.PLAIN_NOTE, problem)

    def _write(self, what: str, piece: str) -> None:
        """Words as they come, behind what they are."""
        start = "" if self._writing else f"{what}: "
        self._writing = what
        print(start + "\n".join(map(printable, piece.split("\n"))), end="", flush=True)

    def _end_text(self, mark: str = "") -> None:
        if self._writing or mark:
            print(f" {mark}".rstrip())
        self._writing = ""

    def _say(self, what: str, text: str) -> None:
        if self._writing:
            self._end_text()
        print(f"{what}: {printable(text)}", flush=True)

    # -- lists: what was asked of the memory ---------------------------------------------------------------------

    @staticmethod
    def _memories(wanted: str, memory: Memory) -> list[str]:
        found = [r.episode for r in memory.search(wanted, LISTED)] if wanted else memory.episodes(LISTED)
        return [f"{episode.id}: {_about(episode)}" for episode in found] or [words.PLAIN_NOTHING]

    def _print(self, lines: list[str] | str, kind: str = "") -> None:
        for line in [lines] if isinstance(lines, str) else lines:
            self._say(kind, line) if kind else print(printable(line))

    def _reminders(self, standing: list[reminders.Reminder]) -> None:
        for one in standing:
            print(printable(f"{one.id}: {one.task}. {one.when.day} {one.when:%B %Y}: “{one.words}”"))
        print(words.PLAIN_REMINDERS if standing else words.REMINDERS_EMPTY)

    def _ended(self, one: reminders.Reminder) -> None:
        self._say(words.PLAIN_DONE, words.ENDED.format(task=one.task))

    def _titles(self, titles: list[history.Title]) -> None:
        for one in titles:
            print(printable(f"{one.id}: {one.when.astimezone():%d %B %Y %H:%M}, {one.text or words.NO_WORDS_SAID}"))
        print(words.PLAIN_HISTORY if titles else words.PLAIN_NOTHING)

    def _resumed(self, talk: Talk, recalls: list[Recall]) -> None:
        for part in talk.parts:
            if part.photo:
                self._say(words.PLAIN_PHOTO, f"{part.photo.width} × {part.photo.height}")
            for line in part.lines:
                self._say(words.SAID_BY[line.kind], f"{line.text} {words.MARKS.get(line.mark, '')}".strip())
        self._say(words.PLAIN_DONE, words.RESUMED)


def _about(episode: Episode) -> str:
    return f"{day(episode)}: “{episode.words}”"
