"""`python -m assistant import`: import a folder of photos, or the export of a chat, with progress and a summary.

What becomes of each photo is decided in `import_photos.py`. Progress and what was left out go to stderr, the summary
to stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, get_args

from assistant.backends.cache import disk_cache
from assistant.encoder.encoder import PhotoEncoder
from assistant.importing.file_metadata import one_line
from assistant.importing.import_outcomes import Tally
from assistant.importing.import_photos import SNAPSHOT_FROM, import_all
from assistant.importing.import_source import Choices, Source
from assistant.importing.seen_files import SeenFiles
from assistant.importing.sources import open_source
from assistant.metadata.name_day import DayOrder
from assistant.opening import encoder_and_model, open_memory
from assistant.photo import shown
from assistant.progress import progress_line
from memory.commands.argument_types import Commands, named_path
from memory.days import day_words, file_of
from memory.episode import Episode, printable
from memory.errors import KeepsakeError, MemoryFileError
from memory.paths import home
from memory.store import Memory
from memory.text import count

NAMED = 10
"""So many left-out files of each kind are named on stderr; --json names all."""
DATE_SOURCES = {
    "chat": "the day of {n} is the chat's",
    "sidecar": "the day of {n} is from a sidecar file",
    "name": "the day of {n} is from the file's name",
    "file": "the day of {n} is unknown: neither the photo nor its name says it",
}
"""Sources of days that the summary counts, in words; the camera's is the usual one and not counted."""


