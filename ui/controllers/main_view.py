"""The three parts always in view, and where in them goes what the session tells: an answer to its question, a caption
to its panel, a failure to where the result would have been. It asks nobody and decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from assistant.events import (
    Answered,
    AnswerText,
    Captioned,
    CaptionText,
    EventHandler,
    Failed,
    Recalled,
    Reminded,
    Shortened,
)
from memory.db.conversation_rows import StoredConversation
from memory.episode import Recall
from ui.dialogs.kept_conversations import entries
from ui.runtime.citation_numbers import CitationNumbers
from ui.runtime.messages import Stopped, Told
from ui.strings import (
    MARKS,
    NO_CAPTION,
    NO_MATCH,
    NO_MATCH_PRIVATE,
    NO_WORDS,
    NOTHING_YET,
    PRIVATE,
    PRIVATE_OVER,
    REMINDED,
    RESUMED,
    STOPPED,
)
from ui.widgets.chat_log import Kind, Note, Writing
from ui.widgets.citation_bar import CitationBar
from ui.widgets.panels import CaptionPanel, MemoriesPanel


class MainView(Horizontal):
    """Conversation left; caption and memories right."""

    def __init__(self) -> None:
        super().__init__(id="desk")
        self.talk = VerticalScroll(id="conversation", can_focus=False)
        self.page = Vertical(classes="page")
        """The entries of this conversation."""
        self.private = False
        self.numbers = CitationNumbers()
        self.caption, self.memories = CaptionPanel(id="caption"), MemoriesPanel(id="memories")

    def compose(self) -> ComposeResult:
        """Wide: side by side; narrow: one above the other (tui.tcss)."""
        with self.talk:
            yield self.page
        with Vertical(id="side"):
            yield self.caption
            yield self.memories

    def on_mount(self) -> None:
        """Set the title of the conversation's frame."""
        self.talk.border_title = "Conversation"

    async def add(self, entry: Widget) -> None:
        """Put something at the end of the conversation and keep the end in view."""
        await self.page.mount(entry)
        self.talk.anchor()

    async def note(self, text: str, kind: Kind = "info") -> Note:
        """One line from the app."""
        entry = Note(text, kind)
        await self.add(entry)
        return entry

    async def greet(self, words: Widget) -> None:
        """First words of the app, read from their beginning: it is their end that may be out of view."""
        await self.page.mount(words)

    async def settle(self, entry: object, text: str, kind: Kind = "done") -> None:
        """Say how it ended: in the note that announced it, or in a new one when there is none in this conversation."""
        if isinstance(entry, Note) and entry.parent is self.page:
            entry.change(text, kind)
        else:
            await self.note(text, kind)

    async def recalled(self, recalls: Sequence[Recall], nothing: str) -> None:
        """Show what was recalled; each memory keeps its number until the conversation ends."""
        await self.memories.show(recalls, nothing, self.numbers.recall([recall.episode for recall in recalls]))

    async def drop(self, ids: Sequence[str]) -> None:
        """Show and cite none of these any more; the numbers of others stay."""
        for id in ids:
            await self.query(f".id-{id}").remove()
        self.numbers.drop(ids)

    async def turn(self) -> Widget:
        """Turn to an empty page. The one before is out of sight, and stays until nothing more is told of it."""
        self.numbers = CitationNumbers()
        before, self.page = self.page, Vertical(classes="page")
        before.display = False
        await self.talk.mount(self.page)
        return before

    async def begun(self, before: object, private: bool) -> None:
        """Nothing more is told of the page before: away with it, and with what stands in the panels."""
        if isinstance(before, Widget):
            await before.remove()
        await self.caption.writing.clear()
        self.caption.say("", NO_CAPTION)
        await self.memories.show((), NOTHING_YET)
        if private != self.private:
            self.private = private
            await self.note(PRIVATE if private else PRIVATE_OVER, "done")

    async def resume(self, talk: StoredConversation, recalls: Sequence[Recall]) -> None:
        """An earlier conversation, as it stood."""
        for part in talk.parts:
            await self.page.mount_all(entries(part))
        caption, _ = talk.parts[-1].state()
        self.caption.say("", "" if caption else NO_CAPTION)
        await self.caption.writing.finish(caption or "")
        await self.recalled(recalls, NOTHING_YET)
        await self.note(RESUMED, "done")

    async def told(self, message: Told, model: str) -> None:
        """An event of the conversation, for the entry that asked for it."""
        await _EventsOfEntry(self, message.entry, model).dispatch(message.event)

    async def stopped(self, message: Stopped) -> None:
        """Esc ended it; the partial text stays."""
        caption = self.caption
        writing = message.entry if isinstance(message.entry, Writing) else caption.writing
        if writing is caption.writing:
            if not caption.busy:  # stopped before it began: what stands there is about the photo before
                await writing.clear()
            caption.say("stopped")
        await writing.finish(writing.text, STOPPED)


