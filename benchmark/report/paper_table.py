"""`python -m benchmark table`: the paper's table: CapEval-QAs by the number of known things, LSD, LAR and ITR, and
general captions, of one or more models.

It reads the rows that `capeval`, `official` and `diagnose --references` have written, and asks no model and no judge.
Rows of an earlier export of a model do not count. Only rows of one data, judge and layout stand in one table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.models import local
from benchmark import markdown
from benchmark.report import comparison
from benchmark.report.comparison import Group, Table, compare, rows_of
from benchmark.report.run_folder import Run, load_run
from benchmark.report.statistics import MEASURES, WAYS, gain, gain_words
from benchmark.runner import row_name
from memory.errors import KeepsakeError
from memory.files import write_text
from memory.paths import home

TASKS = {"lsd": "LSD, last seen where", "lar": "LAR, last done what", "itr": "ITR, the reminder"}
OF_TASK = ("hit", "f1", "marker", "unread")
OF_GENERAL = ("told", "borne_out", "unread")
GAINS = ("acc_pos", "acc_neg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark table`."""
    parser.add_argument("models", nargs="+", metavar="MODEL", help="a model's name or folder; the first is the base")
    parser.add_argument("--rows", type=Path, metavar="FOLDER", help="folder of the rows (default: under KEEPSAKE_HOME)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table there, too")


def command(args: argparse.Namespace) -> int:
    """Print the table. Raises KeepsakeError for a model that is not here, or when there are no rows at all."""
    told = table(args.models, args.rows or home() / "runs")
    print(told)
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write_text(args.out, told + "\n")
        print(f"table: {args.out}", file=sys.stderr)
    return 0


def table(models: Sequence[str], rows: Path) -> str:
    """The table in Markdown. `rows`: the folder with the files of rows. Raises KeepsakeError as `command` does."""
    specs = [local.load(model, verify=False) for model in models]
    found: dict[str, list[Run]] = {}
    for spec in specs:
        begins = {f"capeval-{spec.name}-{spec.identity}-": "CapEval-QAs"}
        begins |= {f"official-{t}-{way}-{spec.name}-{spec.identity}-": t for t in TASKS for way in WAYS}
        for begin, kind in begins.items():
            for path in sorted(rows.glob(f"{row_name(begin)}*.jsonl")):
                data = path.stem.removeprefix(row_name(begin))
                found.setdefault(f"{kind}: {data}", []).append(replace(load_run(path), label=spec.name))
        general = rows / spec.name / "general"
        if general.is_dir() and (run := load_run(general)).about.get("identity") == spec.identity:
            found.setdefault(f"general captions: {run.about.get('judge')}", []).append(replace(run, label=spec.name))
    if not found:
        names = ", ".join(spec.name for spec in specs)
        raise KeepsakeError(f"no rows of {names} in {rows}: write them with `capeval --questions` and `official`")
    parts = [part for title, runs in found.items() for part in _section(title, runs)]
    return "\n\n".join(["Shares with their 95 % intervals; n counts rows.", *parts])


def _section(title: str, runs: Sequence[Run]) -> list[str]:
    """The parts of the page about the rows of one kind, data and judge."""
    kind, data = title.split(": ", 1)
    gains: list[str] = []
    if kind == "CapEval-QAs":
        made, gains = comparison.capeval(runs), _gains(runs)
    elif kind in TASKS:
        ways = [Group((words,), rows_of(f"official/{way}")) for way, words in WAYS.items()]
        made = compare(runs, ("Answer",), ways, OF_TASK)
    else:
        made = compare(runs, ("Captions",), [Group(("described photos",), rows_of("detail/references"))], OF_GENERAL)
    notes = [f"- {run.label}: {note}" for run in runs for note in (*run.notes, *_failed(run))]
    who = f"{data}; {', '.join(dict.fromkeys(run.label for run in runs))}"
    return [f"## {TASKS.get(kind, kind)} ({who})", _markdown(made), *gains, *(["\n".join(notes)] if notes else [])]


def _gains(runs: Sequence[Run]) -> list[str]:
    """How much better every other model is than the first, on the samples of both."""
    lines = []
    for run in runs[1:]:
        for k in sorted({row.positives for row in run.of("caption")}):
            before, after = ([row for row in one.of("caption") if row.positives == k] for one in (runs[0], run))
            told = {MEASURES[m][0]: gain(before, after, m) for m in GAINS}
            words = ", ".join(f"{name} {gain_words(t)}" for name, t in told.items() if t)
            lines += [f"- {run.label} against {runs[0].label}, {k} known: {words}"] if words else []
    return ["\n".join(lines)] if lines else []


def _failed(run: Run) -> list[str]:
    """A note about rows that failed."""
    return [f"{len(run.failed)} of {len(run.failed) + len(run.rows)} rows failed, and count nowhere"] * bool(run.failed)


def _markdown(made: Table | None) -> str:
    """A table as text; an interval stands behind its number."""
    if made is None:
        return "No row was scored."
    rows = [[f"{cell.text} ({cell.small})" if cell.small else cell.text for cell in row] for row in made.rows]
    return markdown.table(made.head, rows)
