"""`python -m benchmark capeval`: score captions of a model or of a file, on any of the benchmark's data, by any judge.

Data: seeded samples (default), a folder of `build`, or the authors' files (questions with metadata and images, or with
captions that exist already). The scores are defined in `capeval.py`, the authors' files in `covip_files.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from assistant.encoder.open_encoder import open_encoder
from assistant.models import local
from benchmark.judges.judge import Judge, Lexical
from benchmark.runner import OPTIONS, PUBLISHED, CachedWriter, Result, row_name, run
from benchmark.suite import notes_trial
from benchmark.tasks import capeval, grounded, recalled
from benchmark.world.question import Question
from benchmark.world.sample import MODES, Sample, samples
from memory.commands.argument_types import positive
from memory.errors import KeepsakeError
from memory.paths import home

SAMPLES = 300
"""Samples of each number of positives, unless --n says otherwise."""
OFFICIAL = (
    "the lexical judge misreads the authors' questions (an option such as 'Last winter' counts for anybody): "
    "use the chat judge, --judge chat --url URL --judge-model MODEL"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark capeval`."""
    parser.add_argument("--model", default=local.DEFAULT, help="a model's name or folder (default: %(default)s)")
    parser.add_argument("--split", choices=("train", "dev", "test"), default="test")
    text = f"samples for each number of positives (default: {SAMPLES}; of the authors' files all)"
    parser.add_argument("--n", type=positive, help=text)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--positives", type=int, nargs="+", default=[1], choices=range(5), metavar="K")
    parser.add_argument("--mode", choices=MODES, default="random", help="kind of distractors")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="instead: samples of `python -m benchmark build`")
    parser.add_argument("--questions", type=Path, metavar="FILE", help="instead: the authors' QAS_GT_test.json, with")
    parser.add_argument("--captions", type=Path, metavar="FILE", help="  captions that exist already, or")
    parser.add_argument("--metadata", type=Path, metavar="FILE", help="  meta_..._cleaned.jsonl, and")
    parser.add_argument("--images", default="", metavar="PREFIX", help="  what comes before its paths")
    parser.add_argument(
        "--grounded",
        action="store_true",
        help="also score captions after the grounding check; with --notes: only those, and answers too",
    )
    parser.add_argument("--recalled", action="store_true", help="also score captions with the recalled memories only")
    add_layout(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the rows (default: under KEEPSAKE_HOME)")
    parser.add_argument("--json", action="store_true")
    notes_trial.add_arguments(parser)
    add_judge(parser)


def add_layout(parser: argparse.ArgumentParser) -> None:
    """Add the argument that chooses the layout of prompts."""
    told = "layout of prompts, as the model was trained with (default: aligned)"
    parser.add_argument("--layout", choices=("aligned", "reference"), default="aligned", help=told)


def layout_in_name(layout: str) -> str:
    """The part of a row file's name that says the layout; "" for the usual one."""
    return "" if layout == "aligned" else f"-{layout}"


def add_judge(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a judge."""
    parser.add_argument(
        "--judge", choices=("lexical", "chat"), default="lexical", help="who decides what a caption says"
    )
    parser.add_argument("--url", help="chat judge: an OpenAI-compatible server, as in http://127.0.0.1:8000/v1")
    parser.add_argument("--judge-model", help="chat judge: its model; a key is taken from OPENAI_API_KEY")
    parser.add_argument("--compatible", action="store_true", help="chat judge: read letters as the released scorer")


def judge_of(args: argparse.Namespace) -> Judge:
    """The judge that the arguments choose. Raises KeepsakeError when an argument is missing."""
    if args.judge == "lexical":
        return Lexical()
    if not (args.url and args.judge_model):
        raise KeepsakeError("a chat judge needs --url and --judge-model")
    from benchmark.judges.chat_client import Endpoint
    from benchmark.judges.llm_judge import LlmJudge

    key = os.environ.get("OPENAI_API_KEY", "").strip() or None
    return LlmJudge(Endpoint(args.url, args.judge_model, key, cache=home() / "judged"), args.compatible)


def command(args: argparse.Namespace) -> int:
    """Caption and score, and print the averages. Raises KeepsakeError for what the user can mend."""
    if args.n is None and not args.questions:
        args.n = SAMPLES
    if args.notes:
        return notes_trial.command(args)
    if 0 in args.positives:
        raise KeepsakeError("--positives 0 is for --notes; of drawn strangers alone: --positives 1 --mode stranger")
    judge = judge_of(args)
    if args.questions and judge.name == Lexical.name:
        raise KeepsakeError(OFFICIAL)
    if args.questions and args.captions:
        from benchmark.datasets.covip_scores import score_captions_file

        scores = score_captions_file(args.questions, args.captions, judge)
        print(json.dumps(scores, indent=None if args.json else 2))
        return 0
    from assistant.backends.llama.llamacpp import open_llamacpp

    name, drawn, total = _data(args)
    spec = local.load(args.model)
    backend = open_llamacpp(spec, threads=args.threads)
    run_name = row_name(f"capeval-{spec.name}-{spec.identity}-{name}-{judge.name}")
    run_name += layout_in_name(args.layout)
    out = (args.out or home() / "runs") / f"{run_name}.jsonl"
    options = PUBLISHED if args.questions else OPTIONS
    conditions = capeval.conditions(CachedWriter(backend, options), judge, args.layout)
    if args.data or args.questions:
        conditions = [c for c in conditions if c.name != capeval.GOLD]  # only seeded samples have a gold caption
    questions: dict[str, tuple[Question, ...]] = {}
    if args.grounded:
        conditions.append(grounded.grounding(CachedWriter(backend), judge, spec.may_say))
    if args.recalled:
        conditions.append(recalled.recalling(CachedWriter(backend), judge, open_encoder()))
    rows = run(conditions, _noting_questions(drawn, questions), total, out)
    backend.close()
    print(f"rows: {out}", file=sys.stderr)
    agreement = None if args.questions else _agreement(judge, rows, questions)
    by_positives = {k: _summaries(r for r in rows if _positives(r) == k) for k in sorted({_positives(r) for r in rows})}
    if args.json:
        first = next(iter(by_positives.values()))
        named = {str(k): f for k, f in by_positives.items()}
        print(json.dumps({**first, "judge": judge.name, "agreement": agreement, "by_positives": named}))
        return 0
    print(f"{spec.name}, {name}, judge {judge.name}")
    for k, averages in by_positives.items():
        print(f"{k} positives, n={averages['n']}: {_line(averages)}")
        for control, c in averages["controls"].items():
            wrong = (
                f", wrong name {_share(c, 'misbinding')}" if control in (recalled.RECALLED, grounded.GROUNDED) else ""
            )
            print(f"  {control}: Acc+ {_share(c, 'acc_pos')}, Acc- {_share(c, 'acc_neg')}{wrong}")
    if agreement:
        judges, share = " and ".join(agreement["judges"]), f"{agreement['equal']:.1%}"
        print(f"{judges} give the same letter in {share} of {agreement['n']} questions")
    return 0


def _noting_questions(drawn: Iterator[Sample], questions: dict[str, tuple[Question, ...]]) -> Iterator[Sample]:
    """Pass the samples on, and note their questions by id, without keeping the photos."""
    for sample in drawn:
        questions[sample.id] = tuple(question for about_one in sample.questions for question in about_one)
        yield sample


def _agreement(judge: Judge, rows: Sequence[Result], questions: Mapping[str, Sequence[Question]]) -> dict | None:
    """How far a chat judge agrees with the lexical one on the model's captions. All its answers are cached by now."""
    if judge.name == Lexical.name:
        return None
    from benchmark.judges.llm_judge import agreement

    written = [r for r in rows if r.condition == capeval.CAPTION and r.error is None]
    return agreement([judge, Lexical()], [(r.texts["caption"], q) for r in written for q in questions[r.sample]])


def _data(args: argparse.Namespace) -> tuple[str, Iterator[Sample], int]:
    """The name of the data, the samples, and their number."""
    if args.questions:
        if not args.metadata:
            raise KeepsakeError("--questions needs --captions, or --metadata and --images for a model to caption")
        from benchmark.datasets import covip_files
        from benchmark.datasets.covip_questions import read_questions

        questions = read_questions(args.questions)
        print(questions, file=sys.stderr)
        rows = covip_files.read_metadata(args.metadata, args.images)
        total = min(len(questions.entries), args.n or len(questions.entries))
        return args.questions.stem, islice(covip_files.samples(questions, rows), total), total
    if args.data:
        from benchmark.datasets import corpus  # needs msgspec

        total = sum(1 for _ in corpus.rows(args.data))
        return args.data.resolve().name, corpus.read(args.data), total
    drawn = (s for k in args.positives for s in samples(args.split, args.n, args.seed, k, args.mode))
    return f"{args.split}-{args.mode}-{args.seed}", drawn, args.n * len(args.positives)


def _positives(row: Result) -> int:
    """How many known things the photo was drawn with; in mode "stranger", how many strangers."""
    return row.spec["positives"] if row.spec else row.positives


def _summaries(rows: Iterator[Result]) -> dict[str, Any]:
    """The averages of the model's captions, with those of the other conditions under "controls"."""
    by_condition: dict[str, list[Result]] = {}
    for row in rows:
        by_condition.setdefault(row.condition, []).append(row)
    averages = {name: capeval.summary(some) for name, some in by_condition.items()}
    return {**averages.pop(capeval.CAPTION), "controls": averages}


def _line(averages: dict[str, Any]) -> str:
    """The averages in one line of text."""
    named = {"name_recall": "names", "misbinding": "wrong name", "acc_pos": "Acc+", "acc_neg": "Acc-"}
    named |= {"true_abstention": "true abstention", "calibration": "calibration"}
    parts = []
    for measure, words in named.items():
        span = averages[f"{measure}_interval"]
        parts.append(f"{words} {_share(averages, measure)}" + (f" [{span[0]:.1%}, {span[1]:.1%}]" if span else ""))
    return ", ".join([*parts, f"nobody known {_share(averages, 'abstained')}", f"errors {averages['errors']}"])


def _share(averages: dict[str, Any], measure: str) -> str:
    return "–" if averages[measure] is None else f"{averages[measure]:.1%}"
