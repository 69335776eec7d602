"""Error rates of `assistant.dialogue.acts` on labelled lines: `python -m tests.support.dialogue_rates`."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from assistant.dialogue.acts import Act, act_of

LINES = Path(__file__).parent.parent / "data" / "typed_lines.tsv"


class Line(NamedTuple):
    """A typed line and what a person says that it is for."""

    part: str
    act: str
    verdict: str
    asked: str
    text: str


class Rates(NamedTuple):
    """Counts of a part of the lines."""

    kept: list[str]
    """Questions and small talk that would be kept as memories, of `others`."""
    others: int
    lost: list[str]
    """Tellings that would be answered and not kept, of `tellings`."""
    tellings: int
    unclear: list[str]
    """Clear lines about which the app would ask."""
    verdicts: list[str]
    """Lines whose verdict is wrong."""


def lines(part: str = "") -> list[Line]:
    """The labelled lines of a part; "": all."""
    with LINES.open(encoding="utf-8") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [one for row in rows if part in ("", (one := Line(*row)).part)]


def judged(part: str = "") -> Iterator[tuple[Line, Act]]:
    """Each line of a part with what the rules say."""
    for line in lines(part):
        yield line, act_of(line.text, asked=line.asked == "asked")


def rates(part: str = "") -> Rates:
    """Count the errors in a part of the lines."""
    result, labels = Rates([], 0, [], 0, [], []), Counter(line.act for line in lines(part))
    for line, act in judged(part):
        if line.act == "unclear":
            continue
        if act.kind == "tell" and line.act != "tell":
            result.kept.append(line.text)
        if act.kind in ("question", "talk") and line.act == "tell":
            result.lost.append(line.text)
        if act.kind == "unclear":
            result.unclear.append(line.text)
        if {"yes": True, "no": False, "-": None}[line.verdict] != act.verdict:
            result.verdicts.append(line.text)
    return result._replace(others=labels["question"] + labels["talk"], tellings=labels["tell"])


if __name__ == "__main__":
    for name in sys.argv[1:] or ("tune", "test"):
        found = rates(name)
        print(
            f"{name}: kept, but nothing told: {len(found.kept)} of {found.others}; told but lost {len(found.lost)} "
            f"of {found.tellings}; asked about a clear line {len(found.unclear)} of {found.others + found.tellings}; "
            f"wrong verdict {len(found.verdicts)}"
        )
        if name != "test" or "-v" in sys.argv:
            print(
                *(
                    f"  {what}: {text}"
                    for what, texts in found._asdict().items()
                    if isinstance(texts, list)
                    for text in texts
                ),
                sep="\n",
            )
