"""The sentences of docs/privacy.md, one by one, for the table of the tests that prove them. Not a test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "privacy.md"
TABLE = ROOT / "tests" / "data" / "privacy_claims.tsv"


def sentences() -> list[str]:
    """Every sentence and every row of a table, without headings and commands."""
    text = re.sub(r"^```.*?^```\n", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: list[str] = []
    for block in (" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=[-|#] ?)", text)):
        if block.startswith("|"):
            found += [] if block.startswith(("| file |", "|---")) else [block]
        elif block and not block.startswith("#"):
            found += re.sub(r"([.!?][\")*`]*) (?=[\"A-Z`*(])", r"\1\n", block.removeprefix("- ")).split("\n")
    return found


def proofs() -> dict[str, list[str]]:
    """The table: the tests of each sentence ("folder/file.py::name"), or one that begins with "-": why it has none."""
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    return {sentence: tests.split() if not tests.startswith("-") else [tests] for tests, sentence in rows}
