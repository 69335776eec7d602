"""`python -m train lab`: its options, and the run that they describe."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from memory.commands.argument_types import Commands, positive
from memory.errors import KeepsakeError
from train import recipe_file


def add(commands: Commands) -> None:
    """Add the command `lab` with its options."""
    lab = commands.add_parser("lab", help="a large recipe from training to the paper's benchmark, command by command")
    lab.add_argument("recipe", type=Path, help="a recipe file (train/recipes)")
    cores, default = os.cpu_count() or 1, "(default: %(default)s)"
    lab.add_argument("--dry-run", action="store_true", help="print each command with devices, memory, hours (computed)")
    lab.add_argument("--devices", type=positive, default=1, metavar="N", help="devices for training (default: 1)")
    lab.add_argument("--device-memory", type=_gigabytes, default=80, metavar="GB", help="memory of each (default: 80)")
    lab.add_argument("--cores", type=positive, default=cores, metavar="N", help="processor cores (default: all)")
    ddp = Path("train/launch/ddp.yaml")
    lab.add_argument("--launch", type=Path, default=ddp, metavar="FILE", help=f"for accelerate {default}")
    data = Path("data/covip")
    lab.add_argument("--official", type=Path, default=data, metavar="FOLDER", help=f"test files {default}")
    docci, text = Path("data/docci/docci_descriptions.jsonlines"), "photos that a person described"
    lab.add_argument("--references", type=Path, default=docci, metavar="FILE", help=f"{text} {default}")
    lab.add_argument("--url", help="chat judge, instead of the recipe's: an OpenAI-compatible server")
    lab.add_argument("--judge-model", metavar="NAME", help="chat judge, instead of the recipe's: its model")
    lab.add_argument("--pre-tokenizer", metavar="NAME", help="how an own vocabulary splits text, for the export")
    own = "train nothing, and measure the model of this folder as the recipe says: a Qwen3-VL, with a LoRA or without"
    lab.add_argument("--model", type=Path, metavar="FOLDER", help=own)
    lab.add_argument("--quick", action="store_true", help="few samples: to see that everything runs through")
    lab.set_defaults(run=_lab)


def _gigabytes(text: str) -> float:
    """The memory of a device. Raises ArgumentTypeError."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < 10**6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of gigabytes")
    return found


def _lab(args: argparse.Namespace) -> None:
    """Run a large recipe from training to scores, or print what that would be."""
    from train import lab, lab_settings

    if bool(args.url) != bool(args.judge_model):
        raise KeepsakeError("a chat judge needs --url and --judge-model, or neither: the recipe's")
    given = lab_settings.Settings(
        recipe=args.recipe,
        devices=args.devices,
        device_bytes=int(args.device_memory * lab_settings.GB),
        launch=args.launch,
        cores=args.cores,
        official=args.official,
        references=args.references,
        judge=(args.url, args.judge_model) if args.url and args.judge_model else None,
        pre_tokenizer=args.pre_tokenizer,
        model=args.model,
        quick=args.quick,
    )
    recipe = recipe_file.load(args.recipe)
    if args.dry_run:
        print(lab.table(recipe, given))
        return
    lab.run(recipe, given)
