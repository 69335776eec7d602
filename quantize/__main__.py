"""The command line `python -m quantize`: merge a LoRA, export a checkpoint, check an export.

A checkpoint is a transformers folder, with a LoRA in its folder `adapter` if it has one (published models have none).
An export is a folder with `mmproj.gguf` (or `connector.npz`), language models `language*.gguf`, `adapter.gguf` (a LoRA
that is put on at run time) and folders `mlx-KIND`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmark.retrieval import calibrate
from memory.errors import KeepsakeError, exit_with
from quantize import manifest, other_apps, pipeline, upload, variants
from quantize.gguf import converter
from quantize.gguf import export as gguf
from quantize.mlx import mlx_export
from quantize.verify import acceptance, verify

UNQUANTISED = ("f32", "f16", "bf16")
DEFAULT = ". Default: %(default)s"
"""The end of a help text."""
MERGED = (pipeline.F16, *pipeline.KINDS)
"""Kinds of GGUF language models that `all` makes, the LoRA merged in."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `python -m quantize merge | gguf | mlx | verify | all | upload`. Returns the exit status."""
    args = parser().parse_args(argv)
    commands = {
        "merge": merge,
        "gguf": export_gguf,
        "mlx": export_mlx,
        "verify": check,
        "all": export_all,
        "upload": upload.command,
    }
    try:
        return commands[args.command](args)
    except BrokenPipeError:  # whoever reads the output has seen enough
        raise
    except (KeepsakeError, OSError) as error:  # OSError: a full disk, a folder without permission to write
        print(error, file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m quantize", description="Export a checkpoint; check the export.")
    commands = top.add_subparsers(dest="command", required=True)
    merged = commands.add_parser("merge", help="fold the LoRA into its base")
    one = commands.add_parser("gguf", help="write the files that llama.cpp runs, unchecked")
    mlx = commands.add_parser("mlx", help="write a folder that MLX runs, unchecked")
    checked = commands.add_parser("verify", help="compare every variant of an export with its checkpoint")
    every = commands.add_parser("all", help="merge, GGUF, MLX, verify; ships only what passes")
    merged.add_argument("--dry-run", action="store_true", help="print what would change, write nothing")
    mlx.add_argument(
        "--kind", type=_bits, choices=mlx_export.KINDS, default="8bit", metavar="KIND", help="%(choices)s" + DEFAULT
    )
    _add_gguf_options(one)
    _add_verify_options(checked)
    _add_all_options(every)
    _add_shared_options(merged, one, checked, every)
    for command in commands.choices.values():
        command.add_argument("checkpoint", type=Path, help="transformers folder, with its LoRA in the folder adapter")
        command.add_argument("--out", type=Path, required=True, help="folder of the export")
    upload.add(commands)
    return top


def _add_gguf_options(command: argparse.ArgumentParser) -> None:
    """Options of `gguf` alone."""
    kinds = (*UNQUANTISED, *gguf.QUANTISED, "none")
    text = "language model: %(choices)s (the nano's comes from a package)" + DEFAULT
    command.add_argument("--language", choices=kinds, default="Q8_0", metavar="KIND", help=text)


def _add_verify_options(command: argparse.ArgumentParser) -> None:
    """Options of `verify` alone."""
    add = command.add_argument
    add("--language", type=Path, metavar="FILE", help="GGUF that OUT/adapter.gguf goes on")
    add("--also", type=Path, nargs="+", default=[], metavar="PATH", help="variants elsewhere: GGUF files, folders")
    text = "TOML file with thresholds of your own"
    add("--thresholds", type=Path, default=acceptance.THRESHOLDS, metavar="FILE", help=text)


def _add_all_options(command: argparse.ArgumentParser) -> None:
    """Options of `all` alone."""
    add = command.add_argument
    text = f"GGUF: %(choices)s. Default: all but f16; {' and '.join(gguf.SMALLER)} only with an importance matrix"
    add("--kinds", nargs="*", choices=MERGED, metavar="KIND", help=text)
    text = "dtypes of the vision tower: the first for every language model, each other one with the first" + DEFAULT
    add("--vision", nargs="+", choices=(*UNQUANTISED, "q8_0"), default=["f16"], metavar="KIND", help=text)
    text = "MLX: %(choices)s"
    add("--mlx", nargs="+", type=_bits, choices=mlx_export.KINDS, default=[], metavar="KIND", help=text)
    add("--no-imatrix", action="store_true", help="without an importance matrix; with --package there is none")
    text = "then fit the threshold of recalls by the model's own tokens, as `python -m benchmark calibrate --save`"
    add("--calibrate", action="store_true", help=text)
    add("--licence", metavar="NAME", help="licence of the model, such as apache-2.0")
    add("--base", metavar="NAME", help="the model it was trained from, such as Qwen/Qwen3-VL-2B-Instruct")
    add("--run", type=Path, metavar="FILE", help="run.json of its training, or the recipe")
    text = "without --run: a recipe whose photo sizes it is shown, as a base beside what was trained from it"
    add("--photos", type=Path, metavar="RECIPE", help=text)


def _add_shared_options(
    merged: argparse.ArgumentParser,
    one: argparse.ArgumentParser,
    checked: argparse.ArgumentParser,
    every: argparse.ArgumentParser,
) -> None:
    """Options that two commands have: `merge`, `gguf`, `verify` and `all`, in this order."""
    text = "dtype of vision tower and LoRA" + DEFAULT
    one.add_argument("--vision", choices=(*UNQUANTISED, "q8_0"), default="f16", help=text)
    for command in (one, every):
        add = command.add_argument
        add("--pre-tokenizer", metavar="NAME", help='how an own vocabulary splits text, such as "qwen2"')
        add("--package", metavar="PACKAGE/FILE", help="a GGUF of the base, which the LoRA goes on")
        add("--sdist", type=Path, help="llama-cpp-python's source release, for the first time offline")
    for command in (merged, every):
        text = "dtype of the merged weights. Default: each keeps its own"
        command.add_argument("--dtype", choices=UNQUANTISED, help=text)
    sizes = ", ".join(f"{name} {n}" for name, n in verify.SIZES.items())
    for command in (checked, every):
        add = command.add_argument
        add("--size", choices=verify.SIZES, default="quick", help=f"how many samples: {sizes}{DEFAULT}")
        add("--prompts", "--captions", type=int, metavar="N", help="number of samples, instead of --size")
        add("--threads", type=int, default=1, metavar="N", help="cores" + DEFAULT)


def merge(args: argparse.Namespace) -> int:
    """Write the merged folder and print how much of the LoRA rounding took; with --dry-run print only."""
    from quantize.merge.adapter import plan
    from quantize.merge.lora import merge, preview, summary

    variants.read_config(args.checkpoint)
    if args.dry_run:
        for change in preview(plan(args.checkpoint), args.dtype):
            print(f"{change.tensor}  changes by {change.relative:.2%}, rounding takes {change.lost:.1%} of it")
        return 0
    done = merge(args.checkpoint, args.out, dtype=args.dtype)
    print(f"{done.folder}: {summary(done.changes)}")
    return 0


def export_gguf(args: argparse.Namespace) -> int:
    """Write every GGUF file of an export and its manifest."""
    checkpoint, out = args.checkpoint, args.out
    variants.read_config(checkpoint)
    converter.find(args.sdist)
    written = [gguf.export_vision(checkpoint, out / gguf.vision_file(checkpoint), args.vision)]
    if (checkpoint / "adapter").exists():
        written.append(gguf.export_adapter(checkpoint / "adapter", checkpoint, out / "adapter.gguf", args.vision))
    if args.language in UNQUANTISED:
        written.append(gguf.export_language(checkpoint, out / "language.gguf", args.language, args.pre_tokenizer))
    elif args.language != "none":
        with tempfile.TemporaryDirectory(dir=out) as scratch:
            full = gguf.export_language(checkpoint, Path(scratch) / "language.gguf", "f16", args.pre_tokenizer)
            written.append(gguf.quantise(full, out / "language.gguf", args.language))
    written.append(manifest.write(out, checkpoint, args.package))
    for path in written:
        print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def export_mlx(args: argparse.Namespace) -> int:
    """Write one MLX folder."""
    variants.read_config(args.checkpoint)
    folder = mlx_export.convert(args.checkpoint, args.out, args.kind)
    print(f"{folder}  {sum(p.stat().st_size for p in folder.iterdir()) / 1e6:.1f} MB")
    return 0


def check(args: argparse.Namespace) -> int:
    """Print the table of every variant, and what fails. The exit status is 1 when any variant fails."""
    variants.read_config(args.checkpoint)
    limits = acceptance.load(args.thresholds)
    if not args.out.is_dir():
        raise KeepsakeError(f"no such folder: {args.out}")
    measured = variants.in_export(args.out, args.language)
    measured += [variants.at_path(path, variants.vision_of(args.out)) for path in args.also]
    if not measured:
        raise KeepsakeError(f"{args.out} holds no model: no language*.gguf, no mlx-* folder")
    return _report(*pipeline.check(args.checkpoint, measured, _samples(args), limits, args.threads))


def export_all(args: argparse.Namespace) -> int:
    """Make, measure, ship. The exit status is 1 when a variant was left out."""
    variants.read_config(args.checkpoint)
    matrix = not args.no_imatrix and not args.package
    kinds = tuple(args.kinds) if args.kinds is not None else pipeline.default_kinds(matrix)
    if kinds or args.package:
        converter.find(args.sdist)
    plan = pipeline.Plan(
        checkpoint=args.checkpoint,
        out=args.out,
        kinds=kinds,
        mlx=tuple(args.mlx),
        vision=args.vision[0],
        more_vision=tuple(dict.fromkeys(args.vision[1:])),
        package=args.package,
        pre_tokenizer=args.pre_tokenizer,
        dtype=args.dtype,
        samples=_samples(args),
        threads=args.threads,
        matrix=not args.no_imatrix,
        licence=args.licence,
        base=args.base,
        run=args.run,
        photos=args.photos,
    )
    verdicts, rows = pipeline.run(plan)
    status = _report(verdicts, rows)
    if args.calibrate and (args.out / "manifest.json").exists():
        found = calibrate.calibrate_model(str(args.out))
        print(f"threshold of recalls by the model's own tokens: {found['threshold']} (drawn photos, dev split)")
    print(f"{args.out}: {'all' if not status else 'what passed'}, with model card and manifest")
    shipped = manifest.read(args.out)
    for line in other_apps.how_to(shipped) if shipped else ():
        print(line)
    return status


def _bits(kind: str) -> str:
    """A kind of MLX folder: "8" is short for "8bit"."""
    return f"{kind}bit" if kind.isdigit() else kind


def _samples(args: argparse.Namespace) -> int:
    """The number of samples to measure on."""
    if args.prompts is not None and args.prompts < 1:
        raise KeepsakeError(f"{args.prompts} prompts say nothing: take 1 or more")
    return args.prompts or verify.SIZES[args.size]


def _report(verdicts: list[acceptance.Verdict], rows: dict[str, list[verify.SampleRow]]) -> int:
    """Print verdicts, the checkpoint's first. Returns the exit status."""
    print(acceptance.table(verdicts))
    for one in verdicts[1:]:
        print(acceptance.paired(one))
    for one in (v for v in verdicts if not v.passed):
        print(f"{one.name} FAILS: {'; '.join(one.faults)}")
        for line in acceptance.worst(rows[one.name], rows[verify.REFERENCE]):
            print(f"  {line}")
    best = acceptance.smallest(verdicts[1:])
    print(f"smallest that passes: {best.name}, {best.bytes / 1e6:.1f} MB" if best else "nothing for a laptop passes")
    return int(not all(v.passed for v in verdicts))


if __name__ == "__main__":
    exit_with(main)
