"""Importing in plain mode: what is in a folder or chat, the question whether to import it, progress, the summary."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from textual.message import Message

from ui.imports import import_strings, import_words
from ui.imports.import_thread import ImportReport, ImportThread, Report
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.strings import DEMO_NO_IMPORT

TENTHS = 10


class PlainImports:
    """The imports of one plain session."""

    def __init__(
        self,
        worker: ImportThread,
        told: SimpleQueue[Message],
        printer: Printer,
        sure: Callable[[str], bool],
    ) -> None:
        """`told`: the messages of all threads; `sure` asks the user a question."""
        self._worker, self._told, self._printer, self._sure = worker, told, printer, sure

    def run(self, path: Path) -> None:
        """Look at `path`, ask, import. Ctrl-C stops; what is in stays."""
        if self._printer.private:
            return self._say(import_strings.PRIVATE_NO_IMPORT, good=False)
        if self._printer.demo:
            return self._say(DEMO_NO_IMPORT, good=False)
        choices = import_strings.TRAY_CHOICES
        self._worker.look(path, choices)
        looked = self._follow()
        if looked.state != "looked" or not looked.new:
            if looked.state != "stopped":
                self._say(import_words.summary(looked), good=looked.state == "looked")
            return
        for label, value in import_words.preview(looked, choices):
            self._printer.say(label, value)
        if self._sure(plain_strings.IMPORT_SURE.format(photos=import_strings.photos(looked.new))):
            self._worker.run(path, choices)
            ended = self._follow()
            self._say(import_words.summary(ended), good=ended.state != "failed")

    def _say(self, text: str, *, good: bool) -> None:
        text = text.replace("F8 goes on", "/import goes on")  # plain mode has no keys
        self._printer.say(plain_strings.DONE if good else plain_strings.NOTE, text)

    def _follow(self) -> Report:
        """Print a line for each tenth of the photos, until the look or the import has ended; returns its report."""
        tenth = 0
        while True:
            try:
                message = self._told.get()
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
