"""The dialog of an import: which folder, a preview of what would be imported, and how far a running import is.

It shows reports (`import_thread.py`) and returns what the user wants; `controllers/imports.py` does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, ProgressBar, Static

from assistant.importing.import_outcomes import Tally
from assistant.importing.import_source import Choices
from ui.dialogs.confirming import Confirming
from ui.imports import import_strings as strings
from ui.imports import import_words
from ui.imports.import_thread import Report
from ui.input_parser import to_path
from ui.widgets.keys_line import KeysLine
from ui.widgets.text_fields import LineField


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What the user decided to import, and how."""

    path: Path
    choices: Choices
    watch: bool = False
    """Import also what comes into the folder from now on."""


class FolderSuggester(Suggester):
    """Completes the path of a folder or of a ZIP."""

    async def get_suggestion(self, value: str) -> str | None:
        """The path that begins with `value`, when there is one; the shortest of several."""
        typed = Path(value).expanduser()
        folder, begun = (typed, "") if value.endswith("/") else (typed.parent, typed.name)
        try:
            fits = [p for p in folder.iterdir() if p.name.startswith(begun) and (begun or not p.name.startswith("."))]
            names = sorted(p.name for p in fits if p.is_dir() or p.suffix.lower() == ".zip")
        except (OSError, ValueError):
            return None
        best = min(names, key=len, default="")
        return value + best[len(begun) :] if best and best != begun else None


class ImportDialog(Confirming, ModalScreen[ImportRequest | None]):
    """Enter in the path looks at it; Enter below the preview imports. Of a running import: `s` stops it.

    The Enter that follows a pasted path has come before the preview is drawn: it imports nothing.
    """

    AUTO_FOCUS = ""
    BINDINGS: ClassVar = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("enter", "begin", "Import"),
        Binding("w", "change('without_words')", "Without words"),
        Binding("c", "change('screenshots')", "Screenshots"),
        Binding("p", "change('keep_places')", "Places"),
        Binding("k", "watch", "Keep watching"),
        Binding("o", "other", "Another folder"),
        Binding("s", "stop", "Stop"),
        Binding("f8", "dismiss(None)", show=False),
        Binding("down,pagedown", "scroll(1)", show=False),
        Binding("up,pageup", "scroll(-1)", show=False),
    ]

    def __init__(
        self,
        path: Path,
        look: Callable[[Path, Choices], object],
        stop: Callable[[], object],
        running: Report | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        """`look` counts what is at a path; `stop` ends a look or an import. `running`: an import that goes on.

        `at_once`: look at `path` now; else the user may change it first.
        """
        super().__init__()
        self.path, self._look, self._stop, self._at_once = path, look, stop, at_once
        self.drawn = math.inf if at_once else -math.inf
        self.report = running
        self.running = running is not None
        """Whether an import goes on, and this shows how far it is."""
        self.choices = strings.TRAY_CHOICES
        self.keep_watching = False
        """Whether the folder is to be watched, too."""
        self._begun = False
        """Whether the import was begun, perhaps before the look was over: what goes on then is the import."""

    def compose(self) -> ComposeResult:
        """The path, the preview or the progress, the keys."""
        with Vertical(classes="dialog -large", id="import") as box:
            box.border_title = strings.IMPORT
            yield LineField(str(self.path), placeholder=strings.IMPORT_WHERE, suggester=FolderSuggester(), id="path")
            yield ProgressBar(show_eta=False, id="bar")
            with VerticalScroll(can_focus=False):
                yield Static("", id="preview")
            yield Static("", id="problem")
            yield KeysLine("", classes="keys")

    def on_mount(self) -> None:
        """Look at once where the path is given; show a running import."""
        self.query_one("#path").display = not self.running
        if self.running and self.report:
            self.set_focus(None)
            self.show(self.report)
        elif self._at_once:
            self._begin_look(self.path)
        else:
            self.query_one("#path").focus()
            self._draw()

    def asks(self) -> None:
        """Where a folder was dropped, keys wait until its preview is on screen; a path may be typed at once."""
        if self._at_once:
            super().asks()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the path: look what is there."""
        event.stop()
        if event.value.strip():
            self._begin_look(to_path(event.value))

    def _begin_look(self, path: Path) -> None:
        self.path = path
        self.query_one("#path", Input).value = str(path)
        self.set_focus(None)
        self.report = Report(path)
        self._look(path, replace(self.choices, screenshots=True))  # counted, so that they can still be taken
        self._draw()

    def show(self, report: Report) -> None:
        """Show how far the look or the import is."""
        if report.path == self.path or self.running:
            self.report = report
            self._draw()
            if report.state == "failed" and not self.running:
                self.query_one("#path").focus()

    def action_begin(self) -> None:
        """Enter: import, unless there is nothing that could be."""
        report = self.report
        if report is None or self.running or report.state == "failed":
            return
        if report.nothing and not self.keep_watching:
            self._problem(import_words.summary(report))
        else:
            self._begun = True
            self._stop()
            self.dismiss(ImportRequest(self.path, self.choices, self.keep_watching))

    def action_change(self, what: str) -> None:
        """w, c, p: change one of the choices."""
        if not self.running:
            self.choices = replace(self.choices, **{what: not getattr(self.choices, what)})  # type: ignore[arg-type]
            self._draw()

    def action_watch(self) -> None:
        """k: import also what comes into the folder later, while the app runs."""
        if not self.running and self.report and self.report.kind != "chat":
            self.keep_watching = not self.keep_watching
            self._draw()

    def action_other(self) -> None:
        """o: choose another folder."""
        if not self.running:
            self._stop()
            self.report = None
            self._draw()
            self.query_one("#path").focus()

    def action_stop(self) -> None:
        """s: stop the running import."""
        if self.running:
            self._stop()

    def action_scroll(self, lines: int) -> None:
        """↑ ↓: the rest of the preview, where the screen is too small for all of it."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def on_unmount(self) -> None:
        """A look that nobody waits for any more ends."""
        if self.report and self.report.state == "looking" and not (self.running or self._begun):
            self._stop()

    def _problem(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(text))
        self.query_one("#problem").display = bool(text)

    def _draw(self) -> None:
        report, bar = self.report, self.query_one("#bar", ProgressBar)
        table = Table.grid(padding=(0, 2))
        looked = report is not None and report.state != "failed"
        self.query_one("#path").display = not (self.running or (looked and self.has_class("-short")))
        bar.display = report is not None and report.running and bool(report.total)
        self._problem(report.trouble if report else "")
        tally = report.tally if report else Tally()
        nothing = report is not None and report.nothing
        keys = strings.import_keys(self.choices, tally, watch=self.keep_watching, nothing=nothing)
        if self.running:
            keys = strings.IMPORT_RUNNING_KEYS
        if report is None or report.state == "failed":
            keys = strings.IMPORT_PATH_KEYS
        else:
            bar.update(total=report.total or None, progress=report.done)
            lines = import_words.preview(report, self.choices) if report.kind else [("", "opening …")]
            if self.running:
                lines = [("", import_words.progress(report)), *lines[1:]]
            for label, value in lines:
                table.add_row(Text(label, "bold", no_wrap=True), Text(value))
        self.query_one("#preview", Static).update(table if report else strings.IMPORT_ABOUT)
        self.query_one(KeysLine).text = keys
