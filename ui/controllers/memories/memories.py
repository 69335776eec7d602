"""Browsing the memories: all of them, what a search finds, lists, duplicates. `memory_actions.py` opens one of them.

Call the controller from the app's thread. The memory is read while the model works, and changed as a job of the
background thread.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial

from textual.app import App

from assistant.photo import load_photo
from memory import browse
from memory.browse import Duplicate, EpisodeEntry, Finding, Statistics
from memory.episode import Episode, Photo, Recall
from memory.errors import PhotoError, UnknownEpisode
from memory.naming.lists import photo_lists
from memory.naming.lists.list_requests import ListRequest, request
from memory.store import Memory
from ui.controllers.main_view import MainView
from ui.controllers.memories.memory_actions import MemoryActions
from ui.controllers.memories.people import PeopleController
from ui.dialog_strings import BROWSER_DONE, BROWSER_PHOTO, DUPLICATES_NONE
from ui.dialogs.duplicates_screen import DuplicatesScreen
from ui.dialogs.memory_browser import BrowserScreen, What
from ui.dialogs.statistics_screen import StatisticsScreen
from ui.input_parser import ID, photo_paths
from ui.people_strings import listed_as
from ui.runtime.app_thread import AppThread
from ui.runtime.memory_jobs import asked_for, find_duplicates
from ui.strings import DETAILS_NONE, FORGET_WHICH, MERGING, UNDO_HOW
from ui.widgets.episode_card import Card, CardSize, draw_card
from ui.widgets.episode_grid import EpisodeGrid

ALIKE = 24
"""Number of memories that a search by photo finds."""


def _cards(ids: Sequence[str], size: CardSize, memory: Memory) -> tuple[CardSize, dict[str, Card]]:
    """Read and draw the cards of these memories; memories forgotten meanwhile are left out."""
    drawn = {}
    for id in ids:
        with suppress(UnknownEpisode):
            drawn[id] = draw_card(memory.get(id), size)
    return size, drawn


_CLAUSE = re.compile(r"(?:“[^”]*”|[^,.]|[,.](?! |$))+")
"""The first clause of a line, whatever stands in quotation marks."""


class MemoriesController:
    """The memory browser of one app."""

    def __init__(
        self, app: App[None], thread: AppThread, main_view: MainView, reader: Executor, actions: MemoryActions
    ) -> None:
        self._app, self._thread, self._view, self._reader, self._actions = app, thread, main_view, reader, actions
        self._forgetting = ""
        """The words that are to be forgotten: the browser lists what they may mean."""
        self._how = ""
        """What the browser says below its next list: how one is forgotten."""
        self._typing: str | None = None
        """What is being typed in the search field; None when it is not."""
        self.people = PeopleController(app, thread, main_view, self.browse, self._browse_over, self._draw)
        self._there: Sequence[str] = ()
        """Ids of memories that were just brought back or changed: the next list highlights the first of them."""
        self.details: tuple[str, ...] = ()
        """The last receipt, with ids and counts."""

    @property
    def screen(self) -> BrowserScreen | None:
        """The open browser, of two the upper one; None if there is none."""
        return next((screen for screen in self._app.screen_stack[::-1] if isinstance(screen, BrowserScreen)), None)

    async def run(self, name: str, rest: str) -> None:
        """Run /memories, /people, /forget, /undo or /details with the text after the command."""
        if name == "/undo":
            await self._actions.undo()
        elif name == "/details":
            await self._view.note("\n".join(self.details) or DETAILS_NONE)
        elif name == "/forget" and ID.fullmatch(rest):
            await self._actions.forget(rest)
        elif name == "/forget" and rest:
            await self._view.note(FORGET_WHICH)
            self._forgetting, self._how = rest, FORGET_WHICH
            self.browse(rest)
        elif name == "/people":
            await self.people.run(rest)
        else:
            self.browse(rest)

    def browse(self, words: str = "") -> None:
        """Show all memories, or those that words, a date or a photo's path find. An open browser is used again."""
        self._thread.recount()
        self._typing = None
        if paths := photo_paths(words):
            reading = self._reader.submit(load_photo, paths[0])
            reading.add_done_callback(partial(self._app.call_later, self._alike, words))
        else:
            forget = partial(photo_lists.to_forget, text=words, recalls=self._view.in_view.recalls)
            find = forget if words and words == self._forgetting else partial(_find, words)
            self._thread.browse(find, partial(self._show, words))

    def _browse_over(self, words: str) -> None:
        """Show what words find in a browser over the view of names: Esc leads back there."""

        async def found(finding: Finding) -> None:
            await self._push()
            await self._show(words, finding)

        self._typing = None
        self._thread.browse(partial(_find, words), found)

    def _typed(self, words: str) -> None:
        """Filter the memories by what is in the search field; one letter is too little, and a path waits for Enter.

        Letters that come faster than results make searches that are out of date: these are left out.
        """
        if photo_paths(words):
            return
        self._typing = words
        enough = "" if len(words) == 1 and words.isascii() else words

        def find(memory: Memory) -> Finding | None:
            return _find(enough, memory) if self._typing == words else None

        async def found(finding: Finding | None) -> None:
            if finding and self._typing == words:
                await self._show(enough, finding, typing=True)

        self._thread.browse(find, found)

    async def list_photos(self, question: str) -> bool:
        """Show what a request for a list means, in the browser, and say so; False when `question` is none."""
        wanted = request(question)
        if wanted is None:
            return False

        find = partial(asked_for, wanted, self._thread.session.conversation)

        async def found(result: tuple[ListRequest, list[EpisodeEntry], int]) -> None:
            meant, entries, undated = result
            await self._view.note(listed_as(meant.title, len(entries), undated))
            if entries:
                words = f"photos of {meant.words}" if wanted.here else question
                await self._show(words, Finding(entries, title=meant.title))

        if wanted.here:  # in its turn: the photo may not have been looked at yet
            self._thread.query(None, find, found)
        else:
            self._thread.browse(find, found)
        return True

    async def _alike(self, words: str, reading: Future[Photo]) -> None:
        try:
            photo = reading.result()
        except PhotoError as error:
            await self._say(str(error))
            return

        async def found(recalls: list[Recall]) -> None:
            entries = [EpisodeEntry(r.episode.id, r.episode.day, r.why) for r in recalls]
            await self._show(words, Finding(entries, title=BROWSER_PHOTO))

        self._thread.similar(None, photo, ALIKE, found)

    async def _show(self, words: str, finding: Finding, *, typing: bool = False) -> None:
        """Show what `words` found in the open browser, or in a new one."""
        if self.screen is None:
            await self._push()
        if self.screen:
            self.screen.show(finding, words, typing=typing, there=self._there)
            self._there = ()
            if self._how and finding.entries:
                self.screen.show_line(self._how)
            self._how = ""

    async def _push(self) -> None:
        def left(_: None) -> None:
            self._forgetting = ""
            self._app.call_later(self._reload)  # once the browser is gone

        screen = BrowserScreen(self.browse, self._request, self._wanted, self._typed, self._undoable)
        await self._app.push_screen(screen, left)

    def _undoable(self) -> bool:
        """Whether the key for it would take something back."""
        return self._thread.session.changes.can_undo("list")

    def relist_keys(self) -> None:
        """List the keys of an open browser anew: beside it something was changed."""
        if self.screen:
            self.screen.list_keys()

    def _reload(self) -> None:  # what was changed in a browser shows in the one below it, too
        if screen := self.screen:
            self.browse(screen.words)

    async def _say(self, text: str) -> None:
        if self.screen:
            self.screen.show_line(text)
        else:
            await self._view.note(text, "warning")

    def _wanted(self, ids: list[str], size: CardSize) -> None:
        """Draw the cards that the grid of the browser asks for."""
        if self.screen:
            self._draw(self.screen.grid, ids, size)

    def _draw(self, grid: EpisodeGrid, ids: list[str], size: CardSize) -> None:
        """Draw the cards that a grid asks for, and hand them over if it is still there."""

        def drawn(done: tuple[CardSize, dict[str, Card]]) -> None:
            if grid.is_attached:
                grid.put(*done)

        self._thread.browse(partial(_cards, ids, size), drawn)

    def changed(self, lines: Sequence[str], there: Sequence[str] = ()) -> None:
        """Memories have changed: reload an open browser, and show the first line of the receipt there.

        `there`: ids of those that were brought back or changed.
        """
        self.people.changed(lines)
        if screen := self.screen:
            self._there = there
            clause = _CLAUSE.match(lines[0])
            line = clause[0] if clause else lines[0]
            screen.show_line(BROWSER_DONE.format(line=line) if lines[-1] == UNDO_HOW else f"{line}.")
            self.browse(screen.words)

    async def _request(self, what: What, entry: EpisodeEntry | None) -> None:
        """Do what the user asked for in the browser."""
        match what:
            case "undo":  # a single key, maybe a letter of a next question: it brings back, and forgets nothing
                await self._actions.undo("list")
            case "people" if self.people.screen and self.screen:
                self.screen.dismiss()  # the view of names is below
            case "people":
                self.people.open()
            case "statistics":
                self._thread.browse(browse.statistics, self._count)
            case "duplicates":
                self._thread.browse(find_duplicates, self._show_duplicates)
            case _ if entry:
                self._thread.browse(lambda memory: memory.get(entry.id), partial(self._actions.choose, what=what))

    async def _count(self, counted: Statistics) -> None:
        await self._app.push_screen(StatisticsScreen(counted))

    async def _show_duplicates(self, found: tuple[list[Duplicate], dict[str, Episode]]) -> None:
        duplicates, episodes = found

        async def chosen(merged: Sequence[Duplicate] | None) -> None:
            if merged:
                self._thread.merge(await self._view.note(MERGING), merged)

        if duplicates:
            await self._app.push_screen(DuplicatesScreen(duplicates, episodes), chosen)
        else:
            await self._say(DUPLICATES_NONE)


def _find(words: str, memory: Memory) -> Finding:
    """What words, a date or a request for a list find; all memories without words."""
    return photo_lists.find(memory, words) if words else Finding(browse.timeline(memory))
