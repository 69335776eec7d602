"""What a typed line is for, in plain mode: what tells is kept, a denied recall is kept as an answer, the rest is asked.

The app's twin is `ui/controllers/tellings.py`; both read a line by `assistant/dialogue/acts.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from assistant.dialogue.about_app import of_the_user
from assistant.dialogue.acts import Act, act_of
from assistant.dialogue.denials import OnRecall, as_answer, to_keep
from assistant.dialogue.plain_text import plain
from memory.episode import Photo
from memory.naming.told_elsewhere import told_elsewhere
from ui import corrections
from ui.input_parser import REPLIES, WEB_ADDRESS
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.recall_strings import meant
from ui.runtime.app_thread import AppThread
from ui.strings import PRIVATE_NO
from ui.telling_strings import (
    NO_PHOTO_YET,
    NO_WEB,
    NOT_ABOUT_THIS,
    PLAIN_ABOUT_THIS,
    PLAIN_SHALL_I,
    WHAT_THEN,
    small_talk,
)


class PlainTellings:
    """Reads the lines of plain mode; `confirm` keeps an answer about a recall, `sure` asks yes or no,
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
        in_view = photo is not None
        printer, view, reply = self._printer, self._printer.view, REPLIES.get(text.lower())
        if reply is not None and (recall := view.about or view.answerable(reply)):
            self._confirm(OnRecall(recall.episode, reply))
            return ""
        if WEB_ADDRESS.match(text):
            printer.say(plain_strings.NOTE, NO_WEB)
            return ""
        if self._correct(text):
            return ""
        asked = in_view and view.names_it
        act = as_answer(act_of(text, asked=asked), text, view.about or view.offered)
        if act.of_answer and view.answer_last:
            printer.say(plain_strings.NOTE, WHAT_THEN)
            return ""
        said = recall = None
        if act.verdict is not None and (act.verdict is False or view.about or view.answerable(True)):
            recall = meant(view.recalls, act.denied)
            said = OnRecall(recall.episode, act.verdict, act.denied) if recall else None
        if act.kind == "talk" and (in_view or act.verdict is None):
            if said:
                self._confirm(said)
            else:
                view.asking = view.asking or act.verdict is False
                printer.say(plain_strings.NOTE, WHAT_THEN if act.verdict is False else small_talk(text))
            return ""
        if photo is None and act.kind == "tell":
            printer.say(plain_strings.NOTE, NO_PHOTO_YET.format(words=act.words))
            return act.question
        if photo is None or act.kind == "question":
            return text
        if printer.private:
            if act.kind == "tell":
                printer.say(plain_strings.NOTE, PRIVATE_NO)
            return act.question if act.kind == "tell" else text
        if act.kind == "unclear" and not (sure := self._sure(PLAIN_SHALL_I)):
            if sure is False and of_the_user(plain(text)):
                printer.say(plain_strings.NOTE, small_talk(text))
                return ""
            return "" if sure is None else text  # something else was typed: it comes next
        if not asked and self._elsewhere(act, photo) and not self._sure(PLAIN_ABOUT_THIS):
            printer.say(plain_strings.NOTE, NOT_ABOUT_THIS.format(words=act.words))
            return act.question
        self._thread.remember("note", to_keep(act, text, recall, view.recalls), None, None, said)
        self._follow()
        return act.question

    def _correct(self, text: str) -> bool:
        """Put right words in the place of wrong ones, where the line names both; whether that was done, or tried."""
        change = self._thread.read(partial(corrections.find, text, self._printer.view.recalls), None).result()
        if change is None:
            return False
        if change.old and change.new and not self._printer.private:
            self._thread.edit("note", change.old.id, change.new, change.line)
            self._follow()
        else:
            self._printer.say(plain_strings.NOTE, PRIVATE_NO if change.old else change.line)
        return True

    def _elsewhere(self, act: Act, photo: Photo) -> bool:
        """Whether words tell of somebody known from other photos only: "Biscuit died", with a clock in view."""
        if act.kind != "tell" or act.verdict is not None:
            return False
        in_view = [photo.sha256, *(recall.episode.photo.sha256 for recall in self._printer.view.recalls)]
        return bool(self._thread.read(partial(told_elsewhere, words=act.words, in_view=in_view), "").result())
