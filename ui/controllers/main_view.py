"""The three parts of the screen that are always in view, and where in them the conversation's events are shown.

An answer goes below its question, a caption into its panel, a failure to where the result would have been.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widget import Widget

from assistant.conversation.events import (
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
from assistant.dialogue.in_view import InView
from memory.db.stored_conversation import StoredConversation
from memory.episode import Photo, Recall
from ui.dialogs.kept_conversations import entries
from ui.runtime.citation_numbers import CitationNumbers
from ui.runtime.messages import Cancelled, ConversationEvent
from ui.strings import (
    CAPTION_FAILED,
    CAPTION_YOURS,
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
    SEEN_TOO,
    STOPPED,
    seen_only,
)
from ui.widgets.chat_log import Kind, Note, PhotoEntry
from ui.widgets.citation_bar import CitationBar
from ui.widgets.model_text import ModelText
from ui.widgets.panels import CaptionPanel, MemoriesPanel, MemoryCard
from ui.widgets.photo_view import PhotoView


class MainView(Horizontal):
    """Conversation on the left; caption and memories on the right, or below on a narrow screen."""

    def __init__(self) -> None:
        super().__init__(id="main-view")
        self.conversation = VerticalScroll(id="conversation", can_focus=False)
        self.page = Vertical(classes="page")
        """The entries of this conversation."""
        self.photo = PhotoView(classes="pane")
        self.photo.display = False
        """The photo in view: beside the conversation, so that both can be read at once."""
        self.private = False
        """Whether the conversation on screen is private."""
        self.in_view = InView()
        """What the photo in view leaves open."""
        self.numbers = CitationNumbers()
        self.add_class("-fresh")
        self.caption, self.memories = CaptionPanel(id="caption"), MemoriesPanel(id="memories")

    def compose(self) -> ComposeResult:
        """Side by side on a wide screen, one above the other on a narrow one (tui.tcss)."""
        with self.conversation:
            yield self.photo
            yield self.page
        with Vertical(id="side"):
            yield self.caption
            yield self.memories

    def on_mount(self) -> None:
        """Set the title of the conversation's frame."""
        self.conversation.border_title = "Conversation"

    async def add(self, entry: Widget) -> None:
        """Add an entry at the end of the conversation and keep the end in view."""
        if self.page.is_attached:  # the last events come while the app closes
            await self.page.mount(entry)
            self.conversation.anchor()

    def show_photo(self, photo: Photo | None, entry: Widget | None = None) -> None:
        """Show this photo beside the conversation, or none; `entry`, its place there, then needs only its name."""
        for other in self.page.query(PhotoEntry):
            other.set_class(other is entry, "-current")
        self.set_class(photo is None and not self.memories.query(MemoryCard), "-fresh")
        self.photo.photo = photo
        self.photo.display = photo is not None

    async def note(self, text: str, kind: Kind = "info") -> Note:
        """Add a note from the app itself; returns the note."""
        entry = Note(text, kind)
        await self.add(entry)
        return entry

    async def greet(self, words: Widget) -> None:
        """Add the greeting. Its beginning stays in view; a long greeting may end below the screen."""
        await self.page.mount(words)

    async def settle(self, entry: object, text: str, kind: Kind = "done") -> None:
        """Say how a job ended: in the note that announced the job, or in a new note if that one is not on this page."""
        if isinstance(entry, Note) and entry.parent is self.page:
            entry.change(text, kind)
        else:
            await self.note(text, kind)

    async def recalled(self, recalls: Sequence[Recall], nothing: str) -> None:
        """Show the recalled memories with their numbers; `nothing` is the sentence where there are none."""
        self.set_class(not recalls and self.photo.photo is None, "-fresh")
        await self.memories.show(recalls, nothing, self.numbers.recall(recalls))

    async def deny(self, photo: Photo) -> None:
        """Remove the memories of a photo from the recalled ones: the user said that they are not the same."""
        for card in self.memories.query(MemoryCard):
            if card.episode.photo == photo:
                await card.remove()

    async def show_answered(self, recalls: Sequence[Recall]) -> None:
        """Show what is recalled after an answer of the user."""
        self.caption.sure_of(recalls)
        await self.recalled(recalls, NO_MATCH_PRIVATE if self.private else NO_MATCH)

    async def drop(self, ids: Sequence[str]) -> None:
        """Remove these memories from the screen and from citations; the numbers of others stay."""
        for id in ids:
            await self.query(f".id-{id}").remove()
        self.numbers.drop(ids)

    async def new_page(self) -> Widget:
        """Turn to an empty page; returns the page before, hidden until its last messages have come."""
        self.numbers = CitationNumbers()
        before, self.page = self.page, Vertical(classes="page")
        before.display = False
        self.show_photo(None)
        await self.conversation.mount(self.page)
        return before

    async def conversation_started(self, before: object, private: bool) -> None:
        """Remove the page before, whose last message has come, and clear the panels."""
        if isinstance(before, Widget):
            await before.remove()
        await self.caption.model_text.clear()
        self.caption.say("", NO_CAPTION)
        self.caption.sure_of(())
        await self.memories.show((), NOTHING_YET)
        self.add_class("-fresh")
        if private != self.private:
            self.private = private
            await self.note(PRIVATE if private else PRIVATE_OVER, "done")

    async def resume(self, conversation: StoredConversation, recalls: Sequence[Recall]) -> None:
        """Show an earlier conversation as it ended."""
        for part in conversation.parts:
            await self.page.mount_all(entries(part))
        if photo := conversation.parts[-1].photo:
            self.show_photo(photo, self.page.query(PhotoEntry).last())
        caption, _ = conversation.parts[-1].state()
        own = conversation.parts[-1].caption_by_user
        self.caption.say(CAPTION_YOURS if own else "", "" if caption else NO_CAPTION)
        await self.caption.model_text.finish(caption or "")
        await self.recalled(recalls, NOTHING_YET)
        await self.note(RESUMED, "done")

    async def handle_event(self, message: ConversationEvent, model: str) -> None:
        """Show an event of the conversation; `model` is the name of the model that answers."""
        await _EventsOfEntry(self, message.entry, model).dispatch(message.event)

    async def cancelled(self, message: Cancelled) -> None:
        """Esc stopped the job: the text so far stays, marked as stopped."""
        caption = self.caption
        text = message.entry if isinstance(message.entry, ModelText) else caption.model_text
        if text is caption.model_text:
            if not caption.busy:  # stopped before the first word: the text on screen is about the photo before
                await text.clear()
            caption.say("stopped")
        await text.finish(text.text, STOPPED)


