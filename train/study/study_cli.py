"""`python -m train study` and `results`: their options, and what they do with them."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from memory.commands.argument_types import Commands
from train.resources import base_gguf, device_for
from train.study import study as studies


def add(commands: Commands) -> None:
    """Add the commands `study` and `results` with their options."""
    study = commands.add_parser("study", help="train variants of a recipe one after the other, as a study file says")
    study.add_argument("study", type=Path, help="a study file (train/studies)")
    study.add_argument("--only", nargs="+", metavar="NAME", help="train the runs with these names only")
    study.add_argument(
        "--until-seconds",
        type=float,
        default=math.inf,
        metavar="N",
        help="stop at a checkpoint before N seconds are over",
    )
    study.add_argument(
        "--start", type=Path, metavar="CHECKPOINT.pt", help="begin at this file, not where the recipe says"
    )
    study.add_argument(
        "--list", action="store_true", help="do not train; print name, folder and state of each run, separated by tabs"
    )
    study.add_argument(
        "--prepare", action="store_true", help="do not train; write the plan and what the runs start from"
    )
    study.add_argument("--dry-run", action="store_true", help="only print every cell with its hours (computed)")
    study.add_argument("--suite", type=Path, default=Path("runs/study-suite.toml"), help="what --dry-run counts, too")
    study.set_defaults(run=_study)
    results = commands.add_parser("results", help="write a page about a study, or about one run with rewards")
    results.add_argument("folder", type=Path, help="the study's folder ($KEEPSAKE_HOME/train/RECIPE/study), or a run's")
    results.add_argument("--out", type=Path, required=True, help="the folder for the page and its plots")
    results.set_defaults(run=_results)


def _study(args: argparse.Namespace) -> None:
    """Train the runs of a study, or list them, compute their hours, or write what they start from."""
    study = studies.load(args.study)
    if args.list:
        for row in studies.run_states(study, args.only):
            print(*row, sep="\t")
        return
    if args.dry_run:
        from train.study import hours

        print(hours.table(hours.cells(study, args.only, args.suite, "full")))
        return
    studies.select_runs(study, args.only)  # an unknown name is refused before torch is loaded
    base = base_gguf()
    if args.prepare:
        studies.prepare(study, base, args.start, args.only)
        return
    done = studies.run(study, base, device_for(study.recipe), args.start, args.only, args.until_seconds)
    print("all runs are done" if done else "time is up: the same command goes on", file=sys.stderr)


def _results(args: argparse.Namespace) -> None:
    """Write the page about a study or a run."""
    from train.study import results

    print(f"page: {results.write(args.folder, args.out)}", file=sys.stderr)
