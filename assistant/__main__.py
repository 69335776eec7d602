"""Command line: `remember`, `import`, `ask`, `search`, `recall`, `forget`, `models`, `mcp`, `prove-offline`.

With --json, stdout has one JSON object (`recall`: one a line); progress and messages go to stderr.
Exit codes: 0 done, 1 failed with one clear line, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from assistant import offline
from assistant.backends.cache import disk_cache
from assistant.commands import models_cli, search_cli
from assistant.commands.list_command import print_list
from assistant.commands.printed_results import PrintedResults, about_episode, empty_result, recall_line, recall_row
from assistant.conversation.conversation import Conversation
from assistant.conversation.events import Event
from assistant.embedder.text_embedder import attach
from assistant.grounding.quotes.quotation import NOBODY
from assistant.importing import import_cli
from assistant.mcp_server import stdio_server
from assistant.models.photo_budget import PHOTO_TOKENS_HELP
from assistant.opening import add_encoder_option, encode_with_progress, encoder_and_model, open_memory
from assistant.photo import load_photo
from assistant.sight import MOST_RECALLED, recall, remember
from memory import conversations
from memory.commands.argument_types import day, positive
from memory.days import day_words
from memory.episode import Photo, Recall, printable
from memory.errors import KeepsakeError, exit_with
from memory.text import count


def main(argv: list[str] | None = None) -> int:
    """Run the command line with `argv` (default: sys.argv). Returns the exit code."""
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
    common.add_argument("--model", help="name or folder of the language model, where one is needed (default: nano2)")
    add_encoder_option(common)
    common.add_argument("--memory", type=Path, help="the memory file (default: under KEEPSAKE_HOME)")
    common.add_argument("--json", action="store_true", help="print JSON on stdout")

    keep = commands.add_parser("remember", parents=[common], help="store a photo with what you say about it")
    keep.add_argument("photo", type=Path, help="the photo file")
    keep.add_argument("words", help="what you say about the photo, such as 'This is Milo, my dog, at the lake'")
    keep.add_argument(
        "--when",
        type=day,
        help="2025-08-01, '5 May 2020', yesterday or unknown (default: the camera's date, else unknown)",
    )
    keep.add_argument("--place", help="where the photo was taken")
    keep.set_defaults(run=_remember)

    ask = commands.add_parser("ask", parents=[common], help="ask a question about a new photo, or about your memories")
    ask.add_argument("photo", nargs="?", type=Path, help="the photo file; leave it out to ask about what you told")
    ask.add_argument("question", help="the question, such as 'Who is this?'")
    text = "answer from the photo and the memories, without writing a caption first"
    ask.add_argument("--no-caption", action="store_true", help=text)
    ask.add_argument("--photo-tokens", type=positive, metavar="N", help=PHOTO_TOKENS_HELP)
    ask.set_defaults(run=_ask)

    import_cli.add(commands, common)

    search_cli.add(commands)
    find = commands.add_parser("recall", parents=[common], help="list the memories that a photo brings back")
    find.add_argument("photo", type=Path, help="the photo file")
    find.add_argument(
        "-k", type=positive, default=MOST_RECALLED, metavar="N", help="at most N photos (default %(default)s)"
    )
    find.set_defaults(run=_recall)

    drop = commands.add_parser("forget", help="forget a photo and everything that was said about it")
    drop.add_argument("photo", type=Path, help="the photo file; a copy under another name will do")
    drop.add_argument("--yes", action="store_true", help="forget without asking for confirmation")
    drop.add_argument("--details", action="store_true", help="a receipt with ids and counts")
    drop.add_argument("--memory", type=Path, help="the memory file (default: under KEEPSAKE_HOME)")
    drop.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    drop.set_defaults(run=_forget)

    proof = commands.add_parser(
        "prove-offline", help="play a demo conversation with the network refused, and count the uses of the network"
    )
    proof.add_argument("--model", metavar="NAME", help="name or folder of the model (default: nano2)")
    proof.add_argument("--encoder", metavar="NAME", help="name or folder of the photo encoder (default: Keepsake's)")
    proof.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    proof.set_defaults(run=_prove)

    stdio_server.add(commands)
    about = "list, fetch and check models: list | pull NAME | check NAME"
    models_cli.add(commands.add_parser("models", help=about).add_subparsers(required=True, metavar="WHAT"))
    return parser


def _remember(args: argparse.Namespace) -> int:
    photo = load_photo(args.photo)
    with encoder_and_model(args.encoder, args.model) as (encoder, backend), open_memory(args.memory, backend) as memory:
        episode = remember(memory, encoder, photo, args.words, args.when, args.place)
    print(json.dumps({"id": episode.id}) if args.json else f"remembered as {episode.id}, {day_words(episode.day)}")
    return 0


def _ask(args: argparse.Namespace) -> int:
    began = time.monotonic()
    about = f" about {args.question}" if args.photo is None and Path(args.question).is_file() else ""
    if about or not args.question.strip():
        raise KeepsakeError(f"nothing was asked{about}: write a question{about and ' after it'}, such as 'Who is it?'")
    if print_list(args.question, args.memory, partial(_seen, args) if args.photo else None, as_json=args.json):
        return 0
    photo = load_photo(args.photo) if args.photo else None
    result = empty_result()
    opened = encoder_and_model(args.encoder, args.model, generates=True, photo_tokens=args.photo_tokens)
    with opened as (encoder, backend):
        with open_memory(args.memory, backend, to_read=True) as memory:
            encode_with_progress(memory, encoder)
            attach(memory)
            conversation = Conversation(backend, memory, encoder)
            first: Iterable[Event] = ()
            if photo:
                first = conversation.attach(photo) if args.no_caption else conversation.look(photo)
            shown = PrintedResults(result, quiet=args.json)
            for stream in (first, conversation.ask(args.question)):
                for event in stream:
                    shown.dispatch(event)
        result["model"] = backend.name if backend else ""
    result["seconds"] = round(time.monotonic() - began, 2)
    if args.json:
        print(json.dumps(result))
    return 0


def _seen(args: argparse.Namespace) -> tuple[Photo, list[Recall]]:
    """The photo, and the memories that it brings back."""
    photo = load_photo(args.photo)
    opened = encoder_and_model(args.encoder, args.model)
    with opened as (encoder, backend), open_memory(args.memory, backend, to_read=True) as memory:
        encode_with_progress(memory, encoder)
        return photo, recall(memory, encoder, photo, getattr(args, "k", MOST_RECALLED))


def _recall(args: argparse.Namespace) -> int:
    _, recalls = _seen(args)
    for one in recalls:
        print(json.dumps(recall_row(one)) if args.json else recall_line(one))
    if not recalls:
        print(NOBODY, file=sys.stderr)
    return 0


def _forget(args: argparse.Namespace) -> int:
    """Forget by photo. No model is needed: two files are one photo when their pixels are equal."""
    photo = load_photo(args.photo).sha256
    with open_memory(args.memory, to_read=True) as memory:
        ids = memory.showing(photo)
        shown = conversations.parts_with(memory, photo)
        for id in ids if not args.yes else ():
            print(about_episode(memory.get(id)), file=sys.stderr)
        if not ids and not shown:
            disk_cache.forget(photo)  # a question about it may have left visual tokens
            print("no memory has this photo; whatever was computed from it is deleted", file=sys.stderr)
            return 1
        what = [(len(ids), "episode"), (shown, "kept conversation part")]
        if not args.yes and not _confirmed(" and ".join(count(n, one) for n, one in what if n)):
            return 1
        receipt = memory.forget_all(ids) if ids else memory.forget_conversations_about(photo)
        disk_cache.forget(photo)
    if args.json:
        print(json.dumps({"receipt": receipt.lines(), **asdict(receipt)}))
    else:
        print("\n".join(map(printable, receipt.lines() if args.details else receipt.summary())))
    return 0


def _confirmed(what: str) -> bool:
    """Ask for confirmation on the terminal; without a terminal, print what would be forgotten."""
    if not sys.stdin.isatty():
        print(f"these would be forgotten for good ({what}): add --yes", file=sys.stderr)
        return False
    print(f"Forget {what} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _prove(args: argparse.Namespace) -> int:
    model = ["--model", args.model] if args.model else []
    encoder = ["--encoder", args.encoder] if args.encoder else []
    return offline.prove([*model, *encoder, *(["--json"] if args.json else [])])


if __name__ == "__main__":
    exit_with(main)
