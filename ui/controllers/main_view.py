"""The three parts always in view, and where in them goes what the session tells: an answer to its question, a caption
to its panel, a failure to where the result would have been. It asks nobody and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from assistant.events import Answered, AnswerText, Captioned, CaptionText, Failed, Recalled, Reminded, Shortened
from memory.db.conversation_rows import StoredConversation
from memory.episode import Recall
from ui.dialogs.kept_conversations import entries
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
from ui.widgets.citation_bar import CitationBar, CitationNumbers
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
        """The title."""
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
        entry, caption = message.entry, self.caption
        match message.event:
            case Recalled(recalls) if isinstance(entry, Writing):
                await self.recalled(recalls, NO_WORDS)
            case Recalled(recalls):
                await self.recalled(recalls, NO_MATCH_PRIVATE if self.private else NO_MATCH)
                await caption.begin()
            case Reminded(reminders):
                for one in reminders:
                    await self.note(REMINDED.format(task=one.task), "reminder")
            case CaptionText(text):
                await caption.writing.write(text)
            case Captioned(written, chunk):
                chips = "".join(f" [{n}]" for n in self.numbers.cited(written.text))
                caption.say("stopped" if chunk.stop == "cancelled" else f"by {model}{chips}")
                await caption.writing.finish(written.text, MARKS.get(chunk.stop or "", ""))
            case AnswerText(text) if isinstance(entry, Writing):
                await entry.write(text)
            case Answered(text, chunk) if isinstance(entry, Writing):
                await entry.finish(text, MARKS.get(chunk.stop or "", ""))
                if self.numbers.recalled and text and entry.parent is self.page:
                    memories = [(n, self.numbers.memory(n)) for n in self.numbers.cited(text)]
                    if memories or chunk.stop != "cancelled":  # of half a sentence nothing is said
                        await self.page.mount(CitationBar(memories), after=entry)
                    self.talk.anchor()
            case Shortened():
                await self.note(str(message.event), "warning")
            case Failed(problem):
                await self._failed(entry, problem)

    async def _failed(self, entry: object, problem: str) -> None:
        """One line, where the result would have been; what was written so far stays, marked."""
        caption = self.caption
        if isinstance(entry, Writing):
            await (entry.finish(entry.text, STOPPED) if entry.text else entry.remove())
        elif caption.busy and not isinstance(entry, Note):
            caption.say("", "" if caption.writing.text else "There is no caption.")
            await caption.writing.finish(caption.writing.text, STOPPED if caption.writing.text else "")
        await self.settle(entry, problem, "warning")

    async def stopped(self, message: Stopped) -> None:
        """Esc ended it; the partial text stays."""
        caption = self.caption
        writing = message.entry if isinstance(message.entry, Writing) else caption.writing
        if writing is caption.writing:
            if not caption.busy:  # stopped before it began: what stands there is about the photo before
                await writing.clear()
            caption.say("stopped")
        await writing.finish(writing.text, STOPPED)
