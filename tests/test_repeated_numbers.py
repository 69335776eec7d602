"""Numbers of the natural notes stand in two tables of docs/results.md; whatever else repeats them says the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
RESULTS, README = (ROOT / name for name in ("docs/results.md", "README.md"))


class Cell(NamedTuple):
    """A cell of a table, by the heading above it, the name of its row, and its column (the name is column 0)."""

    page: Path
    heading: str
    row: str
    column: int

    def text(self) -> str:
        lines = self.page.read_text(encoding="utf-8").splitlines()
        [start] = (n for n, line in enumerate(lines) if re.fullmatch(f"#+ {re.escape(self.heading)}", line))
        end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("#")), len(lines))
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end] if line[:1] == "|"]
        [found] = (row for row in rows if row[0] == self.row)
        return found[self.column]

    def percent(self) -> list[str]:
        """The percentages in the cell, without intervals: ["18", "8"] of "18, 8 %"."""
        return re.findall(r"[\d.]+(?=,? [\d.]+ %| %)", re.sub(r"\[.*?\]", "", self.text()))


def notes(row: str, column: int) -> Cell:
    """A number of the main table: by sight, with recall's evidence, as the app shows it."""
    return Cell(RESULTS, "The embedded model on natural notes", row, column)


def sentence(column: int) -> Cell:
    """A number of the model alone with the sentence that answers."""
    return Cell(RESULTS, "The sentence that answers", "**with it, by the reader that ships**, as the app asks", column)


SIGHT, EVIDENCE, SHOWN = 1, 2, 3


def aim(row: str) -> Cell:
    return Cell(RESULTS, "What was aimed at", row, 1)


def readme(row: str, column: int) -> Cell:
    return Cell(README, "What the embedded model can and cannot do", row, column)


CAPTIONS = (notes("named right", EVIDENCE), notes("named right", SIGHT))
REPEATED = {
    aim("named right"): CAPTIONS[:1],
    aim("another note told too"): (notes("tells of another note too", EVIDENCE),),
    aim("Acc+"): (notes("Acc+", EVIDENCE),),
    aim("Acc-"): (notes("Acc-", EVIDENCE),),
    aim("absent things declined"): (notes("absent things: declined", EVIDENCE),),
    aim("reminders spoken"): (notes("reminders spoken in the caption (n = 16)", EVIDENCE),),
    aim("answered right, as the app shows it"): (notes("questions the note answers: answered right", SHOWN),),
    aim("answered right, the model alone with the sentence that answers"): (sentence(1),),
    aim("refused: the model alone with that sentence, as the app shows it"): (
        sentence(2),
        notes("the same: refused", SHOWN),
    ),
    aim("never told and declined: the model alone with that sentence, as the app shows it"): (
        sentence(3),
        notes("facts that were never told: declined", SHOWN),
    ),
    aim("named right by sight alone"): CAPTIONS[1:],
    readme("captions from the right memory, where recall is sure (by sight alone)", 1): CAPTIONS,
    readme("captions from the right memory, where recall is sure (by sight alone)", 2): (notes("named right", SHOWN),),
    readme("questions about the photo that the caption answers", 1): (notes("Acc+", EVIDENCE),),
    readme("questions about the photo that the caption answers", 2): (notes("Acc+", SHOWN),),
    readme("questions to a long note: answered right", 1): (sentence(1),),
    readme("questions to a long note: answered right", 2): (
        notes("questions the note answers: answered right", SHOWN),
    ),
    readme("the same questions: refused", 1): (sentence(2),),
    readme("the same questions: refused", 2): (notes("the same: refused", SHOWN),),
    readme("facts you never told: declined", 1): (sentence(3),),
    readme("facts you never told: declined", 2): (notes("facts that were never told: declined", SHOWN),),
    readme("things that are not there: declined", 1): (sentence(4),),
    readme("things that are not there: declined", 2): (notes("absent things: declined", SHOWN),),
    Cell(
        README,
        "Measured",
        "captions of real photographs, from the right one of three notes (by sight alone)",
        1,
    ): CAPTIONS,
}
"""Each cell that repeats numbers, and the cells that they are from."""


@pytest.mark.parametrize("repeated", REPEATED, ids=lambda cell: f"{cell.heading}: {cell.row}, {cell.column}")
def test_a_repeated_number_is_that_of_the_table(repeated: Cell) -> None:
    assert repeated.percent() == [number for cell in REPEATED[repeated] for number in cell.percent()]


def test_what_is_made_up_is_that_of_the_table() -> None:
    [said] = re.findall(r"In ([\d.]+) % of the questions that no memory answers", README.read_text(encoding="utf-8"))
    assert [said] == notes("of these two: made up", SHOWN).percent()