async def _nothing() -> None:
    """For events that the entry does not show."""


class _EventsOfEntry(EventHandler[Awaitable[None]]):
    """Shows the events that belong to an entry of the conversation: an answer (`Writing`), a photo, a note."""

    def __init__(self, view: MainView, entry: object, model: str) -> None:
        super().__init__(_nothing)
        self._view, self._entry, self._model = view, entry, model

    async def recalled(self, event: Recalled) -> None:
        """The memories panel, and the caption panel where a caption follows."""
        if isinstance(self._entry, Writing):
            await self._view.recalled(event.recalls, NO_WORDS)
        else:
            await self._view.recalled(event.recalls, NO_MATCH_PRIVATE if self._view.private else NO_MATCH)
            await self._view.caption.begin()

    async def reminded(self, event: Reminded) -> None:
        """A note for each reminder."""
        for one in event.reminders:
            await self._view.note(REMINDED.format(task=one.task), "reminder")

    async def caption_text(self, event: CaptionText) -> None:
        """The caption goes on."""
        await self._view.caption.writing.write(event.text)

    async def captioned(self, event: Captioned) -> None:
        """The caption, whole, with who wrote it and which memories it cites."""
        caption, stop = self._view.caption, event.chunk.stop
        chips = "".join(f" [{n}]" for n in self._view.numbers.cited(event.caption.text))
        caption.say("stopped" if stop == "cancelled" else f"by {self._model}{chips}")
        await caption.writing.finish(event.caption.text, MARKS.get(stop or "", ""))

    async def answer_text(self, event: AnswerText) -> None:
        """The answer goes on."""
        if isinstance(self._entry, Writing):
            await self._entry.write(event.text)

    async def answered(self, event: Answered) -> None:
        """The answer, whole, and under it the memories that it cites."""
        view, entry = self._view, self._entry
        if not isinstance(entry, Writing):
            return
        await entry.finish(event.text, MARKS.get(event.chunk.stop or "", ""))
        if view.numbers.recalled and event.text and entry.parent is view.page:
            memories = [(n, view.numbers.memory(n)) for n in view.numbers.cited(event.text)]
            if memories or event.chunk.stop != "cancelled":  # half a sentence is not judged
                await view.page.mount(CitationBar(memories), after=entry)
            view.talk.anchor()

    async def shortened(self, event: Shortened) -> None:
        """What the model does not know any more."""
        await self._view.note(str(event), "warning")

    async def failed(self, event: Failed) -> None:
        """One line where the result would have been; what was written so far stays, marked as stopped."""
        view, entry, caption = self._view, self._entry, self._view.caption
        if isinstance(entry, Writing):
            await (entry.finish(entry.text, STOPPED) if entry.text else entry.remove())
        elif caption.busy and not isinstance(entry, Note):
            caption.say("", "" if caption.writing.text else "There is no caption.")
            await caption.writing.finish(caption.writing.text, STOPPED if caption.writing.text else "")
        await view.settle(entry, event.message, "warning")
