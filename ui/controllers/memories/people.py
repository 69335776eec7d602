"""People and things: the view of all names, its photos in the browser, and what the user decides about names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual.app import App

from memory.episode import Episode
from memory.naming import decisions
from memory.naming.decisions import Before
from memory.naming.named_things import NamedThing, things
from memory.store import Memory
from ui import people_strings
from ui.controllers.main_view import MainView
from ui.dialogs.people_screen import PeopleScreen, Request, SplitScreen
from ui.input_parser import parse_people_command
from ui.runtime.app_thread import AppThread
from ui.strings import SAVING, UNDOING
from ui.widgets.episode_card import CardSize
from ui.widgets.episode_grid import EpisodeGrid


class PeopleController:
    """The view of names of one app. Call it from the app's thread."""

    def __init__(
        self,
        app: App[None],
        thread: AppThread,
        main_view: MainView,
        browse: Callable[[str], object],
        browse_over: Callable[[str], object],
        wanted: Callable[[EpisodeGrid, list[str], CardSize], object],
    ) -> None:
        """`browse`: shows in the browser what words in its search field find; `browse_over`: over the view of names;
        `wanted`: draws the cards that a grid needs."""
        self._app, self._thread, self._view, self._browse, self._over = app, thread, main_view, browse, browse_over
        self._wanted = wanted

    @property
    def screen(self) -> PeopleScreen | None:
        """The open view; None if there is none."""
        return next((screen for screen in self._app.screen_stack if isinstance(screen, PeopleScreen)), None)

    async def run(self, rest: str) -> None:
        """Run /people: all names, the photos of one, or (`NAME = NEW`, `NAME + OTHER`) what the user decides."""
        name, what, other = parse_people_command(rest)
        if what:
            await self._request(what, name, other)
        elif name:
            self._browse(f"photos of {name}")
        else:
            self.open()

    def open(self) -> None:
        """Show everyone and everything with a name."""
        self._thread.browse(things, self._show)

    async def _show(self, found: Sequence[NamedThing]) -> None:
        if self.screen is None:
            await self._app.push_screen(PeopleScreen(self._request, self._wanted))
        if self.screen:
            self.screen.show(found, self._thread.session.changes.can_undo("list"))

    def changed(self, lines: Sequence[str]) -> None:
        """Memories or names have changed: read the names again, and show the first line of the receipt."""
        if self.screen:
            self.screen.say(lines[0])
            self._thread.browse(things, self._show)

    async def _request(self, what: Request, name: str, other: str) -> None:
        match what:
            case "photos":
                self._over(f"photos of {name}")
            case "rename":
                line = people_strings.RENAMED.format(name=name, new=other)
                await self._decide(partial(decisions.rename, name=name, new=other), name, line)
            case "join":
                line = people_strings.JOINED.format(name=name, new=other)
                await self._decide(partial(decisions.join, name=name, into=other), name, line)
            case "no name":
                line = people_strings.NOT_A_NAME.format(name=name)
                await self._decide(partial(decisions.no_name, name=name), name, line)
            case "undo":
                self._thread.undo(await self._view.note(UNDOING), "list")
            case "split":
                self._thread.browse(partial(_photos, name), partial(self._split, name))

    async def _decide(self, job: Callable[[Memory], Before], name: str, line: str) -> None:
        self._thread.decide(await self._view.note(SAVING), job, line, people_strings.UNDO_NAMED.format(name=name))

    async def _split(self, name: str, episodes: list[Episode]) -> None:
        async def chosen(other: tuple[str, list[str]] | None) -> None:
            if other:
                line = people_strings.APART.format(name=name, new=other[0])
                job = partial(decisions.split, name=name, episodes=other[1], new=other[0])
                await self._decide(job, name, line)

        await self._app.push_screen(SplitScreen(name, episodes), chosen)


def _photos(name: str, memory: Memory) -> list[Episode]:
    thing = decisions.thing_named(memory, name)
    return [memory.get(entry.id) for entry in (*thing.photos, *thing.mentioned)]
