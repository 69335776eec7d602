"""The part of a long sentence that holds an answer: "… we got her in 2015 from a farm near Bern …".

People write as they speak, one sentence for everything. Quoted whole, it leaves the reader to look for the answer.
"""

from __future__ import annotations

import re

LONG = 60
"""Characters up to which a sentence is quoted whole."""
FEW = 3
"""Words that a part has at least: "the cat" alone says nothing."""
_BOUND = re.compile(
    r"(?:[,;:]|\s[–—-])(?=\s)"
    r"|\s(?=(?:because|but|although|while|so|until|since|and (?:then )?(?:i|we|he|she|it|they|now)|then)\s"
    r"|(?:who|which) (?:is|was|had|has)\s)",
    re.IGNORECASE,
)
"""Where one part of a sentence ends and the next begins."""


def clause(line: str, start: int, end: int) -> str:
    """The part of a sentence that holds its characters from `start` on and before `end`, with "…" for what is left
    out; the sentence itself where it is short."""
    if len(line) <= LONG:
        return line
    cuts = [0, *(found.end() for found in _BOUND.finditer(line)), len(line)]
    first = max(i for i, cut in enumerate(cuts[:-1]) if cut <= start)
    last = next((i for i, cut in enumerate(cuts) if cut >= end), len(cuts) - 1)
    while len(line[cuts[first] : cuts[last]].split()) < FEW and (first or last < len(cuts) - 1):
        first, last = (first - 1, last) if first else (first, last + 1)
    part = line[cuts[first] : cuts[last]].strip().rstrip(",;:")
    if len(part) > len(line) - 15:
        return line
    return f"{'… ' if first else ''}{part}{' …' if last < len(cuts) - 1 else ''}"
