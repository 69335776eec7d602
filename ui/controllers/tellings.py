"""What a typed line is for: words to remember are kept, a denied recall is kept as an answer, the rest is asked.

What the user tells about the photo in view is never lost: it is kept at any time, and where it is not clear whether a
line tells something, one key answers.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import NamedTuple

from assistant.dialogue.about_app import of_the_user
from assistant.dialogue.acts import Act, act_of
from assistant.dialogue.denials import OnRecall, to_keep
from assistant.dialogue.plain_text import plain
from memory.episode import Photo
from memory.naming.told_elsewhere import told_elsewhere
from ui import corrections
from ui.controllers.main_view import MainView
from ui.controllers.questions import QuestionsController
from ui.controllers.remember import RememberController
from ui.input_parser import REPLIES, WEB_ADDRESS
from ui.runtime.app_thread import AppThread
from ui.runtime.session import Telling
from ui.strings import PRIVATE_NO, REMEMBERING, SAVING
from ui.telling_strings import (
    ABOUT_THIS,
    NO_PHOTO_YET,
    NO_WEB,
    NOT_ABOUT_THIS,
    NOT_KEPT,
    SHALL_I,
    SHALL_I_HERE,
    WHAT_THEN,
    small_talk,
)
from ui.widgets.chat_log import Composer, Note, PhotoEntry, UserText
from ui.widgets.citation_bar import CitationBar
from ui.widgets.model_text import ModelText


class _Pending(NamedTuple):
    """Words of which the app has asked whether to remember them."""

    act: Act
    text: str
    note: Note


class TellingsController:
    """Reads the lines that the user sends in one app. Call it from the app's thread."""

    def __init__(
        self,
        thread: AppThread,
        main_view: MainView,
        composer: Composer,
        remembering: RememberController,
        questions: QuestionsController,
    ) -> None:
        self._thread, self._view, self._composer = thread, main_view, composer
        self._remembering, self._questions = remembering, questions
        self._pending: _Pending | None = None

    async def take(self, text: str, photo: Photo | None, private: bool) -> str:
        """Do what a line is for. Returns the question that is left for the model; "" when none is."""
        await self.drop()
        if WEB_ADDRESS.match(text):
            await self._view.note(NO_WEB, "warning")
            return ""
        if REPLIES.get(text.lower()) and await self._questions.reply(True):  # of a sure recall: no key asks for it
            return ""
        in_view = photo is not None or bool(self._view.page.query(PhotoEntry))
        asked = in_view and (self._remembering.asking or self._questions.denied)
        act = self._questions.as_answer(act_of(text, asked=asked), text)
        if await self._correct(text, private):
            return ""
        if act.of_answer and self._answer_last():
            await self._view.note(WHAT_THEN)
            return ""
        if act.kind == "talk" and (in_view or act.verdict is None):
            await self._talk(act, text, photo)
            return ""
        if not in_view and act.kind == "tell":
            await self._view.note(NO_PHOTO_YET.format(words=act.words), "warning")
            return act.question
        if not in_view or act.kind == "question":
            return text
        if private:
            if act.kind == "tell":
                await self._view.note(PRIVATE_NO, "warning")
            return act.question if act.kind == "tell" else text
        elsewhere = not asked and photo is not None and await self._elsewhere(act, photo)
        if act.kind == "unclear" or elsewhere:
            shall_i = ABOUT_THIS if elsewhere else SHALL_I
            note = await self._view.note(shall_i.format(words=act.words), "question")
            self._pending = _Pending(act, text, note)
            self._composer.ask(SHALL_I_HERE)
            return ""
        await self._keep(act, text)
        return act.question

    async def _correct(self, text: str, private: bool) -> bool:
        """Put right words in the place of wrong ones, where the line names both; whether that was done, or tried."""
        job = partial(corrections.find, text, self._questions.recalls)
        change = await asyncio.wrap_future(self._thread.read(job, None))
        if change is None:
            return False
        if change.old and change.new and not private:
            self._thread.edit(await self._view.note(SAVING), change.old.id, change.new, change.line)
        else:
            await self._view.note(PRIVATE_NO if change.old else change.line, "warning")
        return True

    def _answer_last(self) -> bool:
        """Whether an answer stands before the line just sent: "wrong" then speaks of it, not of what was recalled."""
        before = [one for one in self._view.page.children if not isinstance(one, (UserText, CitationBar))]
        return bool(before) and isinstance(before[-1], ModelText)

    async def reply(self, yes: bool) -> str | None:
        """y or n in the input: None when nothing was asked here; else the question left for the model, "" when none."""
        if self._pending is None:
            return None
        pending, self._pending = self._pending, None
        if yes:
            await self._keep(pending.act, pending.text, pending.note)
        elif pending.act.kind == "tell":
            pending.note.change(NOT_ABOUT_THIS.format(words=pending.act.words), "info")
        else:
            await pending.note.remove()
        self._questions.offer()
        told = yes or pending.act.kind == "tell" or of_the_user(plain(pending.text))
        return pending.act.question if told else pending.text

    async def drop(self) -> None:
        """The words that were asked about are not kept: something else was said, or another photo shown."""
        if self._pending:
            pending, self._pending = self._pending, None
            if pending.note.is_attached:
                pending.note.change(NOT_KEPT.format(words=pending.act.words), "info")
            self._questions.offer()

    async def _elsewhere(self, act: Act, photo: Photo) -> bool:
        """Whether words tell of somebody known from other photos only: "Biscuit died", with a clock in view."""
        if act.kind != "tell" or act.verdict is not None:
            return False
        job = partial(told_elsewhere, words=act.words, in_view=self._questions.in_view(photo))
        return bool(await asyncio.wrap_future(self._thread.read(job, "")))

    async def _keep(self, act: Act, text: str, note: Note | None = None) -> None:
        """Remember words, together with what they say of the recalled memory."""
        if note and note.is_attached:
            note.change(REMEMBERING, "info")
        entry = note or await self._view.note(REMEMBERING)
        recall = self._questions.meant(act)
        self._remembering.told()
        said = OnRecall(recall.episode, bool(act.verdict), act.denied) if recall else None
        self._thread.remember(entry, Telling(to_keep(act, text, recall, self._questions.recalls)), said)

    async def _talk(self, act: Act, text: str, photo: Photo | None) -> None:
        """Small talk, or only a verdict: "no, that's not him"."""
        if recall := self._questions.meant(act):
            await self._questions.choose(recall.episode, bool(act.verdict), photo, act.denied)
        elif act.verdict is False:
            self._remembering.asking = True
            await self._view.note(WHAT_THEN)
        else:
            await self._view.note(small_talk(text))
