"""`python -m train reader`: train the reader on the notes corpus and write its network."""

from __future__ import annotations

import argparse

from memory.commands.argument_types import Commands
from train.reader.course_cli import add_options, run


def add(commands: Commands) -> None:
    """Add the command to the parser's commands."""
    reader = commands.add_parser("reader", help="train the reader, which finds the answer in your words")
    add_options(reader, "reader", epochs=4)
    reader.set_defaults(run=_reader)


def _reader(args: argparse.Namespace) -> None:
    from assistant.reader.answer_reader import SHIPPED
    from train.reader.reader_fit import TASK

    run(args, TASK, SHIPPED)
