"""Many memories in little room: a timeline or a grid of which only what is in view is ever read, decoded and drawn.

It is told which memories there are (`show`), asks for those it lacks (`Wanted`), and gets them (`put`). What it does
not have yet stands there by its date, so that scrolling waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from memory.browse import Mark
from memory.episode import Episode, printable
from memory.errors import PhotoError
from ui.widgets.photo_view import draw

HELD = 200
"""So many cards are kept drawn."""
CELL = 20
"""Width of a cell of the grid, at least."""


@dataclass(frozen=True, slots=True)
class Card:
    """A memory, drawn."""

    image: tuple[list[Segment], ...]
    """Lines of cells."""
    lines: tuple[str, ...]
    """What was said, as it fits."""
    place: str


@dataclass(frozen=True, slots=True)
class CardSize:
    """How much room a card has, in cells: of the picture, and of the words beside or below it."""

    across: int
    down: int
    width: int
    height: int


def card(episode: Episode, room: CardSize) -> Card:
    """Decode and draw one. Takes milliseconds: not for the app's thread."""
    try:
        image = tuple(list(strip) for strip in draw(episode.photo, room.across, room.down))
    except PhotoError:
        image = ([Segment("(damaged)"[: room.across])],)
    words = Text(printable(" ".join(episode.words.split())))
    lines = words.wrap(Console(width=room.width, file=None), room.width)
    shown = [line.plain.rstrip() for line in lines[: room.height]]
    if len(lines) > room.height and shown:
        last = Text(shown[-1] + " …")
        last.truncate(room.width, overflow="ellipsis")
        shown[-1] = last.plain
    return Card(image, tuple(shown), episode.place or "")


