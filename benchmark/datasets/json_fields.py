"""Checked reading of JSON that others wrote: a missing or mistyped field raises an error of one line that names it."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from memory.errors import KeepsakeError

KINDS: dict[type, str] = {str: "text", list: "a list", dict: "an object"}


def read_utf8(path: Path) -> str:
    """The text of a file, with or without a byte order mark. Raises KeepsakeError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise KeepsakeError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise KeepsakeError(f"{path}: not a text file in UTF-8") from error


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text; `where` names the text in the KeepsakeError that is raised."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeepsakeError(f"{where}: not JSON ({error})") from error


def field(holder: Any, name: str, kind: type, where: str) -> Any:
    """`holder[name]`, which must be of this type. Raises KeepsakeError."""
    if not isinstance(holder, dict):
        raise KeepsakeError(f"{where}: {shown(holder)} where an object with {name!r} should be")
    if name not in holder:
        raise KeepsakeError(f"{where}: no {name!r}")
    if not isinstance(holder[name], kind):
        raise KeepsakeError(f"{where}: {name!r} should be {KINDS[kind]}, is {shown(holder[name])}")
    return holder[name]


def texts(values: Iterable[Any], where: str) -> tuple[str, ...]:
    """The values, which must all be text. Raises KeepsakeError."""
    checked = tuple(values)
    for n, value in enumerate(checked, 1):
        if not isinstance(value, str):
            raise KeepsakeError(f"{where}: number {n} should be text, is {shown(value)}")
    return checked


def shown(value: Any) -> str:
    """A value as an error shows it: shortened."""
    return reprlib.repr(value)
