"""The panels that stay in view: the caption, the memories recalled, the status line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

from assistant.backend import Chunk
from assistant.models.hardware import CONTEXT
from memory.episode import Episode, Recall
from memory.relative_days import dated_words
from ui.recall_strings import YES_NO, asked_below, counted, day, headline
from ui.strings import (
    CAPTION,
    CAPTION_IF_SAME,
    DEMO_HERE,
    ENCRYPTED,
    NO_CAPTION,
    NO_MATCH,
    NOT_ENCRYPTED,
    NOTHING_YET,
    TRAY_WAITS_HERE,
    WAITING,
    WRITING,
)
from ui.widgets.model_text import ModelText
from ui.widgets.photo_view import PhotoView


def chip(number: int) -> Content:
    """The number of a memory, on the colour of the theme."""
    return Content.assemble((f" {number} ", "$background on $primary"), " ")


class CaptionPanel(VerticalScroll):
    """The caption of the current photo."""

    busy = False
    """Whether a caption is being written."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.model_text = ModelText(id="caption-text")
        """The caption's text."""
        self._hint = Static(NO_CAPTION, classes="hint")

    def compose(self) -> ComposeResult:
        """A hint, shown until there is a caption, and the caption."""
        yield self._hint
        yield self.model_text

    def on_mount(self) -> None:
        """Set the title of the panel's frame."""
        self.sure_of(())

    def sure_of(self, recalls: Sequence[Recall]) -> None:
        """Say in the title whether the caption is about memories that are only maybe the same."""
        unsure = bool(recalls) and all(recall.certainty == "maybe" for recall in recalls)
        self.border_title = CAPTION_IF_SAME if unsure else CAPTION

    async def begin(self) -> None:
        """A new caption is about to be written: clear the panel."""
        await self.model_text.clear()
        self.say(WRITING)
        self.busy = True

    def waits(self, waiting: bool) -> None:
        """Say in the frame of a caption that is to be written whether it waits for the model to be loaded."""
        if self.busy:
            self.border_subtitle = WAITING if waiting else WRITING

    def say(self, status: str, hint: str = "") -> None:
        """Show `status` in the frame ("your words"), and `hint` in place of a missing caption."""
        self.busy = False
        self.border_subtitle = status
        self._hint.update(hint)
        self._hint.display = bool(hint)


WORDS_WIDTH, TALL = 30, 24
"""Columns that words need beside a thumbnail; with fewer, they stand below it, over the whole width. On a screen
of fewer lines than the second number, the line that says why a memory came stands there instead."""


class MemoryCard(Vertical, can_focus=True):
    """One memory: thumbnail, day and place, the user's words, the reason why the memory was recalled."""

    BINDINGS: ClassVar = [
        Binding("enter", "choose('open')", "Open"),
        Binding("y", "choose('same')", "Same"),
        Binding("n", "choose('not the same')", "Not same"),
        Binding("e", "choose('edit')", "Edit"),
        Binding("f,delete", "choose('forget')", "Forget"),
        Binding("z", "choose('large')", "Large"),
        Binding("up,k", "app.focus_previous", show=False),
        Binding("down,j", "app.focus_next", show=False),
    ]

    class Chosen(Message):
        """The user wants to "open", "forget" or "edit" the memory, or its photo "large", or says that the new photo
        shows the same ("same") or does not ("not the same")."""

        def __init__(self, episode: Episode, what: str) -> None:
            super().__init__()
            self.episode, self.what = episode, what

    def __init__(self, recall: Recall, number: int) -> None:
        super().__init__(classes=f"id-{recall.episode.id}")
        self.recall, self.number = recall, number
        self._picture = PhotoView(recall.episode.photo, classes="thumb")
        self._beside, self._below = Static(classes="words"), Static(classes="below")
        self._asking = False

    @property
    def episode(self) -> Episode:
        """The recalled memory that the card shows."""
        return self.recall.episode

    @property
    def text(self) -> str:
        """All that the card says."""
        return f"{self._beside.content}\n{self._below.content}"

    def compose(self) -> ComposeResult:
        """The thumbnail on the left, the words on the right; on a narrow screen some of them below."""
        with Horizontal():
            yield self._picture
            yield self._beside
        yield self._below

    def on_mount(self) -> None:
        """Write the words, before the size of the card is known."""
        self._write()

    def on_resize(self) -> None:
        """Show the words where there is room for them."""
        self._write()

    def ask(self, asking: bool) -> None:
        """Show the words of the memory; with `asking`, also the question whether it is the same."""
        self._asking = asking
        self._write()

    def _write(self) -> None:
        words, head = dated_words(self.episode), headline(self.recall)
        before, after = (head, "") if head else (day(self.episode), f"\n{self.recall.why}")
        top = Content.styled(before, "$primary" if head else "bold")
        said = Content.assemble(f"“{words}”" if head else words, (after, "italic $primary"))
        if self._asking:
            said = Content.assemble(said, (f"\n{asked_below(self.episode)}  {YES_NO}", "bold $accent"))
        number, room = chip(self.number), self.size.width - self._picture.outer_size.width - 1  # a column apart
        if room >= WORDS_WIDTH or not self.size.width:
            beside, below = Content.assemble(number, top, "\n", said), Content("")
        elif self.app.size.height >= TALL:
            beside, below = Content.assemble(number, top), said
        else:  # hardly a line is seen without scrolling: first the words
            sure = "maybe " if head and self.recall.certainty == "maybe" else ""
            beside, below = Content.assemble(number, (sure, "bold $accent"), said), top
        self._beside.update(beside)
        self._below.update(below)
        self._below.display = bool(below)

    def on_focus(self) -> None:
        """Its keys are listed at the bottom, on a short screen in the place of the status."""
        self._mark_bottom()

    def on_blur(self) -> None:
        """The keys of the app are listed again, unless the focus is on another memory."""
        self._mark_bottom()

    def _mark_bottom(self) -> None:
        """Mark footer and status while a memory has the focus; a mark on the screen would style all of it anew."""
        self.screen.query("Footer, StatusLine").set_class(isinstance(self.screen.focused, MemoryCard), "-memory")

    def on_click(self) -> None:
        """A click opens the memory, as Enter does."""
        self.action_choose("open")

    def action_choose(self, what: str) -> None:
        """Post what the user wants done with this memory."""
        self.post_message(self.Chosen(self.episode, what))


