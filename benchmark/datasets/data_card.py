"""The data card of a corpus: what it holds, how it was made, what was rejected; and a contact sheet to look at.

All of the card is read from the folder, in which only `card.md` and `sheet.png` are written. The card is plain Markdown
without the YAML head that huggingface_hub's DatasetCardData writes: the head holds licence, languages and tags for the
Hub's index, a corpus is not published there, and a licence is the one field that this card must not fill in for your
own photos. DatasetCardData checks nothing without the network, and would not shorten the tables that the card consists
of.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmark import markdown
from benchmark.datasets import corpus
from benchmark.datasets.contact_sheet import pick_rows, sheet, things_shown
from benchmark.datasets.corpus import SampleRow
from benchmark.world.concepts import all_concepts
from memory import files

CARD, SHEET = "card.md", "sheet.png"


def write_card(folder: Path, report: dict[str, Any]) -> None:
    """Write `card.md` and `sheet.png` of a corpus; `report` is what its `build.json` holds. Raises OSError."""
    rows = [row for _, row in corpus.rows(folder)]
    out = io.BytesIO()
    sheet(folder, pick_rows(rows)).save(out, "PNG", optimize=True)
    files.write_bytes(folder / SHEET, out.getvalue())
    files.write_text(folder / CARD, card(folder, rows, report))


def card(folder: Path, rows: Sequence[SampleRow], report: dict[str, Any]) -> str:
    """The text of the data card, Markdown."""
    counts = report["samples"]
    photos = {p for row in rows for p in (row.query.sha256, *(e.photo.sha256 for e in row.context))}
    parts = [
        f"# Data card: {report['settings']['source']}, {report['settings']['split']}",
        f"{counts['kept']} samples, {counts['questions']} questions, {len(photos)} photos. A sample is a new photo, "
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
        markdown.table(["right option", "questions"], sorted(Counter(q.answer for q in _questions(rows)).items())),
        "## Filters",
        f"In the order in which they were asked. {counts['rejected']} drafts and {counts['questions_rejected']} "
        f"questions were rejected; all of them are in `{corpus.REJECTED}` with the reason.",
        _filters(report["filters"]),
        *_examples(folder),
        "An encoder check keeps what its encoder finds easy, a judge's guess what the judge finds hard: scores of the "
        "models that were used here are not comparable with those of others."
        if "vision_model" in report["settings"] or report["settings"]["judge"] == "chat"
        else "",
    ]
    return _joined(p for p in parts if p) + "\n"


def _questions(rows: Iterable[SampleRow]) -> Iterable[Any]:
    return (q for row in rows for questions in row.questions for q in questions)


def _by_positives(rows: Sequence[SampleRow]) -> str:
    """A table of samples, memories and questions by the number of things in the photo."""
    table = []
    for k in sorted({things_shown(r) for r in rows}):
        group = [r for r in rows if things_shown(r) == k]
        sizes = sorted({len(r.context) for r in group})
        modes = ", ".join(sorted({r.spec.mode for r in group if r.spec})) or "alike"
        asked = [
            sum(len(r.questions[i]) for r in group for i in range(len(r.context)) if (i in r.positives) == p)
            for p in (True, False)
        ]
        table.append((k, len(group), " to ".join(map(str, sorted({sizes[0], sizes[-1]}))), modes, *asked))
    heads = ["things in the photo", "samples", "memories", "distractors", "questions about them", "about the others"]
    return markdown.table(heads, table)


def _kinds(rows: Sequence[SampleRow]) -> str:
    """A table of the kinds of concepts that drawn queries show; empty for photographs."""
    kinds = {c.code: c.kind for c in all_concepts()}
    counted = Counter(kinds[look.code] for row in rows for look in row.shown)
    return markdown.table(["kind", "times"], counted.most_common()) if counted else ""


def _filters(table: Sequence[dict[str, Any]]) -> str:
    """The table of filters of a report, as Markdown."""
    lines = []
    for f in table:
        seen, kept = ("" if f[k] is None else f[k] for k in ("seen", "kept"))
        lines.append((f"`{f['filter']}`", f["level"], f["threshold"], seen, kept, f["rejected"], f["note"]))
    return markdown.table(["filter", "drops a", "threshold", "seen", "kept", "rejected", ""], lines)


def _examples(folder: Path) -> list[str]:
    """The first reason of each filter that rejected an item, as a list."""
    first: dict[str, str] = {}
    for row in corpus.rejected(folder):
        asks = row.item["question"]["text"] if row.level == "question" else row.key
        first.setdefault(row.filter, f"- `{row.filter}`: {markdown.cell(row.reason)} ({markdown.cell(asks)})")
    return ["For example:", *first.values()] if first else []


def _joined(parts: Iterable[str]) -> str:
    """Join paragraphs with an empty line between them, and list entries without."""
    out = ""
    for part in parts:
        before = (
            "" if not out else "\n" if part.startswith("- ") and out.rpartition("\n")[2].startswith("- ") else "\n\n"
        )
        out += before + part
    return out
