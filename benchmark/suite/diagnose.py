"""A run of many parts in one folder, which can be killed and resumed; a part that fails does not stop the others.

The folder gets `<part>.jsonl` for each part (rows of `runner.py`); `parts.json`, what each part is and how far it came;
and for the report `run.json`: model, judge, size, command, the planned samples of each condition, and the parts left
out. Started again, a run goes on where it was, and rows of a quick run count for a full one. What is asked is defined
in `suite.py`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmark.judges.errors import EndpointError
from benchmark.judges.score import tally
from benchmark.runner import Condition, Result, read_results, run
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from memory.files import write_json
from memory.paths import private_folder

PROGRESS_EVERY = 30.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block ready to run: its conditions, its samples, and its share of the work."""

    name: str
    names: tuple[str, ...]
    """The names of its conditions."""
    conditions: Callable[[], list[Condition]]
    samples: Callable[[], Iterator[Sample]]
    n: int
    """Number of samples."""
    weight: float
    """Work for one sample, roughly in proportion to time."""
    definition: dict[str, Any]
    """The block's definition in `parts.json`: a folder with another definition under this name is refused."""


def diagnose(todo: Sequence[Part], folder: Path, about: dict[str, str]) -> dict[str, list[Result]]:
    """Run every part into `folder` and return the rows by part. A part that cannot run is left out with a message.

    `about` goes to `run.json`; its "identity" (of the model) and "judge" must stay the same. Raises KeepsakeError when
    the folder holds another run.
    """
    private_folder(folder)
    state = _resumed(folder, about, todo)
    entries = state["parts"]
    done = {p.name for p in todo if _finished(entries.get(p.name), p) and (folder / f"{p.name}.jsonl").exists()}
    waiting = [p for p in todo if p.name not in done]
    clock = Clock(sum(p.n * p.weight for p in waiting))
    entries |= {p.name: {"of": p.definition, "conditions": p.names, "n": p.n, "state": "waiting"} for p in waiting}
    _save(folder, state, about)
    rows: dict[str, list[Result]] = {}
    for part in todo:
        out = folder / f"{part.name}.jsonl"
        if part.name in done:
            rows[part.name] = list(read_results(out))
            continue
        try:
            conditions = part.conditions()
            rows[part.name] = run(conditions, clock.watch(part, conditions, out), part.n, out)
            errors = sum(r.error is not None for r in rows[part.name])
            entries[part.name] |= {"state": "done", "errors": errors}
        except EndpointError:  # the judge's server: no other part would be scored
            raise
        except KeepsakeError as error:
            entries[part.name] |= {"state": "failed", "why": str(error)}
            print(f"{part.name} is left out: {error}", file=sys.stderr)
        _save(folder, state, about)
    return rows


class Clock:
    """Prints the progress of the whole suite to stderr, with an estimate of the time left."""

    def __init__(self, work: float) -> None:
        self.work, self.done, self.seconds, self._printed = work, 0.0, 0.0, time.monotonic()

    def watch(self, part: Part, conditions: Sequence[Condition], out: Path) -> Iterator[Sample]:
        """Yield the part's samples, timing each. A sample whose rows are all there does not count as work."""
        there = {(r.condition, r.sample) for r in read_results(out) if r.error is None} if out.exists() else set()
        for sample in part.samples():
            new = any((c.name, sample.id) not in there for c in conditions)
            began = time.monotonic()
            yield sample
            now = time.monotonic()
            if not new:
                self.work -= part.weight
                continue
            self.done += part.weight
            self.seconds += now - began
            if now - self._printed >= PROGRESS_EVERY:
                self._printed = now
                left = self.seconds / self.done * max(0.0, self.work - self.done) / 60
                share = self.done / self.work
                print(f"suite: in {part.name}, {share:.0%} done, about {left:.0f} min left", file=sys.stderr)


def _resumed(folder: Path, about: dict[str, str], todo: Sequence[Part]) -> dict[str, Any]:
    """The state in `parts.json`, or a new one. Raises KeepsakeError for another run's folder or a damaged file."""
    path = folder / "parts.json"
    same = {key: about[key] for key in ("identity", "judge")}
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        entries = state["parts"]
        other = [f"{key} ({state[key]})" for key, value in same.items() if state[key] != value]
        other += [f"{p.name!r} part" for p in todo if p.name in entries and entries[p.name]["of"] != p.definition]
    except FileNotFoundError:
        return {**same, "date": f"{datetime.now(UTC):%Y-%m-%d}", "parts": {}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeepsakeError(f"{path} is not readable ({error}): give another folder with --out") from error
    if other:
        raise KeepsakeError(f"{folder} holds a run with another {', '.join(other)}: give another folder with --out")
    return state


def _finished(entry: dict[str, Any] | None, part: Part) -> bool:
    """Whether an entry of `parts.json` has all the rows that the part needs, without errors."""
    return entry is not None and entry["state"] == "done" and entry["n"] >= part.n and not entry["errors"]


def _save(folder: Path, state: dict[str, Any], about: dict[str, str]) -> None:
    """Write `parts.json` and `run.json`."""
    parts = state["parts"]
    planned: Counter[str] = Counter()
    for entry in parts.values():
        planned.update(dict.fromkeys(entry["conditions"], entry["n"] if entry["state"] != "failed" else 0))
    failed = "; ".join(f"{name}: {entry['why']}" for name, entry in parts.items() if entry["state"] == "failed")
    facts = {**about, "date": state["date"], **({"left out": failed} if failed else {}), "planned": planned}
    write_json(folder / "parts.json", state)
    write_json(folder / "run.json", facts)


def summary(rows: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """For each condition n, errors, and the average of each measure with its interval."""
    out = {}
    for name in dict.fromkeys(r.condition for r in rows):
        good = [r for r in rows if r.condition == name and r.error is None]
        failed = sum(r.condition == name and r.error is not None for r in rows)
        averages = tally({m: (p[0], p[1]) for m, p in r.score.items()} for r in good)
        out[name] = {"n": len(good), "errors": failed, **{m: asdict(t) for m, t in averages.items()}}
    return out
