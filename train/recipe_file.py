"""Recipes as files: TOML read into the dataclasses of `recipe.py`; unknown keys and values of a wrong type are refused.

The reader is our own and not msgspec's, which refuses unknown keys of its own structs only and names neither the known
keys nor the allowed values; and `python -m train --help` has to work without the extra that brings it.
"""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from pathlib import Path
from typing import Any, Literal

from assistant.models.photo_budget import PhotoBudget
from memory.errors import KeepsakeError
from train.mixture import Mixture
from train.recipe import Gspo, Language, Lora, Recipe, Tower, Trl, Vision


def load(path: Path) -> Recipe:
    """Read a recipe file. Raises KeepsakeError for a file that is no TOML, and ValueError for a wrong key or value: it
    names file, table and key, and what is allowed."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise KeepsakeError(f"{path}: there is no such recipe; train/recipes has {_shipped()}") from error
    except OSError as error:
        raise KeepsakeError(f"{path}: cannot be read as a recipe ({error.strerror})") from error
    except ValueError as error:  # no TOML, or no text
        raise KeepsakeError(f"{path}: cannot be read as a recipe ({error})") from error
    return from_table(table, str(path))


def _shipped() -> str:
    """The recipes that there are, by name."""
    return ", ".join(sorted(path.name for path in (Path(__file__).parent / "recipes").glob("*.toml")))


def from_table(table: dict[str, Any], where: str) -> Recipe:
    """The recipe of a parsed TOML table. Raises ValueError as `load` does; `where` stands for the file's name."""
    recipe: Recipe = _fill(Recipe, table, where)
    return recipe


TABLES: dict[str, type] = {"tower": Tower, "vision": Vision, "language": Language, "gspo": Gspo, "lora": Lora}
TABLES |= {"trl": Trl, "photos": PhotoBudget, "mixture": Mixture}
"""Keys whose value is a table of its own, and the dataclass for each."""


def _fill(kind: type, table: dict[str, Any], where: str) -> Any:
    """A dataclass of type `kind` with the values of a table, nested tables included."""
    hints = typing.get_type_hints(kind)
    known = {f.name: hints[f.name] for f in dataclasses.fields(kind)}
    if unknown := sorted(set(table) - set(known)):
        raise ValueError(f"{where}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}")
    values = {}
    for key, value in table.items():
        if key in TABLES and isinstance(value, dict):
            values[key] = _fill(TABLES[key], value, f"{where} [{key}]")
        else:
            values[key] = _checked(known[key], value, f"{where}: {key}")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from error


def _checked(hint: Any, value: Any, where: str) -> Any:
    """A TOML value as a field of type `hint` holds it: a list as a tuple, an int as a float where one is due."""
    if typing.get_origin(hint) is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            raise ValueError(f"{where} is {value!r}, must be one of {', '.join(map(repr, allowed))}")
        return value
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{where} is {value!r}, must be a list")
        return tuple(_checked(typing.get_args(hint)[0], item, where) for item in value)
    if hint is float and type(value) is int:
        return float(value)
    if not isinstance(hint, type) or type(value) is not hint:
        wanted = "a table" if hint not in (int, float, str, bool) else f"of type {hint.__name__}"
        raise ValueError(f"{where} is {value!r}, must be {wanted}")
    return value
