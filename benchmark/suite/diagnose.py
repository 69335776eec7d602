"""A run of many parts in one folder: resumed after any kill, one part's trouble is not the next one's.

The folder gets `<part>.jsonl` for each part (rows of `runner.py`), `parts.json`, what each part is and how far it came,
and for the report `run.json`: model, judge, size, command, how many samples each condition should have, what was left
out. Started again, a run goes on where it was, and rows of a quick run count for a full one. This module does not know
what is asked; that is `suite.py`.
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

from benchmark.judges.score import tally
from benchmark.runner import Condition, Result, read_results, run
from benchmark.world.sample import Sample
from memory.errors import KeepsakeError
from memory.paths import private_folder

SAY_EVERY = 30.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block made ready: what is asked about what, and how much of the whole work it is."""

    name: str
    names: tuple[str, ...]
    """Of its conditions."""
    conditions: Callable[[], list[Condition]]
    samples: Callable[[], Iterator[Sample]]
    n: int
    weight: float
    """Work for one sample, about proportional to time."""
    of: dict[str, Any]
    """What it is, for `run.json`: rows of something else under the same name are refused."""


def diagnose(todo: Sequence[Part], folder: Path, about: dict[str, str]) -> dict[str, list[Result]]:
    """Run every part into `folder`; returns rows by part. One that cannot run is left out, and said to be.

    `about` goes to `run.json`; its "identity" (of the model) and "judge" must stay the same. Raises KeepsakeError when
    the folder holds a run of something else.
    """
    private_folder(folder)
    state = _resumed(folder, about, todo)
    entries = state["parts"]
    done = {p.name for p in todo if _finished(entries.get(p.name), p) and (folder / f"{p.name}.jsonl").exists()}
    waiting = [p for p in todo if p.name not in done]
    clock = Clock(sum(p.n * p.weight for p in waiting))
    entries |= {p.name: {"of": p.of, "conditions": p.names, "n": p.n, "state": "waiting"} for p in waiting}
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
        except KeepsakeError as error:
            entries[part.name] |= {"state": "failed", "why": str(error)}
            print(f"{part.name} is left out: {error}", file=sys.stderr)
        _save(folder, state, about)
    return rows


class Clock:
    """Says on stderr how far the whole suite is, and about how long it still takes."""

    def __init__(self, work: float) -> None:
        self.work, self.done, self.spent, self._said = work, 0.0, 0.0, time.monotonic()

    def watch(self, part: Part, conditions: Sequence[Condition], out: Path) -> Iterator[Sample]:
        """The part's samples; those whose rows are all there take no time and count as no work."""
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
            self.spent += now - began
            if now - self._said >= SAY_EVERY:
                self._said = now
                left = self.spent / self.done * max(0.0, self.work - self.done) / 60
                share = self.done / self.work
                print(f"suite: in {part.name}, {share:.0%} done, about {left:.0f} min left", file=sys.stderr)


def _resumed(folder: Path, about: dict[str, str], todo: Sequence[Part]) -> dict[str, Any]:
    """What `parts.json` says so far, or its beginning."""
    path = folder / "parts.json"
    same = {key: about[key] for key in ("identity", "judge")}
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        entries = state["parts"]
        other = [f"{key} ({state[key]})" for key, value in same.items() if state[key] != value]
        other += [f"{p.name!r} part" for p in todo if p.name in entries and entries[p.name]["of"] != p.of]
    except FileNotFoundError:
        return {**same, "date": f"{datetime.now(UTC):%Y-%m-%d}", "parts": {}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeepsakeError(f"{path} is not readable ({error}): give another folder with --out") from error
    if other:
        raise KeepsakeError(f"{folder} holds a run with another {', '.join(other)}: give another folder with --out")
    return state


def _finished(entry: dict[str, Any] | None, part: Part) -> bool:
    return entry is not None and entry["state"] == "done" and entry["n"] >= part.n and not entry["errors"]


def _save(folder: Path, state: dict[str, Any], about: dict[str, str]) -> None:
    parts = state["parts"]
    planned: Counter[str] = Counter()
    for entry in parts.values():
        planned.update(dict.fromkeys(entry["conditions"], entry["n"] if entry["state"] != "failed" else 0))
    failed = "; ".join(f"{name}: {entry['why']}" for name, entry in parts.items() if entry["state"] == "failed")
    facts = {**about, "date": state["date"], **({"left out": failed} if failed else {}), "planned": planned}
    for name, value in (("parts.json", state), ("run.json", facts)):
        partial = folder / f"{name}.partial"
        partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        partial.replace(folder / name)


def summary(rows: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """By condition: n, errors, and each measure's average with its interval."""
    out = {}
    for name in dict.fromkeys(r.condition for r in rows):
        good = [r for r in rows if r.condition == name and r.error is None]
        failed = sum(r.condition == name and r.error is not None for r in rows)
        found = tally({m: (p[0], p[1]) for m, p in r.score.items()} for r in good)
        out[name] = {"n": len(good), "errors": failed, **{m: asdict(t) for m, t in found.items()}}
    return out
