"""Command line of the quantize room.

A checkpoint is a transformers folder, with a LoRA in its folder `adapter` if it has one. Its export is a folder with
`mmproj.gguf`, `adapter.gguf` (with a LoRA) and `language.gguf` (unless the language model comes from elsewhere).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from memory.errors import KeepsakeError
from quantize import converter, gguf, manifest

WHOLE = ("f32", "f16", "bf16")


def main() -> None:
    """`python -m quantize gguf | verify CHECKPOINT --out DIR`."""
    parser = argparse.ArgumentParser(prog="python -m quantize", description="Export a checkpoint; check the export.")
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser("gguf", help="write the files that llama.cpp runs")
    kinds, default = (*WHOLE, *gguf.QUANTISED, "none"), ". Default: %(default)s"
    told = "language model: %(choices)s (the nano's comes from a package)" + default
    export.add_argument("--language", choices=kinds, default="Q8_0", metavar="KIND", help=told)
    export.add_argument("--vision", choices=WHOLE, default="f16", help="vision tower and LoRA" + default)
    export.add_argument("--pre-tokenizer", metavar="NAME", help='how an own vocabulary splits text, such as "qwen2"')
    export.add_argument(
        "--package", metavar="PACKAGE/FILE", help="where the language model comes from, if not from here"
    )
    export.add_argument("--sdist", type=Path, help="llama-cpp-python's source release, for the first time offline")
    check = commands.add_parser("verify", help="compare an export's first token with its checkpoint's")
    check.add_argument("--language", type=Path, metavar="FILE", help="language model GGUF. Default: OUT/language.gguf")
    check.add_argument("--prompts", type=int, default=8, metavar="N", help="how many first tokens to compare" + default)
    check.add_argument("--captions", type=int, default=0, metavar="N", help="whole captions to compare" + default)
    for command in (export, check):
        command.add_argument("checkpoint", type=Path)
        command.add_argument("--out", type=Path, required=True, help="folder of the export")
    args = parser.parse_args()
    try:
        if args.command == "gguf":
            export_all(args)
        else:
            verify_all(args)
    except KeepsakeError as error:
        sys.exit(str(error))


def export_all(args: argparse.Namespace) -> None:
    """Write every file of the export and say so."""
    checkpoint, out = args.checkpoint, args.out
    if not (checkpoint / "config.json").is_file():
        raise KeepsakeError(f"{checkpoint} is not a checkpoint: it has no config.json")
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


def verify_all(args: argparse.Namespace) -> None:
    """Print how far the export is from its checkpoint, prompt by prompt and in the mean."""
    from assistant.catalogue import Spec
    from assistant.llamacpp import LlamaCpp
    from quantize.reference import Checkpoint
    from quantize.verify import agreements, captions, prompts

    language, adapter = args.language or args.out / "language.gguf", args.out / "adapter.gguf"
    for path in (language, args.out / "mmproj.gguf"):
        if not path.is_file():
            raise KeepsakeError(f"no such file: {path}")
    truth = Checkpoint(args.checkpoint)
    lora = adapter if adapter.exists() else None
    other = LlamaCpp(Spec(args.out.name, language, args.out / "mmproj.gguf", lora, truth.side, truth.side is not None))
    found = agreements(truth, other, prompts(args.prompts))
    for i, one in enumerate(found):
        first = "the same" if one.same_first else f"another, with {one.share:.2f} of the likeliest one's chance"
        print(f"prompt {i}: KL {one.kl:.5f} nats, first token {first}")
    same = sum(one.same_first for one in found)
    print(f"mean KL {sum(one.kl for one in found) / len(found):.5f} nats; same first token {same} of {len(found)}")
    if args.captions:
        equal, first, second = captions(truth, other, args.captions)
        print(f"{args.captions} captions of held-out scenes: {equal:.1%} equal to the letter")
        for name, scores in (("checkpoint", first), ("export", second)):
            print(f"{name}: names {scores['name_recall']:.1%}, wrong name {scores['misbinding']:.1%}")
    other.close()


if __name__ == "__main__":
    main()
