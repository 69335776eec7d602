"""`python -m assistant import`: a folder of photos, or a WhatsApp export, into the memory. Resumable; shows progress.

Each photo becomes an episode of its own, kept as `remember` keeps one: seen by the model, then one transaction. What is
in the memory is known by its pixels, so a killed import is simply begun again, and a photo found twice is kept once. It
is kept again only when people said something else about it. Only the memory decides; `seen_files.py` makes that fast.

    when     the camera's date; else the chat's, the one in the file's name, or the file's own (told how often)
    words    what the chat says, or the file's metadata (`file_metadata.py`), else what the name of the file or its
    folder
             tells, else --words. A photo about which nothing is said is left out, as `remember` refuses it: a model
             makes up a name for it, and it takes the place of one that has words. --without-words keeps it
    place    --place; or with --keep-places the camera's coordinates, as text. Else none, and nowhere else either

Nobody's words but those typed here can be a standing instruction (`memory/reminders.py`): others lose such a sentence.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.backend import Backend
from assistant.backends import disk_cache
from assistant.backends.open_backend import open_backend
from assistant.conversation import keep, open_memory
from assistant.importing.file_metadata import FileMetadata, labels, tidy
from assistant.importing.seen_files import SeenFiles
from assistant.importing.sources import Item, Source, source
from assistant.importing.whatsapp import Order
from assistant.photo import decode, open_image, shown
from memory.episode import Episode, Turn, printable
from memory.errors import KeepsakeError, PhotoError
from memory.instructions import tasks
from memory.paths import home
from memory.store import Memory
from memory.text import count

LARGE = 20
"""Photos from which on a snapshot is made before an import."""
EVERY = 0.2
"""Seconds between two looks of the progress line."""
NAMED = 10
"""Of files that are left out, so many are named on stderr; --json names all."""
Outcome = Literal["new", "known", "duplicate", "silent", "unusable"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user says about all photos."""

    words: str = ""
    place: str | None = None
    keep_places: bool = False
    without_words: bool = False
    """Photos that nothing is said about are kept too."""


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of one item."""

    name: str
    outcome: Outcome
    detail: str = ""
    """Of what it is a duplicate, or why it is unusable; for a new one, where its date is from."""
    episode: Episode | None = None


@dataclass
class Tally:
    """An import so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    dates: Counter[str] = field(default_factory=Counter)
    duplicates: list[tuple[str, str]] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def count(self, step: ImportOutcome) -> None:
        """Enter what became of an item."""
        self.outcomes[step.outcome] += 1
        if step.episode:
            self.dates[step.detail] += 1
        elif step.outcome == "duplicate":
            self.duplicates.append((step.name, step.detail))
        elif step.outcome == "unusable":
            self.unusable.append((step.name, step.detail))


def import_all(
    memory: Memory | None,
    backend: Backend | None,
    items: Iterable[Item],
    choices: Choices | None = None,
    looked: SeenFiles | None = None,
) -> Iterator[ImportOutcome]:
    """Keep what is new, item by item. Without a backend nothing is written; without a memory nothing is known.

    A photo that cannot be read is a step. Raises MemoryFileError, ModelError, ModelStopped: what was kept stays.
    """
    choices = choices or Choices()
    told: dict[str, list[tuple[Turn, ...]]] = {}  # by photo: what was said about it, here or before
    first: dict[str, str] = {}

    def nothing_new(sha256: str | None, turns: tuple[Turn, ...], *, guessed: bool) -> bool:
        if sha256 is None:
            return False
        if sha256 not in told:
            told[sha256] = [known.turns for known in memory.about(sha256)] if memory else []
        before = told[sha256]
        return turns in before or bool(before and not turns) or (guessed and any(before))

    for item in items:
        try:
            data = item.read()
            found = labels(open_image(data, item.name))
            turns, guessed = _turns(item, found, choices)
            sha256 = looked.photo(data) if looked else None
            if not turns and not choices.without_words:
                yield ImportOutcome(item.name, "known" if nothing_new(sha256, turns, guessed=True) else "silent")
                continue
            if not nothing_new(sha256, turns, guessed=guessed):
                photo = decode(data, item.name)
                sha256 = photo.sha256
                if looked:
                    looked.add(data, sha256)
            assert sha256 is not None
            if nothing_new(sha256, turns, guessed=guessed):
                yield ImportOutcome(item.name, "duplicate" if sha256 in first else "known", first.get(sha256, ""))
                continue
            when, dated = (photo.taken_at, "camera") if photo.taken_at else (item.date, item.dated)
            if when is None:
                raise PhotoError(f"{item.name}: neither camera nor file tell its date")
        except PhotoError as error:
            _, named, why = str(error).partition(f"{item.name}: ")  # the line names the file already
            yield ImportOutcome(item.name, "unusable", why if named else str(error))
            continue
        episode = Episode(photo, turns, when, choices.place or (found.place if choices.keep_places else None))
        if memory and backend:
            keep(memory, backend, episode)
        told[sha256].append(turns)
        first.setdefault(sha256, item.name)
        yield ImportOutcome(item.name, "new", dated, episode)


