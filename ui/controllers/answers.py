"""Again, edit, copy: the last answer in other words, the last question to be changed, a text to be taken elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memory.episode import Photo
from ui.controllers.main_view import MainView
from ui.runtime.app_thread import AppThread
from ui.strings import CHANGE_QUESTION, COPIED, NO_ANSWER, NO_QUESTION, NOTHING_WRITTEN, WRITING_NOW
from ui.widgets.chat_log import Composer, PhotoEntry, UserText
from ui.widgets.citation_bar import CitationBar
from ui.widgets.model_text import ModelText

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget


class AnswersController:
    """What can be done with the last answer. Call it from the app's thread."""

    def __init__(self, app: App[None], thread: AppThread, main_view: MainView, composer: Composer) -> None:
        self._app, self._thread, self._view, self._composer = app, thread, main_view, composer

    async def run(self, name: str, idle: bool, photo: Photo | None) -> None:
        """Run /again, /question or /copy; `idle`: nothing is being written. `photo` is in view."""
        if name == "/copy":
            await self._copy()
        elif not (asked := self._last()) and (name == "/question" or not photo):
            await self._view.note(NO_QUESTION if name == "/question" else NOTHING_WRITTEN, "warning")
        elif not idle:
            await self._view.note(WRITING_NOW, "warning")
        elif asked:
            await (self._again(*asked) if name == "/again" else self._edit(asked))
        else:
            await self._view.caption.begin()
            self._thread.rewrite(None, None)

    async def _again(self, question: UserText, answer: ModelText, *cited: Widget) -> None:
        for bar in cited:
            await bar.remove()
        await answer.finish("…")
        answer.text = ""
        self._thread.rewrite(answer, question.text)

    async def _edit(self, asked: tuple[UserText, *tuple[Widget, ...]]) -> None:
        self._thread.take_back()
        question = asked[0].text
        for entry in asked:
            await entry.remove()
        self._composer.text = question
        self._composer.move_cursor(self._composer.document.end)
        self._composer.focus()
        self._app.notify(CHANGE_QUESTION)

    async def _copy(self) -> None:
        asked = self._last()
        text = asked[1].text if asked else self._view.caption.model_text.text
        if not text:
            await self._view.note(NO_ANSWER, "warning")
            return
        self._app.copy_to_clipboard(text)
        self._app.notify(COPIED.format(n=len(text)))

    def _last(self) -> tuple[UserText, ModelText, *tuple[Widget, ...]] | None:
        """The last question on this page, its answer, and the line below it that names the memories cited.

        None where a photo came after it, or nothing was asked.
        """
        entries = list(self._view.page.children)
        at = max((i for i, entry in enumerate(entries) if isinstance(entry, ModelText)), default=0)
        question, answer = (entries[at - 1], entries[at]) if at else (None, None)
        if not (isinstance(question, UserText) and isinstance(answer, ModelText)):
            return None
        after = entries[at + 1 :]
        if any(isinstance(entry, PhotoEntry) for entry in after):
            return None
        return (question, answer, *(entry for entry in after[:1] if isinstance(entry, CitationBar)))
