"""Command line of the quantize room.

A checkpoint is a transformers folder, with a LoRA in its folder `adapter` if it has one (or none, as models are
published). An export is a folder with `mmproj.gguf`, language models `language*.gguf`, `adapter.gguf` (with a LoRA that
goes on at run time) and folders `mlx-KIND`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from memory.errors import KeepsakeError
from quantize import manifest, pipeline, variants
from quantize.gguf import converter
from quantize.gguf import export as gguf
from quantize.mlx import mlx_export
from quantize.verify import acceptance, verify

WHOLE = ("f32", "f16", "bf16")
MERGED = (pipeline.F16, *pipeline.KINDS)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m quantize merge | gguf | mlx | verify | all CHECKPOINT --out DIR`: the exit status."""
    args = parser().parse_args(argv)
    run = {"merge": merge_only, "gguf": gguf_only, "mlx": mlx_only, "verify": verify_all, "all": everything}
    try:
        return run[args.command](args)
    except (KeepsakeError, OSError) as error:  # a full disk, a folder that may not be written
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m quantize", description="Export a checkpoint; check the export.")
    commands = top.add_subparsers(dest="command", required=True)
    default = ". Default: %(default)s"
    merge = commands.add_parser("merge", help="fold the LoRA into its base")
    one = commands.add_parser("gguf", help="write the files that llama.cpp runs, unchecked")
    kinds = (*WHOLE, *gguf.QUANTISED, "none")
    told = "language model: %(choices)s (the nano's comes from a package)" + default
    one.add_argument("--language", choices=kinds, default="Q8_0", metavar="KIND", help=told)
    mlx = commands.add_parser("mlx", help="write a folder that MLX runs, unchecked")
    mlx.add_argument(
        "--kind", type=_bits, choices=mlx_export.KINDS, default="8bit", metavar="KIND", help="%(choices)s" + default
    )
    check = commands.add_parser("verify", help="hold every form of an export against its checkpoint")
    check.add_argument("--language", type=Path, metavar="FILE", help="GGUF that OUT/adapter.gguf goes on")
    check.add_argument("--also", type=Path, nargs="+", default=[], metavar="PATH", help="forms elsewhere: GGUF, folder")
    check.add_argument(
        "--thresholds", type=Path, default=acceptance.THRESHOLDS, metavar="FILE", help="TOML of your own"
    )
    every = commands.add_parser("all", help="merge, GGUF, MLX, verify; ships only what passes")
    every.add_argument(
        "--kinds", nargs="*", choices=MERGED, default=pipeline.KINDS, metavar="KIND", help="GGUF: %(choices)s"
    )
    every.add_argument(
        "--mlx", nargs="+", type=_bits, choices=mlx_export.KINDS, default=[], metavar="KIND", help="MLX: %(choices)s"
    )
    every.add_argument("--no-imatrix", action="store_true", help="no importance matrix; with --package there is none")
    every.add_argument("--licence", metavar="NAME", help="of the model, as in apache-2.0")
    every.add_argument("--base", metavar="NAME", help="what it was trained from")
    every.add_argument("--run", type=Path, metavar="FILE", help="run.json of its training, or the recipe")
    for command in (one, every):
        command.add_argument(
            "--vision", choices=(*WHOLE, "q8_0"), default="f16", help="vision tower and LoRA" + default
        )
        command.add_argument(
            "--pre-tokenizer", metavar="NAME", help='how an own vocabulary splits text, such as "qwen2"'
        )
        command.add_argument("--package", metavar="PACKAGE/FILE", help="a GGUF of the base, which the LoRA goes on")
        command.add_argument("--sdist", type=Path, help="llama-cpp-python's source release, for the first time offline")
    merge.add_argument("--dry-run", action="store_true", help="tell what would change, write nothing")
    for command in (merge, every):
        command.add_argument("--dtype", choices=WHOLE, help="of the merged weights. Default: each as it is")
    for command in (check, every):
        command.add_argument("--size", choices=verify.SIZES, default="quick", help=f"samples: {verify.SIZES}{default}")
        command.add_argument("--prompts", "--captions", type=int, metavar="N", help="so many samples instead")
        command.add_argument("--threads", type=int, default=1, metavar="N", help="cores" + default)
    for command in commands.choices.values():
        command.add_argument("checkpoint", type=Path)
        command.add_argument("--out", type=Path, required=True, help="folder of the export")
    return top


