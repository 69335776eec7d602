"""Importing in the app: the dialog, the import that runs beside everything else, and what it says when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from textual.app import App

from assistant.importing.import_source import Choices
from memory.errors import KeepsakeError
from ui.controllers.main_view import MainView
from ui.dialogs.photo_picker import pictures_folder
from ui.imports import import_strings as strings
from ui.imports import import_words
from ui.imports.folder_watch import Watching, WatchNews, begins
from ui.imports.import_dialog import ImportDialog, ImportRequest
from ui.imports.import_thread import ImportThread, Report
from ui.input_parser import to_path
from ui.runtime import settings
from ui.runtime.app_thread import AppThread
from ui.widgets.chat_log import Note
from ui.widgets.panels import StatusLine

UNFINISHED = "unfinished import"
"""The setting that holds the path of an import that was begun and has not ended."""


class ImportsController:
    """The imports of one app. Call it from the app's thread."""

    def __init__(self, app: App[None], thread: AppThread, main_view: MainView, status: StatusLine) -> None:
        self._app, self._thread, self._view, self._status = app, thread, main_view, status
        self.worker = ImportThread(app.post_message, thread.session)
        self._watching = Watching(app.post_message, self.worker, thread.session)
        thread.before_closing += [self._watching.watch.close, self.worker.close]
        self._news: tuple[Note, WatchNews] | None = None
        self._unfinished: Path | None = None
        self._running: Report | None = None
        self._note: Note | None = None

    @property
    def dialog(self) -> ImportDialog | None:
        """The open dialog; None if there is none."""
        return next((screen for screen in self._app.screen_stack if isinstance(screen, ImportDialog)), None)

    async def greet(self) -> None:
        """At the start: say that an import was not finished, and that a folder is watched."""
        if line := self._watching.resume():
            await self._view.note(line)
        with suppress(TypeError):
            if kept := settings.get(UNFINISHED):
                self._unfinished = Path(kept)
                await self._view.note(strings.IMPORT_UNFINISHED.format(name=self._unfinished.name))

    async def open(self, path: Path | None, private: bool) -> None:
        """F8, /import, a dropped folder: show the dialog; of a running import, how far it is."""
        if why := import_words.refused(private=private, demo=self._status.demo):
            await self._view.note(why, "warning")
        elif self._running:
            await self._app.push_screen(ImportDialog(self._running.path, self._look, self.worker.stop, self._running))
        else:
            first = path or self._unfinished
            dialog = ImportDialog(first or pictures_folder(), self._look, self.worker.stop, at_once=first is not None)
            await self._app.push_screen(dialog, self._decided)

    async def watch(self, rest: str, private: bool) -> None:
        """/watch FOLDER, /watch off, /watch."""
        if begins(rest) and (why := import_words.refused(private=private, demo=self._status.demo)):
            await self._view.note(why, "warning")
        else:
            await self._say_watching(lambda: self._watching.command(rest, to_path))

    async def _say_watching(self, do: Callable[[], str]) -> None:
        try:
            await self._view.note(do(), "done")
        except KeepsakeError as error:
            await self._view.note(str(error), "warning")

    async def show_news(self, news: WatchNews) -> None:
        """Say what the watched folder brought, in one line: where nothing else was said since, in the line before."""
        said = self._view.page.children
        if self._news and not news.trouble and said and said[-1] is self._news[0]:
            note, before = self._news
            unread = ", ".join(filter(None, (before.unread, news.unread)))
            news = WatchNews(news.folder, before.new + news.new, before.told + news.told, unread)
            note.change(news.text, "info")
        else:
            note = await self._view.note(news.text, "warning" if news.trouble else "info")
        self._news = None if news.trouble else (note, news)

    def _look(self, path: Path, choices: Choices) -> None:
        self.worker.look(path, choices)

    async def _decided(self, request: ImportRequest | None) -> None:
        if request is None:
            return
        if request.watch:
            await self._say_watching(lambda: self._watching.begin(request.path))
        self._keep(request.path)
        self._running = Report(request.path, "importing")
        self._note = await self._view.note(strings.IMPORT_BEGUN.format(name=import_words.name(self._running)))
        self.worker.run(request.path, request.choices)

    async def show(self, report: Report) -> None:
        """Show how far the look or the import is; at the end of an import, say what it did."""
        if self.dialog:
            self.dialog.show(report)
        if report.state == "importing":
            self._running = report
            self._status.importing = import_words.short_progress(report)
        elif self._running and report.state in ("imported", "stopped", "failed"):
            self._running, self._status.importing = None, ""
            self._keep(None if report.state == "imported" else report.path)
            if self.dialog and self.dialog.running:
                self.dialog.dismiss(None)
            failed = report.state == "failed"
            await self._view.settle(self._note, import_words.summary(report), "warning" if failed else "done")

    def _keep(self, path: Path | None) -> None:
        """Keep which import was begun, for after a kill; of an encrypted memory nothing is written beside it."""
        self._unfinished = path
        if not self._status.encrypted:
            with suppress(KeepsakeError):  # only a reminder: the import itself knows what is new
                settings.put(UNFINISHED, str(path.resolve()) if path else None)
