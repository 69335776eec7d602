"""The memories in numbers: how many, since when, how large, and how many of each year."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from memory.browse import Statistics
from memory.days import DAY_UNKNOWN, day_words
from ui.dialog_strings import STATISTICS, STATISTICS_KEYS
from ui.widgets.keys_line import KeysLine


class StatisticsScreen(ModalScreen[None]):
    """Numbers of memories and photos, and bytes, in all and by year."""

    BINDINGS: ClassVar = [Binding("escape,enter,s,q", "dismiss(None)", "Close")]

    def __init__(self, counted: Statistics) -> None:
        super().__init__()
        self.counted = counted

    def compose(self) -> ComposeResult:
        """The totals, then a bar for each year."""
        counted, grid = self.counted, Table.grid(padding=(0, 2))
        for name, value in (
            ("memories", f"{counted.episodes:,}"),
            ("photos", f"{counted.photos:,}, {_size(counted.photo_bytes)}"),
            ("memory file", _size(counted.file_bytes)),
            *([("since", day_words(counted.first))] if counted.first else []),
        ):
            grid.add_row(name, Text(value, "bold"))
        years = Table.grid(padding=(0, 1))
        longest = 24 if self.app.size.width >= 60 else 12
        most = max((episodes for _, episodes, _ in counted.years), default=1)
        for year, episodes, photos in counted.years:
            bar = "█" * max(1, round(longest * episodes / most))
            years.add_row(
                str(year or DAY_UNKNOWN), Text(f"{bar} {episodes:,}"), f"({photos:,} photo{'' if photos == 1 else 's'})"
            )
        with Vertical(classes="dialog") as box:
            box.border_title = STATISTICS
            yield Static(grid)
            with VerticalScroll(can_focus=True):
                yield Static(years, classes="years")
            yield KeysLine(STATISTICS_KEYS, classes="keys")


def _size(count: int) -> str:
    """A number of bytes with its unit: "312 kB", "4.9 GB"."""
    size, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit in ("bytes", "kB") else f"{size:.1f} {unit}"
