"""The data card: what is in a corpus, how it was made, what was turned away; and a contact sheet to look at.

Everything is read from the folder; it changes nothing there but `card.md` and `sheet.png`. `benchmark build` calls it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from benchmark.datasets import corpus
from benchmark.datasets.corpus import SampleRow
from benchmark.world.concepts import all_concepts
from memory.episode import printable

CARD, SHEET = "card.md", "sheet.png"
ROWS = 8
"""Samples on the contact sheet."""
ACROSS = 6
"""Context photos side by side."""
MOST = 12
"""Context photos of one sample that the sheet shows."""
THUMB, QUERY, GAP, LINE = 120, 210, 14, 20
"""Pixels: a context photo, the query photo, the space between, a line of text."""
GREEN, GREY, INK, PAPER = (22, 148, 72), (205, 205, 205), (40, 40, 40), (255, 255, 255)


def write_card(folder: Path, report: dict[str, Any]) -> None:
    """Write `card.md` and `sheet.png` after a build with this `build.json`."""
    rows = [row for _, row in corpus.rows(folder)]
    out = io.BytesIO()
    sheet(folder, _picked(rows)).save(out, "PNG", optimize=True)
    corpus.write(folder / SHEET, out.getvalue())
    corpus.write(folder / CARD, card(folder, rows, report).encode())


def card(folder: Path, rows: Sequence[SampleRow], report: dict[str, Any]) -> str:
    """The data card, Markdown."""
    found = report["samples"]
    photos = {p for row in rows for p in (row.query.sha256, *(e.photo.sha256 for e in row.context))}
    parts = [
        f"# Data card: {report['settings']['source']}, {report['settings']['split']}",
        f"{found['kept']} samples, {found['questions']} questions, {len(photos)} photos. A sample is a new photo, "
        "the memories around it (photos with what was said about them), which of these are really in the new photo, "
        "and questions that only the right memories answer.",
        f"![some samples: the new photo, its memories, those that belong to it framed green]({SHEET})",
        "## How it was made",
        f"```\n{report['command']}\n```",
        *(f"- **{heading}.** {text}" for heading, text in report["about"].items()),
        "- **Versions.** " + ", ".join(f"{name} {number}" for name, number in sorted(report["versions"].items())) + ".",
        "## What is in it",
        _by_positives(rows),
    ]
    if kinds := _kinds(rows):
        parts += ["What the query photos show:", kinds]
    parts += [
        _table(["right option", "questions"], sorted(Counter(q.answer for q in _questions(rows)).items())),
        "## Filters",
        f"In the order in which they were asked. {found['rejected']} drafts and {found['questions_rejected']} "
        f"questions were rejected; all of them are in `{corpus.REJECTED}` with the reason.",
        _filters(report["filters"]),
        *_examples(folder),
        "An encoder check keeps what its encoder finds easy, a judge's guess what the judge finds hard: scores of the "
        "models that were used here are not comparable with those of others."
        if "eyes" in report["settings"] or report["settings"]["judge"] == "chat"
        else "",
    ]
    return _joined(p for p in parts if p) + "\n"


def sheet(folder: Path, rows: Sequence[SampleRow]) -> Image.Image:
    """The contact sheet: a row a sample; the query, then its context, positives framed green, names below."""
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
    shown = _most_telling(row)
    lines = -(-len(shown) // ACROSS)
    height = max(QUERY + 3 * LINE, lines * (THUMB + LINE + GAP) + LINE) + GAP
    block = Image.new("RGB", (3 * GAP + QUERY + ACROSS * (THUMB + GAP), height), PAPER)
    pen = ImageDraw.Draw(block)
    _paste(block, folder, row.query.sha256, (GAP, 0), QUERY)
    names = [_name(row, i) for i in row.positives]
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
        _text(pen, (x, y + THUMB + 4), _name(row, i), THUMB, GREEN if positive else INK)
    if len(shown) < len(row.context):
        more = f"and {len(row.context) - len(shown)} more memories"
        _text(pen, (3 * GAP + QUERY, lines * (THUMB + LINE + GAP)), more, THUMB * ACROSS, INK)
    return block


def _most_telling(row: SampleRow) -> list[int]:
    """Which episodes the sheet shows: all, or of a long history the positives and the first others."""
    others = [i for i in range(len(row.context)) if i not in row.positives]
    return sorted([*row.positives, *others[: max(0, MOST - len(row.positives))]])


def _paste(page: Image.Image, folder: Path, sha256: str, at: tuple[int, int], side: int) -> None:
    """A photo in a square, whole."""
    with Image.open(corpus.photo_path(folder, sha256)) as image:
        image.thumbnail((side, side))
        page.paste(image, (at[0] + (side - image.width) // 2, at[1] + (side - image.height) // 2))


def _text(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int, ink: tuple[int, int, int]) -> None:
    """One line, cut where it would run into its neighbour."""
    font = ImageFont.load_default(14)
    shown = printable(text)
    while len(shown) > 1 and pen.textlength(shown, font) > width:
        shown = shown.removesuffix("...")[:-1].rstrip(", ") + "..."
    pen.text(at, shown, ink, font)


def _picked(rows: Sequence[SampleRow]) -> list[SampleRow]:
    """Rows for the sheet, as many of each number of positives, from all over the corpus."""
    groups: dict[int, list[SampleRow]] = {}
    for row in rows:
        groups.setdefault(_positives(row), []).append(row)
    each = max(1, ROWS // len(groups))
    shares = [(group, min(each, len(group))) for _, group in sorted(groups.items())]
    return [group[len(group) * i // n] for group, n in shares for i in range(n)]


def _positives(row: SampleRow) -> int:
    """How many things the query shows."""
    return row.spec.positives if row.spec else len(row.positives)


def _name(row: SampleRow, i: int) -> str:
    if row.facts:
        return row.facts[i].name
    return next((q.about for q in row.questions[i] if q.about), "?")


def _questions(rows: Iterable[SampleRow]) -> Iterable[Any]:
    return (q for row in rows for questions in row.questions for q in questions)


def _by_positives(rows: Sequence[SampleRow]) -> str:
    table = []
    for k in sorted({_positives(r) for r in rows}):
        of = [r for r in rows if _positives(r) == k]
        sizes = sorted({len(r.context) for r in of})
        modes = ", ".join(sorted({r.spec.mode for r in of if r.spec})) or "alike"
        asked = [
            sum(len(r.questions[i]) for r in of for i in range(len(r.context)) if (i in r.positives) == p)
            for p in (True, False)
        ]
        table.append((k, len(of), " to ".join(map(str, sorted({sizes[0], sizes[-1]}))), modes, *asked))
    heads = ["things in the photo", "samples", "memories", "distractors", "questions about them", "about the others"]
    return _table(heads, table)


def _kinds(rows: Sequence[SampleRow]) -> str:
    kinds = {c.code: c.kind for c in all_concepts()}
    counted = Counter(kinds[look.code] for row in rows for look in row.shown)
    return _table(["kind", "times"], counted.most_common()) if counted else ""


def _filters(table: Sequence[dict[str, Any]]) -> str:
    lines = []
    for f in table:
        seen, kept = ("" if f[k] is None else f[k] for k in ("seen", "kept"))
        lines.append((f"`{f['filter']}`", f["level"], f["threshold"], seen, kept, f["rejected"], f["note"]))
    return _table(["filter", "drops a", "threshold", "seen", "kept", "rejected", ""], lines)


def _examples(folder: Path) -> list[str]:
    """The first reason of each filter that rejected something."""
    first: dict[str, str] = {}
    for row in corpus.rejected(folder):
        asks = row.item["question"]["text"] if row.level == "question" else row.key
        first.setdefault(row.filter, f"- `{row.filter}`: {_cell(row.reason)} ({_cell(asks)})")
    return ["For example:", *first.values()] if first else []


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(str(cell)) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    """One line that does not end a table's cell."""
    return " ".join(printable(text).split()).replace("|", "\\|")


def _joined(parts: Iterable[str]) -> str:
    """Paragraphs with an empty line between, list entries without."""
    out = ""
    for part in parts:
        before = (
            "" if not out else "\n" if part.startswith("- ") and out.rpartition("\n")[2].startswith("- ") else "\n\n"
        )
        out += before + part
    return out
