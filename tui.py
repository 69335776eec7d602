"""Keepsake in the terminal: `python tui.py [--model NAME] [--memory FILE] [--demo]`.

Turns events into widgets and keys into jobs. The memory and the model live in one thread (`ui/runtime/app_thread.py`);
nothing here queries, prompts or generates.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer

from assistant import offline
from assistant.backend import Backend
from assistant.backends.open_backend import open_backend
from assistant.models import local
from demo import album
from memory.db.conversation_rows import StoredConversation
from memory.db.keys import Ask, ask_here
from memory.episode import Photo, Recall
from memory.errors import KeepsakeError
from memory.paths import memory_file
from memory.store import Memory
from ui import strings
from ui.controllers.history import History
from ui.controllers.main_view import MainView
from ui.controllers.memories import BrowsingMemories
from ui.controllers.models import Models
from ui.controllers.photos import ShowingPhotos
from ui.controllers.remember import Remembering
from ui.controllers.thread_messages import ThreadMessages
from ui.dialogs.episode_dialogs import HelpScreen
from ui.input_parser import to_path
from ui.plain import plain_app
from ui.runtime.app_thread import AppThread
from ui.runtime.prefetch import Prefetch
from ui.themes import DARK, LIGHT
from ui.widgets import control_char_filter
from ui.widgets.chat_log import Composer, Said, Writing
from ui.widgets.panels import MemoryCard, StatusLine
from ui.widgets.tour import Tour


class KeepsakeApp(ThreadMessages, App[None]):
    """The chat: conversation, caption and recalled memories, always in view."""

    TITLE = "Keepsake"
    CSS_PATH = "tui.tcss"
    get_line_filters = control_char_filter.get_line_filters
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]  # noqa: RUF012 - Textual declares no ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (24, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar = [
        Binding("f1", "help", "Help"),
        Binding("f2,ctrl+o", "pick", "Photo"),
        Binding("f3", "remember", "Remember"),
        Binding("f4", "caption", "Caption"),
        Binding("f5", "private", "Private", show=False),
        Binding("f6", "models", "Models"),
        Binding("f7", "history", "History", show=False),
        Binding("ctrl+n", "new", "New", show=False),
        Binding("escape", "stop", "Stop"),
        Binding("ctrl+q", "quit", "Quit", priority=True),
    ]

    def __init__(
        self, open_memory: Callable[[], Memory], open_backend: Callable[[], Backend], *, demo: bool = False
    ) -> None:
        super().__init__()
        self.session = AppThread(self.post_message, open_memory, open_backend)
        self.reader = ThreadPoolExecutor(1, "photos")
        self.demo = demo
        self.photo: Photo | None = None
        """The last photo that could be read: what /remember is about."""
        self.private = False
        """Whether the conversation is, or is about to be: nothing of it is kept."""
        self.desk, self.status, self.tour = MainView(), StatusLine(id="status"), Tour()
        self.composer = Composer(lambda: self.showing.folders())
        self.models = Models(self, self.desk.note, self.switch)
        self.ahead = Prefetch(self, self.session, self.reader)
        self.showing = ShowingPhotos(self, self.session, self.desk, self.reader, self._seen)
        self.browsing = BrowsingMemories(self, self.session, self.desk, self.reader, self.tour.did)
        self.keeping = Remembering(self, self.session, self.desk, self.composer.offer_again, self.tour.did)
        self.past = History(self, self.session, self.desk, self._begin, self._resumed)

    def compose(self) -> ComposeResult:
        """Three parts always in view, the input, the status."""
        yield self.desk
        yield self.tour
        with Vertical(id="input"):
            yield self.composer.completion
            yield self.composer
        yield self.status
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Open everything, in the session's thread."""
        for theme in (LIGHT, DARK):
            self.register_theme(theme)
        self.theme = DARK.name
        self.composer.focus()
        self.session.start()

    async def on_unmount(self) -> None:
        """However the app ends: nothing goes on behind it."""
        self.models.stop()
        self.reader.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.session.close)

    def on_text_area_changed(self) -> None:
        """A key in the input, or in a dialog's."""
        self.ahead.typed(self.composer.text)

    def on_completion_taken(self) -> None:
        """A click in the list above the input."""
        self.composer.take()

    async def on_composer_photos(self, message: Composer.Photos) -> None:
        """Typed, pasted or dropped: read at once, because some programs remove the file soon after."""
        await self.showing.attach(*message.paths)

    async def on_composer_command(self, message: Composer.Command) -> None:
        """What begins with a slash."""
        name, rest = message.name, message.rest
        match name:
            case "/photo" if rest:
                await self.showing.attach(to_path(rest))
            case "/photo":
                self.action_pick()
            case "/remember" if rest:
                await self.keeping.remember(self.photo, self.private, rest)
            case "/memories" | "/forget" | "/undo":
                await self.browsing.command(name, rest)
            case "/history" | "/reminders" | "/export":
                await self.past.command(name, rest, self.private)
            case "/demo":
                await self.open_demo(rest == "off")
            case "/remember" | "/caption" | "/models" | "/private" | "/new" | "/tour" | "/help" | "/quit":
                await self.run_action(name[1:])
            case _ if name[1:].isdecimal():
                self.action_cite(int(name[1:]))
            case _:
                await self.desk.note(f"There is no command {name}: /help lists them.", "warning")

    async def on_composer_asked(self, message: Composer.Asked) -> None:
        """A question; it waits its turn. Or, where the app has asked who this is, the answer."""
        await self.desk.add(Said(message.question))
        if not await self.keeping.told(self.photo, message.question):
            await self.desk.add(reply := Writing(waiting="…"))
            self.session.ask(reply, message.question)

    def _seen(self, path: Path, photo: Photo) -> None:
        self.photo = photo
        self.tour.did("photo", path)

    async def action_tour(self) -> None:
        """/tour: begin it, or end it."""
        await (self.open_demo() if self.tour.turn() else self.desk.note(strings.TOUR_OVER, "done"))

    def action_help(self) -> None:
        """F1: show the keys and commands."""
        self.push_screen(HelpScreen(strings.HELP))

    def action_pick(self) -> None:
        """F2: choose a photo from the disk."""
        self.showing.pick()

    async def action_remember(self) -> None:
        """F3: open the dialog that remembers the photo in view."""
        await self.keeping.remember(self.photo, self.private)

    async def action_caption(self) -> None:
        """F4: let the user write the caption."""
        await self.keeping.correct()

    async def action_private(self) -> None:
        """F5: begin a private conversation, or end it."""
        self.private = not self.private
        if not self.private:
            self.composer.forget()
        await self._begin()

    async def action_new(self) -> None:
        """ctrl+n: begin a new conversation."""
        await self._begin()
        await self.desk.note(strings.PRIVATE if self.private else strings.NEW, "done")

    async def _begin(self) -> None:
        self.photo = None
        self.composer.focus()  # it may have been on a memory that goes now
        self.session.begin(await self.desk.turn(), self.private)

    async def _resumed(self, talk: StoredConversation, recalls: list[Recall]) -> None:
        self.photo = talk.parts[-1].photo
        self.composer.focus()
        await self.desk.resume(talk, recalls)

    def action_models(self) -> None:
        """F6: list the models."""
        self.models.choose(self.status.model)

    def action_history(self) -> None:
        """F7: list the kept conversations."""
        self.past.talks()

    async def switch(self, model: str) -> None:
        """Let another model answer, in a new conversation."""
        self.photo = None
        self.composer.focus()
        self.session.switch(await self.desk.turn(), partial(open_backend, model))

    async def action_quit(self) -> None:
        """Stop writing, finish what is to be remembered, go; the screen stays until all of it has been told."""
        self.models.stop()
        await asyncio.to_thread(self.session.close)
        self.exit()

    def action_page(self, direction: int) -> None:
        """PgUp and PgDn: a page of the conversation."""
        (self.desk.talk.scroll_page_up if direction < 0 else self.desk.talk.scroll_page_down)()

    def action_stop(self) -> None:
        """Esc: cancel what is being written."""
        self.session.cancel()

    async def on_memory_card_chosen(self, message: MemoryCard.Chosen) -> None:
        """A key on a memory."""
        if await self.keeping.recall(message.episode, message.what, self.photo, self.private):
            self.composer.focus()
        else:
            self.browsing.choose(message.episode, message.what)

    def action_cite(self, number: int) -> None:
        """/1: the memory with that number."""
        if episode := self.desk.numbers.memory(number):
            self.browsing.choose(episode, "open")

    def pop_screen(self) -> AwaitComplete:
        """Textual lets a dialog close twice, at a second Enter that came fast, and would end the app over it."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete.nothing()  # type: ignore[no-untyped-call]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: Textual's own, and ours."""
        yield from super().get_system_commands(screen)
        actions: list[Callable[[], object]] = [self.action_light, self.browsing.memories, self.past.talks]
        actions += [self.past.reminders, self.browsing.undo]
        yield from (SystemCommand(name, what, do) for (name, what), do in zip(strings.PALETTE, actions, strict=True))

    def action_light(self) -> None:
        """Light becomes dark and dark light."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name


def _memory(named: Path | None, ask: Ask) -> Memory:
    """Open the memory; of one that was named and is made only now, this is said."""
    new = named is not None and not named.exists()
    memory = Memory(memory_file(named), ask=ask)
    if new:
        memory.trouble = memory.trouble or strings.MEMORY_NEW.format(file=named)
    return memory


def main(argv: list[str] | None = None) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="tui.py", description="Keepsake: show it a photo, it remembers yours.")
    parser.add_argument("--model", metavar="NAME", help="which model to use (default: the best one installed)")
    parser.add_argument("--memory", metavar="FILE", type=Path, help="the memory file (default: in Keepsake's folder)")
    parser.add_argument("--demo", action="store_true", help="open the demo album")
    parser.add_argument("--plain", action="store_true", help="lines of text instead of a screen, for screen readers")
    wanted = parser.parse_args(argv)
    opened = partial(open_backend, wanted.model)
    try:
        if wanted.model and wanted.model != "fake":
            local.find(wanted.model)  # a name that is spelt wrong need not wait for the app to open
        if wanted.plain:
            return plain_app.run(lambda: _memory(wanted.memory, ask_here), opened, demo=wanted.demo)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            return album.play_plain(wanted.model)
    except KeepsakeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    offline.watch()
    app = KeepsakeApp(lambda: _memory(wanted.memory, app.session.passphrase), opened, demo=wanted.demo)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
