"""`python -m assistant models`: which models there are and fit, fetch one, see whether one works here.

With --json one object a line on stdout; progress goes to stderr. Only `pull` uses the network.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.models import hardware, registry
from assistant.models.hardware import gigabytes
from memory.episode import printable

if TYPE_CHECKING:
    from assistant.models.download import Progress

EVERY = 0.2
"""Seconds between two looks of the progress line."""


def add(commands: Any) -> None:
    """Add the commands to the assistant's parser."""
    show = commands.add_parser("list", help="models here and to be had, with the memory they need on this machine")
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=_list)
    fetch = commands.add_parser("pull", help="fetch a model from the Hugging Face hub; goes on where it stopped")
    fetch.add_argument("name", help="a name of the list, or hf:OWNER/REPOSITORY[:FILE.gguf]")
    fetch.add_argument(
        "--quant", metavar="KIND", help=f"quantisation of the language model (default: {registry.QUANT})"
    )
    fetch.add_argument("--json", action="store_true", help="one JSON object at the end")
    fetch.set_defaults(run=_pull)
    check = commands.add_parser("check", help="compare a model's files, load it, and measure it with one photo")
    check.add_argument("name", help="a name of the list, a folder, or a .gguf with its mmproj beside it")
    check.add_argument("--json", action="store_true", help="one JSON object")
    check.set_defaults(run=_check)


def _list(args: argparse.Namespace) -> int:
    here = hardware.this()
    rows = registry.rows(here)
    if args.json:
        for row in rows:
            print(json.dumps(asdict(row)))
        return 0
    line = "{:<16} {:<8} {:>8} {:>8}  {:<5}  {}"
    print(line.format("name", "where", "size", "memory", "fits", "licence; what it is"))
    for row in rows:
        size, needs = (gigabytes(n) if n else "?" for n in (row.size, row.needs))
        doubt = "" if row.pinned or row.folder else "unverified"
        words = f"broken: {row.problem}" if row.problem else "; ".join(w for w in (row.licence, row.about, doubt) if w)
        print(printable(line.format(row.name, row.where, size, needs, row.fits or "?", words)))
    free = f", {gigabytes(here.free)} of it free" if here.free is not None else ""
    print(
        f"This machine has {gigabytes(here.total)}{free}. memory: files + {hardware.CONTEXT} tokens of context + "
        f"{gigabytes(hardware.BUFFERS)}; tight: when other programs make room;\n"
        "unverified: sizes as others wrote them down, no commit pinned."
    )
    return 0


def _pull(args: argparse.Namespace) -> int:
    from assistant.models.download import AGAIN, pull

    row = next((r for r in registry.rows() if r.name == args.name), None)
    if row and row.fits == "no" and row.needs:
        print(f"{args.name} needs {gigabytes(row.needs)} of memory: it will not run well here", file=sys.stderr)
    try:
        folder = pull(args.name, args.quant, tell=_progress())
    except KeyboardInterrupt:
        print(f"\nstopped; {AGAIN}", file=sys.stderr)
        return 1
    checkpoint = folder.parent.name == "checkpoints"
    then = f"python -m quantize all {folder} --out DIR" if checkpoint else f"python tui.py --model {folder.name}"
    result = {"name": folder.name, "folder": str(folder), "next": then}
    print(json.dumps(result) if args.json else f"{folder.name} is in {folder}\nnext: {then}")
    return 0


def _progress() -> Callable[[Progress], None]:
    """A line on stderr that is written over on a terminal; elsewhere a line each tenth."""
    terminal = sys.stderr.isatty()
    began, last, first = time.monotonic(), 0.0, -1
    told = ""

    def tell(progress: Progress) -> None:
        nonlocal last, first, told
        now, first = time.monotonic(), progress.done if first < 0 else first
        percent = 100 * progress.done // max(1, progress.total)
        step = progress.doing if terminal else f"{progress.doing} {percent // 10}"
        if step == told and (not terminal or now - last < EVERY) and progress.done < progress.total:
            return
        last, told = now, step
        speed = gigabytes((progress.done - first) / max(0.1, now - began))
        words = f"{progress.doing}  {gigabytes(progress.done)} of {gigabytes(progress.total)}  {percent} %  {speed}/s"
        words = words[: shutil.get_terminal_size().columns - 1] if terminal else words
        end = "\n" if not terminal or progress.done >= progress.total else ""
        print(f"\r\033[K{words}" if terminal else words, end=end, file=sys.stderr, flush=True)

    return tell


def _check(args: argparse.Namespace) -> int:
    from assistant.healthcheck import check

    health = check(args.name, lambda words: print(words, file=sys.stderr))
    if args.json:
        print(json.dumps(asdict(health), ensure_ascii=False))
        return 0
    compared = (
        f"{health.compared} files are what the manifest says" if health.compared else "no manifest to compare with"
    )
    print(f"{health.name}: {compared}")
    print(
        f"loaded in {health.load_seconds} s; memory at most {gigabytes(health.peak)} "
        f"(estimated with a full context: {gigabytes(health.estimate)})"
    )
    print(f"read {health.prompt_tokens} tokens, photo included, at {health.prompt_per_second} a second")
    wrote = f"at {health.new_per_second} a second" if health.new_per_second else ""
    print(f"wrote {health.new_tokens} tokens {wrote}: {printable(health.said)}")
    return 0