def unordered(text: str) -> str:
    """Text without its standing instructions, each of which leaves three dots."""
    while order := next((sentence for _, sentence in tasks(text)), None):
        text = text.replace(order, "…")
    return text


def _turns(item: Item, found: FileMetadata, choices: Choices) -> tuple[tuple[Turn, ...], bool]:
    """What was said about it, and whether it is only a guess, or the same for all."""
    outside = item.said or ((found.words,) if found.words else ())
    guess = unordered(item.named) or choices.words
    words = tuple(unordered(text) for text in outside) or ((guess,) if guess else ())
    return tuple(Turn("user", text) for text in words), not outside


# The command


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command to the assistant's parser."""
    about = "a folder of photos, or the export of a WhatsApp chat (folder or ZIP), into the memory"
    command = commands.add_parser("import", parents=[common], help=about)
    command.add_argument("path", type=Path, metavar="PATH", help="the folder, the ZIP, or the chat's text file")
    command.add_argument("--words", type=tidy, default="", help="what to say about photos that nothing is said about")
    command.add_argument("--place", type=tidy, help="where they were taken")
    command.add_argument("--keep-places", action="store_true", help="keep the camera's coordinates; else they are gone")
    command.add_argument("--without-words", action="store_true", help="keep photos that nothing is said about, too")
    command.add_argument("--me", metavar="NAME", help="your name in the chat")
    command.add_argument("--days", choices=get_args(Order), help="how the chat writes days (default: found out)")
    command.add_argument("--dry-run", action="store_true", help="tell what would be kept, and keep nothing")
    command.set_defaults(run=_import)


def _import(args: argparse.Namespace) -> int:
    choices = Choices(args.words, args.place or None, args.keep_places, args.without_words)
    path = args.memory or home() / "memory.db"
    with source(args.path, args.me, args.days) as found:
        if not found.items:
            _tell_left_out(found, Tally())
            raise KeepsakeError(f"{shown(args.path)}: there are no photos to import in it")
        for note in found.notes:
            print(printable(note), file=sys.stderr)
        if not args.dry_run:
            return _run(args, path, found, choices)
        if not path.exists():  # opening would create it
            return _finish(args, found, None, None, choices)
        with open_memory(path) as memory:
            return _finish(args, found, memory, None, choices)


def _run(args: argparse.Namespace, path: Path, found: Source, choices: Choices) -> int:
    backend = open_backend(args.model)
    try:
        with open_memory(path, backend) as memory:
            if len(found.items) >= LARGE and memory.stats()["episodes"]:
                taken = memory.snapshot()
                print(f"a snapshot of the memory as it was: {taken.file.name}", file=sys.stderr)
            return _finish(args, found, memory, backend, choices)
    finally:
        backend.close()


def _finish(
    args: argparse.Namespace, found: Source, memory: Memory | None, backend: Backend | None, choices: Choices
) -> int:
    """Bring it all in, with progress, and tell what came of it, also when it is broken off."""
    tally, began = Tally(), time.monotonic()
    tell = _progress(len(found.items), None if backend else "looked at")
    looked = SeenFiles(disk_cache.root() / "imports", keep=not (args.dry_run or (memory and memory.encrypted)))
    trouble: KeepsakeError | KeyboardInterrupt | None = None
    try:
        for n, step in enumerate(import_all(memory, backend, found.items, choices, looked), 1):
            tally.count(step)
            tell(n)
            if step.episode and args.dry_run and not args.json:
                print(_line(step.name, step.episode, step.detail))
    except (KeepsakeError, KeyboardInterrupt) as error:
        trouble = error
    seconds = time.monotonic() - began
    _tell_left_out(found, tally)
    told = _result(found, tally, seconds, dry=args.dry_run)
    print(json.dumps(told, ensure_ascii=False) if args.json else _sentence(tally, seconds, dry=args.dry_run))
    if trouble is None:
        return 0
    stays = f"{count(tally.outcomes['new'], 'photo')} imported before stay; the same command goes on from there"
    why = printable(str(trouble)) if isinstance(trouble, KeepsakeError) else "stopped"
    raise KeepsakeError(why if args.dry_run else f"{why} ({stays})") from trouble


