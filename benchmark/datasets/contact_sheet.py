"""The contact sheet of a corpus: for some samples the new photo, its memories, and which of them it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmark.datasets import corpus
from benchmark.datasets.corpus import SampleRow
from memory.episode import printable

ROWS = 8
"""Samples on the contact sheet."""
ACROSS = 6
"""Context photos in a line of the sheet."""
MOST = 12
"""Context photos of one sample that the sheet shows."""
THUMB, QUERY, GAP, LINE = 120, 210, 14, 20
"""Pixels: a context photo, the query photo, the space between, a line of text."""
GREEN, GREY, INK, PAPER = (22, 148, 72), (205, 205, 205), (40, 40, 40), (255, 255, 255)


def sheet(folder: Path, rows: Sequence[SampleRow]) -> Image.Image:
    """Draw the sheet: a line for each sample, with the query, then its context, positives framed green, names below."""
    blocks = [_block(folder, row) for row in rows]
    width = 3 * GAP + QUERY + ACROSS * (THUMB + GAP)
    page = Image.new("RGB", (width, sum(b.height for b in blocks) + 2 * GAP + LINE), PAPER)
    pen = ImageDraw.Draw(page)
    _text(pen, (GAP, GAP // 2), "New photo", QUERY, INK)
    _text(pen, (3 * GAP + QUERY, GAP // 2), "Memories; green: it is in the new photo", THUMB * ACROSS, INK)
    y = 2 * GAP + LINE
    for block in blocks:
        page.paste(block, (0, y))
        pen.line([(GAP, y - GAP // 2), (width - GAP, y - GAP // 2)], GREY)
        y += block.height
    return page


def _block(folder: Path, row: SampleRow) -> Image.Image:
    """The picture of one sample, as wide as the sheet."""
    shown = _episodes_shown(row)
    lines = -(-len(shown) // ACROSS)
    height = max(QUERY + 3 * LINE, lines * (THUMB + LINE + GAP) + LINE) + GAP
    block = Image.new("RGB", (3 * GAP + QUERY + ACROSS * (THUMB + GAP), height), PAPER)
    pen = ImageDraw.Draw(block)
    _paste(block, folder, row.query.sha256, (GAP, 0), QUERY)
    names = [thing_name(row, i) for i in row.positives]
    _text(pen, (GAP, QUERY + 5), ", ".join(names) or "nobody of these memories", QUERY, GREEN if names else INK)
    mode = f", {row.spec.mode}" if row.spec else ""
    _text(pen, (GAP, QUERY + 5 + LINE), f"{len(row.context)} memories{mode}", QUERY, INK)
    for n, i in enumerate(shown):
        x = 3 * GAP + QUERY + n % ACROSS * (THUMB + GAP)
        y = n // ACROSS * (THUMB + LINE + GAP)
        positive = i in row.positives
        _paste(block, folder, row.context[i].photo.sha256, (x, y), THUMB)
        if positive:
            pen.rectangle((x - 4, y - 4 if y else 0, x + THUMB + 3, y + THUMB + 3), outline=GREEN, width=4)
        _text(pen, (x, y + THUMB + 4), thing_name(row, i), THUMB, GREEN if positive else INK)
    if len(shown) < len(row.context):
        more = f"and {len(row.context) - len(shown)} more memories"
        _text(pen, (3 * GAP + QUERY, lines * (THUMB + LINE + GAP)), more, THUMB * ACROSS, INK)
    return block


def _episodes_shown(row: SampleRow) -> list[int]:
    """Which episodes the sheet shows: all; of a long history the positives and the first others."""
    others = [i for i in range(len(row.context)) if i not in row.positives]
    return sorted([*row.positives, *others[: max(0, MOST - len(row.positives))]])


def _paste(page: Image.Image, folder: Path, sha256: str, at: tuple[int, int], side: int) -> None:
    """Paste a whole photo into the middle of a square with `side` pixels."""
    with Image.open(corpus.photo_path(folder, sha256)) as image:
        image.thumbnail((side, side))
        page.paste(image, (at[0] + (side - image.width) // 2, at[1] + (side - image.height) // 2))


def _text(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int, ink: tuple[int, int, int]) -> None:
    """Write one line, cut where it would be longer than `width` pixels."""
    font = ImageFont.load_default(14)
    shown = printable(text)
    while len(shown) > 1 and pen.textlength(shown, font) > width:
        shown = shown.removesuffix("...")[:-1].rstrip(", ") + "..."
    pen.text(at, shown, ink, font)


def pick_rows(rows: Sequence[SampleRow]) -> list[SampleRow]:
    """Rows for the sheet: equally many with each number of positives, spread over the corpus."""
    groups: dict[int, list[SampleRow]] = {}
    for row in rows:
        groups.setdefault(things_shown(row), []).append(row)
    each = max(1, ROWS // len(groups))
    shares = [(group, min(each, len(group))) for _, group in sorted(groups.items())]
    return [group[len(group) * i // n] for group, n in shares for i in range(n)]


def things_shown(row: SampleRow) -> int:
    """How many things the query photo shows."""
    return row.spec.positives if row.spec else len(row.positives)


def thing_name(row: SampleRow, i: int) -> str:
    """What the thing of episode i is called; "?" where neither facts nor questions say so."""
    if row.facts:
        return row.facts[i].name
    return next((q.about for q in row.questions[i] if q.about), "?")
