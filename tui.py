"""Keepsake in the terminal: `python tui.py [--model NAME] [--memory FILE] [--demo]`.

Turns events into widgets and keys into jobs. The memory and the model live in one thread (`screens/session.py`);
nothing here queries, prompts or generates.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from assistant.backend import Backend
from assistant.catalogue import open_backend
from assistant.events import Answered, AnswerText, Captioned, CaptionText, Failed, Recalled, Shortened
from assistant.photo import load_photo
from demo import album
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError, PhotoError
from memory.home import home
from memory.store import Memory
from screens import session
from screens.conversation import Composer, Kind, Note, PhotoEntry, Said, Writing
from screens.dialogs import CaptionDialog, EpisodeScreen, HelpScreen, Keep, MemoriesScreen, RememberDialog
from screens.panels import NOTHING_YET, CaptionPanel, MemoriesPanel, MemoryCard, StatusLine, day
from screens.paths import photo_paths, split_mentions, to_path
from screens.picker import PhotoPicker, pictures_folder
from screens.themes import DARK, LIGHT
from screens.words import HELLO, HELP, MARKS, NANO, NO_PHOTO, NO_WORDS, STOPPED, WELCOME


class KeepsakeApp(App[None]):
    """The chat: conversation, caption and recalled memories, always in view."""

    TITLE = "Keepsake"
    CSS_PATH = "tui.tcss"
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (90, "-wide")]
    VERTICAL_BREAKPOINTS: ClassVar = [(0, "-short"), (24, "-tall")]
    BINDINGS: ClassVar = [
        Binding("f1", "help", "Help"),
        Binding("f2,ctrl+o", "pick", "Photo"),
        Binding("f3", "remember", "Remember"),
        Binding("f4", "caption", "Caption"),
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(
        self,
        open_memory: Callable[[], Memory],
        open_backend: Callable[[], Backend],
        *,
        demo: bool = False,
    ) -> None:
        super().__init__()
        self.session = session.Session(self.post_message, open_memory, open_backend)
        self.reader = ThreadPoolExecutor(1, "photos")
        self.demo = demo
        self.photo: Photo | None = None
        """The last photo that could be read: what /remember is about."""
        self.folder: Path | None = None
        self.talk = VerticalScroll(id="conversation", can_focus=False)
        self.entries = Vertical(id="entries")
        self.caption, self.memories = CaptionPanel(id="caption"), MemoriesPanel(id="memories")
        self.composer, self.status = Composer(), StatusLine(id="status")

    def compose(self) -> ComposeResult:
        """Three parts always in view, the input, the status."""
        with Horizontal(id="desk"):
            with self.talk:
                yield self.entries
            with Vertical(id="side"):
                yield self.caption
                yield self.memories
        with Vertical(id="input"):
            yield self.composer
        yield self.status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Open everything, in the session's thread."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self.talk.border_title = "Conversation"
        self.talk.anchor()
        self.composer.focus()
        self.session.start()

    async def on_unmount(self) -> None:
        """However the app ends: nothing goes on behind it."""
        self.reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.session.close)

    # -- what the user does -------------------------------------------------------------------------------------

    async def add(self, entry: Widget) -> None:
        """Put something at the end of the conversation and keep the end in view."""
        await self.entries.mount(entry)
        self.talk.anchor()

    async def note(self, text: str, kind: Kind = "info") -> Note:
        """One line from the app."""
        entry = Note(text, kind)
        await self.add(entry)
        return entry

    async def on_composer_sent(self, message: Composer.Sent) -> None:
        """A path, a command, or a question with or without @photo."""
        text = message.text
        if paths := photo_paths(text):
            await self.attach(*paths)
        elif text.startswith("/"):
            name, _, rest = text.partition(" ")
            await self.command(name, rest.strip())
        else:
            paths, question = split_mentions(text)
            await self.attach(*paths)
            if question:
                await self.ask(question)

    async def on_composer_dropped(self, message: Composer.Dropped) -> None:
        """Pasted or dropped: read at once, because some programs remove the file soon after."""
        await self.attach(*message.paths)

    async def command(self, name: str, rest: str) -> None:
        """What begins with a slash."""
        match name:
            case "/photo" if rest:
                await self.attach(to_path(rest))
            case "/photo":
                self.action_pick()
            case "/remember" if rest:
                await self.remember(Keep(rest, None, None))
            case "/remember":
                await self.action_remember()
            case "/forget" if rest:
                self.session.find(await self.note("Looking it up …"), rest)
            case "/memories" | "/forget":
                self.session.browse(None, rest)
            case "/caption":
                await self.action_caption()
            case "/demo":
                self.session.demo(await self.note("Opening the demo album …"))
            case "/help":
                self.action_help()
            case "/quit":
                await self.action_quit()
            case _:
                await self.note(f"There is no command {name}: /help lists them.", "warning")

    async def attach(self, *paths: Path) -> None:
        """Read photos in their own thread, and look at each when its turn comes."""
        for path in paths:
            entry = PhotoEntry(path)
            await self.add(entry)
            reading = self.reader.submit(load_photo, path)
            reading.add_done_callback(partial(self.call_later, self._photo_read, entry))
            self.session.look(entry, reading)

    async def _photo_read(self, entry: PhotoEntry, reading: Future[Photo]) -> None:
        try:
            photo = reading.result()
        except PhotoError as error:
            await entry.remove()
            await self.note(str(error), "warning")
            return
        entry.show(photo)
        self.photo, self.folder = photo, entry.path.parent
        self.talk.anchor()

    async def ask(self, question: str) -> None:
        """Put a question; it waits its turn."""
        await self.add(Said(question))
        reply = Writing(waiting="…")
        await self.add(reply)
        self.session.ask(reply, question)

    async def remember(self, keep: Keep | None) -> None:
        """Keep the current photo."""
        if keep is None:
            return
        if self.photo is None:
            await self.note(NO_PHOTO, "warning")
        else:
            self.session.remember(await self.note("Remembering …"), keep.words, keep.when, keep.place)

    def action_help(self) -> None:
        """F1."""
        self.push_screen(HelpScreen(HELP))

    def action_pick(self) -> None:
        """F2."""

        async def chosen(path: Path | None) -> None:
            if path:
                await self.attach(path)

        self.push_screen(PhotoPicker(self.folder or pictures_folder(), self.reader), chosen)

    async def action_remember(self) -> None:
        """F3."""
        if self.photo is None:
            await self.note(NO_PHOTO, "warning")
        else:
            self.push_screen(RememberDialog(self.photo), self.remember)

    async def action_caption(self) -> None:
        """F4."""
        if self.caption.busy or not self.caption.writing.text:
            await self.note("There is no finished caption to correct yet.", "warning")
        else:
            self.push_screen(CaptionDialog(self.caption.writing.text), self._revised)

    async def _revised(self, caption: str | None) -> None:
        if caption:
            await self.caption.writing.finish(caption)
            self.caption.say("your words")
            self.session.revise(None, caption)

    async def action_quit(self) -> None:
        """Stop writing, finish what is to be remembered, go; the screen stays until all of it has been told."""
        await asyncio.to_thread(self.session.close)
        self.exit()

    def action_page(self, direction: int) -> None:
        """PgUp and PgDn: a page of the conversation."""
        if direction < 0:
            self.talk.scroll_page_up()
        else:
            self.talk.scroll_page_down()

    def action_stop(self) -> None:
        """Esc."""
        self.session.cancel()

    def on_memory_card_chosen(self, message: MemoryCard.Chosen) -> None:
        """Enter or f on a memory."""
        self._open(message.episode, message.forget)

    def _open(self, episode: Episode, sure: bool) -> None:
        async def decided(forget: bool | None) -> None:
            if forget:
                self.session.forget(await self.note("Forgetting …"), episode.id)

        self.push_screen(EpisodeScreen(episode, sure), decided)

    # -- what the session tells ---------------------------------------------------------------------------------

    async def on_told(self, message: session.Told) -> None:
        """An event of the conversation, for the entry that asked for it."""
        entry, caption = message.entry, self.caption
        match message.event:
            case Recalled(recalls) if isinstance(entry, Writing):
                await self.memories.show(recalls, NO_WORDS)
            case Recalled(recalls):
                await self.memories.show(recalls)
                await caption.begin()
            case CaptionText(text):
                await caption.writing.write(text)
            case Captioned(written, chunk):
                caption.say("stopped" if chunk.stop == "cancelled" else f"by {self.status.model}")
                await caption.writing.finish(written.text, MARKS.get(chunk.stop or "", ""))
                self.status.chunk = chunk
            case AnswerText(text) if isinstance(entry, Writing):
                await entry.write(text)
            case Answered(text, chunk) if isinstance(entry, Writing):
                await entry.finish(text, MARKS.get(chunk.stop or "", ""))
                self.status.chunk = chunk
            case Shortened():
                await self.note(str(message.event), "warning")
            case Failed(problem):
                await self._failed(entry, problem)

    async def _failed(self, entry: object, problem: str) -> None:
        """One line, where the result would have been; what was written so far stays, marked."""
        caption = self.caption
        if isinstance(entry, Note):
            entry.change(problem, "warning")
            return
        if isinstance(entry, Writing):
            await (entry.finish(entry.text, STOPPED) if entry.text else entry.remove())
        elif caption.busy:
            caption.say("", "" if caption.writing.text else "There is no caption.")
            await caption.writing.finish(caption.writing.text, STOPPED if caption.writing.text else "")
        await self.note(problem, "warning")

    async def on_stopped(self, message: session.Stopped) -> None:
        """Esc ended it; the partial text stays."""
        caption = self.caption
        writing = message.entry if isinstance(message.entry, Writing) else caption.writing
        if writing is caption.writing:
            if not caption.busy:  # stopped before it began: what stands there is about the photo before
                await writing.clear()
            caption.say("stopped")
        await writing.finish(writing.text, STOPPED)

    async def on_remembered(self, message: session.Remembered) -> None:
        """Kept: say what, and under which id."""
        episode = message.episode
        assert isinstance(message.entry, Note)
        message.entry.change(f"Remembered, {day(episode)}: “{episode.words}”  (id {episode.id})", "done")

    def on_found(self, message: session.Found) -> None:
        """/forget ID: show what would go, and ask."""
        if isinstance(message.entry, Note):
            message.entry.remove()
        self._open(message.episode, sure=True)

    async def on_forgotten(self, message: session.Forgotten) -> None:
        """The receipt; and nothing on screen shows it any more."""
        assert isinstance(message.entry, Note)
        message.entry.change("\n".join(message.receipt), "done")
        for screen in self.screen_stack:
            await screen.query(MemoryCard).filter(f".id-{message.id}").remove()
        if message.in_use and self.photo is None:
            await self.memories.show((), NOTHING_YET)

    def on_listed(self, message: session.Listed) -> None:
        """/memories."""
        self.push_screen(MemoriesScreen(message.episodes, message.total, message.words))

    async def on_demo_ready(self, message: session.DemoReady) -> None:
        """The album is there: try a new photo, with a question ready to send."""
        assert isinstance(message.entry, Note)
        message.entry.change("The demo album is in your memory. Here is a new photo; press Enter to ask.", "done")
        await self.attach(message.photo)
        self.composer.text = message.question

    async def on_model_ready(self, message: session.ModelReady) -> None:
        """The model is loaded."""
        self.status.model = message.model
        if message.model == "nano":
            await self.note(NANO)

    async def on_counted(self, message: session.Counted) -> None:
        """The first count decides how to greet."""
        if self.status.episodes is None:
            await self.add(Static(Content(HELLO if message.episodes else WELCOME), id="welcome"))
            if self.demo:
                await self.command("/demo", "")
        self.status.episodes = message.episodes

    def on_state(self, message: session.State) -> None:
        """What the session is doing."""
        self.status.state = message.text

    def on_crashed(self, message: session.Crashed) -> None:
        """A memory that cannot be used ends the app with one line; anything else is a bug and looks like one."""
        if not isinstance(message.error, KeepsakeError):
            raise message.error
        self.exit(return_code=1, message=str(message.error))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: Textual's own, and ours."""
        yield from super().get_system_commands(screen)
        yield SystemCommand("Light or dark", "Change to the other of Keepsake's two themes", self.action_light)
        yield SystemCommand("Memories", "List what is remembered", lambda: self.session.browse(None, ""))

    def action_light(self) -> None:
        """Light becomes dark and dark light."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name


def main(argv: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="tui.py", description="Keepsake: show it a photo, it remembers yours.")
    parser.add_argument("--model", metavar="NAME", help="which model to use (default: the best one installed)")
    parser.add_argument("--memory", metavar="FILE", type=Path, help="the memory file (default: in Keepsake's folder)")
    parser.add_argument("--demo", action="store_true", help="open the demo album")
    wanted = parser.parse_args(argv)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        try:
            return album.play_plain(wanted.model)
        except KeepsakeError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    memory_file: Path = wanted.memory or home() / "memory.db"
    app = KeepsakeApp(lambda: Memory(memory_file), lambda: open_backend(wanted.model), demo=wanted.demo)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
