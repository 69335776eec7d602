"""The list of models, and the question before a download. Both return what the user chose, and decide nothing."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.models import registry
from assistant.models.hardware import gigabytes
from assistant.models.registry import ModelRow
from ui.dialog_strings import (
    FETCH,
    FETCH_ASKED,
    FETCH_KEYS,
    FETCHING,
    MODEL_BEGIN,
    MODEL_DAMAGED,
    MODEL_RUNNING,
    MODEL_TO_FETCH,
    MODELS_HERE,
    MODELS_KEYS,
    MODELS_TO_BE_HAD,
    SIZE_UNKNOWN,
    model_fit,
)
from ui.dialogs.confirming import Confirming
from ui.widgets.keys_line import KeysLine


class ModelsScreen(ModalScreen[ModelRow | None]):
    """The list of models. Returns the one that the user chose."""

    BINDINGS: ClassVar = [Binding("escape,f6", "dismiss(None)", "Close")]

    def __init__(self, running: str, fetching: str = "", percent: int = 0) -> None:
        super().__init__()
        self.running, self.fetching, self.percent = running, fetching, percent
        self.rows: dict[str, ModelRow] = {}

    def compose(self) -> ComposeResult:
        """An empty list: `_fill` reads the models in a thread, because new files may have to be hashed."""
        with Vertical(classes="dialog -large") as box:
            box.border_title = "Models"
            yield OptionList()
            yield KeysLine(MODELS_KEYS, classes="keys")

    async def on_mount(self) -> None:
        """Start to fill the list; keys do not wait."""
        self.query_one(OptionList).loading = True
        self.run_worker(self._fill())

    async def _fill(self) -> None:
        self.rows = {row.name: row for row in await asyncio.to_thread(registry.rows)}
        options = self.query_one(OptionList)
        options.loading = False
        options.clear_options()
        for title, here in ((MODELS_HERE, True), (MODELS_TO_BE_HAD, False)):
            rows = [row for row in self.rows.values() if (row.folder is not None) is here]
            if rows:
                options.add_option(Option(Content.assemble((title, "bold $primary")), disabled=True))
                options.add_options([Option(self._line(row), row.name) for row in rows])
        options.highlighted = next((i for i, o in enumerate(options.options) if o.id == self.running), 1)
        options.focus()

    def show_fetching(self, model: str, percent: int | None) -> None:
        """Show how far a download is in percent; None: the download has ended, and the list is read again."""
        self.fetching, self.percent = (model, percent) if percent is not None else ("", 0)
        if percent is None:
            self.run_worker(self._fill())
            return
        for options in self.query(OptionList) if model in self.rows else ():  # none while the screen comes or goes
            options.replace_option_prompt(model, self._line(self.rows[model]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a model chooses that model."""
        self.dismiss(self.rows[str(event.option_id)])

    def _line(self, row: ModelRow) -> Content:
        """Two lines: name and state; then memory needed, licence, description."""
        size = gigabytes(row.size) if row.size else SIZE_UNKNOWN
        if row.name == self.running:
            state = MODEL_RUNNING
        elif row.name == self.fetching:
            state = FETCHING.format(percent=self.percent)
        elif row.problem:
            state = MODEL_DAMAGED
        else:
            state = size if row.folder else MODEL_TO_FETCH.format(size=size)
        facts = [row.problem] if row.problem else [model_fit(row), row.licence, row.about]
        tone = "$warning" if row.problem or row.fits == "no" else "$foreground-muted"
        begin = f"  ★ {MODEL_BEGIN}" if row.begin else ""
        return Content.assemble(
            (row.name, "bold"),
            "  ",
            (state, "$primary"),
            (begin, "$success"),
            "\n",
            (" · ".join(f for f in facts if f), tone),
        )


class FetchDialog(Confirming, ModalScreen[bool]):
    """Asks before a download: which model, its size, its source. Only y is a yes."""

    BINDINGS: ClassVar = [
        Binding("y", "dismiss(True)", "Fetch"),
        Binding("n,escape", "dismiss(False)", "Close"),
    ]

    def __init__(self, row: ModelRow) -> None:
        super().__init__()
        self.row = row

    def compose(self) -> ComposeResult:
        """The question, and what is sent to whom after a yes."""
        row, known = self.row, registry.listed_models()[self.row.name]
        with Vertical(classes="dialog") as box:
            box.border_title = FETCH_ASKED.format(name=row.name, size=gigabytes(known.size))
            with VerticalScroll(can_focus=False):
                yield Static(Content(f"{row.name}: {row.about}"))
                yield Static(Content(f"{model_fit(row)}; licence: {row.licence}"))
                yield Static(Content(FETCH.format(size=gigabytes(known.size), repository=known.repository)))
            yield KeysLine(FETCH_KEYS.format(size=gigabytes(known.size)), classes="keys")
