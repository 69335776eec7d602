"""`python -m benchmark diagnose`: the whole suite, that is the conditions of every group, run on the suite's blocks.

The files of a run are written by `diagnose.py`; what its numbers mean is the report's part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, get_args

import msgspec

from assistant.backend import Backend
from assistant.models import local
from assistant.models.spec import Spec as Model
from benchmark.judges.judge import Judge
from benchmark.runner import CachedWriter, Condition, Writer
from benchmark.suite import capeval_cli
from benchmark.suite.blocks import SUITE, Block, Group, Size, load
from benchmark.suite.diagnose import Part, diagnose, summary
from benchmark.tasks import abstention, capeval, downstream, hallucination, long_context, pairs, shortcuts
from benchmark.world.sample import build
from memory.errors import KeepsakeError, ModelError
from memory.paths import home

PACKAGES = ("llama-cpp-python", "numpy", "pillow")
"""Packages whose versions a run records."""
DESCRIBED = {"quick": 20, "full": 500}
"""Photos taken from a file of descriptions, by size."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What conditions are made of: the model in several roles, and the judge."""

    backend: Backend
    writer: CachedWriter
    judge: Judge
    recaller: long_context.Recaller
    base: Callable[[], Writer]
    """Opens the base model, without our LoRA. Raises ModelError for a model that has no LoRA."""


def _zero_shot(t: Tools) -> list[Condition]:
    base = CachedWriter(t.base())
    return [shortcuts.zero_shot(base, t.judge), hallucination.detail(base, "detail/zero-shot")]


GROUPS: dict[Group, Callable[[Tools], list[Condition]]] = {
    "caption": lambda t: [capeval.captioning(t.writer, t.judge)],
    "capeval": lambda t: capeval.conditions(t.writer, t.judge),
    "wording": lambda t: shortcuts.wordings(t.writer, t.judge),
    "tasks": lambda t: downstream.lsd_lar(t.writer, t.judge),
    "itr": lambda t: downstream.itr(t.writer),
    "shortcut": lambda t: shortcuts.shortcuts(t.writer, t.judge),
    "baseline": lambda t: shortcuts.baselines(t.writer, t.judge, t.recaller),
    "zero-shot": _zero_shot,
    "gate": lambda t: [long_context.gate(t.recaller)],
    "history": lambda t: long_context.histories(t.writer, t.judge, t.recaller),
    "ablation": lambda t: long_context.ablations(t.writer, t.judge),
    "detail": lambda t: [hallucination.detail(t.writer)],
    "abstain": lambda t: abstention.abstaining(t.writer, t.judge),
    "pair": lambda t: [pairs.pair_task(t.writer)],
}
"""Makes the conditions of each group."""


def parts(blocks: Sequence[Block], size: Size, tools: Tools) -> list[Part]:
    """The blocks as parts of a run of this size."""

    def part(block: Block) -> Part:
        """One block, with its conditions counted and its work estimated."""
        specs = list(block.specs(size))
        counted = replace(tools, base=lambda: tools.writer.backend)  # so that counting opens no second model
        names = tuple(c.name for g in block.groups for c in GROUPS[g](counted))
        episodes = sum(min(12, 3 * s.positives + s.extra) for s in specs) / max(1, len(specs))
        fields = msgspec.json.decode(msgspec.json.encode(block))
        left_out = ("quick", "full", *(() if block.untold else ("untold",)))
        definition = {k: v for k, v in fields.items() if k not in left_out}
        return Part(
            block.name,
            names,
            lambda: [c for g in block.groups for c in GROUPS[g](tools)],
            lambda: map(build, specs),
            len(specs),
            len(names) * episodes,
            definition,
        )

    return [part(block) for block in blocks]