def _result(found: Source, tally: Tally, seconds: float, *, dry: bool) -> dict[str, Any]:
    done = sum(tally.outcomes.values())
    return {
        "kind": found.kind,
        "photos": len(found.items),
        "imported": 0 if dry else tally.outcomes["new"],
        "would_import": tally.outcomes["new"] if dry else 0,
        "known": tally.outcomes["known"],
        "duplicates": [{"file": name, "same_as": other} for name, other in tally.duplicates],
        "unusable": [{"file": name, "why": why} for name, why in (*found.unusable, *tally.unusable)],
        "others": list(found.others),
        "left": len(found.items) - done,
        "silent": tally.outcomes["silent"],
        "dates": dict(tally.dates),
        "seconds": round(seconds, 2),
    }


def _sentence(tally: Tally, seconds: float, *, dry: bool) -> str:
    new, known = tally.outcomes["new"], tally.outcomes["known"]
    parts = [f"{'would import' if dry else 'imported'} {count(new, 'photo')}"]
    parts += [f"{known} in the memory already"] if known else []
    parts += [count(len(tally.duplicates), "duplicate")] if tally.duplicates else []
    parts += [f"{len(tally.unusable)} unusable"] if tally.unusable else []
    silent = tally.outcomes["silent"]
    parts += [f"{silent} left out, as nothing is said about them (--words, --without-words)"] if silent else []
    other = {"name": "from the file's name", "file": "only the file's own", "chat": "the chat's"}
    parts += [f"the date of {tally.dates[kind]} is {words}" for kind, words in other.items() if tally.dates[kind]]
    pace = (
        f" ({seconds:.1f} s, {1000 * seconds / sum(tally.outcomes.values()):.0f} ms a photo)" if tally.outcomes else ""
    )
    return "; ".join(parts) + pace


def _line(name: str, episode: Episode, dated: str) -> str:
    said = " / ".join(turn.text for turn in episode.turns)
    place = f"  {episode.place}" if episode.place else ""
    return printable(f"{name}  {episode.when:%d %b %Y} ({dated}){place}  {f'“{said[:90]}”' if said else 'no words'}")


def _tell_left_out(found: Source, tally: Tally) -> None:
    """Name what was not imported, a line each, but not hundreds."""
    unusable = [f"{name}: {why}" for name, why in (*found.unusable, *tally.unusable)]
    same = [f"{name}: the same picture as {other}" for name, other in tally.duplicates]
    for what, names in (("unusable", unusable), ("duplicate", same), ("no photo", list(found.others))):
        for line in names[:NAMED]:
            print(printable(f"{what}: {line}"), file=sys.stderr)
        if len(names) > NAMED:
            print(f"{what}: and {len(names) - NAMED} more (--json names all)", file=sys.stderr)


def _progress(total: int, doing: str | None) -> Callable[[int], None]:
    """A line on stderr that is written over on a terminal; elsewhere a line each tenth."""
    terminal, began, last, told = sys.stderr.isatty(), time.monotonic(), 0.0, 0

    def tell(done: int) -> None:
        nonlocal last, told
        now, tenth = time.monotonic(), 10 * done // total
        if done < total and (now - last < EVERY if terminal else tenth == told):
            return
        last, told = now, tenth
        pace = (now - began) / done
        left = f", {_clock(pace * (total - done))} left" if done < total else ""
        line = f"{done} of {count(total, 'photo')} {doing or 'done'}, {1000 * pace:.0f} ms each{left}"
        if terminal:
            line = f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}"
        print(line, end="" if terminal and done < total else "\n", file=sys.stderr, flush=True)

    return tell


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes}:{rest:02d} min"
