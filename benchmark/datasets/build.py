"""`python -m benchmark build`: the options of a build, the source they name, and the models they load."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from benchmark.datasets.builder import Settings, build
from benchmark.datasets.filters.tools import Tools
from benchmark.datasets.source import PictureWorld, Source
from benchmark.world.sample import MODES
from memory.errors import KeepsakeError
from memory.paths import home


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `python -m benchmark build`."""
    parser.add_argument("--out", type=Path, help="folder of the data (default: under KEEPSAKE_HOME)")
    parser.add_argument("--n", type=int, default=100, help="samples for each number of positives")
    parser.add_argument("--positives", type=int, nargs="+", default=[1, 2, 3, 4], choices=range(1, 5), metavar="K")
    parser.add_argument("--split", choices=("train", "dev", "test", "all"), help='default: test; of photos "all"')
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mode", choices=MODES, help="kind of distractors (picture world; default: near)")
    parser.add_argument("--extra", type=int, default=0, help="episodes beyond two distractors a positive, up to 200")
    parser.add_argument(
        "--photos", type=Path, help="a folder of your own photos (layout: see benchmark/datasets/photo_folder.py)"
    )
    parser.add_argument("--url", help="an OpenAI-compatible server, as in http://127.0.0.1:8000/v1 (with --photos)")
    parser.add_argument("--model", help="the server's model that writes and sees (with --photos)")
    parser.add_argument("--key-variable", metavar="NAME", help="environment variable that holds the server's key")
    parser.add_argument("--vision-model", metavar="MODEL", help="a local model whose image encoder chooses and checks")
    parser.add_argument(
        "--judge", choices=("lexical", "chat"), help="the judge that guesses without a caption (default: by source)"
    )
    parser.add_argument("--json", action="store_true")


def command(args: argparse.Namespace) -> int:
    """Run a build; 0 done, 2 wrong usage. Raises KeepsakeError."""
    if wrong := _wrong_usage(args):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    settings = _settings(args)
    name = "-".join(str(settings[k]) for k in ("source", "split", "mode", "extra", "seed") if k in settings)
    folder = args.out or home() / "corpora" / name
    tools = Tools()
    backend = None
    if args.vision_model:
        from assistant.worker.open_backend import open_backend

        tools.encoder = backend = open_backend(args.vision_model)
    try:
        report = build(_source(args, settings, tools), tools, folder, args.positives, args.n, settings)
    except OSError as error:
        if error.strerror is None:
            raise  # a missing picture: the message says how to fetch it
        raise KeepsakeError(f"{error.filename or folder}: {error.strerror}") from error
    finally:
        if backend is not None:
            backend.close()
    summary = {"folder": str(folder), **report["samples"]}
    print(json.dumps(summary) if args.json else f"{summary['kept']} samples in {folder}: see card.md and sheet.png")
    return 0


def _settings(args: argparse.Namespace) -> Settings:
    """All options that the samples depend on."""
    world = args.photos is None
    out: Settings = {"source": "world" if world else "photos"}
    if world:
        out |= {"split": args.split or "test", "mode": args.mode or "near"}
    else:
        out |= {"photos": args.photos.resolve().name, "split": args.split or "all"}
    if args.model:
        out |= {"model": args.model}
    out |= {"n": args.n, "positives": args.positives, "seed": args.seed, "extra": args.extra}
    out["judge"] = args.judge or ("lexical" if world else "chat")
    return out | ({"vision_model": args.vision_model} if args.vision_model else {})


def _wrong_usage(args: argparse.Namespace) -> str | None:
    """What is wrong with the options, or None."""
    if args.photos is None:
        if args.split == "all":
            return "--split all is for --photos: the picture world has train, dev and test"
        if (args.url or args.model) and args.judge != "chat":
            return "--url and --model are for --photos or --judge chat"
    if (args.photos is not None or args.judge == "chat") and not (args.url and args.model):
        return "name a server and its model: --url http://127.0.0.1:8000/v1 --model NAME"
    if args.photos is not None and args.mode:
        return "--mode is for the picture world: distractors of photos are those that look most alike"
    if args.n < 1 or not 0 <= args.extra <= 200 or len(set(args.positives)) < len(args.positives):
        return "--n must be at least 1, --extra 0 to 200, and each number of --positives given once"
    return None


def _source(args: argparse.Namespace, settings: Settings, tools: Tools) -> Source:
    """The source that the options name; judge and vision model go into `tools`. Raises KeepsakeError."""
    if args.url:
        from benchmark.judges.chat_client import Endpoint
        from benchmark.judges.llm_judge import LlmJudge

        key = os.environ.get(args.key_variable) if args.key_variable else None
        if args.key_variable and not key:
            raise KeepsakeError(f"the environment variable {args.key_variable} is not set: put the server's key there")
        endpoint = Endpoint(args.url, args.model, key, seed=args.seed, cache=home() / "answers")
        if settings["judge"] == "chat":
            tools.judge = LlmJudge(endpoint)
        if args.photos is not None:
            from benchmark.datasets.own_photos import OwnPhotos

            tools.endpoint = endpoint
            return OwnPhotos(args.photos, endpoint, tools, settings["split"], args.seed, args.extra)
    return PictureWorld(settings["split"], args.seed, settings["mode"], args.extra)
