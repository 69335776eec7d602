"""What command lines share: what words mean (days, numbers from 1 on), and the type of a parser's commands."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from memory.days import Unknown
from memory.times.calendar_names import Span
from memory.times.time_phrases import given_days
from memory.times.typed_day import typed_day

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
"""The commands of a parser, as `add_subparsers` returns them: argparse has no public name for their type."""


def days(text: str) -> Span:
    """A day, month or year as a span of days. Raises ArgumentTypeError."""
    try:
        return given_days(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def day(text: str) -> datetime | Unknown:
    """The day of a memory, or that it is unknown. Raises ArgumentTypeError."""
    try:
        return typed_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def named_path(text: str) -> Path:
    """A file or folder. An empty name, of a variable that is not set, is not this folder: raises ArgumentTypeError."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty: name a file or folder (. is this folder)")
    return Path(text)


def positive(text: str) -> int:
    """A number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
