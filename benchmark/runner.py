"""Runs: conditions asked about samples, one JSONL row each, resumable after any kill; an error is a row.

A condition is what is tried ("caption", "lsd/cag", "shuffled"): it writes texts about a sample and scores them. All
conditions of a run see the same samples one after the other, so that they are compared side by side.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from assistant.backend import Chunk, Message, Options
from benchmark.judges.score import Scores
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from memory.paths import private_folder

Texts = dict[str, str]
"""What was written, by its part: "caption", "answer"."""
OPTIONS = Options(max_new_tokens=320)


class Writer(Protocol):
    """The part of a backend that writes."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next assistant turn."""
        ...


class CachedWriter:
    """A backend that writes the same request once: conditions that share a caption pay for it once. Greedy only."""

    def __init__(self, backend: Writer, options: Options = OPTIONS, keep: int = 64) -> None:
        self.backend, self.options, self.keep = backend, options, keep
        self._written: dict[tuple[Message, ...], str] = {}

    def write(self, messages: Sequence[Message]) -> str:
        """The next assistant turn, without spaces around. Raises KeepsakeError when the model fails."""
        key = tuple(messages)
        if key not in self._written:
            text = "".join(c.text for c in self.backend.stream(key, self.options)).strip()
            self._written = {**dict(list(self._written.items())[-self.keep + 1 :]), key: text}
        return self._written[key]


@dataclass(frozen=True, slots=True)
class Condition:
    """Something to try on every sample."""

    name: str
    write: Callable[[Sample], Texts]
    score: Callable[[Texts, Sample], Scores]


@dataclass(frozen=True, slots=True)
class Result:
    """One row: a condition on a sample."""

    condition: str
    sample: str
    positives: int
    episodes: int
    spec: dict[str, Any] | None
    """What the sample was built from (`Sample.spec`), so that a report can draw it again."""
    texts: Texts
    score: dict[str, list[float]]
    """[right, asked] by measure."""
    seconds: float
    error: str | None = None


def run(conditions: Sequence[Condition], drawn: Iterable[Sample], total: int, out: Path) -> list[Result]:
    """Ask every condition about every sample; rows that are there already are kept, failed ones tried again."""
    private_folder(out.parent)
    done = {(r.condition, r.sample): r for r in read(out) if r.error is None} if out.exists() else {}
    torn = out.exists() and not out.read_bytes().endswith(b"\n")
    results: dict[tuple[str, str], Result] = {}
    began, asked = time.monotonic(), 0
    with open(out, "a", encoding="utf-8") as file:
        file.write("\n" * torn)  # else the next row would join the one that a kill cut off
        for i, sample in enumerate(drawn):
            for condition in conditions:
                key = (condition.name, sample.id)
                if key not in done:
                    done[key] = ask(condition, sample)
                    file.write(json.dumps(asdict(done[key]), ensure_ascii=False) + "\n")
                    file.flush()
                    asked += 1
                results[key] = done[key]
            if asked and (sys.stderr.isatty() or i % 25 == 24):
                left = (time.monotonic() - began) / (i + 1) * (total - i - 1)
                print(f"{out.stem}: {i + 1} of {total} samples, {left:.0f} s left", file=sys.stderr)
    return list(results.values())


def read(path: Path) -> Iterator[Result]:
    """Whole rows of a run; a line cut off by a kill is left out."""
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            yield Result(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            continue


def ask(condition: Condition, sample: Sample) -> Result:
    """One row; a model that fails makes it a row with an error."""
    began = time.monotonic()
    texts: Texts = {}
    score: dict[str, list[float]] = {}
    error = None
    try:
        texts = condition.write(sample)
        score = {measure: [float(x) for x in pair] for measure, pair in condition.score(texts, sample).items()}
    except KeepsakeError as failed:
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
