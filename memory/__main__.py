"""`python -m memory`: list, search, forget, export, import, check, restore and encrypt memories. No model is loaded.

Results go to stdout, messages to stderr. Exit codes: 0 done, 1 failed with one clear line, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from memory import browse, reminders
from memory.commands import conversations_cli, edit_cli, forget_cli, marks_cli, people_cli
from memory.commands.argument_types import positive
from memory.commands.command_output import day_and_place, message, one_line, result
from memory.db import database_files, snapshots
from memory.db.keys import ask_here, choose_passphrase
from memory.episode import printable
from memory.errors import KeepsakeError, exit_with
from memory.maintenance.archive import as_json, export_archive, import_archive
from memory.maintenance.encryption import Passphrases, convert
from memory.paths import memory_file
from memory.store import Memory
from memory.text import count

Command = Callable[[Memory, argparse.Namespace], int]
"""Runs one command on an open memory and returns the exit code."""
NO_WORDS = "nothing in the memory has these words: `python -m assistant search TEXT` also looks for what they mean"
BY_SIGHT = "memories that a photo brings back: `python -m assistant recall` answers"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command == "search" and (args.photo is None) == (args.text is None):
        parser.error("search needs either TEXT or --photo FILE")
    if args.command == "search" and args.photo is not None:
        given = ["-k", str(args.k), *["--json"] * args.json, *(["--memory", str(args.memory)] if args.memory else [])]
        os.execv(sys.executable, [sys.executable, "-m", "assistant", "recall", *given, "--", str(args.photo)])
    if args.command == "forget":
        forget_cli.check(parser, args)
    run: Command = args.run
    try:
        path = memory_file(args.memory, to_read=args.command not in ("import", "restore"))
        if args.command == "restore":
            return _restore(path, args)
        if args.command in ("encrypt", "decrypt", "rekey"):
            return _convert(path, args)
        with Memory(path, check=args.command != "verify", ask=ask_here) as memory:
            if memory.trouble:
                message(printable(memory.trouble))
            return run(memory, args)
    except KeepsakeError as error:
        message(printable(str(error)))
        return 1
    except KeyboardInterrupt:
        message("interrupted")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m memory", description="Your memories: photos and what you said.")
    _options(parser, json=False, memory=None)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, what: str, run: Command | None = None) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=what)
        _options(added, json=argparse.SUPPRESS, memory=argparse.SUPPRESS)  # those before the command count as well
        added.set_defaults(run=run)
        return added

    command("list", "All memories, newest first.", _list)
    command("show", "One memory.", _show).add_argument("id", metavar="ID", help="an id, or its first digits")
    edit_cli.add_arguments(command("edit", edit_cli.WHAT, edit_cli.run))
    search = command("search", "Memories in which you said any of these words.", print_found)
    search.add_argument("text", nargs="?", metavar="TEXT")
    search.add_argument("--photo", type=Path, metavar="FILE", help=BY_SIGHT)
    search.add_argument("-k", type=positive, default=10, metavar="N", help="at most N episodes (default 10)")
    forget_cli.add_arguments(command("forget", forget_cli.WHAT, forget_cli.run))
    ending = command("reminders", "Reminders that you asked for in your memories; --end stops one.", _reminders)
    ending.add_argument("--end", metavar="ID", help="stop the reminder with this id, or its first digits, for good")
    people_cli.add_arguments(command("people", people_cli.WHAT, people_cli.run))
    conversations_cli.add_arguments(command("conversations", conversations_cli.WHAT, conversations_cli.run))
    marks_cli.add_arguments(command("marks", marks_cli.WHAT, marks_cli.run))
    command("export", "Save all memories as one ZIP.", _export).add_argument("file", type=Path, metavar="FILE")
    importing = command("import", "Add all memories of an exported ZIP, its photos without metadata.", _import)
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--keep-exif", action="store_true", help="keep the metadata of photos, such as coordinates")
    command("verify", "Read everything and check it.", _verify)
    command("stats", "How many episodes, photos and bytes there are, and how old the snapshots are.", _stats)
    # The next commands need the file closed: `main` runs them.
    command("restore", "Bring back the newest snapshot; the present file is kept beside it.")
    lines = "without a terminal, each passphrase asked for is a line of stdin"
    for name, what in (("encrypt", "Encrypt the memory"), ("rekey", "Give it a new key and passphrase")):
        secure = command(name, f"{what}; {lines}.")
        secure.add_argument("--no-keychain", action="store_true", help="keychain unused: ask for the passphrase")
    command("decrypt", "Make an encrypted memory a plain file again.").set_defaults(no_keychain=True)
    return parser


def _options(parser: argparse.ArgumentParser, json: Any, memory: Any) -> None:
    parser.add_argument("--json", action="store_true", default=json, help="results as JSON, a line each")
    parser.add_argument("--memory", type=Path, default=memory, metavar="FILE", help="another memory file")


def _list(memory: Memory, args: argparse.Namespace) -> int:
    ids = memory.ids()
    for id in ids:  # one by one: photos are big
        episode = memory.get(id)
        result(args, as_json(episode), [one_line(episode)])
    if not ids:
        message(f"there are no memories in {printable(str(memory.path))} yet")
    return 0


def _show(memory: Memory, args: argparse.Namespace) -> int:
    episode = memory.get(args.id)
    photo = episode.photo
    head = f"{episode.id}  {day_and_place(episode)}"
    lines = [head, f"photo {photo.sha256[:16]}, {photo.width} x {photo.height}, {len(photo.data)} bytes"]
    lines += [f"{'you' if turn.role == 'user' else 'Keepsake'}: {turn.text}" for turn in episode.turns]
    result(args, as_json(episode), lines)
    return 0


def print_found(memory: Memory, args: argparse.Namespace) -> int:
    """Print what `args.text` finds; by meaning, too, where the memory has an embedder. Returns the exit code."""
    finding = browse.search(memory, args.text, most=args.k)
    for id, _, why, score in finding.entries[: args.k]:
        episode = memory.get(id)
        result(args, {**as_json(episode), "score": score, "why": why}, [f"{one_line(episode)}  ({why})"])
    if finding.instead or not finding.entries:
        none = NO_WORDS if memory.embedder is None else "nothing in the memory has these words or means this"
        if asked := browse.time_alone(args.text):
            none = f"no memory is {asked.why}"
        message(printable(f"showing results for “{finding.instead}”") if finding.entries else none)
    return 0


def _reminders(memory: Memory, args: argparse.Namespace) -> int:
    if args.end is not None:
        ended = reminders.end(memory, args.end)
        result(args, {"ended": ended.id}, [f"ended: {ended.task} (its memory, {ended.episode}, stays)"])
        return 0
    found = reminders.standing(memory)
    for one in found:
        line = f"{one.id}  {one.task}  ({one.day}, memory {one.episode}: {one.words})"
        result(args, asdict(one) | {"when": one.when.isoformat(), "day": one.day.isoformat()}, [line])
    if not found:
        message("there are no reminders: say one in a memory, “When you see it again, remind me to …”")
    return 0


def _export(memory: Memory, args: argparse.Namespace) -> int:
    done = export_archive(memory, args.file)
    what = f"{count(done.episodes, 'episode')} and {count(done.photos, 'photo')}"
    plain = "it is not encrypted, " if memory.encrypted else ""
    line = f"{what} saved to {args.file}; {plain}anyone who has that file can read it"
    result(args, {"file": str(args.file), **done._asdict()}, [line])
    return 0


def _import(memory: Memory, args: argparse.Namespace) -> int:
    done = import_archive(memory, args.file, args.keep_exif)
    lines = [f"{count(done.added, 'episode')} added, {done.known} known already"]
    if done.cleaned:
        lines.append(f"taken out of {count(done.cleaned, 'photo')}: what a camera or program wrote beside the pixels")
    result(args, done._asdict(), lines)
    return 0


def _verify(memory: Memory, args: argparse.Namespace) -> int:
    problems = memory.verify()
    episodes = memory.stats()["episodes"]
    lines = problems or [f"all is well with {count(episodes, 'episode')}"]
    result(args, {"ok": not problems, "episodes": episodes, "problems": problems}, lines)
    if problems:
        message(
            f"{count(len(problems), 'problem')} found in {memory.path}: {database_files.recovery_advice(memory.path)}"
        )
    return 1 if problems else 0


def _stats(memory: Memory, args: argparse.Namespace) -> int:
    stats = memory.stats()
    kept = database_files.snapshots(memory.path)
    lines = [", ".join(count(n, what.removesuffix("s")) for what, n in stats.items())]
    lines += [f"snapshot of {s.taken:%Y-%m-%d %H:%M} UTC, {s.age()} old, {count(s.bytes, 'byte')}" for s in kept]
    lines += [f"set aside by a restore: {file}" for file in database_files.set_aside(memory.path)]
    lines.append("encrypted" if memory.encrypted else "not encrypted")
    rows = [{"taken": s.taken.isoformat(timespec="seconds"), "bytes": s.bytes} for s in kept]
    result(args, {**stats, "snapshots": rows, "encrypted": memory.encrypted}, lines)
    return 0


def _restore(path: Path, args: argparse.Namespace) -> int:
    done = snapshots.restore(path, ask=ask_here)
    lines = [f"{path} is now as it was at {done.snapshot.taken:%Y-%m-%d %H:%M} UTC, {done.snapshot.age()} ago"]
    if done.aside:
        lines.append(f"the file before is kept as {done.aside.name}: what was added since is only in there")
    row = {"taken": done.snapshot.taken.isoformat(timespec="seconds"), "aside": done.aside and str(done.aside)}
    result(args, row, lines)
    return 0


def _convert(path: Path, args: argparse.Namespace) -> int:
    choose = partial(choose_passphrase, ask_here, sys.stdin.isatty(), message)
    done = convert(path, args.command, Passphrases(ask_here, choose, not args.no_keychain), message)
    result(args, {**asdict(done), "receipt": done.lines()}, done.lines())
    return 0


if __name__ == "__main__":
    exit_with(main)