async def _nothing() -> None:
    """Show nothing: the result for events that the main view does not show."""


class _EventsOfEntry(EventHandler[Awaitable[None]]):
    """Shows the events that belong to an entry of the conversation: an answer (`ModelText`), a photo, a note."""

    def __init__(self, view: MainView, entry: object, model: str) -> None:
        super().__init__(_nothing)
        self._view, self._entry, self._model = view, entry, model

    async def recalled(self, event: Recalled) -> None:
        """Show the memories; after a photo, begin the caption."""
        if isinstance(self._entry, ModelText):
            await self._view.recalled(event.recalls, NO_WORDS)
        else:
            await self._view.recalled(event.recalls, NO_MATCH_PRIVATE if self._view.private else NO_MATCH)
            self._view.caption.sure_of(event.recalls)
            await self._view.caption.begin()

    async def reminded(self, event: Reminded) -> None:
        """Add a note for each reminder."""
        for one in event.reminders:
            await self._view.note(REMINDED.format(task=one.task), "reminder")

    async def caption_text(self, event: CaptionText) -> None:
        """Add a piece to the caption."""
        await self._view.caption.model_text.write(event.text)

    async def captioned(self, event: Captioned) -> None:
        """Show the whole caption, the model's name, and the numbers of the memories it cites."""
        caption, stop = self._view.caption, event.chunk.stop
        numbers = "".join(f" [{n}]" for n in self._view.numbers.cited(event.grounding))
        seen = SEEN_TOO if event.grounding.seen else ""
        caption.say("stopped" if stop == "cancelled" else f"by {self._model}{numbers}{seen}")
        await caption.model_text.finish(event.caption.text, MARKS.get(stop or "", ""))

    async def answer_text(self, event: AnswerText) -> None:
        """Add a piece to the answer."""
        if isinstance(self._entry, ModelText):
            await self._entry.write(event.text)

    async def answered(self, event: Answered) -> None:
        """Show the whole answer, and below it the memories it cites."""
        view, entry = self._view, self._entry
        if not isinstance(entry, ModelText):
            return
        await entry.finish(event.text, MARKS.get(event.chunk.stop or "", ""))
        if event.text and entry.parent is view.page:
            if event.grounding.seen:
                await view.page.mount(Note(seen_only(event.grounding.seen)), after=entry)
            if memories := [(n, view.numbers.memory(n)) for n in view.numbers.cited(event.grounding)]:
                await view.page.mount(CitationBar(memories), after=entry)
            view.conversation.anchor()

    async def shortened(self, event: Shortened) -> None:
        """Warn of what the model does not know any more."""
        await self._view.note(str(event), "warning")

    async def failed(self, event: Failed) -> None:
        """One line where the result would have been; what was written so far stays, marked as stopped."""
        view, entry, caption = self._view, self._entry, self._view.caption
        if isinstance(entry, ModelText):
            await (entry.finish(entry.text, STOPPED) if entry.text else entry.remove())
        elif caption.busy and not isinstance(entry, Note):
            caption.say("", "" if caption.model_text.text else CAPTION_FAILED)
            await caption.model_text.finish(caption.model_text.text, STOPPED if caption.model_text.text else "")
        await view.settle(entry, event.message, "warning")
