"""`python -m benchmark build`: samples from a source, through the filters, into a folder with a report and a card.

Drafts are settled one after the other, in the source's order, so that a build killed at any time goes on and ends with
the same bytes. Everything that the report says is counted from the files, not from memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmark.datasets import corpus, data_card
from benchmark.datasets.corpus import Corpus
from benchmark.datasets.filters import stages
from benchmark.datasets.filters.photo_similarity import difference_hash
from benchmark.datasets.filters.tools import Tools, numbered_questions
from benchmark.datasets.source import Draft, PictureWorld, Source, Unusable
from benchmark.world.sample import MODES, Sample
from memory.errors import KeepsakeError
from memory.paths import home

REPORT = "build.json"
PATIENCE = 200
"""After so many rejected drafts in a row a build gives up: something is wrong with the source or a filter."""
Settings = dict[str, Any]


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
    parser.add_argument("--url", help="of an OpenAI-compatible server, as in http://127.0.0.1:8000/v1 (with --photos)")
    parser.add_argument("--model", help="the server's model that writes and sees (with --photos)")
    parser.add_argument("--key-variable", metavar="NAME", help="environment variable that holds the server's key")
    parser.add_argument("--eyes", metavar="MODEL", help="a local model whose image encoder chooses and checks")
    parser.add_argument(
        "--judge", choices=("lexical", "chat"), help="who guesses without a caption (default: by source)"
    )
    parser.add_argument("--json", action="store_true")


def command(args: argparse.Namespace) -> int:
    """Run `build`; 0 done, 2 wrong usage. Raises KeepsakeError."""
    if wrong := _wrong_usage(args):
        print(f"error: {wrong}", file=sys.stderr)
        return 2
    settings = _settings(args)
    name = "-".join(str(settings[k]) for k in ("source", "split", "mode", "extra", "seed") if k in settings)
    folder = args.out or home() / "corpora" / name
    tools = Tools()
    backend = None
    if args.eyes:
        from assistant.backends.open_backend import open_backend

        tools.encoder = backend = open_backend(args.eyes)
    try:
        report = build(_source(args, settings, tools), tools, folder, args.positives, args.n, settings)
    except OSError as error:
        if error.strerror is None:
            raise  # pictures that are not here: the message says what to do
        raise KeepsakeError(f"{error.filename or folder}: {error.strerror}") from error
    finally:
        if backend is not None:
            backend.close()
    found = {"folder": str(folder), **report["samples"]}
    print(json.dumps(found) if args.json else f"{found['kept']} samples in {folder}: see card.md and sheet.png")
    return 0


def build(
    source: Source, tools: Tools, folder: Path, positives: Sequence[int], n: int, settings: Settings
) -> dict[str, Any]:
    """Write `n` samples for each number of positives, or as many as the source has; returns the report.

    Raises KeepsakeError when the folder holds another build, or when nearly nothing passes the filters.
    """
    _claim(folder, settings)
    data = Corpus(folder)
    for k in positives:
        _fill(data, source, tools, k, n)
    if not data.kept:
        raise KeepsakeError(f"{folder}: no sample passed; see {corpus.REJECTED} there for the reasons")
    report = {**_head(settings, True), "about": source.about(), **count(folder, tools)}
    _write_report(folder, report)
    data_card.write_card(folder, report)
    return report


def _fill(data: Corpus, source: Source, tools: Tools, positives: int, n: int) -> None:
    began, kept, made, in_a_row = time.monotonic(), 0, 0, 0
    for draft in source.drafts(positives):
        if kept == n:
            return
        if draft.key not in data.done:
            settle(data, draft, tools)
            made += 1
        if draft.key in data.kept:
            kept, in_a_row = kept + 1, 0
            tools.queries.append(difference_hash(data.query(draft.key)))
            if made and (sys.stderr.isatty() or kept % 25 == 0):
                left = (time.monotonic() - began) / kept * (n - kept)
                print(f"{positives} positives: {kept} of {n} samples, {left:.0f} s left", file=sys.stderr)
            continue
        in_a_row += 1
        if in_a_row == PATIENCE:
            why = Counter(row.filter for row in corpus.rejected(data.folder)).most_common(1)[0][0]
            raise KeepsakeError(
                f"{PATIENCE} drafts in a row were rejected, most by {why}: see {data.folder / corpus.REJECTED}"
            )
    if kept < n:
        print(f"{positives} positives: the source has {kept} of {n} samples", file=sys.stderr)


def settle(data: Corpus, draft: Draft, tools: Tools) -> None:
    """Make a draft, ask the filters, and keep or reject it."""
    try:
        sample = draft.make()
    except Unusable as lost:
        data.reject_draft(draft.key, lost.check, lost.reason, lost.item, lost.photos)
        return
    for check in stages.SAMPLE:
        if reason := check(sample, tools):
            data.reject(draft.key, check.__name__, reason, sample)
            return
    for sift in stages.QUESTION:
        reasons = sift(sample, tools)
        for (i, question), reason in zip(numbered_questions(sample), reasons, strict=True):
            if reason:
                data.reject_question(draft.key, sift.__name__, reason, sample.context[i], question)
        sample = _without(sample, reasons)
    for check in stages.LAST:
        if reason := check(sample, tools):
            data.reject(draft.key, check.__name__, reason, sample)
            return
    data.keep(draft.key, sample)


def _without(sample: Sample, reasons: Sequence[str | None]) -> Sample:
    """The sample without the questions that have a reason to go."""
    verdicts = iter(reasons)
    left = tuple(tuple(q for q in questions if next(verdicts) is None) for questions in sample.questions)
    return replace(sample, questions=left)


def count(folder: Path, tools: Tools) -> dict[str, Any]:
    """{"samples": ..., "filters": [...]}: what is in the folder, and what each filter saw, kept and rejected."""
    rows = [row for _, row in corpus.rows(folder)]
    notes = stages.limited(tools, any(row.drawn is not None for row in rows))
    turned_away = list(corpus.rejected(folder))
    by_level = {
        lvl: Counter(r.filter for r in turned_away if r.level == lvl) for lvl in ("source", "sample", "question")
    }
    left = sum(len(q) for row in rows for q in row.questions)
    # Those that fell at the last filter had some questions left.
    last = [r for r in turned_away if r.filter in _names(stages.LAST)]
    left += sum(len(q) for r in last for q in r.item["questions"])
    table = [
        {"filter": name, "level": "source", "threshold": "", "seen": None, "kept": None, "rejected": n, "note": ""}
        for name, n in sorted(by_level["source"].items())
    ]
    samples = len(rows) + by_level["sample"].total()
    questions = left + by_level["question"].total()
    for stage, level in ((stages.SAMPLE, "sample"), (stages.QUESTION, "question"), (stages.LAST, "sample")):
        for name in _names(stage):
            seen = questions if level == "question" else samples
            out = by_level[level][name]
            told = {"filter": name, "level": level, "threshold": stages.THRESHOLDS[name], "note": notes.get(name, "")}
            ran = not told["note"].startswith(stages.NOT_RUN)
            table.append({**told, "seen": seen if ran else None, "kept": seen - out if ran else None, "rejected": out})
            if level == "question":
                questions -= out
            else:
                samples -= out
    summary = {
        "kept": len(rows),
        "rejected": by_level["source"].total() + by_level["sample"].total(),
        "questions": sum(len(q) for row in rows for q in row.questions),
        "questions_rejected": by_level["question"].total(),
    }
    return {"samples": summary, "filters": table}


def _names(stage: Sequence[Callable[..., Any]]) -> list[str]:
    return [check.__name__ for check in stage]


def _claim(folder: Path, settings: Settings) -> None:
    """A folder belongs to one command. Raises KeepsakeError when it is another's."""
    path = folder / REPORT
    if path.exists():
        try:
            there = json.loads(path.read_text(encoding="utf-8"))["settings"]
        except (ValueError, KeyError, TypeError) as error:
            raise KeepsakeError(f"{path} is not the report of a build: choose another --out") from error
        if there != json.loads(json.dumps(settings)):
            other = [k for k in {**there, **settings} if there.get(k) != settings.get(k)]
            raise KeepsakeError(
                f"{folder} holds a build with other settings ({', '.join(other)}): choose another --out, or repeat: "
                f"{_command(there)}"
            )
        return
    if folder.exists() and any(not p.name.startswith(".") for p in folder.iterdir()):
        raise KeepsakeError(f"{folder} is not empty and holds no build: choose another --out")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_report(folder, _head(settings, False))


def _head(settings: Settings, complete: bool) -> dict[str, Any]:
    tools = {p: version(p) for p in ("numpy", "pillow", "msgspec")}
    tools["python"] = ".".join(map(str, sys.version_info[:3]))
    return {"command": _command(settings), "complete": complete, "settings": settings, "versions": tools}


def _write_report(folder: Path, report: dict[str, Any]) -> None:
    corpus.write(folder / REPORT, (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode())


def _command(settings: Settings) -> str:
    """The command that makes this, without folders and addresses of a machine."""
    words = ["python -m benchmark build"]
    for key, value in settings.items():
        if key != "source":
            values = value if isinstance(value, list) else [value]
            words.append(f"--{key} {shlex.join(map(str, values))}")
    return " ".join(words + (["--url URL"] if "model" in settings else []))


def _settings(args: argparse.Namespace) -> Settings:
    """All that the samples depend on."""
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
    return out | ({"eyes": args.eyes} if args.eyes else {})


def _wrong_usage(args: argparse.Namespace) -> str | None:
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