def references(path: Path, size: Size, tools: Tools) -> Part:
    """The user's described photos (see `hallucination.read_references`) as one more part of the run."""
    described = hallucination.read_references(path, DESCRIBED[size])
    condition = hallucination.against_references(
        tools.writer, {sample.id: text for sample, text in described}, tools.judge
    )
    definition = {"descriptions": sha256(path.read_bytes()).hexdigest()[:16]}
    samples = [sample for sample, _ in described]
    names, n = (condition.name,), len(samples)
    return Part("references", names, lambda: [condition], lambda: iter(samples), n, 3.0, definition)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m benchmark diagnose`."""
    parser.add_argument("--model", default=local.DEFAULT, help="a model's name or folder (default: %(default)s)")
    parser.add_argument("--size", choices=get_args(Size), default="quick", help="quick: under an hour; full: hours")
    parser.add_argument(
        "--out", type=Path, help="folder of the run (default: under KEEPSAKE_HOME); a run that is there already goes on"
    )
    parser.add_argument(
        "--suite", type=Path, default=SUITE, help="a list of blocks other than benchmark/suite/suite.toml"
    )
    parser.add_argument("--only", nargs="+", metavar="BLOCK", help="these blocks only")
    parser.add_argument("--references", type=Path, metavar="FILE", help="JSON Lines with image_file and description")
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true")
    capeval_cli.add_judge(parser)


def command(args: argparse.Namespace) -> int:
    """Run the suite and print its averages; return 1 when no block could run. Raises KeepsakeError."""
    from assistant.backends.llama.llamacpp import open_llamacpp

    blocks = [b for b in load(args.suite) if not args.only or b.name in args.only]
    if unknown := set(args.only or ()) - {b.name for b in blocks}:
        raise KeepsakeError(f"{args.suite.name} has no block {sorted(unknown)[0]!r}")
    judge = capeval_cli.judge_of(args)
    spec = local.load(args.model)
    folder = args.out or home() / "runs" / f"diagnose-{spec.name}-{spec.identity}"
    with ExitStack() as opened:

        def backend(one: Model) -> Backend:
            return opened.enter_context(closing(open_llamacpp(one, threads=args.threads)))

        def base() -> Backend:
            if spec.adapter is None:
                raise ModelError(f"{spec.name} has no adapter to take off, so it has no zero-shot of its own")
            return backend(replace(spec, adapter=None))

        whole = backend(spec)
        tools = Tools(whole, CachedWriter(whole), judge, long_context.Recaller(whole), base)
        todo = parts(blocks, args.size, tools)
        todo += [references(args.references, args.size, tools)] if args.references else []
        rows = diagnose(todo, folder, _about(spec, args, judge))
    averages = {name: summary(some) for name, some in rows.items()}
    print(f"rows: {folder}", file=sys.stderr)
    print(json.dumps({"model": spec.name, "size": args.size, "blocks": averages}) if args.json else _lines(averages))
    return 0 if rows else 1


def _about(spec: Model, args: argparse.Namespace, judge: Judge) -> dict[str, str]:
    """What `run.json` says of the run: model, judge, command and versions, but nothing of the machine."""
    versions = [f"python {platform.python_version()}"]
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions.append(f"{package} {version(package)}")
    return {
        "model": spec.name,
        "identity": spec.identity,
        "size": args.size,
        "judge": judge.name,
        "command": f"python -m benchmark diagnose --model {spec.name} --size {args.size}",
        "versions": ", ".join(versions),
    }


def _lines(averages: dict[str, dict[str, dict[str, Any]]]) -> str:
    """The averages as text for the terminal: a line for each condition, under its block."""
    lines = []
    for block, conditions in averages.items():
        lines.append(f"{block}:")
        for name, of in conditions.items():
            measures = [f"{m} {t['value']:.3f}" for m, t in of.items() if isinstance(t, dict)]
            failed = [f"{of['errors']} errors"] if of["errors"] else []
            lines.append(f"  {name} (n={of['n']}): {', '.join([*measures, *failed])}")
    return "\n".join(lines)
