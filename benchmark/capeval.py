"""CapEval, simple form: caption held-out scenes with their context given, score names and facts (`score.py`).

No retrieval here: every context episode is in the prompt, as in the paper. Runs are JSONL, one row a caption, and
go on where they stopped; a failed caption is a row with an error, not a crash.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from assistant import prompt
from assistant.backend import Chunk, Message, Options
from benchmark.dialogue import NOBODY
from benchmark.sample import Mode, Sample, samples
from benchmark.score import CaptionScore, score, summary
from memory.errors import KeepsakeError
from memory.home import private_folder


class Writer(Protocol):
    """The part of a backend that writes."""

    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next assistant turn."""
        ...


OPTIONS = Options(max_new_tokens=320)


def run(
    backend: Writer,
    split: str,
    n: int,
    seed: int,
    positives: int,
    mode: Mode,
    out: Path,
    sample_of: Callable | None = None,
) -> dict[str, Any]:
    """Caption n samples and return `summary`, plus counts of errors and honest "I do not know" answers."""
    private_folder(out.parent)
    done = _rows(out)
    torn = out.exists() and not out.read_bytes().endswith(b"\n")
    began = time.monotonic()
    with open(out, "a", encoding="utf-8") as file:
        file.write("\n" * torn)  # else the next row would join the one that a kill cut off
        for i, sample in enumerate((sample_of or samples)(split, n, seed, positives, mode)):
            if sample.id in done:
                continue
            row = {"sample": sample.id, "positives": positives, **caption_row(backend, sample)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            done[sample.id] = row
            if sys.stderr.isatty() or i % 25 == 24:
                pace = (time.monotonic() - began) / (i + 1)
                print(f"{mode} {positives}+: {i + 1} of {n}, {pace * (n - i - 1):.0f} s left", file=sys.stderr)
    rows = list(done.values())
    good = [CaptionScore(**r["score"]) for r in rows if "score" in r]
    abstained = sum(r.get("caption") == NOBODY for r in rows) / max(1, len(rows))
    return {**summary(good), "errors": len(rows) - len(good), "abstained": round(abstained, 4)}


def caption_row(backend: Writer, sample: Sample) -> dict[str, Any]:
    """Caption one sample: the text and its score, or the error."""
    try:
        messages = prompt.caption_messages(sample.context, sample.query)
        text = "".join(c.text for c in backend.stream(messages, OPTIONS)).strip()
    except KeepsakeError as error:
        return {"error": str(error)}
    return {"caption": text, "score": asdict(score(text, sample))}


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    return {r["sample"]: r for r in _read(path)} if path.exists() else {}


def _read(path: Path) -> Iterator[dict[str, Any]]:
    """Whole rows of a run; a last line cut off by a kill is left out."""
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
