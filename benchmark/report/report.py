"""`python -m benchmark report`: one self-contained page about one or more runs, and its plots as PNG files.

The report reads rows and writes a page. It asks no model and no judge, and the same rows make the same page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmark.report import error_gallery, figures, html_page, statistics, tables, verdicts
from benchmark.report.run_folder import label_apart, load_run

PAGE = "report.html"
TEMPLATE = Path(__file__).parent / "report.html.j2"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark report`."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, or one of its .jsonl files")
    parser.add_argument("--out", type=Path, help="folder for the page and plots (default: beside the first run)")
    parser.add_argument("--data", type=Path, help="corpus folder of samples that are not seeded, for their photos")


def command(args: argparse.Namespace) -> int:
    """Write the page and print where it is. Raises KeepsakeError for a run that cannot be read."""
    first: Path = args.runs[0].resolve()
    name = first.stem if first.is_file() else first.name
    page = report(args.runs, args.out or first.with_name(f"{name}-report"), args.data)
    print(f"page: {page}", file=sys.stderr)
    return 0


def report(paths: Sequence[Path], out: Path, data: Path | None = None) -> Path:
    """Write `PAGE` and the plots of these runs into the folder `out`; returns the page's path. Raises KeepsakeError."""
    html_page.check_libraries()
    runs = label_apart([load_run(path) for path in paths])
    values = {
        "runs": runs,
        "cards": error_gallery.cards(runs, data),
        "measures": statistics.MEASURES,
        "margin": round(100 * verdicts.MARGIN),
        **tables.sections(runs),
    }
    return html_page.write_page(TEMPLATE, out / PAGE, figures.plots_of(runs), values)