class MemoriesPanel(VerticalScroll, can_focus=False):
    """The memories recalled for the current photo or question."""

    def compose(self) -> ComposeResult:
        """A hint where the memories will be."""
        yield Static(NOTHING_YET, classes="hint")

    def on_mount(self) -> None:
        """Set the title of the panel's frame."""
        self.border_title = "Memories recalled"

    async def show(self, recalls: Iterable[Recall], nothing: str = NO_MATCH, numbers: Sequence[int] = ()) -> None:
        """Show just these memories, under these numbers."""
        shown = list(zip(recalls, numbers, strict=False))
        cards = [MemoryCard(recall, n) for recall, n in shown]
        async with self.batch():
            await self.remove_children()
            await self.mount_all(cards or [Static(nothing, classes="hint")])
        self.border_subtitle = counted([recall for recall, _ in shown])
        self.scroll_home(animate=False)

    async def ask(self, about: Recall | None) -> None:
        """Show in the card of this recall the question whether it is the same, and in no other."""
        for card in self.query(MemoryCard):
            card.ask(about is not None and card.episode.id == about.episode.id)


class StatusLine(Static):
    """Model, private or not, memories, encrypted or not, network; at the right the thread's state.

    With `details` also how much the model has read, and its speed.
    """

    model: reactive[str] = reactive("no model yet")
    private: reactive[bool] = reactive(False)
    episodes: reactive[int | None] = reactive(None)
    encrypted: reactive[bool] = reactive(False)
    chunk: reactive[Chunk | None] = reactive(None)
    encoding: reactive[str] = reactive("")
    """How many photos of the memory were encoded again; "" when none are left."""
    demo: reactive[bool] = reactive(False)
    """Whether the demo album is open."""
    waiting: reactive[int] = reactive(0)
    """How many photos wait in the tray for words."""
    importing: reactive[str] = reactive("")
    """How far an import is; "" when there is none."""
    fetching: reactive[str] = reactive("")
    """How far a download is: "fetching qwen3-vl-2b 40 %"; "" when there is none."""
    uses: reactive[int | None] = reactive(None)
    """How often this process used the network unasked (`assistant/offline.py`); None: uses are not counted."""
    state: reactive[str] = reactive("opening")
    details: reactive[bool] = reactive(False)
    """Whether to show what the model has read and how fast it writes, too: nobody needs that every day."""

    def render(self) -> Content:
        """One line; on a narrow screen the parts of the highest rank are left out first."""
        n, c = self.episodes, self.chunk
        parts = [
            (0, self.model),
            (-1, "private" if self.private else ""),
            (-1, DEMO_HERE if self.demo else ""),
            (3, "" if n is None else f"{n} memor{'y' if n == 1 else 'ies'}"),
            (4, "" if n is None else ENCRYPTED if self.encrypted else NOT_ENCRYPTED),
            (0, f"context {c.prompt_tokens + c.new_tokens} of {CONTEXT}" if c and self.details else ""),
            (0, f"{c.new_tokens / c.seconds:.0f} tok/s" if c and c.seconds > 0 and self.details else ""),
            (1, self.encoding),
            (1, self.importing),
            (2, TRAY_WAITS_HERE.format(n=self.waiting) if self.waiting and not self.private else ""),
            (1, self.fetching or self._network()),
        ]
        right = f"{'○' if self.state == 'idle' else '●'} {self.state}"
        for most in (4, 3, 2, 1, 0, -1):
            text = "  ·  ".join(words for rank, words in parts if words and rank <= most)
            if len(text) + len(right) + 2 <= self.content_size.width:
                break
        text = text[: max(0, self.content_size.width - len(right) - 2)]
        gap = self.content_size.width - len(text) - len(right)
        tone = "$foreground-muted" if self.state == "idle" else "$primary"
        return Content.assemble((text, "$foreground-muted"), " " * gap, (right, tone))

    def _network(self) -> str:
        if self.uses is None:
            return ""
        return f"network used {self.uses} times!" if self.uses else "offline"
