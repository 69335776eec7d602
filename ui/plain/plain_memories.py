"""One memory, or one kept conversation, at a time in plain mode: shown, edited, forgotten, and said to be the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from assistant.dialogue.denials import OnRecall
from assistant.dialogue.spoken_commands import THIS
from memory import conversations
from memory.db.stored_conversation import StoredConversation
from memory.episode import Episode, Turn
from memory.relative_days import told_of_edit
from ui import dialog_strings
from ui.input_parser import ID
from ui.plain import lists, plain_strings
from ui.plain.plain_answers import PlainAnswers
from ui.plain.printer import CONFIRMED, Printer, about
from ui.plain.typed_lines import TypedLines
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import forget_conversation
from ui.strings import FORGET_NOTHING_HERE


class PlainMemories:
    """What commands do with a memory; `follow` prints what a job tells until it is done."""

    def __init__(
        self,
        thread: AppThread,
        printer: Printer,
        answers: PlainAnswers,
        lines: TypedLines,
        follow: Callable[[], object],
    ) -> None:
        self._thread, self._printer, self._answers, self._follow = thread, printer, answers, follow
        self._sure = lines.sure

    def show(self, n: str) -> None:
        """/1: print the recalled memory with this number."""
        if episode := self._numbered(n):
            self._printer.say(plain_strings.MEMORY.format(n=n), f"{about(episode)} (id {episode.id})")

    def edit(self, rest: str) -> None:
        """/edit ID WORDS: put these words in the place of what was said."""
        id, words = rest.split(maxsplit=1)
        if one := self._found(id):
            self._thread.edit("note", one.id, replace(one, turns=(Turn("user", words),), told=told_of_edit(one, words)))
            self._follow()

    def forget(self, rest: str) -> None:
        """/forget ID: forget a memory after a yes. /forget WORDS: so the only one that may be meant, or list them."""
        if rest == THIS:
            if not (here := self._printer.view.recalls):
                return self._printer.say(plain_strings.NOTE, FORGET_NOTHING_HERE)
            rest = here[0].episode.id
        one = self._found(rest) if ID.fullmatch(rest) else self._meant(rest)
        if one and self._sure(f"{about(one)} {plain_strings.FORGET}"):
            self._thread.forget("note", one.id)
            self._follow()

    def delete(self, id: str) -> None:
        """/delete ID: delete a kept conversation after a yes; the open one ends with it."""
        found: list[StoredConversation] = []
        self._thread.query("note", lambda memory: conversations.get(memory, id), found.append)
        self._follow()
        asked = f"{dialog_strings.CONVERSATION}. {plain_strings.DELETE}"
        if found and self._sure(asked.format(when=found[0].parts[0].when)):
            if found[0].id == self._thread.recorder.id:
                self._thread.begin("note", self._printer.private)
                self._follow()
            self._thread.query("note", partial(forget_conversation, found[0].id), self._printer.say_done, keep=True)
            self._follow()

    def mark(self, n: str, *, same: bool) -> None:
        """/them 1 and /not 1: keep whether the photo in view shows what the recalled memory with this number shows."""
        if (episode := self._numbered(n)) is None:
            return
        photo = self._answers.photo
        if photo is None or photo.sha256 == episode.photo.sha256:
            return self._printer.say(plain_strings.NOTE, plain_strings.SAME_PHOTO)
        self.confirm(OnRecall(episode, same))

    def confirm(self, said: OnRecall) -> None:
        """Keep an answer whether the photo in view shows what a recalled memory shows."""
        self._printer.view.answer_waits()
        self._thread.confirm(CONFIRMED, said)
        self._follow()

    def _found(self, id: str) -> Episode | None:
        """The memory with this id; when there is none, that is printed."""
        found: list[Episode] = []
        self._thread.query("note", lambda memory: memory.get(id), found.append)
        self._follow()
        return found[0] if found else None

    def _meant(self, words: str) -> Episode | None:
        """The only memory that a wish to forget these words may mean; none, or several, are printed."""
        found: list[tuple[list[Episode], str]] = []
        self._thread.query("note", partial(lists.to_forget, words, self._printer.view.recalls), found.append)
        self._follow()
        for meant, instead in found:
            if len(meant) == 1 and not instead:
                return meant[0]
            guessed = [dialog_strings.BROWSER_INSTEAD.format(instead=instead)] if instead else []
            which = plain_strings.FORGET_WHICH if meant else plain_strings.NOTHING
            self._printer.print_lines([*guessed, *map(lists.line, meant), which])
        return None

    def _numbered(self, n: str) -> Episode | None:
        """The recalled memory with this number; when there is none, that is printed."""
        found = self._printer.numbers.memory(int(n)) if n.isdecimal() else None
        if found is None:
            self._printer.say(plain_strings.NOTE, plain_strings.NO_NUMBER.format(n=n))
        return found
