"""The list above the input that completes a path after `@`: photos and folders whose names begin with the text.

The list only offers entries; the input inserts the chosen one. A folder is read once while the list is open, in a
thread of its own: a folder on the network may take long, or never answer, and no key waits for it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from memory.episode import printable
from ui.input_parser import is_photo
from ui.strings import COMPLETION

SHOWN = 100
"""Largest number of entries in the list."""
_MENTION = re.compile(r"(?:.*\s)?@(\S.*|)")


class Mention(NamedTuple):
    """The text between an @ and the cursor."""

    at: tuple[int, int]
    """Row and column of the @."""
    path: str
    """The path typed so far, without quotes and escapes; the path may hold spaces."""


class PathEntry(NamedTuple):
    """A photo or a folder that completes the path."""

    name: str
    place: Path
    folder: bool

    @property
    def path(self) -> Path:
        """The whole path of the entry."""
        return self.place / self.name


def mention(before: str, row: int) -> Mention | None:
    """The path after an @ at the end of `before`, the line up to the cursor; None when there is none."""
    found = _MENTION.fullmatch(before)
    if not found:
        return None
    typed, at = found[1], (row, found.start(1) - 1)
    if typed[:1] in ('"', "'"):
        return None if typed[0] in typed[1:] else Mention(at, typed[1:])
    return Mention(at, re.sub(r"\\(.)", r"\1", typed))


def written(typed: str, entry: PathEntry) -> str:
    """The text that stands in the input after a folder was chosen, so that the user can type on."""
    text = typed[: typed.rfind("/") + 1] + entry.name
    text = f"{text if _means(text, entry.path) else entry.path}/"
    quote = "'" if '"' in text else '"'
    return f"@{quote}{text}" if re.search(r"[\s'\"\\]", text) else f"@{text}"


def entries(folder: Path) -> list[PathEntry]:
    """Photos, then folders, each sorted by name; none where the folder cannot be read. Blocks while the disk does."""
    found: list[PathEntry] = []
    with suppress(OSError), os.scandir(folder) as inside:
        for one in inside:
            is_folder = _is_folder(one)
            if is_folder or is_photo(Path(one.name)):
                found.append(PathEntry(one.name, folder, is_folder))
    return sorted(found, key=lambda entry: (entry.folder, entry.name.casefold()))


class Completion(OptionList, can_focus=False):
    """The list of entries. Keys go to the input, which reports what was typed (`offer`)."""

    class Taken(Message):
        """The user clicked on an entry."""

    def __init__(self, folders: Callable[[], Sequence[Path]]) -> None:
        """`folders` returns the folders in which a relative path is searched."""
        super().__init__(id="completion", markup=False)
        self.display = False
        self._folders = folders
        self._read: dict[Path, list[PathEntry]] = {}
        """Entries of the folders read since the @ was typed; empty for a folder that is still being read."""
        self._mention: Mention | None = None
        self._left: tuple[int, int] | None = None
        """Position of the @ whose list the user has closed."""
        self._offered: list[PathEntry] = []

    def on_show(self) -> None:
        """On a narrow screen the conversation gets the room of the panels meanwhile."""
        self.screen.add_class("-completing")

    def on_hide(self) -> None:
        """Show the panels again."""
        self.screen.remove_class("-completing")

    def offer(self, typed: Mention | None) -> bool:
        """List the entries that begin with what was typed. Returns whether there is one."""
        if typed == self._mention:
            return self.display
        self._mention = typed
        if typed is None:
            self._read, self._left, self.display = {}, None, False
        elif typed.at != self._left:
            self._left = None
            self._show(typed)
        return self.display

    def leave(self) -> None:
        """Close the list, and keep it closed for this @."""
        self._left, self.display = self._mention and self._mention.at, False

    @property
    def chosen(self) -> tuple[Mention, PathEntry] | None:
        """What was typed, and the highlighted entry; None when the list is closed."""
        if self.display and self._mention and self.highlighted is not None:
            return self._mention, self._offered[self.highlighted]
        return None

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click on an entry takes that entry."""
        event.stop()
        self.post_message(self.Taken())

    def _show(self, typed: Mention, kept: PathEntry | None = None) -> None:
        """List what completes the path; the highlight stays on the entry `kept` where that is still listed."""
        found = self._found(typed.path)
        self._offered = found[:SHOWN]
        several = len({entry.place for entry in self._offered}) > 1
        self.clear_options()
        self.add_options(Option(_line(entry, several)) for entry in self._offered)
        self.border_subtitle = COMPLETION.format(shown=len(self._offered), found=len(found)) if found else ""
        self.display = bool(found)
        at = self._offered.index(kept) if kept in self._offered else 0
        self.highlighted = at if found else None

    def _found(self, path: str) -> list[PathEntry]:
        """The entries that complete the path, of the folders that are read; the others begin to be read."""
        head, slash, start = path.rpartition("/")
        try:
            base = Path(f"{head}{slash}").expanduser()
        except RuntimeError:  # "~someone" without such a user
            base = Path(f"{head}{slash}")
        places = list(dict.fromkeys(folder / base for folder in self._folders()))
        for place in places:
            if place not in self._read:
                self._read[place] = []
                threading.Thread(target=self._list, args=(place, self._read), name="folder", daemon=True).start()
        folded, hidden = start.casefold(), start.startswith(".")
        found = [
            entry
            for place in places
            for entry in self._read[place]
            if entry.name.casefold().startswith(folded) and (hidden or not entry.name.startswith("."))
        ]
        whole = len(found) == 1 and not found[0].folder and _means(path, found[0].path)
        return [] if whole else found  # the whole name is typed already: Enter sends

    def _list(self, folder: Path, read: dict[Path, list[PathEntry]]) -> None:
        found = entries(folder)
        with suppress(RuntimeError):  # the app has closed meanwhile
            self.call_later(self._came, folder, found, read)

    def _came(self, folder: Path, found: list[PathEntry], read: dict[Path, list[PathEntry]]) -> None:
        if read is self._read:  # and not for an @ before
            read[folder] = found
            if self._mention and self._mention.at != self._left:
                moved = self.chosen if self.highlighted else None
                self._show(self._mention, moved and moved[1])


def _line(entry: PathEntry, where: bool) -> Content:
    """One line: the name, and the folder where entries of several folders are listed."""
    name = printable(entry.name)
    place = f"  {printable(str(entry.place))}" if where else ""
    return Content.assemble(f"{name}/" if entry.folder else f"▣ {name}", (place, "$foreground-muted"))


def _means(text: str, path: Path) -> bool:
    """Whether `text` as a path names this file."""
    try:
        return Path(text).expanduser().absolute() == path.absolute()
    except RuntimeError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle
        return False
