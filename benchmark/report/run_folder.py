"""A run as the report sees it: the rows of its folder, what `run.json` says, and notes about what is missing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.runner import Result, read_results
from memory.errors import KeepsakeError


@dataclass(frozen=True, slots=True)
class Run:
    """The content of one run folder."""

    label: str
    about: dict[str, Any]
    """The content of `run.json`, and the folder's name under "run"."""
    rows: tuple[Result, ...]
    """One scored row for each condition and sample."""
    failed: tuple[Result, ...] = ()
    """One row for each condition and sample that has only failed."""
    notes: tuple[str, ...] = ()
    """Sentences about what is unfinished or could not be read."""

    def of(self, condition: str, keep: Callable[[Result], bool] = lambda r: True) -> list[Result]:
        """The scored rows of a condition that pass the filter `keep`."""
        return [r for r in self.rows if r.condition == condition and keep(r)]

    def part(self, group: str) -> list[str]:
        """The conditions whose names begin with `group`/, in the order of the rows."""
        return list({r.condition: 0 for r in self.rows if r.condition.startswith(f"{group}/")})


def load_run(path: Path) -> Run:
    """Read a run from its folder, or from one of its .jsonl files.

    Of several rows for a condition and sample the last good one counts, else the last failed one. Raises KeepsakeError
    when there is no row, or `run.json` is damaged.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    if not files:
        raise KeepsakeError(f"no run at {path}: name a folder that holds .jsonl rows, or one such file")
    rows: dict[tuple[str, str], Result] = {}
    asked: Counter[str] = Counter()
    notes, lost = [], 0
    for file in files:
        whole = [r for r in read_results(file) if _has_right_types(r)]
        lost += sum(bool(line.strip()) for line in file.read_text("utf-8", "replace").split("\n")) - len(whole)
        for row in whole:
            if row.error is None or (row.condition, row.sample) not in rows:
                rows[row.condition, row.sample] = row
        asked.update(condition for condition, _ in {(r.condition, r.sample) for r in whole})
        if _stops_within_a_sample(whole):
            notes.append(
                f"{file.name} stops in the middle of a sample: the run was interrupted. Run it again to go on."
            )
    if not rows:
        raise KeepsakeError(f"no row of the benchmark in {path}" + f" ({lost} lines of another form)" * bool(lost))
    if lost:
        notes.append(f"{lost} line{'s' * (lost > 1)} cut off or of another form, left out.")
    about = {} if path.is_file() else _read_about(path / "run.json")
    for condition, n in about.pop("planned", {}).items():
        if asked[condition] < n:
            notes.append(f"{condition}: {asked[condition]} of {n} samples done.")
    if about.get("left out"):
        notes.append(f"Left out: {about['left out']}.")
    good = tuple(r for r in rows.values() if r.error is None)
    failed = tuple(r for r in rows.values() if r.error is not None)
    name = path.resolve().stem if path.is_file() else path.resolve().name
    return Run(str(about.get("model") or name), {"run": name, **about}, good, failed, tuple(notes))


def _has_right_types(row: Result) -> bool:
    """Whether a row's fields have the types they should: a file of another kind may look like rows."""
    parts = ((row.score, dict), (row.texts, dict), (row.spec, dict | None), (row.positives, int), (row.episodes, int))
    pairs = list(row.score.values()) if isinstance(row.score, dict) else []
    return all(isinstance(part, kind) for part, kind in parts) and all(
        isinstance(p, list) and len(p) == 2 and all(isinstance(x, int | float) for x in p) for p in pairs
    )


def _stops_within_a_sample(rows: Sequence[Result]) -> bool:
    """Whether the file's last sample has fewer conditions than the one before it."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        asked.setdefault(row.sample, set()).add(row.condition)
    last = list(asked.values())[-2:]
    return len(last) == 2 and last[1] < last[0]


def _read_about(path: Path) -> dict[str, Any]:
    """The content of a `run.json`, or nothing where there is none."""
    if not path.exists():
        return {}
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeepsakeError(f"{path} is damaged: {error}") from error
    if not isinstance(about, dict) or not isinstance(about.get("planned", {}), dict):
        raise KeepsakeError(f"{path} is not what a run writes: an object with model, size, date")
    return about


def label_apart(runs: Sequence[Run]) -> list[Run]:
    """Give runs of the same label different ones: with the folder's name, and if that is not enough with a number."""
    names = Counter(run.label for run in runs)
    named = [replace(r, label=f"{r.label} ({r.about['run']})") if names[r.label] > 1 else r for r in runs]
    names = Counter(run.label for run in named)
    return [replace(r, label=f"{r.label} {i}") if names[r.label] > 1 else r for i, r in enumerate(named, 1)]
