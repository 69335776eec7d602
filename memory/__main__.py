"""`python -m memory`: list, search, forget, export, import, check, restore and encrypt memories. No model is loaded.

Results go to stdout, messages to stderr. Exit codes: 0 done, 1 failed with one clear line, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from memory import browse, conversations, reminders
from memory.days import DAY_UNKNOWN
from memory.db import database_files, snapshots
from memory.db.keys import ask_here, choose_passphrase
from memory.db.stored_conversation import Title
from memory.episode import Episode, printable
from memory.errors import KeepsakeError, exit_with
from memory.forget import selection
from memory.maintenance import conversations_cli, edit_cli, marks
from memory.maintenance.archive import as_json, export_archive, import_archive
from memory.maintenance.argument_types import days, positive
from memory.maintenance.encryption import convert
from memory.naming import people_cli
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
    if args.command == "forget" and sum(map(bool, (args.id, args.photo, args.words, args.since or args.until))) != 1:
        parser.error("forget needs one of ID, --photo, --words, or --from and --to")
    run: Command = args.run
    try:
        path = memory_file(args.memory, to_read=args.command not in ("import", "restore"))
        if args.command == "restore":
            return _restore(path, args)
        if args.command in ("encrypt", "decrypt", "rekey"):
            return _convert(path, args)
        with Memory(path, check=args.command != "verify", ask=ask_here) as memory:
            if memory.trouble:
                _message(printable(memory.trouble))
            return run(memory, args)
    except KeepsakeError as error:
        _message(printable(str(error)))
        return 1
    except KeyboardInterrupt:
        _message("interrupted")
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

    id_help = "an id, or its first digits"
    command("list", "All memories, newest first.", _list)
    command("show", "One memory.", _show).add_argument("id", metavar="ID", help=id_help)
    edit_cli.add_arguments(command(edit_cli.NAME, edit_cli.WHAT, edit_cli.run))
    search = command("search", "Memories in which you said any of these words.", print_found)
    search.add_argument("text", nargs="?", metavar="TEXT")
    search.add_argument("--photo", type=Path, metavar="FILE", help=BY_SIGHT)
    search.add_argument("-k", type=positive, default=10, metavar="N", help="at most N episodes (default 10)")
    forget = command("forget", "Remove one memory for good, or all of a photo, with some words, or of a time.", _forget)
    forget.add_argument("id", nargs="?", metavar="ID", help=id_help)
    forget.add_argument("--photo", metavar="FILE", help="all of an exported photo, or of a hash that `show` prints")
    forget.add_argument("--words", metavar="TEXT", help="all that contains these words, kept conversations too")
    forget.add_argument("--from", dest="since", type=days, metavar="DAY", help="from 2025-08-01, August, 2023 on")
    forget.add_argument("--to", dest="until", type=days, metavar="DAY", help="up to the end of this day")
    forget.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    forget.add_argument("--details", action="store_true", help="a receipt with ids and counts")
    ending = command("reminders", "Reminders that you asked for in your memories; --end stops one.", _reminders)
    ending.add_argument("--end", metavar="ID", help="stop the reminder with this id, or its first digits, for good")
    people_cli.add_arguments(command(people_cli.NAME, people_cli.WHAT, people_cli.run))
    talks = command("conversations", conversations_cli.WHAT, conversations_cli.run)
    talks.add_argument("--forget", metavar="ID", help=conversations_cli.FORGET)
    command("marks", marks.WHAT, marks.command).add_argument("--take-back", metavar="ID", help=marks.TAKE_BACK)
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
        _out(args, as_json(episode), [_one_line(episode)])
    if not ids:
        _message(f"there are no memories in {printable(str(memory.path))} yet")
    return 0


def _show(memory: Memory, args: argparse.Namespace) -> int:
    episode = memory.get(args.id)
    photo = episode.photo
    head = f"{episode.id}  {_when(episode)}"
    lines = [head, f"photo {photo.sha256[:16]}, {photo.width} x {photo.height}, {len(photo.data)} bytes"]
    lines += [f"{'you' if turn.role == 'user' else 'Keepsake'}: {turn.text}" for turn in episode.turns]
    _out(args, as_json(episode), lines)
    return 0


def print_found(memory: Memory, args: argparse.Namespace) -> int:
    """Print what `args.text` finds; by meaning, too, where the memory has an embedder. Returns the exit code."""
    finding = browse.search(memory, args.text, most=args.k)
    for id, _, why, score in finding.entries[: args.k]:
        episode = memory.get(id)
        _out(args, {**as_json(episode), "score": score, "why": why}, [f"{_one_line(episode)}  ({why})"])
    if finding.instead or not finding.entries:
        none = NO_WORDS if memory.embedder is None else "nothing in the memory has these words or means this"
        _message(printable(f"showing results for “{finding.instead}”") if finding.entries else none)
    return 0


def _forget(memory: Memory, args: argparse.Namespace) -> int:
    if args.id:
        ids = [memory.get(args.id).id]
    else:
        ids = _chosen(memory, args)
        talks = conversations.mentioning(memory, args.words) if args.words else []
        if not ids and not talks:
            _message("no memory fits, and no conversation: nothing was forgotten")
            return 1
        if not args.yes and not _agreed(memory, ids, talks):
            return 1
    receipt = memory.forget_words(args.words) if args.words else memory.forget_all(ids)
    shown = receipt.lines() if args.details else receipt.summary()
    _out(args, {**({"id": ids[0]} if args.id else {}), "receipt": receipt.lines(), **asdict(receipt)}, shown)
    return 0


def _chosen(memory: Memory, args: argparse.Namespace) -> list[str]:
    """Ids of the episodes that the options of `forget` mean."""
    if args.words:
        return memory.mentioning(args.words)
    if args.since or args.until:
        return memory.between(args.since and args.since[0], args.until and args.until[1])
    return memory.showing(selection.named_photo(args.photo))


def _agreed(memory: Memory, ids: Sequence[str], talks: Sequence[Title]) -> bool:
    """Show the episodes and conversations that would be forgotten, and ask for confirmation."""
    for id in ids:
        _message(printable(_one_line(memory.get(id))))
    for talk in talks:
        _message(printable(f"{conversations_cli.line(talk)}  (kept conversation: what says it)"))
    if not sys.stdin.isatty():
        _message(f"these would be forgotten for good ({len(ids) + len(talks)}): add --yes")
        return False
    what = [count(len(ids), "episode")] * bool(ids) + [f"parts of {count(len(talks), 'conversation')}"] * bool(talks)
    print(f"Forget {' and '.join(what)} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _reminders(memory: Memory, args: argparse.Namespace) -> int:
    if args.end is not None:
        ended = reminders.end(memory, args.end)
        _out(args, {"ended": ended.id}, [f"ended: {ended.task} (its memory, {ended.episode}, stays)"])
        return 0
    found = reminders.standing(memory)
    for one in found:
        line = f"{one.id}  {one.task}  ({one.day}, memory {one.episode}: {one.words})"
        _out(args, asdict(one) | {"when": one.when.isoformat(), "day": one.day.isoformat()}, [line])
    if not found:
        _message("there are no reminders: say one in a memory, “When you see it again, remind me to …”")
    return 0


def _export(memory: Memory, args: argparse.Namespace) -> int:
    done = export_archive(memory, args.file)
    what = f"{count(done.episodes, 'episode')} and {count(done.photos, 'photo')}"
    plain = "it is not encrypted, " if memory.encrypted else ""
    line = f"{what} saved to {args.file}; {plain}anyone who has that file can read it"
    _out(args, {"file": str(args.file), **done._asdict()}, [line])
    return 0


def _import(memory: Memory, args: argparse.Namespace) -> int:
    done = import_archive(memory, args.file, args.keep_exif)
    lines = [f"{count(done.added, 'episode')} added, {done.known} known already"]
    if done.cleaned:
        lines.append(f"taken out of {count(done.cleaned, 'photo')}: what a camera or program wrote beside the pixels")
    _out(args, done._asdict(), lines)
    return 0


def _verify(memory: Memory, args: argparse.Namespace) -> int:
    problems = memory.verify()
    episodes = memory.stats()["episodes"]
    lines = problems or [f"all is well with {count(episodes, 'episode')}"]
    _out(args, {"ok": not problems, "episodes": episodes, "problems": problems}, lines)
    if problems:
        _message(
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
    _out(args, {**stats, "snapshots": rows, "encrypted": memory.encrypted}, lines)
    return 0


def _restore(path: Path, args: argparse.Namespace) -> int:
    done = snapshots.restore(path, ask=ask_here)
    lines = [f"{path} is now as it was at {done.snapshot.taken:%Y-%m-%d %H:%M} UTC, {done.snapshot.age()} ago"]
    if done.aside:
        lines.append(f"the file before is kept as {done.aside.name}: what was added since is only in there")
    row = {"taken": done.snapshot.taken.isoformat(timespec="seconds"), "aside": done.aside and str(done.aside)}
    _out(args, row, lines)
    return 0


def _convert(path: Path, args: argparse.Namespace) -> int:
    choose = partial(choose_passphrase, ask_here, sys.stdin.isatty(), _message)
    done = convert(path, args.command, ask_here, choose, keychain=not args.no_keychain, progress=_message)
    _out(args, {**asdict(done), "receipt": done.lines()}, done.lines())
    return 0


def _out(args: argparse.Namespace, value: dict[str, Any], lines: Sequence[str]) -> None:
    """One result on stdout: a line of JSON, or the lines for people."""
    if args.json:
        print(json.dumps(value))
    else:
        print("\n".join(printable(line) for line in lines))


def _message(message: str) -> None:
    """A message on stderr."""
    print(message, file=sys.stderr)


def _one_line(episode: Episode) -> str:
    """The episode's id, time, place and first 80 characters."""
    words = " ".join(episode.words.split())
    return f"{episode.id}  {_when(episode)}  {words if len(words) <= 80 else words[:79] + '…'}"


def _when(episode: Episode) -> str:
    return (episode.day.isoformat() if episode.day else DAY_UNKNOWN) + (f", {episode.place}" if episode.place else "")


if __name__ == "__main__":
    exit_with(main)
