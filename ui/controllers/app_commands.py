"""What the input sends (photos, lines, replies, commands that begin with a slash), and the command palette.

`KeepsakeApp` (`tui.py`) inherits them, as it does `ThreadMessages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from assistant.dialogue.spoken_commands import THIS
from memory.episode import Photo
from memory.errors import KeepsakeError
from ui import help_strings, strings
from ui.controllers.answers import AnswersController
from ui.controllers.history import HistoryController
from ui.controllers.imports import ImportsController
from ui.controllers.main_view import MainView
from ui.controllers.memories.memories import MemoriesController
from ui.controllers.memories.memory_actions import MemoryActions
from ui.controllers.memories.trays import TraysController
from ui.controllers.photos import PhotosController
from ui.controllers.questions import QuestionsController
from ui.controllers.remember import RememberController
from ui.controllers.start_page import StartPage
from ui.controllers.tellings import TellingsController
from ui.import_paths import is_source
from ui.input_parser import LONGEST_TEXT, to_path
from ui.runtime import settings
from ui.runtime.app_thread import AppThread
from ui.themes import DARK, LIGHT
from ui.widgets.chat_log import Composer, UserText
from ui.widgets.model_text import ModelText
from ui.widgets.panels import StatusLine
from ui.widgets.tour import Tour

if TYPE_CHECKING:
    from textual.app import App

    Base = App[None]
else:
    Base = object


class AppCommands(Base):
    """What a line or a command does, on the parts that the app puts together."""

    photo: Photo | None
    private: bool
    main_view: MainView
    composer: Composer
    photos: PhotosController
    memories: MemoriesController
    memory_actions: MemoryActions
    questions: QuestionsController
    remembering: RememberController
    history: HistoryController
    imports: ImportsController
    trays: TraysController
    thread: AppThread
    tour: Tour
    status: StatusLine
    answers: AnswersController
    telling: TellingsController

    if TYPE_CHECKING:

        def action_pick(self) -> None:
            """`KeepsakeApp` defines this."""

        def action_cite(self, number: int) -> None:
            """`KeepsakeApp` defines this."""

        async def open_demo(self, off: bool = False) -> None:
            """`ThreadMessages` defines this."""

        async def show_pixels(self, wanted: str) -> None:
            """`LargePhotos` defines this."""

    def on_completion_taken(self) -> None:
        """The user clicked in the list of completions."""
        self.composer.take()

    async def on_composer_photos(self, message: Composer.Photos) -> None:
        """Photos were typed, pasted or dropped. Read them at once: some programs remove the file soon after."""
        await self.telling.drop()
        if len(message.paths) == 1 and is_source(message.paths[0]):
            await self.imports.open(message.paths[0], self.private)
        else:
            await self.photos.attach(*message.paths)

    async def on_composer_question(self, message: Composer.Question) -> None:
        """Show the list that a line asks for; else keep what it tells, and queue what it asks."""
        await self.main_view.add(UserText(message.question))
        if not await self.memories.list_photos(message.question):
            await self._ask(await self.telling.take(message.question, self.photo, self.private))

    async def _ask(self, question: str) -> None:
        if question:
            await self.main_view.add(answer := ModelText(waiting="…"))
            self.thread.ask(answer, question)

    async def on_composer_replied(self, message: Composer.Replied) -> None:
        """y or n: whether to remember what was typed, or whether a recalled memory is the same."""
        question = await self.telling.reply(message.yes)
        if question is None:
            await self.questions.reply(message.yes)
        else:
            await self._ask(question)

    async def on_composer_command(self, message: Composer.Command) -> None:
        """Run a command that begins with a slash."""
        name, rest = message.name, message.rest
        match name:
            case "/photo" if rest:
                await self.photos.attach(to_path(rest))
            case "/photo":
                self.action_pick()
            case "/remember" if rest:
                await self.remembering.remember(self.photo, self.private, rest)
            case "/forget" if rest == THIS:
                if here := self.main_view.in_view.recalls:
                    self.memory_actions.choose(here[0].episode, "forget")
                else:
                    await self.main_view.note(strings.FORGET_NOTHING_HERE, "warning")
            case "/memories" | "/people" | "/forget" | "/undo" | "/details":
                await self.memories.run(name, rest)
            case "/import":
                await self.imports.open(to_path(rest) if rest else None, self.private)
            case "/today":
                await StartPage(self.thread, self.main_view).run(rest)
            case "/watch":
                await self.imports.watch(rest, self.private)
            case "/tray":
                await self.trays.open(self.private)
            case "/history" | "/reminders" | "/marks" | "/export":
                await self.history.run(name, rest, self.private)
            case "/again" | "/question" | "/copy":
                await self.answers.run(name, self.status.state == "idle", self.photo)
            case "/pixels":
                await self.show_pixels(rest.lower())
            case "/demo":
                await self.open_demo(rest == "off")
            case "/remember" | "/caption" | "/large" | "/models" | "/private" | "/new" | "/tour" | "/help" | "/quit":
                await self.run_action(name[1:])
            case _ if name[1:].isdecimal():
                self.action_cite(int(name[1:]))
            case _:
                await self.main_view.note(strings.no_command(name), "warning")

    async def on_composer_too_long(self, message: Composer.TooLong) -> None:
        """Say in one line that a text is too long; nothing of it comes into the conversation."""
        line = strings.TOO_LONG.format(n=message.characters, most=LONGEST_TEXT)
        await self.main_view.note(line, "warning")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: all commands that need no words, and the actions that have no command."""
        for name, what, runs in help_strings.PALETTE:
            if screen is self.screen_stack[0] or runs in help_strings.ANYWHERE:
                yield SystemCommand(name, what, partial(self._run_entry, runs))

    async def _run_entry(self, runs: str) -> None:
        if runs.startswith("/"):
            await self.on_composer_command(Composer.Command(runs, ""))
        else:
            await self.run_action(runs)

    async def action_tour(self) -> None:
        """/tour: begin the tour, or end it."""
        if self.tour.turn():
            await self.open_demo()
        elif self.status.demo:
            await self.open_demo(off=True)
        else:
            await self.main_view.note(help_strings.TOUR_OVER, "done")

    async def action_import(self) -> None:
        """F8: import a folder of photos, or see how far a running import is."""
        await self.imports.open(None, self.private)

    async def action_tray(self) -> None:
        """ctrl+t: tell about photos without words."""
        await self.trays.open(self.private)

    def action_details(self) -> None:
        """ctrl+g: show in the status line what the model has read, and its speed; again: hide it."""
        self.status.details = not self.status.details

    async def action_this_day(self) -> None:
        """F12: say at the start what there was on this day, or do not."""
        await StartPage(self.thread, self.main_view).turn()

    def action_light(self) -> None:
        """Change between the light and the dark theme."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name
        with suppress(KeepsakeError):  # the next start is as the last one was
            settings.put("theme", None if self.current_theme.dark else "light")
