"""`python -m train nano2`: its options, and its stages run with them. torch is loaded only when it runs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from memory.commands.argument_types import Commands
from memory.paths import home, private_folder
from train.nano2.nano2_settings import Settings

STAGES = ("connector", "language", "finish", "all", "checkpoint")
STAGE_HELP = "%(choices)s; checkpoint: no training, the model as a transformers folder for `python -m quantize`"


def add(commands: Commands) -> None:
    """Add the command `nano2` with its options."""
    nano2 = commands.add_parser("nano2", help="train the second nano: connector and LoRA, on notes and composites")
    nano2.add_argument(
        "--cutouts", type=Path, nargs="+", default=[], metavar="FOLDER", help="things without background"
    )
    nano2.add_argument("--grounds", type=Path, nargs="+", default=[], metavar="FOLDER", help="photos behind them")
    nano2.add_argument("--stage", choices=STAGES, default="all", help=STAGE_HELP)
    text = "the model that goes on, or becomes a checkpoint (default: nano; of a checkpoint nano2)"
    nano2.add_argument("--start", choices=("nano", "nano2"), help=text)
    nano2.add_argument("--steps", type=int, default=Settings().steps, metavar="N", help="steps of the language stage")
    nano2.add_argument("--threads", type=int, default=Settings().threads, metavar="N")
    nano2.add_argument("--resume", action="store_true", help="go on from the last checkpoint of the language stage")
    nano2.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder that is written (default: beside the checkpoints)"
    )
    nano2.set_defaults(run=_nano2)


def _nano2(args: argparse.Namespace) -> None:
    """Run the stages that the arguments choose. Raises KeepsakeError."""
    import torch

    from train.nano2 import run_stages

    work = private_folder(home() / "train" / "nano2")
    exported = args.stage == "checkpoint"
    start = args.start or ("nano2" if exported else "nano")
    out = args.out or work / ("checkpoint" if exported else "nano2")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options = run_stages.Options(args.cutouts, args.grounds, args.stage, start, args.resume)
    settings = Settings(steps=args.steps, threads=args.threads)
    if start == "nano2":
        settings = replace(settings, chain_steps=0, rate=settings.rate / 2)
    run_stages.run(settings, options, work, out, device)
    print(f"{'checkpoint' if exported else 'model folder'}: {out}", file=sys.stderr)
