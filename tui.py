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
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer

from assistant import catalogue, offline
from assistant.backend import Backend
from assistant.events import Answered, Captioned
from assistant.photo import load_photo
from demo import album
from memory.episode import Episode, Photo
from memory.errors import KeepsakeError, PhotoError
from memory.home import home
from memory.store import Memory
from screens import messages, words
from screens.conversation import Composer, Note, PhotoEntry, Said, Writing
from screens.desk import Desk
from screens.dialogs import CaptionDialog, EpisodeScreen, HelpScreen, Keep, MemoriesScreen, RememberDialog
from screens.models import Models
from screens.panels import MemoryCard, StatusLine, day
from screens.paths import to_path
from screens.picker import PhotoPicker, pictures_folder
from screens.session import Session
from screens.themes import DARK, LIGHT


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
        Binding("f5", "private", "Private", show=False),
        Binding("f6", "models", "Models"),
        Binding("ctrl+n", "new", "New", show=False),
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
        self.session = Session(self.post_message, open_memory, open_backend)
        self.reader = ThreadPoolExecutor(1, "photos")
        self.demo = demo
        self.photo: Photo | None = None
        """The last photo that could be read: what /remember is about."""
        self.private = False
        """Whether the conversation is, or is about to be: nothing of it is kept."""
        self.folder: Path | None = None
        self.desk, self.composer, self.status = Desk(), Composer(), StatusLine(id="status")
        self.models = Models(self, self.desk.note, self.switch)

    def compose(self) -> ComposeResult:
        """Three parts always in view, the input, the status."""
        yield self.desk
        with Vertical(id="input"):
            yield self.composer
        yield self.status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Open everything, in the session's thread."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self.composer.focus()
        self.session.start()

    async def on_unmount(self) -> None:
        """However the app ends: nothing goes on behind it."""
        self.models.stop()
        self.reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.session.close)

    # -- what the user does -------------------------------------------------------------------------------------

    async def on_composer_photos(self, message: Composer.Photos) -> None:
        """Typed, pasted or dropped: read at once, because some programs remove the file soon after."""
        await self.attach(*message.paths)

    async def on_composer_command(self, message: Composer.Command) -> None:
        """What begins with a slash."""
        name, rest = message.name, message.rest
        match name:
            case "/photo" if rest:
                await self.attach(to_path(rest))
            case "/photo":
                self.action_pick()
            case "/remember" if rest:
                await self.remember(Keep(rest, None, None))
            case "/forget" if rest:
                self.session.find(await self.desk.note("Looking it up …"), rest)
            case "/memories" | "/forget":
                self.session.browse(None, rest)
            case "/demo":
                await self._open_demo()
            case "/remember" | "/caption" | "/models" | "/private" | "/new" | "/help" | "/quit":
                await self.run_action(name[1:])
            case _:
                await self.desk.note(f"There is no command {name}: /help lists them.", "warning")

    async def on_composer_asked(self, message: Composer.Asked) -> None:
        """A question; it waits its turn."""
        await self.desk.add(Said(message.question))
        reply = Writing(waiting="…")
        await self.desk.add(reply)
        self.session.ask(reply, message.question)

    async def _open_demo(self) -> None:
        self.session.demo(await self.desk.note("Opening the demo album …"))

    async def attach(self, *paths: Path) -> None:
        """Read photos in their own thread, and look at each when its turn comes."""
        for path in paths:
            entry = PhotoEntry(path)
            await self.desk.add(entry)
            reading = self.reader.submit(load_photo, path)
            reading.add_done_callback(partial(self.call_later, self._photo_read, entry))
            self.session.look(entry, reading)

    async def _photo_read(self, entry: PhotoEntry, reading: Future[Photo]) -> None:
        try:
            photo = reading.result()
        except PhotoError as error:
            await entry.remove()
            await self.desk.note(str(error), "warning")
            return
        entry.show(photo)
        self.folder = entry.path.parent
        if entry.parent is self.desk.page:
            self.photo = photo
        self.desk.talk.anchor()

    async def remember(self, keep: Keep | None) -> None:
        """Keep the current photo."""
        if keep and await self._can_remember():
            self.session.remember(await self.desk.note("Remembering …"), keep.words, keep.when, keep.place)

    async def _can_remember(self) -> bool:
        if self.photo and not self.private:
            return True
        await self.desk.note(words.PRIVATE_NO if self.private else words.NO_PHOTO, "warning")
        return False

    def action_help(self) -> None:
        """F1."""
        self.push_screen(HelpScreen(words.HELP))

    def action_pick(self) -> None:
        """F2."""

        async def chosen(path: Path | None) -> None:
            if path:
                await self.attach(path)

        self.push_screen(PhotoPicker(self.folder or pictures_folder(), self.reader), chosen)

    async def action_remember(self) -> None:
        """F3."""
        if await self._can_remember() and self.photo:
            self.push_screen(RememberDialog(self.photo), self.remember)

    async def action_caption(self) -> None:
        """F4."""
        if self.desk.caption.busy or not self.desk.caption.writing.text:
            await self.desk.note("There is no finished caption to correct yet.", "warning")
        else:
            self.push_screen(CaptionDialog(self.desk.caption.writing.text), self._revised)

    async def _revised(self, caption: str | None) -> None:
        if caption:
            await self.desk.caption.writing.finish(caption)
            self.desk.caption.say("your words")
            self.session.revise(None, caption)

    async def action_private(self) -> None:
        """F5: begin a private conversation, or end it."""
        self.private = not self.private
        await self._begin()

    async def action_new(self) -> None:
        """ctrl+n."""
        await self._begin()
        await self.desk.note(words.PRIVATE if self.private else words.NEW, "done")

    async def _begin(self) -> None:
        self.photo = None
        self.session.begin(await self.desk.turn(), self.private)

    def action_models(self) -> None:
        """F6."""
        self.models.choose(self.status.model)

    async def switch(self, model: str) -> None:
        """Let another model answer, in a new conversation."""
        self.photo = None
        self.session.switch(await self.desk.turn(), partial(catalogue.open_backend, model))

    async def action_quit(self) -> None:
        """Stop writing, finish what is to be remembered, go; the screen stays until all of it has been told."""
        self.models.stop()
        await asyncio.to_thread(self.session.close)
        self.exit()

    def action_page(self, direction: int) -> None:
        """PgUp and PgDn: a page of the conversation."""
        if direction < 0:
            self.desk.talk.scroll_page_up()
        else:
            self.desk.talk.scroll_page_down()

    def action_stop(self) -> None:
        """Esc."""
        self.session.cancel()

    def on_memory_card_chosen(self, message: MemoryCard.Chosen) -> None:
        """Enter or f on a memory."""
        self._open(message.episode, message.forget)

    def _open(self, episode: Episode, sure: bool) -> None:
        async def decided(forget: bool | None) -> None:
            if forget:
                self.session.forget(await self.desk.note("Forgetting …"), episode.id)

        self.push_screen(EpisodeScreen(episode, sure), decided)

    # -- what the session tells ---------------------------------------------------------------------------------

    async def on_told(self, message: messages.Told) -> None:
        """An event of the conversation."""
        await self.desk.told(message, self.status.model)
        if isinstance(message.event, Captioned | Answered):
            self.status.chunk = message.event.chunk

    async def on_stopped(self, message: messages.Stopped) -> None:
        """Esc ended it."""
        await self.desk.stopped(message)

    async def on_begun(self, message: messages.Begun) -> None:
        """A new conversation; what was said before it, and after it was asked for, stands already."""
        await self.desk.begun(message.entry, message.private)
        self.status.chunk, self.status.private = None, message.private

    async def on_remarked(self, message: messages.Remarked) -> None:
        """Something else that one should know."""
        await self.desk.note(message.text, message.kind)

    async def on_fetched(self, message: messages.Fetched) -> None:
        """A download goes on, or has ended."""
        self.status.fetching = await self.models.fetched(message)

    async def on_remembered(self, message: messages.Remembered) -> None:
        """Kept: say what, and under which id."""
        episode = message.episode
        await self.desk.settle(message.entry, f"Remembered, {day(episode)}: “{episode.words}”  (id {episode.id})")

    def on_found(self, message: messages.Found) -> None:
        """/forget ID: show what would go, and ask."""
        if isinstance(message.entry, Note):
            message.entry.remove()
        self._open(message.episode, sure=True)

    async def on_forgotten(self, message: messages.Forgotten) -> None:
        """The receipt; and nothing on screen shows it any more."""
        await self.desk.settle(message.entry, "\n".join(message.receipt))
        for screen in self.screen_stack:
            await screen.query(MemoryCard).filter(f".id-{message.id}").remove()
        if message.in_use and self.photo is None:
            await self.desk.memories.show((), words.NOTHING_YET)

    def on_listed(self, message: messages.Listed) -> None:
        """/memories."""
        self.push_screen(MemoriesScreen(message.episodes, message.total, message.words))

    async def on_demo_ready(self, message: messages.DemoReady) -> None:
        """The album is there: try a new photo, with a question ready to send."""
        await self.desk.settle(message.entry, words.DEMO)
        await self.attach(message.photo)
        self.composer.text = message.question

    async def on_model_ready(self, message: messages.ModelReady) -> None:
        """The model is loaded."""
        self.status.model = message.model
        if message.model == "nano":
            await self.desk.note(words.NANO)

    async def on_counted(self, message: messages.Counted) -> None:
        """The first count decides how to greet."""
        first, self.status.episodes = self.status.episodes is None, message.episodes
        if first:
            await self.desk.greet(words.HELLO if message.episodes else words.WELCOME)
        if first and self.demo:
            await self._open_demo()

    def on_state(self, message: messages.State) -> None:
        """What the session is doing."""
        self.status.state, self.status.uses = message.text, offline.uses()

    def on_crashed(self, message: messages.Crashed) -> None:
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
    offline.watch()
    memory_file: Path = wanted.memory or home() / "memory.db"
    app = KeepsakeApp(lambda: Memory(memory_file), lambda: catalogue.open_backend(wanted.model), demo=wanted.demo)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