def merge_only(args: argparse.Namespace) -> int:
    """The merged folder, and how much of the LoRA rounding took; or only what would change."""
    from quantize.merge.adapter import plan
    from quantize.merge.lora import merge, preview, summary

    variants.config(args.checkpoint)
    if args.dry_run:
        for change in preview(plan(args.checkpoint), args.dtype):
            print(f"{change.tensor}  changes by {change.relative:.2%}, rounding takes {change.lost:.1%} of it")
        return 0
    done = merge(args.checkpoint, args.out, dtype=args.dtype)
    print(f"{done.folder}: {summary(done.changes)}")
    return 0


def gguf_only(args: argparse.Namespace) -> int:
    """Every GGUF file of the export."""
    checkpoint, out = args.checkpoint, args.out
    variants.config(checkpoint)
    converter.find(args.sdist)
    made = [gguf.export_mmproj(checkpoint, out / "mmproj.gguf", args.vision)]
    if (checkpoint / "adapter").exists():
        made.append(gguf.export_adapter(checkpoint / "adapter", checkpoint, out / "adapter.gguf", args.vision))
    if args.language in WHOLE:
        made.append(gguf.export_language(checkpoint, out / "language.gguf", args.language, args.pre_tokenizer))
    elif args.language != "none":
        with tempfile.TemporaryDirectory(dir=out) as scratch:
            whole = gguf.export_language(checkpoint, Path(scratch) / "language.gguf", "f16", args.pre_tokenizer)
            made.append(gguf.quantise(whole, out / "language.gguf", args.language))
    made.append(manifest.write(out, checkpoint, args.package))
    for path in made:
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def mlx_only(args: argparse.Namespace) -> int:
    """One MLX folder."""
    variants.config(args.checkpoint)
    made = mlx_export.convert(args.checkpoint, args.out, args.kind)
    print(f"{made}  {sum(p.stat().st_size for p in made.iterdir()) / 1e6:.1f} MB")
    return 0


def verify_all(args: argparse.Namespace) -> int:
    """The table of every form, and what fails; exit status 1 when anything does."""
    variants.config(args.checkpoint)
    limits = acceptance.load(args.thresholds)
    if not args.out.is_dir():
        raise KeepsakeError(f"no such folder: {args.out}")
    measured = variants.find(args.out, args.language)
    measured += [variants.given(path, args.out / "mmproj.gguf") for path in args.also]
    if not measured:
        raise KeepsakeError(f"{args.out} holds no model: no language*.gguf, no mlx-* folder")
    return _report(*pipeline.check(args.checkpoint, measured, _samples(args), limits, args.threads))


def everything(args: argparse.Namespace) -> int:
    """Make, measure, ship; exit status 1 when some form was left out."""
    variants.config(args.checkpoint)
    if args.kinds or args.package:
        converter.find(args.sdist)
    plan = pipeline.Plan(
        args.checkpoint,
        args.out,
        tuple(args.kinds),
        tuple(args.mlx),
        args.vision,
        args.package,
        args.pre_tokenizer,
        args.dtype,
        _samples(args),
        args.threads,
        not args.no_imatrix,
        args.licence,
        args.base,
        args.run,
    )
    status = _report(*pipeline.run(plan))
    print(f"{args.out}: {'all' if not status else 'what passed'}, with model card and manifest")
    return status


def _bits(kind: str) -> str:
    """ "8" is "8bit"."""
    return f"{kind}bit" if kind.isdigit() else kind


def _samples(args: argparse.Namespace) -> int:
    if args.prompts is not None and args.prompts < 1:
        raise KeepsakeError(f"{args.prompts} prompts say nothing: take 1 or more")
    return args.prompts or verify.SIZES[args.size]


def _report(found: list[acceptance.Found], rows: dict[str, list[verify.Row]]) -> int:
    """Print it; the exit status."""
    print(acceptance.table(found))
    for one in found[1:]:
        print(acceptance.paired(one))
    for one in (f for f in found if not f.passed):
        print(f"{one.name} FAILS: {'; '.join(one.faults)}")
        for line in acceptance.worst(rows[one.name], rows[verify.TRUTH]):
            print(f"  {line}")
    best = acceptance.smallest(found[1:])
    print(f"smallest that passes: {best.name}, {best.bytes / 1e6:.1f} MB" if best else "nothing for a laptop passes")
    return int(not all(f.passed for f in found))


if __name__ == "__main__":
    sys.exit(main())
