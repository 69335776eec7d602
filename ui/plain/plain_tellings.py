"""Carries out what is decided of a typed line, in plain mode: it is remembered, or counts as an answer, or is asked.

The app's twin is `ui/controllers/tellings.py`; for both `assistant/dialogue/line_decision.py` decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from assistant.dialogue.denials import OnRecall
from assistant.dialogue.line_decision import Answer, Ask, Correct, Keep, Say, Scene, decide, declined
from memory.episode import Photo
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.runtime.app_thread import AppThread
from ui.runtime.session import Telling
from ui.telling_strings import CORRECTED, PLAIN_ABOUT_THIS, PLAIN_SHALL_I, reply_to


class PlainTellings:
    """Takes the lines of plain mode; `confirm` keeps an answer about a recall, `sure` asks yes or no,
    `follow` prints what a job tells until it is done."""

    def __init__(
        self,
        thread: AppThread,
        printer: Printer,
        confirm: Callable[[OnRecall], object],
        sure: Callable[[str], bool | None],
        follow: Callable[[], object],
    ) -> None:
        self._thread, self._printer = thread, printer
        self._confirm, self._sure, self._follow = confirm, sure, follow

    def take(self, text: str, photo: Photo | None) -> str:
        """Do what a line is for, with `photo` in view. Returns the question that is left for the model; "": none is."""
        scene = Scene(self._printer.view, photo, private=self._printer.private)
        decided = self._thread.read(partial(decide, text, scene), None).result() or decide(text, scene, None)
        if isinstance(decided, Keep) and decided.unsure:
            sure = self._sure(PLAIN_SHALL_I if decided.unsure == "whether it tells" else PLAIN_ABOUT_THIS)
            if sure is None:
                return ""  # something else was typed: it comes next
            decided = decided if sure else declined(decided)
        match decided:
            case Answer(said):
                self._confirm(said)
                return ""
            case Correct(old, new):
                self._thread.edit("note", old.id, new, CORRECTED.format(words=new.words))
                self._follow()
                return ""
            case Keep(kept=kept, said=told_of):
                self._thread.remember("note", Telling(kept), told_of)
                self._follow()
                return decided.question
            case Say():
                self._printer.view.asking = self._printer.view.asking or decided.what == "not the same"
                self._printer.say(plain_strings.NOTE, reply_to(decided))
                return decided.question
            case Ask(question):
                return question
