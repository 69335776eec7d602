"""The suite: which conditions run on which samples (`suite.toml`), quick or full, and the command that runs them.

What becomes of a run on disk is `diagnose.py`, what its numbers mean is the report's part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.backend import Backend
from assistant.models import local
from assistant.models.spec import Spec as Model
from benchmark.judges.judge import Judge
from benchmark.runner import CachedWriter, Condition, Writer
from benchmark.suite import capeval_cli
from benchmark.suite.diagnose import Part, diagnose, summary
from benchmark.tasks import capeval, downstream, hallucination, long_context, shortcuts
from benchmark.world.sample import MODES, Mode, Spec, build
from memory.errors import KeepsakeError, ModelError
from memory.paths import home

SUITE = Path(__file__).parent / "suite.toml"
Size = Literal["quick", "full"]
PACKAGES = ("llama-cpp-python", "numpy", "pillow")
DESCRIBED = {"quick": 20, "full": 500}
"""Photos taken from a file of descriptions."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What conditions are made of."""

    backend: Backend
    writer: CachedWriter
    judge: Judge
    recaller: long_context.Recaller
    bare: Callable[[], Writer]
    """Opens the base model without our LoRA. Raises ModelError where there is none."""


def _zero_shot(t: Tools) -> list[Condition]:
    bare = CachedWriter(t.bare())
    return [shortcuts.zero_shot(bare, t.judge), hallucination.detail(bare, "detail/zero-shot")]


GROUPS: dict[str, Callable[[Tools], list[Condition]]] = {
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
}


@dataclass(frozen=True, slots=True)
class Block:
    """Groups of conditions on the same samples."""

    name: str
    groups: tuple[str, ...]
    quick: int
    """Samples for each mode, number of positives and length of history."""
    full: int
    modes: tuple[Mode, ...] = ("random",)
    positives: tuple[int, ...] = (1,)
    episodes: tuple[int, ...] = (0,)
    """Length of the context; 0 = three a positive."""
    reminders: bool = False
    seed: int = 7
    split: Literal["train", "dev", "test"] = "test"

    def specs(self, size: Size) -> Iterator[Spec]:
        """Every sample's spec, one of each combination after the other, so that a half-done block is balanced."""
        for i in range(self.quick if size == "quick" else self.full):
            for mode, k, n in product(self.modes, self.positives, self.episodes):
                yield Spec(self.split, self.seed, i, k, mode, max(0, n - 3 * k), self.reminders)


def load(path: Path = SUITE) -> tuple[Block, ...]:
    """Read blocks. Raises KeepsakeError, one line with the file, the block and what is wrong."""
    try:
        with open(path, "rb") as file:
            table = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise KeepsakeError(f"cannot read the suite {path.name}: {error}") from error
    if set(table) != {"block"} or not isinstance(table["block"], list):
        raise KeepsakeError(f"{path.name}: a suite has [[block]] tables and nothing else")
    blocks = tuple(_block(one, f"{path.name}, block {i}") for i, one in enumerate(table["block"], 1))
    names = [b.name for b in blocks]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise KeepsakeError(f"{path.name}: two blocks are called {twice[0]!r}")
    return blocks


def _block(table: dict[str, Any], where: str) -> Block:
    known = [f.name for f in fields(Block)]
    if unknown := sorted(set(table) - set(known)):
        raise KeepsakeError(f"{where}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}")
    try:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        block = Block(**values)
    except TypeError as error:
        raise KeepsakeError(f"{where}: {error}") from error
    choices: list[tuple[str, Sequence[Any], Sequence[Any]]] = [
        ("groups", block.groups, list(GROUPS)),
        ("modes", block.modes, MODES),
        ("positives", block.positives, range(1, 5)),
        ("episodes", block.episodes, range(201)),
        ("split", [block.split], get_args(Literal["train", "dev", "test"])),
        ("reminders", [block.reminders], (True, False)),
    ]
    for key, given, allowed in choices:
        if not isinstance(given, Sequence) or isinstance(given, str) or not given:
            raise KeepsakeError(f"{where}: {key} must be a list with something in it")
        if wrong := [g for g in given if g not in allowed]:
            there = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else ", ".join(map(str, allowed))
            raise KeepsakeError(f"{where}: {key} {wrong[0]!r} is not one of {there}")
    if not all(type(n) is int and n >= 0 for n in (block.quick, block.full, block.seed)):
        raise KeepsakeError(f"{where}: quick, full and seed must be whole numbers, not negative")
    if not re.fullmatch(r"[\w-]+", str(block.name)):
        raise KeepsakeError(f"{where}: name must be letters, digits, - and _, since it names a file")
    return block


