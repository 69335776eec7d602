"""`python -m benchmark blocks`: may llama.cpp move what it has read of remembered episodes (`assistant/blocks.py`)?

Every sample is captioned by an engine that reads all of its prompt and by one that puts blocks together, with the
memories in their order and backwards. Both also read the first one's caption, and their distributions are compared at
each of its tokens. What the weights' own noise does to them shows the control: the first engine again, having read the
prompt in two pieces. Then the time to the first word, memories in a new order: reading everything, with photos known,
with blocks; `--n 0` asks for that alone, as for a random model, whose captions say nothing. Rows are kept: a run that
was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from assistant import prompt
from assistant.backend import Message
from assistant.catalogue import Spec
from assistant.chatml import Words, large_photo, pieces
from assistant.llamacpp import LlamaCpp
from benchmark import capeval, colossus, findings
from benchmark.judge import Lexical
from benchmark.pace import grid
from benchmark.peers import Afresh, Keepsake, Said
from benchmark.result import OPTIONS, Condition, Result, Scribe, Texts, run
from benchmark.sample import Sample, build
from benchmark.sample import Spec as Drawn
from benchmark.score import Scores
from benchmark.speed import CONTEXT, proof, reordered, talk
from memory.errors import KeepsakeError
from memory.home import home

ORDERS = ("in order", "backwards")
TRUTH, CONTROL = "all read", "all read, in two pieces"
SAME, LOST, NATS = 0.99, 0.01, 0.01
"""The gate: at least so many likeliest tokens the same, at most so much of Acc+ lost, less nats on average."""
MEASURES = ("acc_pos", "acc_neg", "name_recall", "misbinding")


class Readers:
    """The engine that reads everything, and the one that moves blocks, on the same samples."""

    def __init__(self, spec: Spec, threads: int) -> None:
        """Raises KeepsakeError when blocks cannot be moved with this model here."""
        self.exact = LlamaCpp(spec, threads, CONTEXT)
        self.moving = LlamaCpp(replace(spec, blocks=0), threads, CONTEXT)
        self._truth: dict[tuple[str, str], tuple[list[int], np.ndarray]] = {}
        self._scribe = Scribe(self.exact, OPTIONS)
        if self.moving.blocks is None:
            self.close()
            raise _unmoved(spec)

    def close(self) -> None:
        """Free both."""
        self.exact.close()
        self.moving.close()

    def condition(self, kind: str | int, order: str) -> Condition:
        """`kind`: TRUTH, CONTROL, or blocks with so many units of each episode read again."""

        def write(sample: Sample) -> Texts:
            asked = messages(sample, order)
            if kind == TRUTH:
                return {"caption": self._scribe.write(asked)}
            self._known(sample, order)
            engine, shown = self._engine(kind), pieces(asked)
            engine.read(shown[: len(shown) // 2 if kind == CONTROL else 1])  # the rest is read, or moved, anew
            return {"caption": "".join(c.text for c in engine.stream(asked, OPTIONS)).strip()}

        def scores(texts: Texts, sample: Sample) -> Scores:
            found = capeval.scorer(Lexical())(texts, sample)
            if kind == TRUTH:
                return found
            tokens, truth = self._known(sample, order)
            rows = self._rows(self._engine(kind), messages(sample, order), tokens)
            apart = [proof("", got, true, true) for got, true in zip(rows, truth, strict=True)]
            return {
                **found,
                "nats": (sum(p.nats for p in apart), len(apart)),
                "same_first": (sum(p.same_first for p in apart), len(apart)),
                "same_caption": (float(texts["caption"] == self._scribe.write(messages(sample, order))), 1),
            }

        return Condition(f"{name(kind)}, {order}", write, scores)

    def _engine(self, kind: str | int) -> LlamaCpp:
        if not isinstance(kind, int):
            return self.exact
        assert self.moving.blocks is not None
        self.moving.blocks.again = kind
        return self.moving

    def _known(self, sample: Sample, order: str) -> tuple[list[int], np.ndarray]:
        """The caption of the engine that reads everything, and its logits (N, V) at every token and behind the last."""
        key = (sample.id, order)
        if key not in self._truth:
            asked = messages(sample, order)
            tokens = self.exact.tokenize(Words(self._scribe.write(asked)))
            self._truth = {key: (tokens, self._rows(self.exact, asked, tokens))}
        return self._truth[key]

    def _rows(self, engine: LlamaCpp, asked: Sequence[Message], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V) behind a prompt, which the engine holds, and behind each of `tokens`."""
        shown = pieces(asked)
        engine.read(shown, large_photo(asked, shown), len(tokens))
        first = engine.after(-1)
        engine.put(tokens)
        return np.stack([first, *(engine.after(i - len(tokens)) for i in range(len(tokens)))])