class EpisodeGrid(ScrollView, can_focus=True):
    """Arrows move; what Enter and other keys do to the highlighted memory is its owner's affair."""

    COMPONENT_CLASSES: ClassVar = {"shelf--day", "shelf--words", "shelf--why", "shelf--highlighted"}
    BINDINGS: ClassVar = [
        Binding("up,k", "move(0, -1)", show=False),
        Binding("down,j", "move(0, 1)", show=False),
        Binding("left", "move(-1, 0)", show=False),
        Binding("right", "move(1, 0)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "edge(0)", show=False),
        Binding("end", "edge(-1)", show=False),
    ]
    grid: reactive[bool] = reactive(False)
    at: reactive[int] = reactive(0, repaint=False)
    """Which one is highlighted."""

    class Wanted(Message):
        """Memories in view that are not drawn yet."""

        def __init__(self, ids: list[str], room: CardSize) -> None:
            super().__init__()
            self.ids, self.room = ids, room

    class Opened(Message):
        """A click on the highlighted one."""

    def __init__(self, moved: Callable[[], object], *, id: str) -> None:
        """`moved`: another one is highlighted, or none. No message: what it shows has to come with the step itself."""
        super().__init__(id=id)
        self._moved = moved
        self.marks: Sequence[Mark] = ()
        self._cards: dict[str, Card] = {}
        self._rows: dict[tuple[int, int], tuple[list[Card | None], list[Strip]]] = {}
        """Rows as they are on screen, by number and by which of them is highlighted, with the cards they show."""
        self._asked: CardSize | None = None
        """In what room the cards are being drawn that were asked for and have not come."""

    def on_mount(self) -> None:
        """Before anything is drawn."""
        self._fit()

    # -- what there is ------------------------------------------------------------------------------------------

    @property
    def mark(self) -> Mark | None:
        """The highlighted one."""
        return self.marks[self.at] if self.at < len(self.marks) else None

    def show(self, marks: Sequence[Mark]) -> None:
        """These and no others; where the highlighted one is among them it stays highlighted."""
        before, self.marks = self.mark, marks
        ids = [mark.id for mark in marks]
        known = set(ids)
        self._cards = {id: card for id, card in self._cards.items() if id in known}
        place = ids.index(before.id) if before and before.id in ids else min(self.at, max(0, len(ids) - 1))
        self.set_reactive(EpisodeGrid.at, place)
        self._lay()

    def put(self, room: CardSize, cards: dict[str, Card]) -> None:
        """What was wanted. Cards for another room, since the screen has changed, are drawn again."""
        self._asked = None
        if room == self._room:
            self._cards |= cards
            if any(self.marks[i].id in cards for i in self._on_screen()):
                self.refresh()
        self.call_after_refresh(self._want)  # drawing would compete with what the key has to show

    # -- where it stands ----------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """Work out how the memories stand, once: drawing asks for it in every line."""
        self._inner = max(1, self.size.width - 1)
        self._columns = max(1, self._inner // CELL) if self.grid else 1
        self._wide = self._inner // self._columns
        """Width of a cell of the grid."""
        self._gutter = 11 if not self.grid and self._inner >= 66 else 0
        """Where the months stand, if there is room."""
        if self.grid:
            self._room = CardSize(self._wide - 2, 6, self._wide - 2, 1)
        else:
            across, down = (8, 3) if self.app.size.height < 24 else (12, 5)
            self._room = CardSize(across, down, max(8, self._inner - self._gutter - across - 2), down - 1)
        self._step = self._room.down + (3 if self.grid else 1)
        """Lines from one row of memories to the next."""

    def _lay(self) -> None:
        self._fit()
        self._rows.clear()
        rows = -(-len(self.marks) // self._columns)
        self.virtual_size = Size(self._inner, rows * self._step)
        self._reveal()
        self.refresh()
        self._want()
        self._moved()

    def _reveal(self) -> None:
        row = self.at // self._columns
        self.scroll_to_region(Region(0, row * self._step, 1, self._step - 1), animate=False, immediate=True, force=True)

    def _on_screen(self, more: int = 0) -> range:
        """Indices of the memories on screen, and so many pages more on either side."""
        rows = self.size.height // self._step + 2  # cut ones above and below
        first = self.scroll_offset.y // self._step
        first, last = max(0, first - more * rows), first + (1 + more) * rows
        return range(first * self._columns, min(len(self.marks), last * self._columns))

    def _want(self) -> None:
        if self._asked is not None or not self.size.area:
            return
        around = self._on_screen(more=1)
        near = [self.marks[i].id for i in around]
        if len(self._cards) > HELD:
            self._cards = {id: self._cards[id] for id in near if id in self._cards}
        top = self._on_screen().start - around.start
        wanted = [id for id in (*near[top:], *near[:top]) if id not in self._cards]
        if wanted:
            self._asked = self._room
            self.post_message(self.Wanted(wanted[: 4 * self._columns + 4], self._room))

    # -- what happens -------------------------------------------------------------------------------------------

    def watch_grid(self) -> None:
        """Another shape: everything is drawn again."""
        self._cards = {}
        self._lay()

    def on_resize(self) -> None:
        """The same."""
        self._cards = {}
        self._lay()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other memories come into view."""
        super().watch_scroll_y(old_value, new_value)
        self.call_after_refresh(self._want)

    def watch_at(self, before: int, now: int) -> None:
        """Keep it in view."""
        self._reveal()
        for at in (before, now):
            self.refresh_lines(at // self._columns * self._step, self._step)
        self._moved()

    def notify_style_update(self) -> None:
        """Other colours: the theme, or the focus, has changed."""
        super().notify_style_update()
        self._rows.clear()

    def action_move(self, across: int, down: int) -> None:
        """One further; left and right in the grid only."""
        if across and not self.grid:
            return
        self._go(self.at + across + down * self._columns)

    def action_page(self, direction: int) -> None:
        """A screenful."""
        self._go(self.at + direction * max(1, self.size.height // self._step) * self._columns)

    def action_edge(self, at: int) -> None:
        """The first, or the last."""
        self._go(at % max(1, len(self.marks)))

    def on_click(self, event: events.Click) -> None:
        """Highlight; again: open."""
        row = (event.y + self.scroll_offset.y) // self._step
        place = row * self._columns + (min(event.x // self._wide, self._columns - 1) if self.grid else 0)
        if place == self.at:
            self.post_message(self.Opened())
        elif place < len(self.marks):
            self.at = place

    def _go(self, at: int) -> None:
        self.at = max(0, min(at, len(self.marks) - 1))

    # -- drawing ------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One row of cells across all columns; what was drawn before is taken as it is."""
        row, line = divmod(y + self.scroll_offset.y, self._step)
        first = row * self._columns
        places = range(first, min(first + self._columns, len(self.marks)))
        shown = [self._cards.get(self.marks[place].id) for place in places]
        key = (row, self.at if self.at in places else -1)
        before, lines = self._rows.get(key, ([], []))
        if not lines or before != shown:
            if len(self._rows) > HELD // 4:
                self._rows.clear()
            lines = [self._across(places, line) for line in range(self._step)]
            self._rows[key] = (shown, lines)
        return lines[line]

    def _across(self, places: range, line: int) -> Strip:
        cell = self._cell if self.grid else self._entry
        segments = [segment for place in places for segment in cell(place, line)]
        return Strip(segments).adjust_cell_length(self.size.width, self._style("words", -1))

    def _style(self, name: str, place: int) -> Style:
        style = self.get_component_rich_style(f"shelf--{name}")
        if place == self.at:
            style += Style(bgcolor=self.get_component_rich_style("shelf--highlighted").bgcolor)
        return style

    def _entry(self, place: int, line: int) -> list[Segment]:
        """A line of a memory in the timeline: month, picture, then day and words."""
        mark, room, drawn = self.marks[place], self._room, self._cards.get(self.marks[place].id)
        month = [self._month(place, line)] if self._gutter else []
        plain = self._style("words", place)
        if line >= room.down:
            return [*month, _text("", self._style("words", -1), self._inner - self._gutter)]
        picture = _picture(drawn, line, room.across, plain, 0)
        if line == 0:
            said = _text(_day(mark, drawn), self._style("day", place), room.width + 1)
        elif drawn and line - 1 < len(drawn.lines):
            said = _text(drawn.lines[line - 1], plain, room.width + 1)
        elif drawn and line - 1 == len(drawn.lines) and mark.why:
            said = _text(mark.why, self._style("why", place), room.width + 1)
        else:
            said = _text("", plain, room.width + 1)
        return [*month, *picture, Segment(" ", plain), said]

    def _month(self, place: int, line: int) -> Segment:
        """ "Aug 2025 ●", where it begins; in what was searched for there is no order of time, and no month."""
        mark, before = self.marks[place], self.marks[place - 1] if place else None
        begins = before is None or (before.when.year, before.when.month) != (mark.when.year, mark.when.month)
        text = f"{mark.when:%b %Y}" if begins and line == 0 and not mark.why else ""
        dot = "" if mark.why else "●" if begins and line == 0 else "│"
        return _text(f"{text:<8} {dot}", self.get_component_rich_style("shelf--why"), self._gutter)

    def _cell(self, place: int, line: int) -> list[Segment]:
        """A line of a memory in the grid: picture, day, the first words."""
        mark, room, drawn = self.marks[place], self._room, self._cards.get(self.marks[place].id)
        plain = self._style("words", place)
        if line >= room.down + 2:
            return [_text("", self._style("words", -1), self._wide)]
        edge = Segment(" ", plain)
        if line == room.down:
            return [edge, _text(f"{mark.when.day} {mark.when:%b %Y}", self._style("day", place), room.across), edge]
        if line > room.down:
            return [edge, _text(drawn.lines[0] if drawn and drawn.lines else "", plain, room.across), edge]
        space = (room.down - len(drawn.image)) // 2 if drawn else 0
        return [edge, *_picture(drawn, line - space, room.across, plain, 0.5), edge]


def _picture(drawn: Card | None, line: int, width: int, style: Style, centred: float) -> list[Segment]:
    """A line of a picture, so wide; `centred`: which part of what is left of the width is on the left of it."""
    image = drawn.image[line] if drawn and 0 <= line < len(drawn.image) else []
    left = width - sum(segment.cell_length for segment in image)
    before = int(left * centred)
    blanks = [[Segment(" " * blank, style)] if blank else [] for blank in (before, left - before)]
    return [*blanks[0], *image, *blanks[1]]


def _text(text: str, style: Style, width: int) -> Segment:
    return Segment(set_cell_size(text, width), style)


def _day(mark: Mark, drawn: Card | None) -> str:
    where = f" · {printable(drawn.place)}" if drawn and drawn.place else ""
    return f"{mark.when.day} {mark.when:%B %Y}{where}"
