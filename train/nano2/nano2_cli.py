"""`python -m train nano2`: its options, and its stages run with them. torch is loaded only when it runs."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from memory.paths import home, private_folder
from train.nano2.nano2_settings import Settings


def add(commands: Any) -> None:
    """Add the command `nano2` with its options."""
    nano2 = commands.add_parser("nano2", help="train the second nano: connector and LoRA, on notes and composites")
    nano2.add_argument(
        "--cutouts", type=Path, nargs="+", default=[], metavar="FOLDER", help="things without background"
    )
    nano2.add_argument("--grounds", type=Path, nargs="+", default=[], metavar="FOLDER", help="photos behind them")
    nano2.add_argument("--stage", choices=("connector", "language", "finish", "all"), default="all")
    nano2.add_argument("--start", choices=("nano", "nano2"), default="nano", help="the model that goes on")
    nano2.add_argument("--steps", type=int, default=Settings().steps, metavar="N", help="of the language stage")
    nano2.add_argument("--threads", type=int, default=Settings().threads, metavar="N")
    nano2.add_argument("--resume", action="store_true", help="go on from the last checkpoint of the language stage")
    nano2.add_argument("--out", type=Path, metavar="FOLDER", help="the model folder (default: beside the checkpoints)")


def command(args: argparse.Namespace) -> None:
    """Run the stages that the arguments choose. Raises KeepsakeError."""
    import torch

    from train.nano2 import run_stages

    work = private_folder(home() / "train" / "nano2")
    out = args.out or work / "nano2"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options = run_stages.Options(args.cutouts, args.grounds, args.stage, args.start, args.resume)
    settings = Settings(steps=args.steps, threads=args.threads)
    if args.start == "nano2":
        settings = replace(settings, chain_steps=0, rate=settings.rate / 2)
    run_stages.run(settings, options, work, out, device)
    print(f"model folder: {out}", file=sys.stderr)
