"""Questions in plain mode, and the last one again: in other words, or answered in other words."""

from __future__ import annotations

from memory.episode import Photo
from ui import strings
from ui.plain import plain_strings
from ui.plain.printer import NEW_PHOTO, Printer
from ui.runtime.app_thread import AppThread


class PlainAnswers:
    """The questions of one plain session."""

    def __init__(self, thread: AppThread, printer: Printer) -> None:
        self._thread, self._printer = thread, printer
        self.question: str | None = None
        """The last question about the photo in view."""

    def ask(self, question: str) -> None:
        """Have a question answered."""
        self.question = question
        self._thread.ask("answer", question)

    def anew(self, question: str, photo: Photo | None) -> bool:
        """Ask `question` in the place of the last; "": answer the last again, or caption the `photo` in view again.

        Returns whether there was anything to do.
        """
        if question:
            self._thread.take_back()
            self.ask(question)
        elif self.question or photo:
            self._thread.rewrite("answer" if self.question else NEW_PHOTO, self.question)
        else:
            self._printer.say(plain_strings.NOTE, strings.NOTHING_WRITTEN)
            return False
        return True
