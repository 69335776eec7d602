"""`python -m benchmark report`: one self-contained page about one or more runs, and its plots as PNG files.

It reads rows and writes a page; it asks no model and no judge, and the same rows make the same page.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmark.report import error_gallery, figures, plots, statistics, tables
from benchmark.report.statistics import Run, percent
from benchmark.runner import Result, read_results
from memory.errors import KeepsakeError
from memory.paths import private_folder

PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Picture:
    """A plot on the page: data URIs for light and dark, and what it shows."""

    light: str
    dark: str
    alt: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or one of its .jsonl files")
    parser.add_argument("--out", type=Path, help="folder for the page and plots (default: beside the first run)")
    parser.add_argument("--data", type=Path, help="corpus folder of samples that are not seeded, for their photos")


def command(args: argparse.Namespace) -> int:
    """Write the page. Raises KeepsakeError for a run that cannot be read."""
    first: Path = args.runs[0].resolve()
    name = first.stem if first.is_file() else first.name
    page = report(args.runs, args.out or first.with_name(f"{name}-report"), args.data)
    print(f"page: {page}", file=sys.stderr)
    return 0


def report(paths: Sequence[Path], out: Path, data: Path | None = None) -> Path:
    """Write `PAGE` and the plots of these runs into the folder `out`; the page's path."""
    try:
        import jinja2
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as missing:
        raise KeepsakeError(
            f"a report needs {missing.name}, which is not installed: pip install jinja2 matplotlib"
        ) from missing
    runs = _labelled([load(path) for path in paths])
    private_folder(out)
    drawn = {}
    for name, (plot, alt) in figures.plots_of(runs).items():
        light, dark = plots.render(plot)
        write_whole(out / f"{name}.png", light)
        drawn[name] = Picture(uri(light), uri(dark), alt)
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["percent"] = percent
    text = env.get_template("report.html.j2").render(
        runs=runs,
        plots=drawn,
        cards=error_gallery.cards(runs, data),
        measures=statistics.MEASURES,
        margin=round(100 * statistics.MARGIN),
        **tables.sections(runs),
    )
    write_whole(out / PAGE, text.encode())
    return out / PAGE


def load(path: Path) -> Run:
    """A run from its folder or file; for each condition and sample the last good row, else the last failed one."""
    files = [path] if path.is_file() else sorted(path.glob("*.jsonl"))
    if not files:
        raise KeepsakeError(f"no run at {path}: name a folder that holds .jsonl rows, or one such file")
    rows: dict[tuple[str, str], Result] = {}
    asked: Counter[str] = Counter()
    notes, lost = [], 0
    for file in files:
        whole = [r for r in read_results(file) if _sound(r)]
        lost += sum(bool(line.strip()) for line in file.read_text("utf-8", "replace").split("\n")) - len(whole)
        for row in whole:
            if row.error is None or (row.condition, row.sample) not in rows:
                rows[row.condition, row.sample] = row
        asked.update(condition for condition, _ in {(r.condition, r.sample) for r in whole})
        if _stopped(whole):
            notes.append(
                f"{file.name} stops in the middle of a sample: the run was interrupted. Run it again to go on."
            )
    if not rows:
        raise KeepsakeError(f"no row of the benchmark in {path}" + f" ({lost} lines of another form)" * bool(lost))
    if lost:
        notes.append(f"{lost} line{'s' * (lost > 1)} cut off or not of this form, left out.")
    about = {} if path.is_file() else _about(path / "run.json")
    for condition, n in about.pop("planned", {}).items():
        if asked[condition] < n:
            notes.append(f"{condition}: {asked[condition]} of {n} samples done.")
    if about.get("left out"):
        notes.append(f"Left out: {about['left out']}.")
    good = tuple(r for r in rows.values() if r.error is None)
    failed = tuple(r for r in rows.values() if r.error is not None)
    name = path.resolve().stem if path.is_file() else path.resolve().name
    return Run(str(about.get("model") or name), {"run": name, **about}, good, failed, tuple(notes))


def _sound(row: Result) -> bool:
    """Whether a row's parts have the types they should: a file of something else may look alike."""
    parts = ((row.score, dict), (row.texts, dict), (row.spec, dict | None), (row.positives, int), (row.episodes, int))
    pairs = list(row.score.values()) if isinstance(row.score, dict) else []
    return all(isinstance(part, kind) for part, kind in parts) and all(
        isinstance(p, list) and len(p) == 2 and all(isinstance(x, int | float) for x in p) for p in pairs
    )


def _stopped(rows: Sequence[Result]) -> bool:
    """Whether the file's last sample was asked less than the one before it."""
    asked: dict[str, set[str]] = {}
    for row in rows:
        asked.setdefault(row.sample, set()).add(row.condition)
    last = list(asked.values())[-2:]
    return len(last) == 2 and last[1] < last[0]


def _about(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise KeepsakeError(f"{path} is damaged: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("planned", {}), dict):
        raise KeepsakeError(f"{path} is not what a run writes: an object with model, size, date")
    return found


def _labelled(runs: Sequence[Run]) -> list[Run]:
    """Runs of the same name are told apart by their folder, else by a number."""
    names = Counter(run.label for run in runs)
    twice = [replace(r, label=f"{r.label} ({r.about['run']})") if names[r.label] > 1 else r for r in runs]
    names = Counter(run.label for run in twice)
    return [replace(r, label=f"{r.label} {i}") if names[r.label] > 1 else r for i, r in enumerate(twice, 1)]


def write_whole(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)


def uri(png: bytes) -> str:
    """A picture inside a page."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
