"""Tables in Markdown, for cards, summaries and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from memory.episode import printable


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a line for each row, without a newline at the end."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell(str(one)) for one in line)} |" for line in lines)


def cell(text: str) -> str:
    """Text in one printable line that does not end a table's cell."""
    return " ".join(printable(text).split()).replace("|", "\\|")
