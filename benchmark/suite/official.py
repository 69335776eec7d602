"""`python -m benchmark official`: the paper's tasks LSD, LAR and ITR, on the rows that its authors published.

Each row has past photos with their dialogues, a new photo, a question and the right answer. The model captions the new
photo and answers after its caption (CAG), or with `--direct` without one. `hit` is the judge's verdict, `f1` counts the
words that answer and gold share; `marker` is the authors' own score of ITR. Rows are saved: a stopped run goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from assistant import prompt
from assistant.models import local
from benchmark.datasets.covip_hub import ASKED, Asked, read_hub
from benchmark.judges.judge import Judge, Lexical
from benchmark.judges.score import Scores, tally
from benchmark.runner import PUBLISHED, CachedWriter, Condition, Texts, row_name, run
from benchmark.suite.capeval_cli import add_judge, add_layout, judge_of, layout_in_name
from benchmark.tasks.downstream import token_f1
from benchmark.world.sample import Sample
from memory.commands.argument_types import positive
from memory.errors import KeepsakeError
from memory.paths import home

MARKER = "SKS"
"""The word, in capitals, that the authors' scorer of ITR looks for."""
TASKS = tuple(task for task, (_, gold) in ASKED.items() if gold)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark official`."""
    parser.add_argument("--task", choices=TASKS, required=True, help="last seen where, last done what, or the reminder")
    parser.add_argument("--source", required=True, metavar="SOURCE", help="a folder or parquet file of the rows")
    parser.add_argument("--download", action="store_true", help="SOURCE is the name of a data set on the Hub: fetch it")
    parser.add_argument("--split", metavar="NAME", help="default: test, or the only one")
    parser.add_argument("--model", default=local.DEFAULT, help="a model's name or folder (default: %(default)s)")
    parser.add_argument("--n", type=positive, help="most rows (default: all)")
    parser.add_argument("--direct", action="store_true", help="answer without a caption of the model's own")
    add_layout(parser)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder for the rows (default: under KEEPSAKE_HOME)")
    parser.add_argument("--json", action="store_true")
    add_judge(parser)


def command(args: argparse.Namespace) -> int:
    """Ask, score, and print the averages. Raises KeepsakeError for what the user can mend."""
    judge = judge_of(args)
    if judge.name == Lexical.name:
        raise KeepsakeError(
            "the lexical judge misreads the authors' answers: use --judge chat --url URL --judge-model MODEL"
        )
    rows = list(islice(read_hub(args.source, args.task, split=args.split, download=args.download), args.n))
    rows = _told(rows, args)
    from assistant.backends.llama.llamacpp import open_llamacpp

    spec = local.load(args.model)
    backend = open_llamacpp(spec, threads=args.threads)
    way = "direct" if args.direct else "cag"
    name = row_name(f"official-{args.task}-{way}-{spec.name}-{spec.identity}-{judge.name}")
    out = (args.out or home() / "runs") / f"{name}{layout_in_name(args.layout)}.jsonl"
    asked = _condition(CachedWriter(backend, PUBLISHED), judge, rows, way, args)
    done = run([asked], _samples(rows), len(rows), out)
    backend.close()
    print(f"rows: {out}", file=sys.stderr)
    averages = tally([row.score for row in done if row.error is None])
    errors = sum(row.error is not None for row in done)
    found = {"task": args.task, "model": spec.name, "judge": judge.name, "way": way, "n": len(done), "errors": errors}
    found |= {measure: round(average.value, 4) for measure, average in averages.items() if average}
    print(json.dumps(found, indent=None if args.json else 2))
    return 0


def _told(rows: list[Asked], args: argparse.Namespace) -> list[Asked]:
    """The rows that can be scored; a line on stderr counts the others. Raises KeepsakeError when none can be scored.

    A reminder (ITR) is scored by its marker, so its gold answer may be empty.
    """
    scored = [row for row in rows if row.gold.strip() or args.task == "itr"]
    if not scored:
        raise KeepsakeError(f"{args.source} has no rows" + (" with an answer" if rows else ""))
    if len(scored) < len(rows):
        print(f"{len(rows) - len(scored)} of {len(rows)} rows have no answer and are left out", file=sys.stderr)
    if again := len(scored) - len({row.sample.id for row in scored}):
        print(f"{again} rows have the photos and words of another row: they count once, by the last", file=sys.stderr)
    return scored


def _samples(rows: list[Asked]) -> Iterator[Sample]:
    return (row.sample for row in rows)


def _condition(writer: CachedWriter, judge: Judge, rows: list[Asked], way: str, args: argparse.Namespace) -> Condition:
    """Answer a row's question, and score the answer against the row's own."""
    asked = {row.sample.id: row for row in rows}

    asked_at_once = partial(prompt.direct_messages, layout=args.layout)

    def answer(sample: Sample) -> Texts:
        """After the model's own caption, or from memories and photo alone."""
        question, given = asked[sample.id].question, (sample.context, sample.query)
        if way == "direct":
            return {"question": question, "answer": writer.write(asked_at_once(*given, question))}
        caption = writer.write(prompt.caption_messages(*given, args.layout))
        written = writer.write(prompt.answer_messages(*given, caption, question, args.layout))
        return {"question": question, "caption": caption, "answer": written}

    def score(texts: Texts, sample: Sample) -> Scores:
        """hit, unread (a verdict that could not be read), and f1; of ITR also the authors' own score, the marker."""
        gold = asked[sample.id].gold
        [right] = judge.check_replies([(texts["question"], gold, texts["answer"])])
        return {
            "hit": (float(right is True), 1),
            "unread": (float(right is None), 1),
            "f1": (token_f1(texts["answer"], gold), 1),
            **({"marker": (float(MARKER in texts["answer"]), 1)} if args.task == "itr" else {}),
        }

    return Condition(f"official/{way}", answer, score)