def _unmoved(spec: Spec) -> KeepsakeError:
    return KeepsakeError(f"{spec.name}: blocks cannot be moved here, the engine's own test does not pass")


def name(kind: str | int) -> str:
    """What a way to read is called."""
    return kind if isinstance(kind, str) else f"blocks, {kind} again"


def messages(sample: Sample, order: str) -> tuple[Message, ...]:
    """The caption prompt."""
    asked = prompt.caption_messages(sample.context, sample.query)
    return asked if order == ORDERS[0] else reordered(asked)


def gate(rows: Sequence[Result]) -> list[dict[str, Any]]:
    """Each way to read and order against reading everything, on the same samples; `passed` is None for the control."""
    by: dict[str, list[Result]] = {}
    for row in rows:
        by.setdefault(row.condition, []).append(row)
    found = []
    for condition, some in by.items():
        way, order = condition.rsplit(", ", 1)
        averages = findings.tallied(some)
        line: dict[str, Any] = {"way": way, "order": order, "n": len(some), "errors": sum(bool(r.error) for r in some)}
        line |= {m: asdict(averages[m]) for m in (*MEASURES, "nats", "same_first", "same_caption") if m in averages}
        if way != TRUTH:
            gains = {m: findings.gain(by[f"{TRUTH}, {order}"], some, m) for m in MEASURES}
            line["gains"] = {m: asdict(t) for m, t in gains.items() if t}
            line["passed"] = None if way == CONTROL else not line["errors"] and passes(line)
        found.append(line)
    return found


def passes(line: Mapping[str, Any]) -> bool:
    """Whether captions with blocks are as good as those without."""
    near = line["same_first"]["value"] >= SAME and line["nats"]["value"] < NATS
    return bool(near and line["gains"]["acc_pos"]["value"] >= -LOST)