def add(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command to the assistant's parser; `common` holds the options that commands share."""
    about = "import a folder of photos, or the export of a chat (WhatsApp, Telegram, Signal), into the memory"
    command = commands.add_parser("import", parents=[common], help=about)
    command.add_argument(
        "path",
        type=named_path,
        metavar="PATH",
        help="the folder, the ZIP, or the chat's text (or JSON, or its first page)",
    )
    command.add_argument("--words", type=one_line, default="", help="words for photos that come without any")
    command.add_argument("--place", type=one_line, help="where the photos were taken")
    command.add_argument(
        "--keep-places", action="store_true", help="store the camera's coordinates (default: they are dropped)"
    )
    command.add_argument(
        "--without-words", action="store_true", help="import photos without words too (default: they are left out)"
    )
    command.add_argument(
        "--no-screenshots", action="store_true", help="with --without-words: leave out screenshots without words"
    )
    command.add_argument("--me", metavar="NAME", help="your name in the chat")
    command.add_argument(
        "--days",
        choices=get_args(DayOrder),
        help="order of day, month and year in the chat's dates, or in names of files (default: inferred)",
    )
    command.add_argument("--dry-run", action="store_true", help="print what would be imported, and store nothing")
    command.set_defaults(run=_import)


def _import(args: argparse.Namespace) -> int:
    choices = Choices(args.words, args.place or None, args.keep_places, args.without_words, not args.no_screenshots)
    path = args.memory or home() / "memory.db"
    with open_source(args.path, args.me, args.days) as source:
        if not source.items:
            _print_left_out(source, Tally())
            raise KeepsakeError(f"{shown(args.path)}: there are no photos to import in it")
        for note in source.notes:
            print(printable(note), file=sys.stderr)
        if not args.dry_run:
            return _with_encoder(args, path, source, choices)
        if not path.exists():  # opening would create it
            return _import_and_report(args, source, None, None, choices)
        with open_memory(path) as memory:
            return _import_and_report(args, source, memory, None, choices)


def _with_encoder(args: argparse.Namespace, path: Path, source: Source, choices: Choices) -> int:
    with encoder_and_model(args.encoder, args.model) as (encoder, backend), open_memory(path, backend) as memory:
        if len(source.items) >= SNAPSHOT_FROM and memory.stats()["episodes"]:
            try:
                print(f"a snapshot of the memory as it was: {memory.snapshot().file.name}", file=sys.stderr)
            except MemoryFileError as error:  # no reason not to import
                print(printable(str(error)), file=sys.stderr)
        return _import_and_report(args, source, memory, encoder, choices)


def _import_and_report(
    args: argparse.Namespace, source: Source, memory: Memory | None, encoder: PhotoEncoder | None, choices: Choices
) -> int:
    """Import everything, with progress, and print the summary, also when the import was interrupted."""
    tally, began = Tally(), time.monotonic()
    report_progress = progress_line("done" if encoder else "looked at")
    keep = not (args.dry_run or (memory and memory.encrypted))
    seen_files = SeenFiles(disk_cache.root() / "imports", keep=keep)
    trouble: KeepsakeError | KeyboardInterrupt | None = None
    try:
        for n, item in enumerate(import_all(memory, encoder, source.items, choices, seen_files), 1):
            tally.count(item)
            report_progress(n, len(source.items))
            if item.episode and args.dry_run and not args.json:
                print(_line(item.name, item.episode, "; ".join(filter(None, (item.detail, item.date_note)))))
    except (KeepsakeError, KeyboardInterrupt) as error:
        trouble = error
    seconds = time.monotonic() - began
    _print_left_out(source, tally)
    if args.json:
        print(json.dumps(_json_summary(source, tally, seconds, dry=args.dry_run), ensure_ascii=False))
    else:
        print(_summary(tally, seconds, dry=args.dry_run))
    if trouble is None:
        return 0
    stays = f"{count(tally.outcomes['new'], 'photo')} imported before stay; the same command goes on from there"
    why = printable(str(trouble)) if isinstance(trouble, KeepsakeError) else "stopped"
    raise KeepsakeError(why if args.dry_run else f"{why} ({stays})") from trouble


def _json_summary(source: Source, tally: Tally, seconds: float, *, dry: bool) -> dict[str, Any]:
    done = sum(tally.outcomes.values())
    return {
        "kind": source.kind,
        "photos": len(source.items),
        "imported": 0 if dry else tally.outcomes["new"],
        "would_import": tally.outcomes["new"] if dry else 0,
        "told": tally.outcomes["told"],
        "dated": tally.outcomes["dated"],
        "again": tally.outcomes["again"],
        "known": tally.outcomes["known"],
        "duplicates": [{"file": name, "same_as": other} for name, other in tally.duplicates],
        "unusable": [{"file": name, "why": why} for name, why in (*source.unusable, *tally.unusable)],
        "others": list(source.others),
        "left_out": [{"file": name, "why": f"{why} in Apple Photos"} for name, why in source.left_out],
        "left": max(0, len(source.items) - done),
        "silent": tally.outcomes["silent"],
        "screenshots": tally.screenshots,
        "dates": dict(tally.dates),
        "seconds": round(seconds, 2),
    }


def _summary(tally: Tally, seconds: float, *, dry: bool) -> str:
    new, known, silent = (tally.outcomes[outcome] for outcome in ("new", "known", "silent"))
    parts = [f"{'would import' if dry else 'imported'} {count(new, 'photo')}"]
    if told := tally.outcomes["told"]:
        parts.append(f"words for {count(told, 'photo')} kept without any")
    if dated := tally.outcomes["dated"]:
        parts.append(f"the day of {count(dated, 'photo')} kept without one")
    if again := tally.outcomes["again"]:
        parts.append(f"{again} of them once more, as something else is said there")
    parts += [f"{known} in the memory already"] if known else []
    parts += [count(len(tally.duplicates), "duplicate")] if tally.duplicates else []
    parts += [f"{len(tally.unusable)} unusable"] if tally.unusable else []
    parts += [f"{silent} left out, as nothing is said about them (--words, --without-words)"] if silent else []
    if tally.screenshots:
        left_out = " left out" if tally.outcomes["screenshot"] else ""
        parts.append(f"{count(tally.screenshots, 'screenshot')} without words{left_out}")
    parts += [words.format(n=tally.dates[kind]) for kind, words in DATE_SOURCES.items() if tally.dates[kind]]
    done = sum(tally.outcomes.values())
    pace = f" ({seconds:.1f} s, {1000 * seconds / done:.0f} ms a photo)" if done else ""
    return "; ".join(parts) + pace


def _line(name: str, episode: Episode, date_source: str) -> str:
    """One line about an episode that would be stored, for --dry-run."""
    if date_source.startswith("file"):
        date_source = f"{file_of(episode.when)}{date_source.removeprefix('file')}"
    words = " / ".join(turn.text for turn in episode.turns)
    place = f"  {episode.place}" if episode.place else ""
    quoted = f"“{words[:90]}”" if words else "no words"
    return printable(f"{name}  {day_words(episode.day)} ({date_source}){place}  {quoted}")


def _print_left_out(source: Source, tally: Tally) -> None:
    """Name what was not imported, a line each, up to NAMED of each kind."""
    unusable = [f"{name}: {why}" for name, why in (*source.unusable, *tally.unusable)]
    same = [f"{name}: the same picture as {other}" for name, other in tally.duplicates]
    for what, names in (("unusable", unusable), ("duplicate", same), ("no photo", list(source.others))):
        for line in names[:NAMED]:
            print(printable(f"{what}: {line}"), file=sys.stderr)
        if len(names) > NAMED:
            print(f"{what}: and {len(names) - NAMED} more (--json names all)", file=sys.stderr)
