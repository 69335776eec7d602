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
from memory.episode import Photo, Recall
from memory.naming.told_elsewhere import told_elsewhere
from ui import corrections
from ui.input_parser import REPLIES, WEB_ADDRESS
from ui.plain import plain_strings
from ui.plain.printer import Printer
from ui.recall_strings import meant
from ui.runtime.app_thread import AppThread
from ui.runtime.session import Telling
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
        if self._reply(text):
            return ""
        if WEB_ADDRESS.match(text):
            return self._note(NO_WEB)
        if self._correct(text):
            return ""
        view = self._printer.view
        asked = photo is not None and view.names_it
        act = as_answer(act_of(text, asked=asked), text, view.about or view.offered)
        if act.of_answer and view.answer_last:
            return self._note(WHAT_THEN)
        recall = self._answered(act)
        if act.kind == "talk" and (photo is not None or act.verdict is None):
            return self._talk(text, act, recall)
        if photo is None and act.kind == "tell":
            return self._note(NO_PHOTO_YET.format(words=act.words), left=act.question)
        if photo is None or act.kind == "question":
            return text
        if self._printer.private:
            return self._note(PRIVATE_NO, left=act.question) if act.kind == "tell" else text
        if act.kind == "unclear" and not (sure := self._sure(PLAIN_SHALL_I)):
            if sure is False and of_the_user(plain(text)):
                return self._note(small_talk(text))
            return "" if sure is None else text  # something else was typed: it comes next
        if not asked and self._elsewhere(act, photo) and not self._sure(PLAIN_ABOUT_THIS):
            return self._note(NOT_ABOUT_THIS.format(words=act.words), left=act.question)
        said = self._said(act, recall)
        self._thread.remember("note", Telling(to_keep(act, text, recall, view.recalls)), said)
        self._follow()
        return act.question

    def _note(self, line: str, *, left: str = "") -> str:
        """Print a line; returns what is `left` for the model."""
        self._printer.say(plain_strings.NOTE, line)
        return left

    def _reply(self, text: str) -> bool:
        """Keep a bare yes or no as the answer about the recall that it was asked of; whether it was one."""
        view, reply = self._printer.view, REPLIES.get(text.lower())
        if reply is None or not (recall := view.about or view.answerable(reply)):
            return False
        self._confirm(OnRecall(recall.episode, reply))
        return True

    def _answered(self, act: Act) -> Recall | None:
        """The recall that a line confirms or denies, if it does."""
        view = self._printer.view
        answers = act.verdict is False or (act.verdict and (view.about or view.answerable(True)))
        return meant(view.recalls, act.denied) if answers else None

    @staticmethod
    def _said(act: Act, recall: Recall | None) -> OnRecall | None:
        """What the line says of a recall, as it is kept."""
        return OnRecall(recall.episode, act.verdict, act.denied) if recall and act.verdict is not None else None

    def _talk(self, text: str, act: Act, recall: Recall | None) -> str:
        """Take what tells nothing of the photo: an answer about a recall, or small talk."""
        if said := self._said(act, recall):
            self._confirm(said)
            return ""
        denied = act.verdict is False
        self._printer.view.asking = self._printer.view.asking or denied
        return self._note(WHAT_THEN if denied else small_talk(text))

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
