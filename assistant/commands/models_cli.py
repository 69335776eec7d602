"""`python -m assistant models`: list models and photo encoders and whether they fit, fetch one, check one.

With --json, stdout has one JSON object a line; progress goes to stderr. Only `pull` uses the network.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from assistant.encoder.open_encoder import is_encoder
from assistant.models import hardware, registry
from assistant.models.encoder_rows import encoder_rows
from assistant.models.hardware import gigabytes
from assistant.progress import EVERY
from memory.commands.argument_types import Commands
from memory.episode import printable

if TYPE_CHECKING:
    from assistant.models.download import Progress

BEGIN = "BEGIN WITH THIS ONE"


def add(commands: Commands) -> None:
    """Add the commands to the assistant's parser."""
    show = commands.add_parser(
        "list", help="list the models and photo encoders, here and to fetch, with the memory they need"
    )
    show.add_argument("--json", action="store_true", help="print one JSON object a line")
    show.set_defaults(run=_list)
    fetch = commands.add_parser(
        "pull", help="fetch a model from the Hugging Face hub; an interrupted download is resumed"
    )
    fetch.add_argument("name", help="a name from `models list`, or hf:OWNER/REPOSITORY[:FILE.gguf]")
    fetch.add_argument(
        "--quant", metavar="KIND", help=f"quantisation of the language model (default: {registry.QUANT})"
    )
    fetch.add_argument(
        "--mmproj", metavar="KIND", help="kind of the vision tower, as Q8_0 (default: F16 if there is one)"
    )
    fetch.add_argument("--json", action="store_true", help="print one JSON object at the end")
    fetch.set_defaults(run=_pull)
    check = commands.add_parser(
        "check", help="compare a model's files with its manifest, load it, and time it on one photo"
    )
    check.add_argument("name", help="a name from `models list`, a folder, or a .gguf with its mmproj beside it")
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(run=_check)


def _list(args: argparse.Namespace) -> int:
    machine = hardware.this_machine()
    rows = [*registry.rows(machine), *encoder_rows(machine)]
    if args.json:
        for row in rows:
            print(json.dumps(asdict(row)))
        return 0
    line = "{:<17} {:<8} {:>8} {:>8}  {:<5}  {}"
    print(line.format("name", "where", "size", "memory", "fits", "licence; what it is"))
    for i, row in enumerate(rows):
        if row.kind == "encoder" and rows[i - 1].kind == "model":
            print("\nPhoto encoders, for recall:")
        size, needs = (gigabytes(n) if n else "?" for n in (row.size, row.needs))
        unverified = "" if row.pinned or row.folder else "unverified"
        told = (BEGIN if row.begin else "", row.licence, row.about, unverified)
        words = f"broken: {row.problem}" if row.problem else "; ".join(w for w in told if w)
        print(printable(line.format(row.name, row.where, size, needs, row.fits or "?", words)))
    free = f", {gigabytes(machine.free)} of it free" if machine.free is not None else ""
    print(
        f"This machine has {gigabytes(machine.total)}{free}. memory: files + {hardware.CONTEXT} tokens of context + "
        f"{gigabytes(hardware.BUFFERS)}; tight: fits when other programs free memory;\n"
        "unverified: sizes as others recorded them, no commit or no sha256 pinned."
    )
    return 0


def _pull(args: argparse.Namespace) -> int:
    from assistant.models.download import pull
    from assistant.models.hub_client import RESUMABLE

    row = next((r for r in (*registry.rows(), *encoder_rows()) if r.name == args.name), None)
    if row and row.fits == "no" and row.needs:
        why = registry.ONLY_MACS if row.about.startswith(registry.ONLY_MACS) else "it will not run well here"
        print(f"{args.name} needs {gigabytes(row.needs)} of memory: {why}", file=sys.stderr)
    try:
        folder = pull(args.name, args.quant, args.mmproj, on_progress=_progress_line())
    except KeyboardInterrupt:
        print(f"\nstopped; {RESUMABLE}", file=sys.stderr)
        return 1
    then = {
        "checkpoints": f"python -m quantize all {folder} --out DIR",
        "encoders": f"python tui.py --encoder {folder.name}",
    }.get(folder.parent.name, f"python tui.py --model {folder.name}")
    result = {"name": folder.name, "folder": str(folder), "next": then}
    print(json.dumps(result) if args.json else f"{folder.name} is in {folder}\nnext: {then}")
    return 0


def _progress_line() -> Callable[[Progress], None]:
    """A line on stderr that is overwritten on a terminal; elsewhere, one line for each tenth of a file."""
    terminal = sys.stderr.isatty()
    began, last, first = time.monotonic(), 0.0, -1
    printed_step = ""

    def update(progress: Progress) -> None:
        nonlocal last, first, printed_step
        now, first = time.monotonic(), progress.done if first < 0 else first
        percent = 100 * progress.done // max(1, progress.total)
        step = progress.doing if terminal else f"{progress.doing} {percent // 10}"
        if step == printed_step and (not terminal or now - last < EVERY) and progress.done < progress.total:
            return
        last, printed_step = now, step
        speed = gigabytes((progress.done - first) / max(0.1, now - began))
        words = f"{progress.doing}  {gigabytes(progress.done)} of {gigabytes(progress.total)}  {percent} %  {speed}/s"
        words = words[: shutil.get_terminal_size().columns - 1] if terminal else words
        end = "\n" if not terminal or progress.done >= progress.total else ""
        print(f"\r\033[K{words}" if terminal else words, end=end, file=sys.stderr, flush=True)

    return update


def _check(args: argparse.Namespace) -> int:
    from assistant.healthcheck import check

    if is_encoder(args.name):
        return _check_encoder(args)
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
    print(f"photos: {health.photos}")
    print(f"read {health.prompt_tokens} tokens, photo included, at {health.prompt_per_second} a second")
    wrote = f"at {health.new_per_second} a second" if health.new_per_second else ""
    print(f"wrote {health.new_tokens} tokens {wrote}: {printable(health.said)}")
    return 0


def _check_encoder(args: argparse.Namespace) -> int:
    from assistant.healthcheck import check_encoder

    health = check_encoder(args.name, lambda words: print(words, file=sys.stderr))
    if args.json:
        print(json.dumps(asdict(health), ensure_ascii=False))
        return 0
    print(f"{health.name}: {health.compared} of its files compared with the manifest: the same")
    print(f"opened in {health.load_seconds} s; its space is {health.space}")
    print(
        f"a photo takes {1000 * health.photo_seconds:.0f} ms of one processor core and becomes {health.tokens} tokens "
        f"of {health.width} numbers"
    )
    return 0
