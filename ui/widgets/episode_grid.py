"""The list of memories in the browser, as a timeline or a grid, for any number of memories.

Only memories in view are read, decoded and drawn. The owner says which memories there are (`show`); the widget asks
for the cards that it lacks (`Wanted`), and the owner hands them over (`put`). Until a card comes, the memory's date
stands in its place, so that scrolling never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from memory.browse import EpisodeEntry
from ui.widgets import grid_shape
from ui.widgets.episode_card import Card, CardSize, day_line, image_line, month_of, short_day, text_cell
from ui.widgets.grid_shape import GridShape

MAX_CARDS = 200
"""Number of drawn cards that are kept."""


class EpisodeGrid(ScrollView, can_focus=True):
    """Arrow keys move the highlight; the owner decides what Enter and other keys do to the highlighted memory."""

    COMPONENT_CLASSES: ClassVar = {
        "episode-grid--day",
        "episode-grid--words",
        "episode-grid--why",
        "episode-grid--highlighted",
    }
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
    """Index of the highlighted memory."""

    class Wanted(Message):
        """The cards of these memories are needed, in this size."""

        def __init__(self, ids: list[str], size: CardSize) -> None:
            super().__init__()
            self.ids, self.size = ids, size

    class Opened(Message):
        """The user clicked on the highlighted memory."""

    def __init__(self, moved: Callable[[], object], *, id: str, picture: tuple[int, int] | None = None) -> None:
        """`moved` is called when another memory is highlighted, or none. A message would come a frame too late.
        `picture`: width and height of pictures in the timeline, where they need not be small."""
        super().__init__(id=id)
        self._moved, self._picture = moved, picture
        self.entries: Sequence[EpisodeEntry] = ()
        self._cards: dict[str, Card] = {}
        self._known: set[str] = set()
        """Ids of the memories."""
        self._rows: dict[tuple[int, int], tuple[list[Card | None], list[Strip]]] = {}
        """Drawn rows with the cards they show, by row number and highlighted index (-1: none in this row)."""
        self._pending: CardSize | None = None
        """Size of the cards that were asked for and have not come; None when nothing is awaited."""

    def on_mount(self) -> None:
        """Shape the list once before anything is drawn: every drawn line needs its numbers."""
        self._shape = self._shaped()

    # -- the memories -------------------------------------------------------------------------------------------

    @property
    def entry(self) -> EpisodeEntry | None:
        """The highlighted memory; None when there is none."""
        return self.entries[self.at] if self.at < len(self.entries) else None

    def show(self, entries: Sequence[EpisodeEntry], there: Sequence[str] = ()) -> None:
        """Show these memories and no others. Highlighted is the first whose id is in `there`, else the one before."""
        before, self.entries = self.entry, entries
        ids = [entry.id for entry in entries]
        known = self._known = set(ids)
        self._cards = {id: card for id, card in self._cards.items() if id in known}
        wanted = [*there, *([before.id] if before else [])]
        place = next((ids.index(id) for id in wanted if id in known), min(self.at, max(0, len(ids) - 1)))
        self.set_reactive(EpisodeGrid.at, place)
        self._lay_out()

    def put(self, size: CardSize, cards: dict[str, Card]) -> None:
        """Take the cards that were asked for. Cards of an outdated size are dropped and asked for again."""
        self._pending = None
        if size == self._shape.card:
            self._cards |= {id: card for id, card in cards.items() if id in self._known}
            if any(self.entries[i].id in cards for i in self._on_screen()):
                self.refresh()
        self.call_after_refresh(self._request_cards)  # drawing would compete with what the key has to show

    # -- layout ------------------------------------------------------------------------------------------------

    def _shaped(self) -> GridShape:
        """The list's shape for its size."""
        if self.grid:
            return grid_shape.grid(self.size)
        return grid_shape.timeline(self.size, self._picture or ((8, 3) if self.app.size.height < 24 else (12, 5)))

    def _lay_out(self) -> None:
        self._shape = self._shaped()
        self._rows.clear()
        self.virtual_size = self._shape.size(len(self.entries))
        self._reveal()
        self.refresh()
        self._request_cards()
        self._moved()

    def _reveal(self) -> None:
        self.scroll_to_region(self._shape.region(self.at), animate=False, immediate=True, force=True)

    def _on_screen(self, extra_pages: int = 0) -> range:
        """Indices of the memories on screen, and of `extra_pages` pages above and below."""
        rows = self.size.height // self._shape.row_height + 2  # rows that are cut off above and below
        first = self.scroll_offset.y // self._shape.row_height
        first, last = max(0, first - extra_pages * rows), first + (1 + extra_pages) * rows
        return range(first * self._shape.columns, min(len(self.entries), last * self._shape.columns))

    def _request_cards(self) -> None:
        if self._pending is not None or not self.size.area:
            return
        around = self._on_screen(extra_pages=1)
        near = [self.entries[i].id for i in around]
        if len(self._cards) > MAX_CARDS:
            self._cards = {id: self._cards[id] for id in near if id in self._cards}
            self._rows.clear()  # they hold cards, too, and with these the terminal's copies of photos
        top = self._on_screen().start - around.start
        wanted = [id for id in (*near[top:], *near[:top]) if id not in self._cards]
        if wanted:
            self._pending = self._shape.card
            self.post_message(self.Wanted(wanted[: 4 * self._shape.columns + 4], self._shape.card))

    # -- events and keys ----------------------------------------------------------------------------------------

    def watch_grid(self) -> None:
        """Draw everything again in the other layout."""
        self.redraw()

    def on_resize(self) -> None:
        """Draw everything again in the new size."""
        self.redraw()

    def redraw(self) -> None:
        """Draw everything again."""
        self._cards = {}
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the cards of memories that come into view."""
        super().watch_scroll_y(old_value, new_value)
        self.call_after_refresh(self._request_cards)

    def watch_at(self, before: int, now: int) -> None:
        """Keep the highlighted memory in view."""
        self._reveal()
        for at in (before, now):
            self.refresh_lines(self._shape.region(at).y, self._shape.row_height)
        self._moved()

    def notify_style_update(self) -> None:
        """Draw again when the theme or the focus has changed the colours."""
        super().notify_style_update()
        self._rows.clear()

    def action_move(self, across: int, down: int) -> None:
        """Move the highlight by one; left and right work in the grid only."""
        if across and not self.grid:
            return
        self._go(self.at + across + down * self._shape.columns)

    def action_page(self, direction: int) -> None:
        """Move the highlight by a screenful."""
        self._go(self.at + direction * max(1, self.size.height // self._shape.row_height) * self._shape.columns)

    def action_edge(self, at: int) -> None:
        """Highlight the first memory (0) or the last (-1)."""
        self._go(at % max(1, len(self.entries)))

    def on_click(self, event: events.Click) -> None:
        """A click highlights a memory; a click on the highlighted memory opens it."""
        place = self._shape.index(event.x, event.y + self.scroll_offset.y)
        if place == self.at:
            self.post_message(self.Opened())
        elif place < len(self.entries):
            self.at = place

    def _go(self, at: int) -> None:
        self.at = max(0, min(at, len(self.entries) - 1))

    # -- drawing ------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of terminal cells across all columns; rows that are drawn already are reused."""
        row, line = divmod(y + self.scroll_offset.y, self._shape.row_height)
        first = row * self._shape.columns
        places = range(first, min(first + self._shape.columns, len(self.entries)))
        shown = [self._cards.get(self.entries[place].id) for place in places]
        key = (row, self.at if self.at in places else -1)
        before, lines = self._rows.get(key, ([], []))
        if not lines or before != shown:
            if len(self._rows) > MAX_CARDS // 4:
                self._rows.clear()
            lines = [self._line(places, line) for line in range(self._shape.row_height)]
            self._rows[key] = (shown, lines)
        return lines[line]

    def _line(self, places: range, line: int) -> Strip:
        draw_line = self._grid_line if self.grid else self._timeline_line
        segments = [segment for place in places for segment in draw_line(place, line)]
        return Strip(segments).adjust_cell_length(self.size.width, self._style("words", -1))

    def _style(self, name: str, place: int) -> Style:
        style = self.get_component_rich_style(f"episode-grid--{name}")
        if place == self.at:
            style += Style(bgcolor=self.get_component_rich_style("episode-grid--highlighted").bgcolor)
        return style

    def _timeline_line(self, place: int, line: int) -> list[Segment]:
        """One line of a memory in the timeline: month, picture, then day, words and the reason of a search hit."""
        entry, size, card = self.entries[place], self._shape.card, self._cards.get(self.entries[place].id)
        month = [self._month(place, line)] if self._shape.gutter else []
        plain = self._style("words", place)
        if line >= size.image_height:
            return [*month, text_cell("", self._style("words", -1), self._shape.width - self._shape.gutter)]
        picture = image_line(card, line, size.image_width, plain, 0)
        if line == 0:
            text = text_cell(day_line(entry, card), self._style("day", place), size.text_width + 1)
        elif card and line - 1 < len(card.lines):
            text = text_cell(card.lines[line - 1], plain, size.text_width + 1)
        elif card and line - 1 == len(card.lines) and entry.why:
            text = text_cell(entry.why, self._style("why", place), size.text_width + 1)
        else:
            text = text_cell("", plain, size.text_width + 1)
        return [*month, *picture, Segment(" ", plain), text]

    def _month(self, place: int, line: int) -> Segment:
        """ "Aug 2025 ●" in the first line of a month. Search hits are not in order of time and show no month."""
        entry, before = self.entries[place], self.entries[place - 1] if place else None
        begins = before is None or month_of(before.day) != month_of(entry.day)
        text = month_of(entry.day) if begins and line == 0 and not entry.why else ""
        dot = "" if entry.why else "●" if begins and line == 0 else "│"
        return text_cell(f"{text:<8} {dot}", self.get_component_rich_style("episode-grid--why"), self._shape.gutter)

    def _grid_line(self, place: int, line: int) -> list[Segment]:
        """One line of a memory in the grid: picture, day, the first words."""
        entry, size, card = self.entries[place], self._shape.card, self._cards.get(self.entries[place].id)
        plain = self._style("words", place)
        if line > size.image_height + size.text_height:
            return [text_cell("", self._style("words", -1), self._shape.column_width)]
        edge = Segment(" ", plain)
        if line == size.image_height:
            return [
                edge,
                text_cell(short_day(entry.day), self._style("day", place), size.image_width),
                edge,
            ]
        if line > size.image_height:
            below = card.lines[line - size.image_height - 1 :] if card else ()
            return [edge, text_cell(below[0] if below else "", plain, size.image_width), edge]
        space = (size.image_height - len(card.image)) // 2 if card else 0
        return [edge, *image_line(card, line - space, size.image_width, plain, 0.5), edge]
