"""Importing in plain mode: what is in a folder or chat, the question whether to import it, progress, the summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from textual.message import Message

from memory.errors import KeepsakeError
from memory.text import count
from ui.imports import import_strings, import_words
from ui.imports.folder_watch import Watching, WatchNews, begins
from ui.imports.import_thread import ImportReport, ImportThread, Report
from ui.input_parser import to_path
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.runtime.app_thread import AppThread
from ui.runtime.messages import Notice

TENTHS = 10


class PlainImports:
    """The imports of one plain session."""

    def __init__(
        self,
        thread: AppThread,
        messages: SimpleQueue[Message],
        printer: Printer,
        sure: Callable[[str], bool | None],
    ) -> None:
        """`messages`: those of all threads; `sure` asks the user a question."""
        self._messages, self._printer, self._sure = messages, printer, sure
        self._worker = ImportThread(messages.put, thread.session)
        self._watching = Watching(self._news, self._worker, thread.session)
        thread.before_closing += [self._watching.watch.close, self._worker.close]

    def greet(self) -> None:
        """At the start: go on watching the folder that the settings remember."""
        if self._printer.code is None and (line := self._watching.resume()):
            self._say(line, good=True)

    def prompt(self) -> str:
        """The prompt for the next line; before it is said what came meanwhile."""
        while not self._messages.empty():
            self._printer.handle_message(self._messages.get())
        return plain_strings.PROMPT

    def watch(self, rest: str) -> None:
        """/watch FOLDER, /watch off, /watch."""
        if begins(rest) and (why := self._refused()):
            return self._say(why, good=False)
        try:
            self._say(self._watching.command(rest, to_path), good=True)
        except KeepsakeError as error:
            self._say(str(error), good=False)

    def _news(self, message: Message) -> None:
        if isinstance(message, WatchNews):
            text = plain_strings.without_keys(message.text)
            self._messages.put(Notice(text, "warning" if message.trouble else "info"))

    def run(self, path: Path) -> None:
        """Look at `path`, ask, import. Ctrl-C stops; what is in stays."""
        if why := self._refused():
            return self._say(why, good=False)
        choices = import_strings.TRAY_CHOICES
        self._worker.look(path, choices)
        looked = self._follow()
        if looked.state != "looked" or not looked.new:
            if looked.state != "stopped":
                self._say(import_words.summary(looked), good=looked.state == "looked")
            return
        for label, value in import_words.preview(looked, choices):
            self._printer.say(label, value)
        if self._sure(plain_strings.IMPORT_SURE.format(photos=count(looked.new, "photo"))):
            self._worker.run(path, choices)
            ended = self._follow()
            self._say(import_words.summary(ended), good=ended.state != "failed")

    def _refused(self) -> str:
        return import_words.refused(private=self._printer.private, demo=self._printer.demo)

    def _say(self, text: str, *, good: bool) -> None:
        self._printer.say(plain_strings.DONE if good else plain_strings.NOTE, plain_strings.without_keys(text))

    def _follow(self) -> Report:
        """Print a line for each tenth of the photos, until the look or the import has ended; returns its report."""
        tenth = 0
        while True:
            try:
                message = self._messages.get()
            except KeyboardInterrupt:
                self._worker.stop()
                continue
            if not isinstance(message, ImportReport):
                self._printer.handle_message(message)
                continue
            report = message.report
            if not report.running:
                return report
            now = TENTHS * report.done // report.total if report.total else 0
            if report.state == "importing" and now > tenth:
                tenth = now
                self._printer.say(plain_strings.IMPORTING, import_words.progress(report))
