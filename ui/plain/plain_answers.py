"""Questions about the photo in view in plain mode, and the last one again: changed, or answered in other words."""

from __future__ import annotations

from memory.episode import Photo
from ui import strings
from ui.plain import plain_strings
from ui.plain.printer import NEW_PHOTO, Printer
from ui.runtime.app_thread import AppThread


class PlainAnswers:
    """The photo in view, and the last question about it."""

    def __init__(self, thread: AppThread, printer: Printer) -> None:
        self._thread, self._printer = thread, printer
        self.photo: Photo | None = None
        """The photo in view."""
        self._question: str | None = None
        """The last question about it."""

    def view(self, photo: Photo | None) -> None:
        """Bring a photo into view, or none: nothing was asked about it yet."""
        self.photo, self._question = photo, None

    def ask(self, question: str) -> None:
        """Put a question into the queue; its answer is printed when the thread is followed."""
        self._question = question
        self._thread.ask("answer", question)

    def anew(self, question: str) -> bool:
        """Ask `question` in the place of the last; "": answer the last again, or caption the photo in view again.

        Returns whether there was anything to do.
        """
        if question:
            self._thread.take_back()
            self.ask(question)
        elif self._question or self.photo:
            self._thread.rewrite("answer" if self._question else NEW_PHOTO, self._question)
        else:
            self._printer.say(plain_strings.NOTE, strings.NOTHING_WRITTEN)
            return False
        return True
