"""Command line of the assistant: `remember`, `import`, `ask`, `recall` and `forget` (by a photo), `models`,
`prove-offline`.

With --json one object goes to stdout; progress and messages go to stderr.
Exit codes: 0 done, 1 failed with one clear line, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant import models_cli, offline
from assistant.backends import disk_cache
from assistant.backends.open_backend import open_backend
from assistant.conversation import Conversation, open_memory, remember
from assistant.events import Answered, AnswerText, Captioned, CaptionText, Event, Failed, Recalled, Reminded, Shortened
from assistant.importing import import_photos
from assistant.photo import load_photo
from memory import conversations
from memory.corrections import readable
from memory.episode import Episode, Recall, printable
from memory.errors import KeepsakeError
from memory.search.time_phrases import noon_of
from memory.text import count


def main(argv: list[str] | None = None) -> int:
    """Run a command."""
    args = _parser().parse_args(argv)
    try:
        return int(args.run(args))
    except KeepsakeError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assistant", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--model", help="a model's name or folder (default: nano)")
    common.add_argument("--memory", type=Path, help="the memory file (default: under KEEPSAKE_HOME)")
    common.add_argument("--json", action="store_true", help="one JSON object on stdout")

    keep = commands.add_parser("remember", parents=[common], help="keep a photo and what it means to you")
    keep.add_argument("photo", type=Path)
    keep.add_argument("words", help="what you want to say about it: 'This is Milo, my dog, at the lake'")
    keep.add_argument("--when", type=_day, help="a day, 2025-08-01 (default: the camera's date, else today)")
    keep.add_argument("--place", help="where it was")
    keep.set_defaults(run=_remember)

    ask = commands.add_parser("ask", parents=[common], help="show a new photo and ask about it")
    ask.add_argument("photo", type=Path)
    ask.add_argument("question")
    ask.add_argument("--no-caption", action="store_true", help="answer straight from photo and memories")
    ask.set_defaults(run=_ask)

    import_photos.add(commands, common)

    find = commands.add_parser("recall", parents=[common], help="which memories does a photo bring back?")
    find.add_argument("photo", type=Path)
    find.set_defaults(run=_recall)

    drop = commands.add_parser("forget", help="forget everything that was said about a photo, and the photo")
    drop.add_argument("photo", type=Path)
    drop.add_argument("--yes", action="store_true", help="do not ask")
    drop.add_argument("--memory", type=Path, help="the memory file (default: under KEEPSAKE_HOME)")
    drop.add_argument("--json", action="store_true", help="one JSON object on stdout")
    drop.set_defaults(run=_forget)

    proof = commands.add_parser(
        "prove-offline", help="a whole conversation while the network is refused; what was heard"
    )
    proof.add_argument("--model", metavar="NAME", help="a model's name or folder (default: nano)")
    proof.add_argument("--json", action="store_true", help="one JSON object on stdout")
    proof.set_defaults(run=_prove)

    about = "models on this machine and to be had: list | pull NAME | check NAME"
    models_cli.add(commands.add_parser("models", help=about).add_subparsers(required=True, metavar="WHAT"))
    return parser


def _day(text: str) -> datetime:
    try:
        return noon_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _remember(args: argparse.Namespace) -> int:
    photo = load_photo(args.photo)
    backend = open_backend(args.model)
    try:
        with open_memory(args.memory, backend) as memory:
            episode = remember(memory, backend, photo, args.words, args.when, args.place)
    finally:
        backend.close()
    print(json.dumps({"id": episode.id}) if args.json else f"remembered as {episode.id}, {episode.when:%d %B %Y}")
    return 0


def _ask(args: argparse.Namespace) -> int:
    began = time.monotonic()
    if not args.question.strip():
        raise KeepsakeError("nothing was asked: write a question, such as 'Who is this?'")
    photo = load_photo(args.photo)
    backend = open_backend(args.model)
    result: dict[str, Any] = {"caption": None, "answer": "", "recalled": [], "reminders": []}
    try:
        with open_memory(args.memory, backend, to_read=True) as memory:
            talk = Conversation(backend, memory)
            first = talk.attach(photo) if args.no_caption else talk.look(photo)
            for stream in (first, talk.ask(args.question)):
                for event in stream:
                    _show(event, result, quiet=args.json)
    finally:
        backend.close()
    result["model"] = backend.name
    result["seconds"] = round(time.monotonic() - began, 2)
    if args.json:
        print(json.dumps(result))
    return 0


def _show(event: Event, result: dict[str, Any], *, quiet: bool) -> None:
    """Enter an event into the result and, unless `quiet`, print it as it comes."""
    said = ""
    if isinstance(event, Failed):
        raise KeepsakeError(event.message)
    if isinstance(event, Recalled):
        result["recalled"] = [_row(r) for r in event.recalls]
        said = "".join(f"recalled  {_line(r)}\n" for r in event.recalls) or "recalled  nothing that matches\n"
    elif isinstance(event, Reminded):
        result["reminders"] = [asdict(r) | {"when": r.when.isoformat()} for r in event.reminders]
        said = "".join(f"you asked  {printable(r.task)}  (said {r.when:%d %b %Y}, {r.id})\n" for r in event.reminders)
    elif isinstance(event, Shortened):
        print(event, file=sys.stderr)
    elif isinstance(event, CaptionText | AnswerText):
        said = "\n".join(printable(line) for line in event.text.split("\n"))
    elif isinstance(event, Captioned):
        result["caption"], said = event.caption.text, "\n\n"
    elif isinstance(event, Answered):
        result["answer"], said = event.text, "\n"
    if not quiet:
        print(said, end="", flush=True)


def _recall(args: argparse.Namespace) -> int:
    photo = load_photo(args.photo)
    backend = open_backend(args.model)
    try:
        with open_memory(args.memory, backend, to_read=True) as memory:
            recalls = Conversation(backend, memory).recall(photo)
    finally:
        backend.close()
    for recall in recalls:
        print(json.dumps(_row(recall)) if args.json else _line(recall))
    if not recalls:
        print("nothing in the memory matches this photo", file=sys.stderr)
    return 0


def _forget(args: argparse.Namespace) -> int:
    """Needs no model: it is the same photo when its pixels are the same, whatever the file is called."""
    photo = load_photo(args.photo).sha256
    with open_memory(args.memory, to_read=True) as memory:
        ids = memory.showing(photo)
        shown = conversations.parts_with(memory, photo)
        for id in ids if not args.yes else ():
            print(_about(memory.get(id)), file=sys.stderr)
        if not ids and not shown:
            disk_cache.forget(photo)  # it may have been asked about
            print("no memory has this photo; what was computed from it, if it was, is deleted", file=sys.stderr)
            return 1
        what = [(len(ids), "episode"), (shown, "kept conversation part")]
        if not args.yes and not _agreed(" and ".join(count(n, one) for n, one in what if n)):
            return 1
        receipt = memory.forget_all(ids) if ids else memory.forget_shown(photo)
        disk_cache.forget(photo)
    lines = receipt.lines()
    print(json.dumps({"receipt": lines, **asdict(receipt)}) if args.json else "\n".join(map(printable, lines)))
    return 0


def _agreed(what: str) -> bool:
    if not sys.stdin.isatty():
        print(f"these would be forgotten for good ({what}): add --yes", file=sys.stderr)
        return False
    print(f"Forget {what} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _prove(args: argparse.Namespace) -> int:
    model = ["--model", args.model] if args.model else []
    return offline.prove([*model, *(["--json"] if args.json else [])])


def _row(recall: Recall) -> dict[str, Any]:
    return {"id": recall.episode.id, "score": round(recall.score, 4), "why": recall.why}


def _line(recall: Recall) -> str:
    return _about(recall.episode, f"{recall.why}  ")


def _about(episode: Episode, why: str = "") -> str:
    return printable(f"{episode.id}  {episode.when:%d %b %Y}  {why}“{readable(episode.words)[:90]}”")


if __name__ == "__main__":
    sys.exit(main())
