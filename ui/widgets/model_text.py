"""Text of the model, on screen while it is being written."""

from __future__ import annotations

import re

from textual.timer import Timer
from textual.widgets import Markdown
from textual.widgets.markdown import MarkdownStream

PACE = 0.05
"""Seconds between two updates of text that streams: laying it out takes the longer, the more there is."""

_BARE_NUMBER = re.compile(r"^(\s*\d+)([.)])(?=\s*$)", re.MULTILINE)
"""A line such as "2022.", which Markdown takes for an entry of a list without words, and shows nothing of it."""


class ModelText(Markdown):
    """Text of the model: grows piece by piece, and is replaced by the whole text at the end. Links are never opened."""

    def __init__(self, *, id: str | None = None, waiting: str = "") -> None:
        super().__init__(waiting, open_links=False, id=id)
        self.text = ""
        """The text so far, as the model wrote it."""
        self._stream: MarkdownStream | None = None
        self._unshown = ""
        self._next: Timer | None = None

    async def write(self, piece: str) -> None:
        """Add a piece of text. Pieces that come fast are shown together: between them there is time for keys."""
        self.text += piece
        if self._stream is None:
            await self.update("")
            self._stream = Markdown.get_stream(self)
            await self._stream.write(piece)
            return
        self._unshown += piece
        if self._next is None:
            self._next = self.set_timer(PACE, self._show)

    async def _show(self) -> None:
        """Show what came since the last time."""
        piece, self._unshown, self._next = self._unshown, "", None
        if self._stream is not None:
            await self._stream.write(piece)

    async def finish(self, text: str, mark: str = "") -> None:
        """Show the whole `text`; `mark` says in a muted way how it ended, such as "(stopped)"."""
        if self._next is not None:
            self._next.stop()
        self._unshown, self._next = "", None
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None
        self.text = text
        shown = _BARE_NUMBER.sub(r"\1\\\2", text)
        await self.update(f"{shown} *{mark}*".strip() if mark else shown)

    async def clear(self) -> None:
        """Remove the text."""
        await self.finish("")
