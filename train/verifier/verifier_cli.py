"""`python -m train verifier`: train the verifier on labelled texts and write its network."""

from __future__ import annotations

import argparse

from memory.commands.argument_types import Commands
from train.reader.course_cli import add_options, run


def add(commands: Commands) -> None:
    """Add the command to the parser's commands."""
    verifier = commands.add_parser("verifier", help="train the verifier, which says whether a sentence was told")
    add_options(verifier, "verifier", epochs=3)
    verifier.set_defaults(run=_verifier)


def _verifier(args: argparse.Namespace) -> None:
    from assistant.reader.claim_verifier import SHIPPED
    from train.verifier.verifier_fit import TASK

    run(args, TASK, SHIPPED)
