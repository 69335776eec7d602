"""One memory of the browser, decoded and laid out once: its picture, cropped to what matters, its words in lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rich.cells import set_cell_size
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from memory.browse import EpisodeEntry
from memory.days import DAY_UNKNOWN, UNKNOWN, day_words
from memory.episode import Episode, printable
from memory.errors import PhotoError
from memory.relative_days import dated_words
from ui.pictures.drawing import draw
from ui.pictures.terminal_images import Drawing
from ui.recall_strings import NO_WORDS


@dataclass(frozen=True, slots=True)
class Card:
    """A memory as it is drawn: what the grid keeps of it."""

    image: Drawing
    """The picture, one strip for each line of cells."""
    lines: tuple[str, ...]
    """The words, wrapped and cut to the size of the card."""
    place: str


@dataclass(frozen=True, slots=True)
class CardSize:
    """Room for a card, in terminal cells: for the picture, and for the words beside or below the picture."""

    image_width: int
    image_height: int
    text_width: int
    text_height: int


def draw_card(episode: Episode, size: CardSize) -> Card:
    """Decode the photo and draw the card. Takes milliseconds: never call it in the app's thread."""
    try:
        image = draw(episode.photo, size.image_width, size.image_height, fill=True)
    except PhotoError:
        image = Drawing([Strip([Segment("(damaged)"[: size.image_width])])])
    words = Text(printable(" ".join(dated_words(episode).split())) or NO_WORDS)
    lines = words.wrap(Console(width=size.text_width, file=None), size.text_width)
    shown = [line.plain.rstrip() for line in lines[: size.text_height]]
    if len(lines) > size.text_height and shown:
        last = Text(" ".join(line.plain.rstrip() for line in lines[size.text_height - 1 :]))
        last.truncate(size.text_width, overflow="ellipsis")  # filled to the edge, within a word if need be
        shown[-1] = last.plain
    return Card(image, tuple(shown), episode.place or "")


def image_line(card: Card | None, line: int, width: int, style: Style, left_share: float) -> list[Segment]:
    """Line number `line` of the card's picture, padded to `width` cells.

    `left_share` is the share of the padding that goes to the left: 0 aligns left, 0.5 centres.
    """
    image = card.image[line] if card and 0 <= line < len(card.image) else Strip.blank(0)
    left = width - image.cell_length
    before = int(left * left_share)
    blanks = [[Segment(" " * blank, style)] if blank else [] for blank in (before, left - before)]
    return [*blanks[0], *image, *blanks[1]]


def text_cell(text: str, style: Style, width: int) -> Segment:
    """Text cut or padded to `width` cells."""
    return Segment(set_cell_size(text, width), style)


def day_line(entry: EpisodeEntry, card: Card | None) -> str:
    """ "12 May 2025 · Lisbon", the place only once the card is drawn."""
    where = f" · {printable(card.place)}" if card and card.place else ""
    return f"{day_words(entry.day)}{where}"


def month_of(day: date | None) -> str:
    """ "Aug 2025", or "unknown": the gutter has no room for more."""
    return f"{day:%b %Y}" if day else UNKNOWN


def short_day(day: date | None) -> str:
    """ "12 May 2025" with the month in three letters."""
    return f"{day.day} {day:%b %Y}" if day else DAY_UNKNOWN
