"""Captions and answers as a capable model writes them, in its own words, each labelled right or wrong.

They lie in `fluent/`, one scene a line: {"scene", "sees", "memories": [{"words", "day", "place", "certainty"}],
"texts": [{"question", "text", "label", "why", "part"}]}; "part" is the wrong one of several sentences. Thresholds are
chosen on `dev.jsonl`, `test.jsonl` is only measured, and the rest is for training.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from memory.errors import KeepsakeError

FOLDER = Path(__file__).parent / "fluent"
Part = Literal["train", "dev", "test"]


@cache
def scenes(part: Part) -> tuple[dict[str, Any], ...]:
    """The scenes of a part. Raises KeepsakeError: one line that says which line of which file is no JSON."""
    files = sorted(path for path in FOLDER.glob("*.jsonl") if _part(path) == part)
    return tuple(scene for path in files for scene in _read(path))


def _part(path: Path) -> Part:
    return "dev" if path.stem == "dev" else "test" if path.stem == "test" else "train"


def _read(path: Path) -> list[dict[str, Any]]:
    found = []
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            found.append(json.loads(line))
        except ValueError as error:
            raise KeepsakeError(f"{path.name}, line {n}: {error}") from error
    return found
