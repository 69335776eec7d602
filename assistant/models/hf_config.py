"""Read the `config.json` of a model folder in transformers' layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.models.model_files import read_object
from memory.errors import ModelError

FAMILIES = ("smolvlm", "qwen3_vl", "llama")
"""Supported values of `model_type`."""
CONNECTOR = "connector.npz"
"""The connector's file in the folder of a model without a vision tower."""


def config(folder: Path) -> dict[str, Any]:
    """A folder's `config.json`. Raises ModelError when it is missing, damaged, or of a model that is not supported."""
    try:
        found = read_object(folder / "config.json")
        kind = found["model_type"]
    except FileNotFoundError:
        raise ModelError(f"{folder} is not a model: it has no config.json") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / 'config.json'} is not a model's configuration: {error}") from error
    if kind not in FAMILIES:
        raise ModelError(f"{folder.name} is a {kind} model: Keepsake reads {' and '.join(FAMILIES)}")
    if kind == "llama" and not connector(folder):
        raise ModelError(f"{folder.name} is a language model that sees no photos: it has no {CONNECTOR} beside it")
    return found


def connector(folder: Path) -> Path | None:
    """The connector through which the model in a folder sees photos; None where it has a vision tower."""
    path = folder / CONNECTOR
    return path if path.is_file() else None
