"""Runs: every condition on every sample, one JSON line each. A run can be killed and resumed; a failure is a row too.

A condition is what is tried ("caption", "lsd/cag", "shortcut/shuffled"): it writes texts about a sample and scores
them. All conditions of a run take a sample before the next one begins, so that an unfinished run compares them fairly.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.backend import Chunk, Message, Options
from benchmark.judges.errors import EndpointError, RequestRefused
from benchmark.judges.score import Scores
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from memory.files import append_lines
from memory.paths import private_folder

Texts = dict[str, str]
"""What was written about a sample, by its part: "caption", "answer"."""
OPTIONS = Options(max_new_tokens=320)
PUBLISHED = Options(max_new_tokens=1024)
"""For the authors' data: texts may be as long as in their own tests."""
CACHED = 64
"""Texts that a `CachedWriter` keeps: more than the conditions of one sample share."""


class Writer(Protocol):
    """The part of a backend that writes."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """Write the next assistant turn, in chunks. Raises ModelError."""
        ...


class CachedWriter:
    """Writes each prompt once: conditions that share a caption pay for it once. Greedy decoding only."""

    def __init__(self, backend: Writer, options: Options = OPTIONS) -> None:
        self.backend, self.options = backend, options
        self._written: dict[tuple[Message, ...], str] = {}

    def write(self, messages: Sequence[Message]) -> str:
        """The next assistant turn, stripped. Raises KeepsakeError when the model fails."""
        key = tuple(messages)
        if key not in self._written:
            text = "".join(c.text for c in self.backend.stream(key, self.options)).strip()
            self._written = {**dict(list(self._written.items())[-CACHED + 1 :]), key: text}
        return self._written[key]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something to try on every sample: how to write about it, and how to score what was written."""

    name: str
    write: Callable[[Sample], Texts]
    score: Callable[[Texts, Sample], Scores]


@dataclass(frozen=True, slots=True)
class Result:
    """One row of a run: a condition on a sample."""

    condition: str
    sample: str
    positives: int
    episodes: int
    spec: dict[str, Any] | None
    """`Sample.spec` as a dictionary, so that a report can draw the sample again; None: it was not drawn."""
    texts: Texts
    score: dict[str, list[float]]
    """[right, asked] by measure."""
    seconds: float
    error: str | None = None
    """Why the model failed, in one line."""


def row_name(text: str) -> str:
    """The name of a file of rows: letters, digits, dots and dashes."""
    return re.sub(r"[^\w.-]+", "-", text)


def run(conditions: Sequence[Condition], drawn: Iterable[Sample], total: int, out: Path) -> list[Result]:
    """Ask every condition about every one of `total` samples, and append a row to `out` after each.

    Rows that are there already are used again, failed ones tried again. Returns the rows of these samples. Raises
    EndpointError when the judge's server is lost: it would fail at every sample to come.
    """
    private_folder(out.parent)
    done = {(r.condition, r.sample): r for r in read_results(out) if r.error is None} if out.exists() else {}
    append_lines(out, ())  # creates the file, or ends a line that a kill had cut off
    results: dict[tuple[str, str], Result] = {}
    began, asked = time.monotonic(), 0
    for i, sample in enumerate(drawn):
        for condition in conditions:
            key = (condition.name, sample.id)
            if key not in done:
                done[key] = ask(condition, sample)
                append_lines(out, [asdict(done[key])])
                asked += 1
            results[key] = done[key]
        if asked and (sys.stderr.isatty() or i % 25 == 24):
            left = (time.monotonic() - began) / (i + 1) * (total - i - 1)
            print(f"{out.stem}: {i + 1} of {total} samples, {left:.0f} s left", file=sys.stderr)
    return list(results.values())


def read_results(path: Path) -> Iterator[Result]:
    """The rows of a run's file. Other lines, which a kill may leave anywhere in the file, are left out."""
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            yield Result(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            continue


def ask(condition: Condition, sample: Sample) -> Result:
    """Write and score one sample. When the model fails, the row says why and has no scores.

    Raises EndpointError when the judge's server is lost; a request that the server refuses becomes a row.
    """
    began = time.monotonic()
    texts: Texts = {}
    score: dict[str, list[float]] = {}
    error = None
    try:
        texts = condition.write(sample)
        score = {measure: [float(x) for x in pair] for measure, pair in condition.score(texts, sample).items()}
    except KeepsakeError as failed:
        if isinstance(failed, EndpointError) and not isinstance(failed, RequestRefused):
            raise
        error = str(failed)
    return Result(
        condition.name,
        sample.id,
        len(sample.positives),
        len(sample.context),
        None if sample.spec is None else asdict(sample.spec),
        texts,
        score,
        round(time.monotonic() - began, 3),
        error,
    )