def parts(blocks: Sequence[Block], size: Size, tools: Tools) -> list[Part]:
    """The blocks of a size."""

    def part(block: Block) -> Part:
        specs = list(block.specs(size))
        counted = replace(tools, bare=lambda: tools.writer.backend)  # so that counting opens no second model
        names = tuple(c.name for g in block.groups for c in GROUPS[g](counted))
        episodes = sum(min(12, 3 * s.positives + s.extra) for s in specs) / max(1, len(specs))
        of = {k: v for k, v in asdict(block).items() if k not in ("quick", "full")}
        return Part(
            block.name,
            names,
            lambda: [c for g in block.groups for c in GROUPS[g](tools)],
            lambda: map(build, specs),
            len(specs),
            len(names) * episodes,
            json.loads(json.dumps(of)),
        )

    return [part(block) for block in blocks]


def references(path: Path, size: Size, tools: Tools) -> Part:
    """Photos of the user's with descriptions (see `hallucination.read_references`), as one more part."""
    found = hallucination.read_references(path, DESCRIBED[size])
    condition = hallucination.against_references(tools.writer, {sample.id: text for sample, text in found})
    of = {"descriptions": sha256(path.read_bytes()).hexdigest()[:16]}
    samples = [sample for sample, _ in found]
    return Part("references", (condition.name,), lambda: [condition], lambda: iter(samples), len(samples), 3.0, of)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `python -m benchmark diagnose`."""
    parser.add_argument("--model", default="nano", help="a model's name or folder")
    parser.add_argument("--size", choices=get_args(Size), default="quick", help="quick: under an hour; full: hours")
    parser.add_argument(
        "--out", type=Path, help="folder of the run (default: under KEEPSAKE_HOME); goes on if it is there"
    )
    parser.add_argument(
        "--suite", type=Path, default=SUITE, help="another list of blocks than benchmark/suite/suite.toml"
    )
    parser.add_argument("--only", nargs="+", metavar="BLOCK", help="these blocks only")
    parser.add_argument("--references", type=Path, metavar="FILE", help="JSON Lines with image_file and description")
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true")
    capeval_cli.add_judge(parser)


def command(args: argparse.Namespace) -> int:
    """Run the suite; 1 when nothing of it could run. Raises KeepsakeError for what the user can mend."""
    from assistant.backends.llamacpp import LlamaCpp

    blocks = [b for b in load(args.suite) if not args.only or b.name in args.only]
    if unknown := set(args.only or ()) - {b.name for b in blocks}:
        raise KeepsakeError(f"{args.suite.name} has no block {sorted(unknown)[0]!r}")
    own = capeval_cli.judge_of(args)
    spec = local.load(args.model)
    folder = args.out or home() / "runs" / f"diagnose-{spec.name}-{spec.identity}"
    with ExitStack() as opened:

        def backend(one: Model) -> Backend:
            return opened.enter_context(closing(LlamaCpp(one, threads=args.threads)))

        def bare() -> Backend:
            if spec.adapter is None:
                raise ModelError(f"{spec.name} has no adapter to take off, so it has no zero-shot of its own")
            return backend(replace(spec, adapter=None))

        whole = backend(spec)
        tools = Tools(whole, CachedWriter(whole), own, long_context.Recaller(whole), bare)
        todo = parts(blocks, args.size, tools)
        todo += [references(args.references, args.size, tools)] if args.references else []
        rows = diagnose(todo, folder, _about(spec, args, own))
    found = {name: summary(some) for name, some in rows.items()}
    print(f"rows: {folder}", file=sys.stderr)
    print(json.dumps({"model": spec.name, "size": args.size, "blocks": found}) if args.json else _lines(found))
    return 0 if rows else 1


def _about(spec: Model, args: argparse.Namespace, judge: Judge) -> dict[str, str]:
    """What a reader has to know of a run; nothing of the machine."""
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


def _lines(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    lines = []
    for block, conditions in found.items():
        lines.append(f"{block}:")
        for name, of in conditions.items():
            measures = [f"{m} {t['value']:.3f}" for m, t in of.items() if isinstance(t, dict)]
            failed = [f"{of['errors']} errors"] if of["errors"] else []
            lines.append(f"  {name} (n={of['n']}): {', '.join([*measures, *failed])}")
    return "\n".join(lines)
