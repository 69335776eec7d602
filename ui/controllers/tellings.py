"""Carries out what is decided of a typed line: it is remembered, counts as an answer, or is left for the model.

What the user tells about the photo in view is never lost: it is kept at any time, and where it is not clear whether a
line tells something, one key answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from assistant.dialogue.line_decision import Answer, Ask, Correct, Keep, Say, Scene, decide, declined
from memory.episode import Photo
from ui.controllers.main_view import MainView
from ui.controllers.questions import QuestionsController
from ui.controllers.remember import RememberController
from ui.runtime.app_thread import AppThread
from ui.runtime.session import Telling
from ui.strings import REMEMBERING, SAVING
from ui.telling_strings import ABOUT_THIS, CORRECTED, NOT_KEPT, SHALL_I, SHALL_I_HERE, WARNINGS, reply_to
from ui.widgets.chat_log import Composer, Note, PhotoEntry, UserText
from ui.widgets.citation_bar import CitationBar
from ui.widgets.model_text import ModelText


class _Pending(NamedTuple):
    """Words of which the app has asked whether to remember them."""

    keep: Keep
    note: Note


class TellingsController:
    """Takes the lines that the user sends in one app. Call it from the app's thread."""

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
        view = replace(self._view.in_view, answer_last=self._answer_last())
        scene = Scene(view, photo, reading=bool(self._view.page.query(PhotoEntry)), private=private)
        decided = await asyncio.wrap_future(self._thread.read(partial(decide, text, scene), None))
        match decided or decide(text, scene, None):
            case Answer(said):
                await self._questions.answer(said)
                return ""
            case Correct(old, new):
                line = CORRECTED.format(words=new.words)
                self._thread.edit(await self._view.note(SAVING), old.id, new, line)
                return ""
            case Keep() as keep if keep.unsure:
                asked = SHALL_I if keep.unsure == "whether it tells" else ABOUT_THIS
                self._pending = _Pending(keep, await self._view.note(asked.format(words=keep.words), "question"))
                self._composer.ask(SHALL_I_HERE)
                return ""
            case Keep() as keep:
                self._keep(keep, await self._view.note(REMEMBERING))
                return keep.question
            case Say() as say:
                self._view.in_view.asking = self._view.in_view.asking or say.what == "not the same"
                await self._view.note(reply_to(say), "warning" if say.what in WARNINGS else "info")
                return say.question
            case Ask(question):
                return question

    def _answer_last(self) -> bool:
        """Whether an answer stands before the line just sent."""
        before = [one for one in self._view.page.children if not isinstance(one, (UserText, CitationBar))]
        return bool(before) and isinstance(before[-1], ModelText)

    async def reply(self, yes: bool) -> str | None:
        """y or n in the input: None when nothing was asked here; else the question left for the model, "" when none."""
        if self._pending is None:
            return None
        (keep, note), self._pending = self._pending, None
        if yes:
            note.change(REMEMBERING, "info")
            self._keep(keep, note)
            left = keep.question
        else:
            instead = declined(keep)
            if isinstance(instead, Say) and instead.what != "talk":
                note.change(reply_to(instead), "info")
            else:
                await note.remove()
            left = instead.question
        self._questions.offer()
        return left

    async def drop(self) -> None:
        """The words that were asked about are not kept: something else was said, or another photo shown."""
        if self._pending:
            pending, self._pending = self._pending, None
            if pending.note.is_attached:
                pending.note.change(NOT_KEPT.format(words=pending.keep.words), "info")
            self._questions.offer()

    def _keep(self, keep: Keep, note: Note) -> None:
        """Remember words, together with what they say of the recalled memory."""
        self._remembering.told()
        self._thread.remember(note, Telling(keep.kept), keep.said)