def clock(spec: Spec, threads: int, episodes: int, repeats: int, agains: Sequence[int]) -> list[dict[str, Any]]:
    """Seconds to the first word of a caption: photos and words that are all new, then the same memories backwards."""
    specs = {name(again): replace(spec, blocks=again) for again in agains}
    rows: list[tuple[str, str, Said]] = []
    with ExitStack() as opened:
        peers: dict[str, Keepsake] = {"everything read": opened.enter_context(closing(Afresh(spec, threads, CONTEXT)))}
        for way, its in {"photos known": spec, **specs}.items():
            peers[way] = ours = opened.enter_context(closing(Keepsake(its, threads, CONTEXT, None)))
            if its.blocks is not None and not (isinstance(ours.engine, LlamaCpp) and ours.engine.blocks):
                raise _unmoved(spec)
        for repeat in range(repeats):
            print(f"time to the first word: {repeat + 1} of {repeats}", file=sys.stderr)
            about = talk(spec, episodes, repeat)
            asked = prompt.caption_messages(about.episodes, about.photo)
            for step, ours in (("new", asked), ("backwards", reordered(asked))):
                ways = list(peers)
                for way in ways[repeat % len(ways) :] + ways[: repeat % len(ways)]:
                    rows.append((step, way, peers[way].say(ours, 1)))
    found = []
    for step, way in dict.fromkeys(row[:2] for row in rows):
        some = [said for *key, said in rows if key == [step, way]]
        cpu, first = [s.first_cpu for s in some if s.first_cpu is not None], [s.first for s in some]
        found.append(
            {
                "step": step,
                "way": way,
                "n": len(some),
                "cpu": median(cpu),
                "cpu_least": min(cpu),
                "seconds": median(first),
                "seconds_least": min(first),
                "prompt_tokens": some[-1].prompt_tokens,
                "cached_tokens": some[-1].cached_tokens,
            }
        )
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--model", default="nano", help='a name or folder, or "large": random, half a billion parameters'
    )
    parser.add_argument("--split", choices=("train", "dev", "test"), default="test")
    parser.add_argument("--n", type=int, default=30, help="samples, every third of two things; 0: only timing")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--again", type=int, nargs="+", default=[0, 32], metavar="K", help="words and photos read again, each"
    )
    parser.add_argument("--repeats", type=int, default=5, help="of the timing; 0: none")
    parser.add_argument("--episodes", type=int, default=8, help="memories in a prompt that is timed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="for the rows (default: under KEEPSAKE_HOME)")
    parser.add_argument("--json", action="store_true")


def command(args: argparse.Namespace) -> int:
    """Run it. Raises KeepsakeError for what the user can mend."""
    if min(args.n, args.repeats, *args.again) < 0 or args.n + args.repeats < 1 or args.episodes < 2 or args.threads < 1:
        raise KeepsakeError("blocks needs --n or --repeats 1, --episodes 2, --threads 1 at least, and nothing below 0")
    spec = colossus.load(args.model)
    if spec.engine != "llama.cpp":
        raise KeepsakeError(f"{spec.name} runs on {spec.engine}: only llama.cpp can move blocks")
    agains: list[int] = list(dict.fromkeys(args.again))
    kinds: dict[str, list[str | int]] = {ORDERS[0]: [TRUTH, CONTROL, *agains], ORDERS[1]: [TRUTH, *agains]}
    ways = [(kind, order) for order in ORDERS for kind in kinds[order]]
    rows: Sequence[Result] = []
    if args.n:
        out = (args.out or home() / "runs") / f"blocks-{spec.name}-{spec.identity}-{args.split}-{args.seed}.jsonl"
        drawn = [build(Drawn(args.split, args.seed, i, 2 if i % 3 == 2 else 1)) for i in range(args.n)]
        with closing(Readers(spec, args.threads)) as readers:
            rows = run([readers.condition(*way) for way in ways], drawn, args.n, out)
        print(f"rows: {out}", file=sys.stderr)
    timed = clock(spec, args.threads, args.episodes, args.repeats, agains) if args.repeats else []
    record = {"model": spec.name, "identity": spec.identity, "split": args.split, "gate": gate(rows), "clock": timed}
    print(json.dumps(record) if args.json else table(record))
    return 0


def table(record: Mapping[str, Any]) -> str:
    """Everything for the terminal, in Markdown."""
    heads = ["way, memories", "n", "same token", "nats", "same caption", "Acc+", "Acc-", "names", "wrong names", "gate"]
    verdicts = {True: "pass", False: "FALLS SHORT", None: ""}
    lines = []
    for line in record["gate"]:
        near = [_share(line, "same_first"), f"{line['nats']['value']:.4f}" if "nats" in line else "–"]
        scores = [_share(line, m) for m in ("same_caption", *MEASURES)]
        where = f"{line['way']}, {line['order']}"
        lines.append([where, str(line["n"]), *near, *scores, verdicts[line.get("passed")]])
    told: list[str] = []
    if lines:
        told = [f"{record['model']}, {record['split']}; in brackets against reading everything, 95 % interval", ""]
        told += [*grid(heads, lines), ""]
    if record["clock"]:
        timed = []
        for t in record["clock"]:
            cpu, first = (f"{t[kind]:.2f} ({t[f'{kind}_least']:.2f})" for kind in ("cpu", "seconds"))
            held = f"{t['cached_tokens']} of {t['prompt_tokens']}"
            timed.append([t["way"], t["step"], str(t["n"]), cpu, first, held])
        heads = ["way", "memories", "n", "processor time", "by the clock", "tokens not read"]
        told += [f"{record['model']}: seconds to the first word, median (least)", "", *grid(heads, timed)]
    return "\n".join(told)


def _share(line: Mapping[str, Any], measure: str) -> str:
    if measure not in line:
        return "–"
    gained = line.get("gains", {}).get(measure)
    against = (
        f" ({100 * gained['value']:+.1f} [{100 * gained['low']:.1f}, {100 * gained['high']:.1f}])" if gained else ""
    )
    return f"{line[measure]['value']:.1%}{against}"
